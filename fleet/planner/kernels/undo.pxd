# C types of undo.py.
cimport cython

from fleet.planner.kernels.routes cimport ABSENT, MOVED, Routes

cdef double SAME

@cython.locals(k=int, trip=int, node=int)
cdef void take_back(Routes routes) noexcept nogil
@cython.locals(i=int, row=int, node=int)
cdef void _restore(Routes routes, int trip) noexcept nogil
@cython.locals(node=int, k=int)
cdef void _take_down(Routes routes, int row) noexcept nogil
@cython.locals(k=int, trip=int)
cdef void accept(Routes routes) noexcept nogil
@cython.locals(k=int, trip=int, node=int)
cdef void keep(Routes routes) noexcept nogil
@cython.locals(k=int, cost=double)
cdef bint better(Routes routes) noexcept nogil
@cython.locals(cost=double, k=int, trip=int)
cpdef double counted(Routes routes)
@cython.locals(trips=int, trip=int, served=double)
cpdef double mean_length(Routes routes)
@cython.locals(trip=int, van=int)
cpdef list best(Routes routes)
@cython.locals(trip=int, van=int, number=int)
cpdef dict best_breaks(Routes routes)
@cython.locals(trip=int, van=int)
cpdef list best_trips(Routes routes)
@cython.locals(node=int)
cdef list _best_stops(Routes routes, int trip)
