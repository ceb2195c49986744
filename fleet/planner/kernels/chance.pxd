# C types of chance.py.
cimport cython
from libc.math cimport floor, log, lround

cdef unsigned long long WORD, SPREAD

@cython.final
cdef class Chance:
    cdef unsigned long long state
    @cython.locals(x=cython.ulonglong)
    cdef unsigned long long bits(self) noexcept nogil
    cpdef int below(self, int limit) noexcept nogil
    cdef int up_to(self, double limit) noexcept nogil
    cdef double bearable(self, double temperature) noexcept nogil
    cpdef double share(self) noexcept nogil
