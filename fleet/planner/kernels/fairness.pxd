# C types of fairness.py.
cimport cython

from fleet.planner.kernels.routes cimport Routes

@cython.locals(lasts=double, trip=int)
cdef double hours(Routes routes, int van) noexcept nogil
@cython.locals(lasts=double, above=double, van=int)
cdef void look(Routes routes) noexcept nogil
@cython.locals(was=double, now=double, price=double)
cdef double longer(Routes routes, int van, double more) noexcept nogil
@cython.locals(apart=double, moved=double, price=double)
cdef double one_more(Routes routes, double lasts) noexcept nogil
@cython.locals(total=double, out=int, above=double, van=int, lasts=double, mean=double)
cdef double uneven(Routes routes, int first, double first_s, int second, double second_s) noexcept nogil
cdef double _lasts(Routes routes, int van, int first, double first_s, int second, double second_s) noexcept nogil
@cython.locals(now=double)
cdef void weigh_hours(Routes routes) noexcept nogil
