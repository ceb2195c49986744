# C types of trips.py.
cimport cython

from fleet.planner.kernels.breaks cimport EARLIER, LATER, LOST
from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.routes cimport NEVER, Routes

@cython.locals(van=int, first=int, beyond=int, _=int)
cdef int unused_van(Routes routes, int kind) noexcept nogil
cdef int free_slot(Routes routes) noexcept nogil
@cython.locals(trip=int, following=int)
cdef int open_trip(Routes routes, int van, int behind) noexcept nogil
@cython.locals(van=int)
cdef void close_trip(Routes routes, int trip) noexcept nogil
@cython.locals(own=int, tolls=double)
cdef double dearer(Routes routes, int trip, int kind) noexcept nogil
@cython.locals(best=int, own=int, kind=int, least=double, more=double)
cdef int cheapest_type(Routes routes, int trip, double weight, double volume) noexcept nogil
cdef void change_van(Routes routes, int trip, int kind) noexcept nogil
@cython.locals(kind=int)
cdef void suit(Routes routes, int trip) noexcept nogil
@cython.locals(k=int)
cdef void suit_all(Routes routes) noexcept nogil
@cython.locals(k=int, trip=int, kind=int)
cdef void draw_vans(Routes routes, Chance chance) noexcept nogil
@cython.locals(own=int)
cdef bint _larger(Routes routes, int trip, int kind) noexcept nogil
@cython.locals(end=int)
cdef bint _may_change(Routes routes, int trip) noexcept nogil
@cython.locals(k=int, van=int)
cdef bint whole(Routes routes) noexcept nogil
@cython.locals(trip=int, now=double, kind=int)
cdef bint _in_time(Routes routes, int van) noexcept nogil
@cython.locals(i=int, j=int, at=int, leg=double, lasts=double, opens=double, closes=double, late=bint)
cdef double driven(Routes routes, int trip, double now, int kind) noexcept nogil
cdef void _join(Routes routes, int van, int trip, int following) noexcept nogil
