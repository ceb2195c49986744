# C types of arrivals.py.
cimport cython

from fleet.planner.joint.state cimport State
from fleet.planner.kernels.routes cimport Routes

cdef double WAITING

@cython.locals(routes=Routes, v=int, held=int, k=int, apart=double)
cpdef arrive(State state, int parcel, double[::1] far)
@cython.locals(there=double, back=double)
cdef double _apart(Routes routes, int u, int v) noexcept nogil
@cython.locals(waits=double, late=double)
cdef double _order(Routes routes, int u, int v, double leg) noexcept nogil
@cython.locals(metres=double, k=int)
cdef void _hear(Routes routes, int v, int node) noexcept nogil
