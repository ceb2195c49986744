# C types of anneal.py.
cimport cython
from libc.math cimport exp, log

from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.columns cimport TABLE
from fleet.planner.kernels.places cimport find, find_new, insert
from fleet.planner.kernels.routes cimport Routes
from fleet.planner.kernels.tails cimport propose, split
from fleet.planner.kernels.trips cimport close_trip, draw_vans, suit_all, whole
from fleet.planner.kernels.undo cimport accept, better, counted, keep, mean_length, take_back

cdef int SOME, FEW, RANDOM, DEMAND, FAR, CLOSE, NARROW, EARLY, LATE

@cython.final
cdef class Ruin:
    cdef public double mean_removed, longest_string, split, deeper, mean_length
    cdef public int trips, enough

    @cython.locals(seed=int, strings=int, k=int, v=int, trip=int, most=double)
    cdef void take_out(self, Routes routes, Chance chance) noexcept nogil
    @cython.locals(most=int, count=int, seed=int, v=int, k=int, trip=int)
    cdef int take_trips(self, Routes routes, Chance chance) noexcept nogil
    @cython.locals(node=int, following=int)
    cdef void _all_of(self, Routes routes, int trip) noexcept nogil
    @cython.locals(size=int, spared=int, first=int, last=int, back=int, ahead=int, begin=int, k=int, length=int,
                   following=int)
    cdef void _string(self, Routes routes, Chance chance, int node, int trip, double most) noexcept nogil

@cython.final
cdef class Recreate:
    cdef public double blink
    cdef int[::1] order
    cdef double[::1] key

    @cython.locals(_=int, node=int)
    cdef void begin_trips(self, Routes routes, Chance chance, int count) noexcept nogil
    cdef void put_back(self, Routes routes, Chance chance, int patience, bint generous) noexcept nogil
    @cython.locals(k=int, node=int, fits=bint)
    cdef void put_in(self, Routes routes, Chance chance, int count, bint generous) noexcept nogil
    @cython.locals(how=int, node=int)
    cdef sort_all(self, Routes routes, Chance chance)
    @cython.locals(standing=int, tried=int, first=int, how=int, count=int, k=int, at=int, node=int, i=int,
                   value=double)
    cdef int _sorted(self, Routes routes, Chance chance, int patience) noexcept nogil
    @cython.locals(drawn=int)
    cdef int _drawn(self, Routes routes, Chance chance) noexcept nogil
    cdef double _key(self, Routes routes, Chance chance, int node, int how) noexcept nogil

@cython.final
cdef class Search:
    cdef Routes routes
    cdef Chance chance
    cdef public Ruin ruin
    cdef public Recreate recreate
    cdef public long long iterations
    cdef public int exchanges, whole_trips

    @cython.locals(routes=Routes)
    cpdef construct(self)
    @cython.locals(routes=Routes, _=cython.longlong, temperature=double, factor=double)
    cpdef run(self, long long iterations, double hot, double cold)
    @cython.locals(_=int, taken=int)
    cdef void _step(self, Routes routes, double temperature) noexcept nogil
    @cython.locals(generous=bint)
    cdef void _put_back(self, Routes routes, int taken) noexcept nogil
    @cython.locals(u=int)
    cdef void _split(self, Routes routes, double temperature) noexcept nogil
    @cython.locals(drawn=int)
    cdef void _change_vans(self, Routes routes) noexcept nogil
