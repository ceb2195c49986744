# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# C types of routes.py.
cimport cython

from fleet.planner.kernels.breaks cimport ANYTIME, LATER, LOST, WITHIN, Choice
from fleet.planner.kernels.columns cimport Stops, Vans
from fleet.planner.kernels.columns cimport Metric

cdef extern from *:
    """
    #ifdef __GNUC__
    #define FORESEE(address) __builtin_prefetch(address)
    #else
    #define FORESEE(address) ((void)(address))
    #endif
    """
    void FORESEE(const void *address) noexcept nogil

cdef double NEVER
cdef int ABSENT, MOVED

@cython.final
cdef class Routes:
    cdef public Metric metric
    cdef public Stops stops
    cdef public Vans vans
    # What penalties count at present; the best cost counts them whole.
    cdef public double cost, best_cost, lenience
    cdef public int size, slots, breadth
    cdef bint many
    # Whether a trip may go to a van of another type while stops are put in; whether no trip may begin.
    cdef public bint swaps, no_new
    # Vans: type, first trip; where those of a type begin, and where one without trips was found last.
    cdef public int[::1] van_type, head, first_van
    cdef int[::1] van_hint
    cdef public int[::1] idle
    cdef int slot_hint
    # Nodes: stops, then both ends of each trip.
    cdef public int[::1] place, trip
    cdef int[::1] next, prev
    cdef public double[::1] opens, closes, service
    cdef double[::1] step, onward
    cdef double[::1] pre_span, pre_early, pre_late, post_span, post_early, post_late
    cdef double[:, ::1] near_metres
    # Trips.
    cdef public int[::1] van
    cdef int[::1] type, after, before, length
    cdef public double[::1] span
    cdef double[::1] weight, volume, metres, early, late, release, ready, due, price
    # Whom nobody serves, in no order, and where in the list each is.
    cdef int[::1] absent, absent_at
    cdef public int missing
    cdef int left_out
    # What was touched since `begin`, as it was.
    cdef int touches, logged, heads, came
    cdef long long now
    cdef double log_cost
    cdef long long[::1] stamp, head_stamp
    cdef int[::1] touched, log_row, log_end, log_after, log_before, log_van, log_heads, log_head, log_nodes, log_came
    cdef double[:, ::1] log_times, log_trip, log_rest
    # The best plan, and the trips that differ from it.
    cdef public int[::1] best_next, best_van, best_before
    cdef int[::1] dirty, dirty_list
    cdef int dirties
    # What may not be changed, and what changes cost.
    cdef public int[::1] fixed, held, shut, changed
    cdef public double[::1] leaves
    cdef public double toll
    cdef int flips
    cdef int[::1] flipped
    # Fairness.
    cdef public double unfair, counts
    cdef double uneven, log_uneven, mean, above
    cdef int out
    # Lateness; how late (s) the node that was asked for last would be.
    cdef public double late_price, late_most
    cdef public int doors
    cdef double found_late
    # Breaks.
    cdef Choice choice
    cdef int[::1] how, rest_at, rested, rests_later
    cdef int[:, ::1] log_how
    cdef public int[::1] best_rest
    # Where the node that was asked for last would go.
    cdef int found_trip, found_after, found_van, found_behind, found_kind, stuck
    cdef double found, dearer
    cdef double[::1] half_per_metre
    cdef double most_per_price
    # For the stop that is asked about: which type of van would make a trip with it, and what that adds to the cost.
    cdef long long[::1] judged
    cdef long long judging
    cdef int[::1] judged_kind
    cdef double[::1] judged_dearer
    cdef long long[::1] seen
    cdef long long seeing

    # A line of the cache is 64 bytes.
    cdef inline void foresee(self, int node) noexcept nogil:
        cdef int k
        for k in range(0, self.breadth, 16):
            FORESEE(&self.stops.near[node, k])
        for k in range(0, self.breadth, 8):
            FORESEE(&self.near_metres[node, k])
    cdef double toll_of(self, int trip) noexcept nogil
    cdef int start_of(self, int trip) noexcept nogil
    cdef int end_of(self, int trip) noexcept nogil
    @cython.locals(node=int, k=int, v=int)
    cdef _measure(self)
    cdef void link(self, int i, int j) noexcept nogil
    @cython.locals(kind=int, start=int, end=int)
    cdef void set_ends(self, int trip) noexcept nogil
    cdef void set_head(self, int van, int trip) noexcept nogil
    cdef void begin_with(self, int van, int trip) noexcept nogil
    cpdef void shut_down(self, int van) noexcept nogil
    @cython.locals(trip=int, last=int, ready=double, due=double, rested=bint, later=bint)
    cdef void rechain(self, int van) noexcept nogil
    @cython.locals(ready=double)
    cdef double over(self, int trip) noexcept nogil
    @cython.locals(following=int, gap=double)
    cdef double latest(self, int trip) noexcept nogil
    cdef double gap_before(self, int trip) noexcept nogil
    @cython.locals(count=int, i=int, j=int, end=int, weight=double, volume=double, release=double, metres=double)
    cdef void refresh(self, int trip) noexcept nogil
    @cython.locals(k=int, lead=double, wait=double, span=double, early=double, late=double, left=double, first=double,
                   last=double)
    cdef void _time(self, int i, int end, int j, int start) noexcept nogil
    @cython.locals(kind=int, end=int, price=double)
    cdef void reprice(self, int trip) noexcept nogil
    cdef void _take_break(self, int trip, int kind) noexcept nogil
    @cython.locals(following=int)
    cdef void ask_about(self, int trip, int kind, double release) noexcept nogil
    cdef void as_logged(self, int trip) noexcept nogil
    cdef void begin(self) noexcept nogil
    @cython.locals(node=int)
    cdef void touch(self, int trip) noexcept nogil
    @cython.locals(row=int, k=int)
    cdef void _write_down(self, int node) noexcept nogil
    cdef void miss(self, int node) noexcept nogil
    @cython.locals(last=int, at=int)
    cdef void found_again(self, int node) noexcept nogil
    @cython.locals(before=int, behind=int)
    cdef void leave_out(self, int node) noexcept nogil
    @cython.locals(behind=int)
    cdef void put_in(self, int node, int trip, int after) noexcept nogil
