# C types of shown.py.
cimport cython

from fleet.planner.joint.state cimport State
from fleet.planner.kernels.fairness cimport weigh_hours
from fleet.planner.kernels.routes cimport Routes

@cython.locals(routes=Routes, van=int)
cpdef compare(State state)
@cython.locals(k=int, trip=int)
cdef void weigh(State state, Routes routes) noexcept nogil
@cython.locals(differs=bint)
cdef void _mark(State state, Routes routes, int van) noexcept nogil
@cython.locals(k=int, van=int)
cdef void unweigh(Routes routes) noexcept nogil
@cython.locals(cost=double, van=int)
cdef double tolls(Routes routes) noexcept nogil
@cython.locals(expected=int, node=int)
cdef bint _differs(State state, Routes routes, int van) noexcept nogil
@cython.locals(parcel=int)
cdef bint _visit_differs(State state, int visit) noexcept nogil
