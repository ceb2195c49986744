# C types of piece.py.
from libc.math cimport atan2, cos, sin, sqrt

cdef double EQUATOR_M, POLAR_M, E2, LATITUDE_M, STILL_M, RADIAN

cdef class Piece:
    cdef public int status
    cdef public bint waits, any_time
    # Where it begins (degrees), how long it is, how near is near (metres), which turn of the globe is searched.
    cdef double lon, lat, length, reach, turn
    # The box of what can be near; the point on the surface that was asked for last.
    cdef double west, south, east, north, at_lon, at_lat
    # The frame: origin, direction of the piece, direction across it.
    cdef double x, y, z, along_x, along_y, along_z, across_x, across_y, across_z
    cdef double alt0, alt1, time0, time1, ground_low, ground_high
    # The span that was worked out last.
    cdef double low, high

cdef void aim(Piece piece, double lon, double lat, double to_lon, double to_lat, double reach) noexcept nogil
cdef void _enclose(Piece piece, double west, double south, double east, double north, double length) noexcept nogil
cdef void when(Piece piece, double alt0, double alt1, double time0, double time1, double ground_low,
               double ground_high) noexcept nogil
cdef void at_least(Piece piece, double at_start, double at_end, double floor) noexcept nogil
cdef void surface(Piece piece, double metres) noexcept nogil
