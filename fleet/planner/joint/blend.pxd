# C types of blend.py.
cimport cython

from fleet.planner.joint.changes cimport accept, counted, free, keep, take_back
from fleet.planner.joint.offer cimport BANNED, Offer
from fleet.planner.joint.shown cimport weigh
from fleet.planner.joint.state cimport DOOR, LOCKER, NOBODY, SORTIE, State
from fleet.planner.kernels.anneal cimport Recreate, Ruin
from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.columns cimport TABLE
from fleet.planner.kernels.fairness cimport look
from fleet.planner.kernels.routes cimport NEVER, Routes
from fleet.planner.kernels.tails cimport propose
from fleet.planner.kernels.trips cimport close_trip, whole
from fleet.planner.kernels.undo cimport mean_length

cdef double SAME
cdef int PATIENCE, FEW

@cython.locals(kind=int)
cdef void _dearer(Routes routes, int banned, double price) noexcept nogil

@cython.final
cdef class Blend:
    cdef State state
    cdef Chance chance
    cdef public Ruin ruin
    cdef public Recreate recreate
    cdef public Offer offer
    cdef public long long iterations
    cdef public int exchanges, calls, called, sackings, sacked, hired
    cdef public double patience
    cdef int[::1] order
    cdef public int[::1] concerned
    cdef public int concerns
    cdef double[::1] key

    @cython.locals(state=State)
    cpdef construct(self)
    @cython.locals(state=State, count=int, k=int, parcel=int)
    cpdef mend(self, int how)
    @cython.locals(node=int)
    cdef void _open(self, State state, Routes routes, int parcel) noexcept nogil
    cpdef ban(self, int types, double price)
    @cython.locals(state=State, _=cython.longlong)
    cpdef run(self, long long iterations, double temperature, double lenience, double fairness)
    @cython.locals(_=int, drawn=int, banned=int, generous=bint)
    cdef void _step(self, State state, Routes routes, Chance chance, double temperature) noexcept nogil
    @cython.locals(generous=bint)
    cdef void _recreate(self, State state, Routes routes, Chance chance, int banned) noexcept nogil
    @cython.locals(most=double, strings=int, seed=int, node=int, k=int, trip=int)
    cdef void _take_out(self, State state, Routes routes, Chance chance) noexcept nogil
    @cython.locals(_=int, kind=int, parcel=int)
    cdef void _hire(self, State state, Routes routes, Chance chance) noexcept nogil
    cdef int _seed(self, State state, Chance chance) noexcept nogil
    @cython.locals(last=int)
    cdef void _empty(self, Routes routes, int trip) noexcept nogil
    @cython.locals(seed=int, vans=int, k=int, node=int, trip=int, every=int)
    cdef int _sack(self, State state, Routes routes, Chance chance) noexcept nogil
    @cython.locals(k=int, node=int)
    cdef void _those_left_out(self, State state, Routes routes) noexcept nogil
    @cython.locals(size=int, following=int)
    cdef bint _beside(self, State state, int parcel, int at, double most) noexcept nogil
    @cython.locals(length=int, k=int, size=int, first=int, _=int)
    cdef void _row(self, State state, int parcel, int machine, double most) noexcept nogil
    @cython.locals(locker=int, first=int, beyond=int, count=int)
    cdef void _call_together(self, State state, Chance chance) noexcept nogil
    @cython.locals(count=int, k=int)
    cdef void _put_back(self, State state, int patience, bint generous) noexcept nogil
    @cython.locals(standing=int, tried=int, first=int, how=int, count=int, k=int, at=int, parcel=int)
    cdef int _sorted(self, State state, Chance chance, int patience) noexcept nogil
    @cython.locals(gap=int, k=int, i=int, value=double, parcel=int)
    cdef void _sort(self, int count) noexcept nogil
