# C types of kernel.py.
cimport cython
from libc.math cimport isfinite, sqrt

from geofences.kernels.piece cimport Piece, aim, at_least, surface, when

cdef int FAN, CLEAR, UNKNOWN, BLOCKED, UNTIMED, LISTED, NOT_YET_LISTED, DONE, WAITS, LONG, BAD, MORE_TIMES, NO_PLACE
cdef double FAR, LONGEST_M

cdef class Terms:
    cdef double reach_m, vertical_m
    cdef unsigned char[::1] blocking, timed, wanted
    cdef int[:, ::1] certain_at, possible_at
    cdef double[:, ::1] certain, possible

cdef class Kernel:
    cdef double[:, ::1] lonlat, xyz, chunk_box, node_box, limits
    cdef int[:, ::1] chunks, chunk_at, levels
    cdef int[::1] item
    cdef unsigned char[:, ::1] above_ground
    cdef int top
    cdef double west, east

    cpdef int point(self, Piece piece, Terms terms, double lon, double lat, double alt, double at,
                    double ground_low, double ground_high)
    @cython.locals(piece=Piece, row=Py_ssize_t, sound=bint)
    cpdef segments(self, Terms terms, const double[:, :] start, const double[:, :] end, const double[:] alt,
                   const double[:] to_alt, const double[:] time, const double[:] to_time, double ground_low,
                   double ground_high, unsigned char[::1] status, unsigned char[::1] left)
    @cython.locals(piece=Piece, row=Py_ssize_t)
    cpdef beside(self, Terms terms, const double[:, :] start, const double[:, :] end, unsigned char[::1] status,
                 unsigned char[::1] left)
    cdef int _aimed(self, Piece piece, Terms terms, double lon, double lat, double to_lon, double to_lat) noexcept nogil
    @cython.locals(piece=Piece, volume=int)
    cpdef list spans(self, Terms terms, double lon, double lat, double to_lon, double to_lat)

    @cython.locals(number=int)
    cdef void _search(self, Piece piece, Terms terms) noexcept nogil
    @cython.locals(base=int, size=int, child=int, row=int)
    cdef void _visit(self, Piece piece, Terms terms, int level, int node) noexcept nogil
    @cython.locals(base=int, size=int, child=int, row=int)
    cdef _gather(self, Piece piece, int level, int node, list near)
    @cython.locals(timed=int)
    cdef void _judge(self, Piece piece, Terms terms, int volume) noexcept nogil
    cdef void _heights(self, Piece piece, Terms terms, int volume, bint surely) noexcept nogil
    @cython.locals(row=int)
    cdef bint _meets(self, Piece piece, int[:, ::1] rows, double[:, ::1] spans, int volume, double low,
                     double high) noexcept nogil
    @cython.locals(chunk=int, edge=int, first=int, last=int)
    cdef bint _touches(self, Piece piece, int volume, double low, double high) noexcept nogil
    @cython.locals(chunk=int, edge=int)
    cdef list _volume_spans(self, Piece piece, int volume)
    cdef bint _is_near(self, Piece piece, int chunk) noexcept nogil
    cdef double _along(self, Piece piece, int vertex) noexcept nogil
    cdef double _across(self, Piece piece, int vertex) noexcept nogil
    @cython.locals(chunk=int, edge=int, first=int, last=int, inside=bint)
    cdef bint _holds(self, Piece piece, int volume, double fraction) noexcept nogil

@cython.locals(first=double, last=double)
cdef bint _edge_span(Piece piece, double along, double across, double to_along, double to_across) noexcept nogil
