# C types of changes.py.
cimport cython

from fleet.planner.joint.boxes cimport book, leave, link, part, unlink
from fleet.planner.joint.pads cimport chain, drop
from fleet.planner.joint.shown cimport tolls, unweigh
from fleet.planner.joint.state cimport DOOR, LOCKER, NOBODY, SORTIE, State
from fleet.planner.kernels.fairness cimport uneven
from fleet.planner.kernels.places cimport closing
from fleet.planner.kernels.undo cimport accept as accept_routes
from fleet.planner.kernels.undo cimport counted as count_routes
from fleet.planner.kernels.undo cimport keep as keep_routes
from fleet.planner.kernels.undo cimport take_back as take_back_routes

cdef double own_cost(State state, int parcel) noexcept nogil
@cython.locals(overdue=double)
cdef void close_late(State state, int parcel) noexcept nogil
cdef int locker_of(State state, int parcel) noexcept nogil
@cython.locals(mode=int)
cdef void free(State state, int parcel) noexcept nogil
@cython.locals(k=int, i=int, machine=int, port=int, visit=int, node=int)
cdef void take_back(State state) noexcept nogil
cdef void _clear(State state, int parcel) noexcept nogil
@cython.locals(was=int)
cdef void _restore(State state, int parcel) noexcept nogil
@cython.locals(k=int, parcel=int, machine=int)
cdef void accept(State state) noexcept nogil
@cython.locals(k=int, i=int, parcel=int, machine=int, cost=double)
cdef void keep(State state) noexcept nogil
@cython.locals(cost=double, parcel=int)
cpdef double counted(State state)
