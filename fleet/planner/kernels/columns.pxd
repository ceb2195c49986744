# C types of columns.py.
cimport cython
from libc.math cimport floor, sqrt

cdef int STRAIGHT, TENTHS, NEAREST, TABLE

@cython.final
cdef class Metric:
    cdef int kind
    cdef double[::1] x, y
    cdef double seconds_per_metre
    cdef double[:, ::1] metres, seconds
    cdef double distance(self, int start, int end) noexcept nogil
    cdef double duration(self, int start, int end, double distance) noexcept nogil

@cython.final
cdef class Stops:
    cdef public int count
    cdef public int[::1] place
    cdef public double[::1] opens, closes, service, weight, volume, release, penalty, radius
    cdef public long long[::1] needs
    cdef public int[:, ::1] near
    cdef public bint windows, released

@cython.final
cdef class Vans:
    cdef public int count
    cdef int[::1] start, end, vans, trips, alike
    cdef public double[::1] fixed
    cdef double[::1] weight, volume, per_metre, per_second, opens, closes, longest, reach, drain
    cdef double[::1] break_s, break_opens, break_closes
    cdef bint breaks
    cdef long long[::1] has
    cdef bint far(self, int kind, double metres, double span) noexcept nogil
