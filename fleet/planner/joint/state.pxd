# C types of state.py.
cimport cython

from fleet.planner.joint.ways cimport Lockers, Machines, Parcels, Sorties
from fleet.planner.kernels.routes cimport Routes

cdef int NOBODY, DOOR, LOCKER, SORTIE

@cython.final
cdef class State:
    cdef public Routes routes
    cdef public Parcels parcels
    cdef public Sorties sorties
    cdef public Machines machines
    cdef public Lockers lockers
    cdef public int size, count
    # Parcels, and those that nobody brings.
    cdef public int[::1] mode, way, at, locked
    cdef int[::1] box, slot, alone, alone_at
    cdef public double[::1] since, until
    cdef public int left
    cdef public double lenience
    cdef int freed
    # Visits: the first of its parcels and how many; of each parcel the one behind and the one ahead.
    cdef public int[::1] first, held
    cdef int[::1] behind, ahead
    # Machines' rows of sorties; ports' rows of hand-overs; compartments taken.
    cdef public int[:, ::1] row
    cdef int[:, ::1] port
    cdef public int[::1] length
    cdef int[::1] queue
    cdef public double[:, ::1] early
    cdef double[:, ::1] late
    cdef int[:, :, ::1] used
    # As it was before what was changed since `begin`.
    cdef long long now
    cdef int touches, machine_touches, visit_touches, port_touches
    cdef long long[::1] stamp, machine_stamp, visit_stamp, port_stamp
    cdef int[::1] touched, machine_touched, visit_touched, port_touched, log_length, log_queue
    cdef int[:, ::1] log_whole, log_row, log_port
    cdef double[:, ::1] log_time, log_load
    # The best plan, and what differs from it.
    cdef public int[:, ::1] best_whole, best_row
    cdef public double[:, ::1] best_time
    cdef public int[::1] best_length
    cdef int[::1] dirty, dirty_list, stale, stale_list
    cdef int dirties, stales
    # What was shown: the first node of each van, the one behind each, of each parcel its visit, parcels of each visit.
    cdef public int[::1] shown_first, shown_next, shown_visit, shown_held
    # Where the sortie that was asked for last would go.
    cdef int found_machine, found_row, found_box, found_slot
    cdef double found_since, found_until
    cdef long long[::1] seen_machine, seen_visit

    cdef void begin(self) noexcept nogil
    cdef void touch(self, int parcel) noexcept nogil
    @cython.locals(k=int)
    cdef void touch_machine(self, int machine) noexcept nogil
    @cython.locals(k=int)
    cdef void touch_port(self, int locker) noexcept nogil
    @cython.locals(node=int)
    cdef void touch_visit(self, int visit) noexcept nogil
    cdef void miss(self, int parcel) noexcept nogil
    @cython.locals(last=int, at=int)
    cdef void found_again(self, int parcel) noexcept nogil
