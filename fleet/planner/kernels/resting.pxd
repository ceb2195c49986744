# C types of resting.py.
cimport cython

from fleet.planner.kernels.breaks cimport EARLIER, LATER, LOST, WITHIN
from fleet.planner.kernels.routes cimport Routes

cdef int NOT, BACK, FIRST, SECOND, AHEAD

@cython.locals(where=int)
cdef bint fits(Routes routes, int i, int node, int j, double there, double on, double service) noexcept nogil
@cython.locals(where=int, kind=int, opens=double, closes=double)
cdef bint fits_alone(Routes routes, int van, int node, double there, double on, double service) noexcept nogil
cdef void _past(Routes routes, int where, int node, double there, double on, double service) noexcept nogil
cdef void _ask(Routes routes, int where) noexcept nogil
@cython.locals(kind=int, following=int, rests=bint)
cdef void ask_between(Routes routes, int van, int behind, double release) noexcept nogil
