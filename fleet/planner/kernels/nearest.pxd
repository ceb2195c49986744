# C types of nearest.py.
cimport cython

from fleet.planner.kernels.columns cimport TABLE, Metric

@cython.final
cdef class Times:
    cdef Metric metric
    cdef int[::1] place
    cdef double[::1] opens, closes, service
    cdef double waiting

    @cython.locals(k=cython.Py_ssize_t)
    cpdef nearest(self, int[::1] rows, int[::1] others, int[:, ::1] found, double[::1] far)
    @cython.locals(held=int, breadth=int, table=bint, k=int, i=int, other=int, there=double, back=double, apart=double)
    cdef void _nearest(self, int row, int[::1] others, int[:, ::1] found, double[::1] far) noexcept nogil
    cdef bint _before(self, double apart, int stop, double other, int than) noexcept nogil
    @cython.locals(waits=double, late=double)
    cdef double _order(self, int stop, int then, double leg) noexcept nogil
