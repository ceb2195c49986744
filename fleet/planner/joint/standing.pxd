# C types of standing.py.
cimport cython

from fleet.planner.joint.boxes cimport book, link
from fleet.planner.joint.changes cimport accept, close_late, counted, free, keep, locker_of
from fleet.planner.joint.pads cimport chain
from fleet.planner.joint.shown cimport compare, weigh
from fleet.planner.joint.state cimport LOCKER, NOBODY, SORTIE, State
from fleet.planner.kernels.breaks cimport ANYTIME
from fleet.planner.kernels.routes cimport NEVER, Routes
from fleet.planner.kernels.trips cimport driven

@cython.locals(routes=Routes)
cpdef restore(State state)
@cython.locals(locker=int, size=int, slot=int, visit=int, node=int, machine=int, k=int)
cdef void _empty(State state, Routes routes) noexcept nogil
@cython.locals(parcel=int, node=int, visit=int, port=int, machine=int)
cdef void _bring(State state, Routes routes) noexcept nogil
@cython.locals(trip=int)
cdef void _drive(Routes routes) noexcept nogil
@cython.locals(trip=int, node=int, i=int)
cdef void _stop_by_stop(Routes routes) noexcept nogil
@cython.locals(k=int, trip=int, routes=Routes)
cpdef release(State state, int[::1] parcels, int[::1] vans)
@cython.locals(node=int)
cdef void _hold(State state, Routes routes, int trip) noexcept nogil
@cython.locals(kind=int, end=int, now=double)
cdef int late_at(Routes routes, int trip) noexcept nogil
