# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
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
    # As columns.py has them for where nothing is compiled: here they are part of the loops that ask. Kinds are numbers,
    # which the compiler knows: 0, 1, 2 and 3 are STRAIGHT, TENTHS, NEAREST and TABLE.
    cdef inline double distance(self, int start, int end) noexcept nogil:
        cdef double dx, dy, straight
        if self.kind == 3:
            return self.metres[start, end]
        dx, dy = self.x[start] - self.x[end], self.y[start] - self.y[end]
        straight = sqrt(dx * dx + dy * dy)
        if self.kind == 1:
            return floor(10.0 * straight)
        if self.kind == 2:
            return floor(straight + 0.5)
        return straight
    cdef inline double duration(self, int start, int end, double distance) noexcept nogil:
        if self.kind == 3:
            return self.seconds[start, end]
        return distance * self.seconds_per_metre

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
