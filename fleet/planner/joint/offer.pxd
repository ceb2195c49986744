# C types of offer.py.
cimport cython

from fleet.planner.joint.boxes cimport begin_visit, book, join, link, price_of_joining, price_of_visiting, room
from fleet.planner.joint.changes cimport close_late, own_cost
from fleet.planner.joint.pads cimport put, seek
from fleet.planner.joint.state cimport DOOR, LOCKER, NOBODY, SORTIE, State
from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.places cimport ask_all, ask_new, find, insert
from fleet.planner.kernels.routes cimport NEVER, Routes

cdef double BANNED
cdef int MOST_OPENED

@cython.final
cdef class Offer:
    cdef public double blink, curious, share
    cdef public int favoured
    cdef double cost, late
    cdef int mode, way, visit, box, trip, after, van, place_behind
    cdef int openings
    cdef int[::1] opened

    cdef void open(self, int trip) noexcept nogil
    cdef bint place(self, State state, int parcel, Chance chance, bint generous) noexcept nogil
    cdef void first_stop(self, State state, Routes routes, int parcel) noexcept nogil
    @cython.locals(k=int)
    cdef void _ask_door(self, State state, int parcel, Chance chance) noexcept nogil
    @cython.locals(turn=int, sortie=int)
    cdef void _ask_sorties(self, State state, int parcel, Chance chance) noexcept nogil
    @cython.locals(way=int, own=double, locker=int, curious=bint, slot=int, visit=int, box=int)
    cdef void _ask_lockers(self, State state, int parcel, Chance chance) noexcept nogil
    @cython.locals(new=bint, price=double)
    cdef void _ask_visit(self, State state, int parcel, int way, int visit, int box, double own, Chance chance) noexcept nogil
    cdef void _remember(self, Routes routes) noexcept nogil
    cdef void _insert(self, Routes routes, int node) noexcept nogil
    cdef void _by_machine(self, State state, int parcel) noexcept nogil
    @cython.locals(visit=int, node=int, locker=int)
    cdef void _into_locker(self, State state, int parcel) noexcept nogil
