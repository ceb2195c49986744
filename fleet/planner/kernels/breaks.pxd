# C types of breaks.py.
cimport cython

from fleet.planner.kernels.columns cimport Metric

cdef int ANYTIME, EARLIER, WITHIN, LATER, LOST

@cython.final
cdef class Choice:
    # The nodes of the routes.
    cdef int[::1] next, prev, place
    cdef double[::1] step, begins, ends, service
    cdef double[::1] pre_span, pre_early, pre_late, post_span, post_early, post_late
    cdef double[:, ::1] pre, post
    cdef double lasts, opens, closes, ready, due, release
    cdef bint rested, later, gap, led
    # The trip that is put together.
    cdef bint holds
    cdef double way, first, last
    # What was found.
    cdef int how, at
    cdef double span, early, late
    cdef know(self, int[::1] following, int[::1] prev, double[::1] step, int[::1] place, double[::1] begins,
              double[::1] ends, double[::1] service)
    cdef follow(self, double[::1] pre_span, double[::1] pre_early, double[::1] pre_late, double[::1] post_span,
                double[::1] post_early, double[::1] post_late)
    cdef void start(self, double span, double early, double late) noexcept nogil
    @cython.locals(ahead=double, wait=double)
    cdef void go(self, double lead, double span, double early, double late) noexcept nogil
    cdef void rest(self, double lead) noexcept nogil
    @cython.locals(early=double, late=double, ready=double, due=double, begin=double)
    cdef void ask(self, int how, int at) noexcept nogil
    @cython.locals(j=int, leg=double)
    cdef void look_back(self, Metric metric, int i, int end) noexcept nogil
    @cython.locals(i=int, leg=double)
    cdef void look_ahead(self, Metric metric, int start, int j) noexcept nogil
    @cython.locals(j=int, at=int)
    cdef void decide(self, Metric metric, int i, int end) noexcept nogil
