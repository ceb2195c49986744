# C types of ways.py.
cimport cython

@cython.final
cdef class Parcels:
    cdef public int count
    cdef public double[::1] weight, volume, release, penalty
    cdef public int[::1] size, last, need, sorties, lockers

@cython.final
cdef class Sorties:
    cdef public int[::1] group, port
    cdef public double[::1] there, away, charge, cost, earliest, latest

@cython.final
cdef class Machines:
    cdef public int count, rows
    cdef public int[::1] first, fixed, group
    cdef int[::1] away, chargers
    cdef public double[::1] since, until

@cython.final
cdef class Lockers:
    cdef public int count, slot_count, ports, visit_count
    cdef int[:, :, ::1] room, visit
    cdef double[::1] begins, port_s, stop_s, each_s
    cdef public double[::1] cost
    cdef int[::1] visit_locker, visit_slot
    cdef public int[::1] locker, whose, first
    cdef public long long[::1] slots
    @cython.locals(slot=int)
    cdef int slot_of(self, double moment) noexcept nogil
