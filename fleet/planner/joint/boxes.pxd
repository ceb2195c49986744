# C types of boxes.py.
cimport cython

from fleet.planner.joint.state cimport State
from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.fairness cimport longer
from fleet.planner.kernels.places cimport find, in_turn
from fleet.planner.kernels.resting cimport fits
from fleet.planner.kernels.routes cimport NEVER, Routes
from fleet.planner.kernels.trips cimport close_trip

@cython.locals(last=int, size=int, k=int)
cdef int room(State state, int parcel, int locker, int slot) noexcept nogil
@cython.locals(k=int)
cdef void book(State state, int parcel, int locker, int change) noexcept nogil
@cython.locals(following=int)
cdef void link(State state, int parcel, int visit) noexcept nogil
@cython.locals(ahead=int, behind=int)
cdef void unlink(State state, int parcel, int visit) noexcept nogil
cdef double price_of_joining(State state, int parcel, int visit) noexcept nogil
@cython.locals(trip=int, kind=int, each=double, price=double, release=double)
cdef double _price_of_load(State state, Routes routes, int parcel, int visit, int node) noexcept nogil
@cython.locals(i=int, j=int, kind=int, lead=double, wait=double, early=double, late=double, span=double,
               price=double)
cdef double _longer(Routes routes, int node, int trip, double more, double release) noexcept nogil
@cython.locals(i=int, j=int, there=double, on=double)
cdef bint _fits(Routes routes, int node, int trip, int kind, double more, double release) noexcept nogil
@cython.locals(node=int, locker=int)
cdef double price_of_visiting(State state, int parcel, int visit, Chance chance, double blink) noexcept nogil
cdef void begin_visit(State state, int parcel, int visit, int node, int locker) noexcept nogil
@cython.locals(node=int)
cdef void join(State state, int parcel, int visit) noexcept nogil
cdef void _load(State state, Routes routes, int parcel, int visit, int node, double change) noexcept nogil
@cython.locals(node=int)
cdef void part(State state, int parcel, int visit) noexcept nogil
@cython.locals(release=double, parcel=int)
cdef double _release(State state, int visit) noexcept nogil
@cython.locals(trip=int)
cdef void leave(Routes routes, int node) noexcept nogil
