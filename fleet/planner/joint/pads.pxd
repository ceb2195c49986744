# C types of pads.py.
cimport cython

from fleet.planner.joint.boxes cimport room
from fleet.planner.joint.state cimport State
from fleet.planner.kernels.routes cimport NEVER

cdef double TICK

@cython.locals(group=int, first=int, count=int, k=int, machine=int)
cdef bint seek(State state, int parcel, int sortie, int turn) noexcept nogil
@cython.locals(count=int, earliest=double, latest=double, busy=double, k=int, since=double, until=double, port=int,
               moment=double, following=double)
cdef bint _row(State state, int parcel, int sortie, int machine) noexcept nogil
cdef double _busy(State state, int parcel) noexcept nogil
@cython.locals(port=int, group=int, following=double, away=double, charge=double, back=double, later=double)
cdef double _blocked(State state, int parcel, int sortie, double moment) noexcept nogil
@cython.locals(lasts=double, k=int, other=int, theirs=double, slot=int)
cdef double _at_port(State state, int parcel, int locker, double begin) noexcept nogil
@cython.locals(first=int, beyond=int, ready=double, machine=int, k=int, theirs=double)
cdef double _crowded(State state, int group, double begin, double lasts, bint charging, int limit) noexcept nogil
@cython.locals(count=int, ready=double, machine=int, k=int, other=int, theirs=double, way=int, end=double)
cdef double _ready(State state, int first, int beyond, double moment, bint charging, int limit) noexcept nogil
cdef double _begin(State state, int parcel, bint charging) noexcept nogil
@cython.locals(machine=int, port=int, k=int)
cdef void put(State state, int parcel) noexcept nogil
@cython.locals(machine=int, port=int, k=int)
cdef void drop(State state, int parcel) noexcept nogil
@cython.locals(moment=double, k=int, parcel=int)
cdef void chain(State state, int machine) noexcept nogil
