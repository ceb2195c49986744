# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Routes that a search changes stop by stop: exact times, loads and costs.

A route is a chain of stops between a trip's two ends; a van makes its trips one after the other. At each stop lies
what the way from the trip's start up to it takes, and what the way from it to the trip's end takes: the shortest
duration, and the earliest and latest start that give it (Vidal et al. 2013, "A hybrid genetic algorithm with adaptive
diversity management for a large class of vehicle routing problems with time windows", section 4.5). Two such pieces
joined by a leg are again one, so whether a stop fits at a place, and what it costs there, is known without walking
the route, and what was put in always holds.

A changed route is written down before its first change of an iteration; `undo.take_back` puts all of them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

from fleet.planner.kernels.breaks import Choice

if not cython.compiled:
    from fleet.planner.kernels.breaks import ANYTIME, LATER, LOST, WITHIN

if TYPE_CHECKING:
    import numpy.typing as npt

    from fleet.planner.kernels.columns import Metric, Stops, Vans

NEVER = 1e300
"""A cost or a time beyond all others."""

ABSENT, MOVED = -1, -2
"""Instead of a trip: nobody serves the node; it is on its way back to where it was."""


class Routes:
    """The routes of all vans, the best that were found, and who is served by nobody."""

    def __init__(self, metric: Metric, stops: Stops, vans: Vans) -> None:
        self.metric, self.stops, self.vans = metric, stops, vans
        fleet, trips = np.asarray(self.vans.vans), np.asarray(self.vans.trips)
        count, types = self.stops.count, self.vans.count
        # One more than can be needed: a slot is free then whenever one is asked for.
        slots = min(int(np.minimum(trips, count).astype(np.int64) @ fleet), count) + 1
        self.size, self.slots, self.many = count, slots, bool(np.any(trips > 1))
        self.van_type = np.repeat(np.arange(types, dtype=np.int32), fleet)
        self.head = np.full(fleet.sum(), -1, np.int32)
        self.first_van = np.concatenate(([0], np.cumsum(fleet))).astype(np.int32)
        self.idle, self.swaps, self.no_new = fleet.astype(np.int32), False, False
        self.van_hint, self.slot_hint = np.array(self.first_van), 0
        self._make_places(count + 2 * slots)
        self._make_trips(slots)
        self._make_log(slots, len(self.head))
        self._make_bonds(count + 2 * slots, slots)
        self._make_breaks(count + 2 * slots, slots)
        self.absent, self.absent_at = np.arange(count, dtype=np.int32), np.arange(count, dtype=np.int32)
        self.missing, self.left_out = count, 0
        self.cost, self.best_cost, self.lenience = float(np.sum(self.stops.penalty)), NEVER, 1.0
        self.best_next = np.full(count + 2 * slots, -1, np.int32)
        self.best_van, self.best_before = np.full(slots, -1, np.int32), np.full(slots, -1, np.int32)
        self.dirty, self.dirty_list, self.dirties = np.zeros(slots, np.int32), np.zeros(slots, np.int32), 0
        self.found_trip, self.found_after, self.found_van, self.found_behind = -1, -1, -1, -1
        self.found_kind, self.dearer, self.stuck = -1, 0.0, -1
        self.found, self.breadth = NEVER, np.asarray(self.stops.near).shape[1]
        self.seen, self.seeing = np.zeros(slots, np.int64), 0
        self.half_per_metre = 0.5 / np.maximum(self._least_rates(), 1e-30)
        self.most_per_price = float(np.max(self.half_per_metre, initial=0.0))
        self.judged, self.judging = np.zeros(slots, np.int64), 0
        self.judged_kind, self.judged_dearer = np.full(slots, -1, np.int32), np.zeros(slots)
        # Fairness: the price of a second above the mean, how much of it counts at present, what all of them cost by the
        # whole price; the mean, vans out, share above it.
        self.unfair, self.counts, self.uneven, self.log_uneven = 0.0, 1.0, 0.0, 0.0
        self.mean, self.out, self.above = 0.0, 0, 0.0
        # Lateness: the first `doors` of the stops may be served so long after they close (s), at a price a second.
        self.late_price, self.late_most, self.doors, self.found_late = 0.0, 0.0, 0, 0.0
        self._measure()

    def _least_rates(self) -> npt.NDArray[np.float64]:
        """The least price of a metre that a trip of a van of each type may have with one more stop."""
        alike, rates = np.asarray(self.vans.alike), np.asarray(self.vans.per_metre)
        same = alike[:, None] == alike
        return np.asarray(np.min(np.where(same, rates, NEVER), axis=1, initial=NEVER))

    def _make_places(self, size: int) -> None:
        """The columns of stops, with room for both ends of each trip behind them."""
        more = np.zeros(size - self.size)
        self.place = np.concatenate((self.stops.place, more.astype(np.int32)))
        self.opens = np.concatenate((self.stops.opens, more))
        self.closes = np.concatenate((self.stops.closes, more))
        self.service = np.concatenate((self.stops.service, more))
        self.next, self.prev = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
        # Of each node the legs to it and from it (m); no leg is as short as those of who is served by nobody.
        self.trip, self.step, self.onward = np.full(size, -1, np.int32), np.zeros(size), np.zeros(size)
        self.pre_span, self.pre_early, self.pre_late = np.zeros(size), np.zeros(size), np.zeros(size)
        self.post_span, self.post_early, self.post_late = np.zeros(size), np.zeros(size), np.zeros(size)

    def _make_trips(self, slots: int) -> None:
        """The columns of trips, none of which is used."""
        self.van, self.type = np.full(slots, -1, np.int32), np.zeros(slots, np.int32)
        self.after, self.before = np.full(slots, -1, np.int32), np.full(slots, -1, np.int32)
        self.length = np.zeros(slots, np.int32)
        self.weight, self.volume, self.metres = np.zeros(slots), np.zeros(slots), np.zeros(slots)
        self.span, self.early, self.late = np.zeros(slots), np.zeros(slots), np.zeros(slots)
        self.release, self.price = np.zeros(slots), np.zeros(slots)
        self.ready, self.due = np.full(slots, -NEVER), np.full(slots, NEVER)

    def _make_log(self, slots: int, vans: int) -> None:
        """Room for what an iteration touches: at most every trip, every van and every stop once."""
        self.now, self.touches, self.logged, self.heads, self.came = 0, 0, 0, 0, 0
        self.log_cost = 0.0
        self.stamp, self.touched = np.full(slots, -1, np.int64), np.zeros(slots, np.int32)
        self.log_row, self.log_end = np.zeros(slots, np.int32), np.zeros(slots, np.int32)
        self.log_after, self.log_before = np.zeros(slots, np.int32), np.zeros(slots, np.int32)
        self.log_van = np.zeros(slots, np.int32)
        self.log_heads, self.log_head = np.zeros(vans, np.int32), np.zeros(vans, np.int32)
        self.head_stamp = np.full(vans, -1, np.int64)
        rows = self.size + 2 * slots
        self.log_nodes, self.log_times = np.zeros(rows, np.int32), np.zeros((rows, 7))
        self.log_came, self.log_trip = np.zeros(self.size, np.int32), np.zeros((slots, 8))

    def _make_bonds(self, places: int, slots: int) -> None:
        """What a search may not change, and what it pays for what it changes: nothing, unless somebody says so.

        `fixed`: nodes that stay, and before which nothing is put; `held`: how many stops of a trip stay. Of each van:
        whether it is `shut` and makes no trip, before when a trip does not leave (`leaves`, s), and whether what it
        does has `changed` from what was shown: that costs the `toll`.
        """
        vans = len(self.head)
        self.fixed, self.held = np.zeros(places, np.int32), np.zeros(slots, np.int32)
        self.shut, self.leaves = np.zeros(vans, np.int32), np.full(vans, -NEVER)
        self.toll, self.changed, self.flips = 0.0, np.zeros(vans, np.int32), 0
        self.flipped = np.zeros(vans, np.int32)

    def _make_breaks(self, places: int, slots: int) -> None:
        """Where drivers' breaks are taken: of each trip how it stands to the break and behind how many stops it is;
        whether the van's earlier trips have it, and whether a later one does."""
        rows = places if self.vans.breaks else 0
        self.choice = Choice(rows)
        self.choice.know(self.next, self.prev, self.step, self.place, self.opens, self.closes, self.service)
        self.choice.follow(
            self.pre_span, self.pre_early, self.pre_late, self.post_span, self.post_early, self.post_late
        )
        self.log_rest, self.log_how = np.zeros((rows, 6)), np.zeros((slots, 2), np.int32)
        self.how, self.rest_at = np.zeros(slots, np.int32), np.full(slots, -1, np.int32)
        self.rested, self.rests_later = np.zeros(slots, np.int32), np.zeros(slots, np.int32)
        self.best_rest = np.full(slots, -1, np.int32)

    def toll_of(self, trip: int) -> float:
        """What the first change of a trip costs; nothing where it has changed already."""
        if self.stamp[trip] == self.now or self.changed[self.van[trip]] != 0:
            return 0.0
        return self.toll

    def start_of(self, trip: int) -> int:
        """The node at which a trip begins."""
        return self.size + 2 * trip

    def end_of(self, trip: int) -> int:
        """The node at which a trip ends."""
        return self.size + 2 * trip + 1

    if not cython.compiled:  # else in routes.pxd

        def foresee(self, node: int) -> None:
            """Have what is near a stop brought into the processor's cache, for who asks for it soon."""

    def _measure(self) -> None:
        """How far each stop is from those that are near it."""
        self.near_metres = np.zeros((self.size, self.breadth))
        for node in range(self.size):
            for k in range(self.breadth):
                v = self.stops.near[node, k]
                if v >= 0:
                    self.near_metres[node, k] = self.metric.distance(self.place[node], self.place[v])

    def link(self, i: int, j: int) -> None:
        """One node follows another; both trips are touched already."""
        self.next[i], self.prev[j] = j, i
        self.step[j] = self.metric.distance(self.place[i], self.place[j])
        self.onward[i] = self.step[j]

    def set_ends(self, trip: int) -> None:
        """Type, places and shift of a trip's ends, from its van."""
        kind, start, end = self.van_type[self.van[trip]], self.start_of(trip), self.end_of(trip)
        self.type[trip] = kind
        self.place[start], self.place[end] = self.vans.start[kind], self.vans.end[kind]
        self.opens[start] = max(self.vans.opens[kind], self.leaves[self.van[trip]])
        self.closes[start] = self.vans.closes[kind]
        self.opens[end], self.closes[end] = self.vans.opens[kind], self.vans.closes[kind]
        self.trip[start], self.trip[end] = trip, trip

    def set_head(self, van: int, trip: int) -> None:
        """A van's first trip, or -1 for none; the one before is written down."""
        if self.head_stamp[van] != self.now:
            self.head_stamp[van] = self.now
            self.log_heads[self.heads], self.log_head[self.heads] = van, self.head[van]
            self.heads += 1
        self.begin_with(van, trip)

    def begin_with(self, van: int, trip: int) -> None:
        """A van's first trip, or -1 for none; vans without trips that are not shut are counted."""
        if self.head[van] < 0 and self.shut[van] == 0:
            self.idle[self.van_type[van]] -= 1
        if trip < 0 and self.shut[van] == 0:
            self.idle[self.van_type[van]] += 1
        self.head[van] = trip

    def shut_down(self, van: int) -> None:
        """Let a van begin no more trips."""
        if self.shut[van] == 0 and self.head[van] < 0:
            self.idle[self.van_type[van]] -= 1
        self.shut[van] = 1

    def rechain(self, van: int) -> None:
        """When each trip of a van may begin and must end, for the others."""
        trip, ready = self.head[van], -NEVER
        last = -1
        rested, later = False, False
        while trip >= 0:
            self.ready[trip], self.rested[trip] = ready, rested
            rested = rested or self.how[trip] == WITHIN or self.how[trip] == LATER
            ready = self.over(trip)
            last, trip = trip, self.after[trip]
        trip, due = last, NEVER
        while trip >= 0:
            self.due[trip], self.rests_later[trip] = due, later
            later = later or self.how[trip] == WITHIN
            due = self.latest(trip)
            trip = self.before[trip]

    def over(self, trip: int) -> float:
        """When a trip is over at the earliest (s)."""
        ready = self.ready[trip]
        if self.gap_before(trip) > 0.0:
            ready = max(ready, self.vans.break_opens[self.type[trip]]) + self.gap_before(trip)
        return max(self.early[trip], ready, self.release[trip]) + self.span[trip]

    def latest(self, trip: int) -> float:
        """When a trip begins at the latest (s)."""
        following = self.after[trip]
        gap = self.gap_before(following) if following >= 0 else 0.0
        return min(self.late[trip], self.due[trip] - gap - self.span[trip])

    def gap_before(self, trip: int) -> float:
        """How long the break is that a driver takes at the depot between the trip before and this one (s)."""
        if self.how[trip] != LATER or self.rested[trip] != 0 or self.before[trip] < 0:
            return 0.0
        return self.vans.break_s[self.type[trip]]

    def refresh(self, trip: int) -> None:
        """Work out a trip anew after its stops, and the steps between them, have changed."""
        i, end = self.start_of(trip), self.end_of(trip)
        self.pre_span[i], self.pre_early[i], self.pre_late[i] = 0.0, self.opens[i], self.closes[i]
        self.post_span[end], self.post_early[end], self.post_late[end] = (
            0.0,
            self.opens[end],
            self.closes[end],
        )
        weight, volume, release, metres, count = 0.0, 0.0, 0.0, 0.0, 0
        while i != end:
            j = self.next[i]
            metres += self.step[j]
            if j != end:
                count += 1
                weight += self.stops.weight[j]
                volume += self.stops.volume[j]
                release = max(release, self.stops.release[j])
            i = j
        self.length[trip], self.weight[trip], self.volume[trip] = count, weight, volume
        self.release[trip], self.metres[trip] = release, metres
        self._time(self.start_of(trip), end, end, self.start_of(trip))
        self.reprice(trip)

    def _time(self, i: int, end: int, j: int, start: int) -> None:
        """What the way up to each node takes, from the one behind `i` on, and what is left of it from each node on,
        from the one before `j` down. A step of each in turn: none waits for the sums of the other."""
        span, early, late = self.pre_span[i], self.pre_early[i], self.pre_late[i]
        left, first, last = self.post_span[j], self.post_early[j], self.post_late[j]
        while i != end or j != start:
            if i != end:
                k = self.next[i]
                lead = span + self.metric.duration(self.place[i], self.place[k], self.step[k])
                wait = self.opens[k] - lead - late
                wait = wait if wait > 0.0 else 0.0
                early = max(self.opens[k] - lead, early) - wait
                late = min(self.closes[k] - lead, late)
                span = lead + self.service[k] + wait
                self.pre_span[k], self.pre_early[k], self.pre_late[k] = span, early, late
                i = k
            if j != start:
                k = self.prev[j]
                lead = self.service[k] + self.metric.duration(self.place[k], self.place[j], self.step[j])
                wait = first - lead - self.closes[k]
                wait = wait if wait > 0.0 else 0.0
                first = max(first - lead, self.opens[k]) - wait
                last = min(last - lead, self.closes[k])
                left += lead + wait
                self.post_span[k], self.post_early[k], self.post_late[k] = left, first, last
                j = k

    def reprice(self, trip: int) -> None:
        """A trip's times as a whole, and its price, from what its end knows."""
        kind, end = self.type[trip], self.end_of(trip)
        self.span[trip], self.early[trip], self.late[trip] = (
            self.pre_span[end],
            self.pre_early[end],
            self.pre_late[end],
        )
        if self.vans.breaks:
            self._take_break(trip, kind)
        price = self.vans.per_metre[kind] * self.metres[trip] + self.vans.per_second[kind] * self.span[trip]
        self.cost += price - self.price[trip]
        self.price[trip] = price
        if self.many:
            self.rechain(self.van[trip])

    def _take_break(self, trip: int, kind: int) -> None:
        """Where in a trip the break is taken: where the trip is the shortest of those that suit the van's others."""
        self.how[trip], self.rest_at[trip] = ANYTIME, -1
        if self.vans.break_s[kind] <= 0.0:
            return
        self.ask_about(trip, kind, self.release[trip])
        self.choice.look_back(self.metric, self.start_of(trip), self.end_of(trip))
        self.choice.look_ahead(self.metric, self.start_of(trip), self.end_of(trip))
        self.choice.decide(self.metric, self.start_of(trip), self.end_of(trip))
        self.how[trip], self.rest_at[trip] = self.choice.how, self.choice.at
        if self.choice.how != LOST:
            self.span[trip], self.early[trip], self.late[trip] = (
                self.choice.span,
                self.choice.early,
                self.choice.late,
            )

    def ask_about(self, trip: int, kind: int, release: float) -> None:
        """Let `choice` know of the break of a type of van, and of the other trips of the van that makes this one."""
        following = self.after[trip]
        self.choice.how, self.choice.lasts = LOST, self.vans.break_s[kind]
        self.choice.opens, self.choice.closes = self.vans.break_opens[kind], self.vans.break_closes[kind]
        self.choice.ready, self.choice.due, self.choice.release = self.ready[trip], self.due[trip], release
        self.choice.rested, self.choice.later = self.rested[trip] != 0, self.rests_later[trip] != 0
        self.choice.led = self.before[trip] >= 0
        self.choice.gap = following >= 0 and self.how[following] == LATER

    def begin(self) -> None:
        """What is changed from here on can be taken back."""
        self.now += 1
        self.touches, self.logged, self.heads, self.came, self.left_out = 0, 0, 0, 0, 0
        self.flips, self.log_cost, self.log_uneven = 0, self.cost, self.uneven

    def touch(self, trip: int) -> None:
        """Write a trip down before it is changed for the first time since `begin`."""
        if self.stamp[trip] == self.now:
            return
        self.stamp[trip] = self.now
        self.touched[self.touches] = trip
        self.touches += 1
        self.log_row[trip], self.log_van[trip] = self.logged, self.van[trip]
        self.log_after[trip], self.log_before[trip] = self.after[trip], self.before[trip]
        if self.van[trip] >= 0:
            node = self.start_of(trip)
            while node != self.end_of(trip):
                self._write_down(node)
                node = self.next[node]
            self._write_down(node)
        self.log_end[trip] = self.logged
        self.log_trip[trip, 0], self.log_trip[trip, 1] = self.weight[trip], self.volume[trip]
        self.log_trip[trip, 2], self.log_trip[trip, 3] = self.metres[trip], self.release[trip]
        self.log_trip[trip, 4] = self.price[trip]
        if self.vans.breaks:
            self.log_trip[trip, 5], self.log_trip[trip, 6] = self.span[trip], self.early[trip]
            self.log_trip[trip, 7] = self.late[trip]
            self.log_how[trip, 0], self.log_how[trip, 1] = self.how[trip], self.rest_at[trip]

    def as_logged(self, trip: int) -> None:
        """A trip's times as a whole, and its break, as they were written down."""
        self.span[trip], self.early[trip] = self.log_trip[trip, 5], self.log_trip[trip, 6]
        self.late[trip] = self.log_trip[trip, 7]
        self.how[trip], self.rest_at[trip] = self.log_how[trip, 0], self.log_how[trip, 1]

    def _write_down(self, node: int) -> None:
        """A node of a trip that is touched, with its times."""
        row = self.logged
        self.log_nodes[row] = node
        self.log_times[row, 0], self.log_times[row, 1] = self.pre_span[node], self.pre_early[node]
        self.log_times[row, 2], self.log_times[row, 3] = self.pre_late[node], self.post_span[node]
        self.log_times[row, 4], self.log_times[row, 5] = self.post_early[node], self.post_late[node]
        self.log_times[row, 6] = self.step[node]
        if self.vans.breaks:
            for k in range(3):
                self.log_rest[row, k] = self.choice.pre[node, k]
                self.log_rest[row, 3 + k] = self.choice.post[node, k]
        self.logged += 1

    def miss(self, node: int) -> None:
        """Count a node among those that nobody serves."""
        self.trip[node], self.step[node], self.onward[node] = ABSENT, -NEVER, -NEVER
        self.absent[self.missing], self.absent_at[node] = node, self.missing
        self.missing += 1

    def found_again(self, node: int) -> None:
        """Count a node no more among those that nobody serves."""
        self.missing -= 1
        last, at = self.absent[self.missing], self.absent_at[node]
        self.absent[at], self.absent_at[last] = last, at

    def leave_out(self, node: int) -> None:
        """Take a stop from its trip, which was touched; its times are not worked out anew."""
        before, behind = self.prev[node], self.next[node]
        self.link(before, behind)
        self.cost += self.lenience * self.stops.penalty[node]
        self.miss(node)
        self.left_out += 1

    def put_in(self, node: int, trip: int, after: int) -> None:
        """Give a stop that nobody serves to a trip, behind one of its nodes."""
        self.touch(trip)
        self.found_again(node)
        behind = self.next[after]
        self.metres[trip] -= self.step[behind]
        self.link(after, node)
        self.link(node, behind)
        self.trip[node] = trip
        self.log_came[self.came] = node
        self.came += 1
        self.cost -= self.lenience * self.stops.penalty[node]
        self.metres[trip] += self.step[node] + self.step[behind]
        self.length[trip] += 1
        self.weight[trip] += self.stops.weight[node]
        self.volume[trip] += self.stops.volume[node]
        self.release[trip] = max(self.release[trip], self.stops.release[node])
        self._time(after, self.end_of(trip), behind, self.start_of(trip))
        self.reprice(trip)
