# C types of tails.py.
cimport cython

from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.fairness cimport uneven
from fleet.planner.kernels.resting cimport fits
from fleet.planner.kernels.routes cimport NEVER, Routes
from fleet.planner.kernels.trips cimport close_trip, open_trip, suit_all, unused_van
from fleet.planner.kernels.undo cimport accept

@cython.locals(u=int, v=int)
cdef bint propose(Routes routes, Chance chance, double temperature) noexcept nogil
@cython.locals(t1=int, t2=int, i=int, j=int, kind=int, cost=double, d1=double, d2=double, span1=double, span2=double,
               shift=double, empty=bint, first1=int, first2=int)
cdef bint exchange(Routes routes, int u, int v, double most) noexcept nogil
@cython.locals(trip=int, kind=int, j=int, start=int, end=int, cost=double, d1=double, d2=double, span1=double,
               span2=double, tail=double)
cdef bint split(Routes routes, int u, double most) noexcept nogil
@cython.locals(trip=int, j=int, last=int, new=int, node=int)
cdef void _part(Routes routes, int u, int van) noexcept nogil
cdef double _fairer(Routes routes, int first, double first_s, int second, double second_s) noexcept nogil
@cython.locals(release=double)
cdef double _awaited(Routes routes, int node, int beyond) noexcept nogil
@cython.locals(lead=double, wait=double, leg=double, kind=int)
cdef double _joined(Routes routes, int i, int j, double metres, double release) noexcept nogil
@cython.locals(metres=double)
cdef double _behind(Routes routes, int node) noexcept nogil
@cython.locals(t1=int, t2=int, kind=int, weight=double, volume=double, node=int)
cdef bint _holds(Routes routes, int u, int v) noexcept nogil
@cython.locals(t1=int, t2=int, i=int, j=int, last1=int, last2=int, node=int)
cdef void _apply(Routes routes, int u, int v) noexcept nogil
