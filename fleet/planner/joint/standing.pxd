# C types of standing.py.
cimport cython

from fleet.planner.joint.boxes cimport book, link
from fleet.planner.joint.changes cimport accept, counted, keep, locker_of
from fleet.planner.joint.pads cimport chain
from fleet.planner.joint.state cimport LOCKER, NOBODY, SORTIE, State
from fleet.planner.kernels.routes cimport Routes
from fleet.planner.kernels.trips cimport open_trip

@cython.locals(routes=Routes, trip=int)
cpdef restore(State state, int[::1] first, int[::1] van, int[::1] following)
@cython.locals(parcel=int, port=int, machine=int, k=int)
cdef void _bring(State state, Routes routes) noexcept nogil
@cython.locals(node=int, locker=int)
cdef void _visit(State state, Routes routes, int parcel, int visit) noexcept nogil
@cython.locals(trip=int, i=int)
cdef void _drive(Routes routes, int node, int van, int[::1] following) noexcept nogil
