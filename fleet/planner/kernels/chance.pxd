# C types of chance.py.
cimport cython
from libc.math cimport floor, log, lround

cdef unsigned long long WORD, SPREAD

@cython.final
cdef class Chance:
    cdef unsigned long long state
    # As chance.py has them for where nothing is compiled: here they are part of the loops that draw.
    cdef inline unsigned long long bits(self) noexcept nogil:
        cdef unsigned long long x = self.state
        x = x ^ (x >> 12)
        x = x ^ (x << 25)
        x = x ^ (x >> 27)
        self.state = x
        return x * 0x2545F4914F6CDD1DULL
    cdef inline int below(self, int limit) noexcept nogil:
        return ((self.bits() >> 33) * limit) >> 31
    cdef inline int up_to(self, double limit) noexcept nogil:
        return 1 + lround(floor(self.share() * limit))
    cdef inline double bearable(self, double temperature) noexcept nogil:
        return -temperature * log(1.0 - self.share())
    cdef inline double share(self) noexcept nogil:
        return (self.bits() >> 11) * (1.0 / 9007199254740992.0)
