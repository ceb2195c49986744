# C types of places.py.
cimport cython

from fleet.planner.kernels.chance cimport Chance
from fleet.planner.kernels.columns cimport TABLE
from fleet.planner.kernels.fairness cimport longer, one_more
from fleet.planner.kernels.resting cimport ask_between, fits, fits_alone
from fleet.planner.kernels.routes cimport NEVER, Routes
from fleet.planner.kernels.trips cimport change_van, cheapest_type, open_trip, unused_van

@cython.locals(k=int, v=int, trip=int, kind=int, straight=bint, d1=double, d2=double, worth=double, reach=double, after=bint, before=bint)
cdef bint find(Routes routes, int node, Chance chance, double blink) noexcept nogil
@cython.locals(j=int, gain=double, lead=double, wait=double, span=double, early=double, late=double, release=double, overdue=double, closes=double)
cdef void ask(Routes routes, int node, int trip, int i, int kind, double d1, double d2) noexcept nogil
@cython.locals(start=double)
cdef bint in_turn(Routes routes, int trip, double span, double early, double late, double release) noexcept nogil
@cython.locals(start=double)
cdef double overdue_behind(Routes routes, int node, int trip, int i, double lead) noexcept nogil
@cython.locals(overdue=double)
cdef double overdue_at(Routes routes, int node, double moment) noexcept nogil
cdef double closing(double closes, double overdue) noexcept nogil
@cython.locals(j=int, at=int, there=double, on=double, closed=double, holds=bint)
cdef bint _fits(Routes routes, int node, int trip, int i, int kind, double d1, double d2, double overdue) noexcept nogil
@cython.locals(kind=int, weight=double, volume=double)
cdef int taker(Routes routes, int node, int trip) noexcept nogil
cdef int _changed(Routes routes, int trip, double weight, double volume) noexcept nogil
cdef bint find_new(Routes routes, int node) noexcept nogil
@cython.locals(k=int, v=int, trip=int)
cdef void scan(Routes routes, int node) noexcept nogil
@cython.locals(i=int, kind=int, d1=double, d2=double)
cdef void ask_all(Routes routes, int node, int trip) noexcept nogil
@cython.locals(kind=int, van=int)
cdef void ask_new(Routes routes, int node) noexcept nogil
@cython.locals(trip=int, count=int)
cdef void ask_more(Routes routes, int node, int van) noexcept nogil
@cython.locals(kind=int, home=int, to=int, at=int, following=int, d1=double, d2=double, gain=double, lead=double,
               span=double, start=double, end=double, overdue=double)
cdef void ask_trip(Routes routes, int node, int van, int behind) noexcept nogil
cdef void _remember(Routes routes, double gain, int van, int behind, double overdue) noexcept nogil
@cython.locals(trip=int, after=int)
cdef void insert(Routes routes, int node) noexcept nogil
