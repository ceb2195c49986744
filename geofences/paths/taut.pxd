# C types of taut.py.
cimport cython
from libc.math cimport sqrt

cdef double PARALLEL, LONGEST_M, INFINITE
cdef int START, GOAL

cdef class Tautening:
    cdef double[::1] edge
    cdef int[::1] owner, first, items, stamp, active
    cdef int columns, rows, calls, count
    cdef double step, west, south, goal_x, goal_y
    cdef double[::1] x, y, in_x, in_y, out_x, out_y, cost, way_x, way_y
    cdef int[::1] parent
    cdef object source
    cdef list queue, expanded

    @cython.locals(cost=double, before=double, node=int, other=int, u=int, v=int, hit=int, dx=double, dy=double, length=double)
    cpdef int advance(self, int pops)
    cpdef int blocking(self, double ax, double ay, double bx, double by)
    cpdef bint holds(self, double x, double y)
    @cython.locals(first=int, node=int)
    cdef _activate(self, int obstacle)
    cdef _expand(self, int node)
    @cython.locals(u=int, x=double, y=double, before=double, turn=double, on_x=double, on_y=double, way_x=double, way_y=double, turned_x=double, turned_y=double, corner=int, other=int, dx=double, dy=double, length=double, slack=double, enter=double, leave=double, cost=double)
    cdef _offer(self, int node, int first, int last)
    @cython.locals(dx=double, dy=double, length=double, column=int, row=int, across_left=int, aside_left=int, right=int, up=int, across=double, aside=double, each_across=double, each_aside=double, found=int, cell=int, number=int, edge=int)
    cdef int _hit(self, double ax, double ay, double bx, double by)
    cdef int _column(self, double x)
    cdef int _row(self, double y)
    @cython.locals(px=double, py=double, qx=double, qy=double, reach=double, square=double, p_off=double, q_off=double, p_on=double, q_on=double, crossed=double)
    cdef bint _near(self, int edge, double ax, double ay, double dx, double dy, double length)

@cython.locals(out=double)
cdef double beyond(double on, double length, double off)
@cython.locals(ex=double, ey=double, square=double, share=double)
cdef double apart(double px, double py, double qx, double qy, double x, double y)
