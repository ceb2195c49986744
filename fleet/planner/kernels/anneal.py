# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Ruin and recreate with simulated annealing, after "Slack Induction by String Removals for Vehicle Routing Problems"
(Christiaens and Vanden Berghe, Transportation Science 54, 2020): strings of stops near each other are taken out (its
section 5.2), and put back one by one where they cost least, some places being overlooked at random (5.3). Between its
iterations trips exchange their tails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from math import exp, log

    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.columns import TABLE
    from fleet.planner.kernels.places import find, find_new, insert
    from fleet.planner.kernels.tails import propose, split
    from fleet.planner.kernels.trips import close_trip, draw_vans, suit_all, whole
    from fleet.planner.kernels.undo import accept, better, counted, keep, mean_length, take_back

if TYPE_CHECKING:
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes

RANDOM, DEMAND, FAR, CLOSE, NARROW, EARLY, LATE = 0, 1, 2, 3, 4, 5, 6
"""In which order stops are put back: by chance, heaviest, farthest or nearest to a depot first, shortest window, first
to close, last to open; as often as each is drawn."""

SOME, FEW = 20, 2
"""How many stops that nobody served before are tried in an iteration. Every fourth time it is few, and they are put in
at any price: two that are not worth a van each may be worth one together."""


class Ruin:
    """How much is taken out: stops of an iteration on average, stops of a string at most, how often a string leaves
    out some in its middle, and how often one more of them. Where whole trips are taken out: how many at most, and
    after how many stops no more."""

    def __init__(self) -> None:
        self.mean_removed, self.longest_string, self.split, self.deeper = 10.0, 10.0, 0.5, 0.01
        self.mean_length = 1.0
        self.trips, self.enough = 3, 60

    def take_out(self, routes: Routes, chance: Chance) -> None:
        """Take strings of stops out of trips that pass near a stop drawn by chance."""
        most = min(self.longest_string, self.mean_length)
        strings = chance.up_to(4.0 * self.mean_removed / (1.0 + most) - 1.0)
        seed = chance.below(routes.size)
        routes.seeing += 1
        v, k = seed, -1
        while v >= 0 and strings > 0:
            trip = routes.trip[v]
            if trip >= 0 and routes.fixed[v] == 0 and routes.seen[trip] != routes.seeing:
                routes.seen[trip] = routes.seeing
                self._string(routes, chance, v, trip, most)
                strings -= 1
            k += 1
            v = routes.stops.near[seed, k] if k < routes.breadth else -1

    def take_trips(self, routes: Routes, chance: Chance) -> int:
        """Take all stops out of a few trips that pass near a stop drawn by chance, and say of how many trips."""
        most, count = 1 + chance.below(self.trips), 0
        seed = chance.below(routes.size)
        routes.seeing += 1
        v, k = seed, -1
        while v >= 0 and count < most and routes.left_out < self.enough:
            trip = routes.trip[v]
            if trip >= 0 and routes.held[trip] == 0 and routes.seen[trip] != routes.seeing:
                routes.seen[trip] = routes.seeing
                self._all_of(routes, trip)
                count += 1
            k += 1
            v = routes.stops.near[seed, k] if k < routes.breadth else -1
        return count

    def _all_of(self, routes: Routes, trip: int) -> None:
        """Take all stops out of a trip."""
        routes.touch(trip)
        node = routes.next[routes.start_of(trip)]
        while node < routes.size:
            following = routes.next[node]
            routes.leave_out(node)
            node = following
        close_trip(routes, trip)

    def _string(self, routes: Routes, chance: Chance, node: int, trip: int, most: float) -> None:
        """Take a string that holds a stop out of its trip, or one that leaves out some stops in its middle; stops that
        are fixed, which are the first, stay."""
        length = routes.length[trip] - routes.held[trip]
        size, spared = chance.up_to(min(most, length)), 0
        if 1 < size < length and chance.share() < self.split:
            spared = 1
            while size + spared < length and chance.share() < self.deeper:
                spared += 1
        first, back = node, chance.below(size + spared)
        while back > 0 and routes.prev[first] < routes.size and routes.fixed[routes.prev[first]] == 0:
            first = routes.prev[first]
            back -= 1
        last, ahead = first, size + spared - 1
        while ahead > 0 and routes.next[last] < routes.size:
            last = routes.next[last]
            ahead -= 1
        while ahead > 0:
            first = routes.prev[first]
            ahead -= 1
        begin = 1 + chance.below(size - 1) if spared > 0 else size
        routes.touch(trip)
        for k in range(size + spared):
            following = routes.next[first]
            if k < begin or k >= begin + spared:
                routes.leave_out(first)
            first = following
        if size == routes.length[trip]:
            close_trip(routes, trip)
        else:
            routes.refresh(trip)


class Recreate:
    """How stops are put back: `blink` is how often a place is overlooked."""

    def __init__(self, stops: int) -> None:
        self.blink = 0.01
        self.order, self.key = np.zeros(stops, np.int32), np.zeros(stops)

    def put_back(self, routes: Routes, chance: Chance, patience: int, generous: bool) -> None:
        """Put back what was taken out, and try for so many of those that nobody served before.

        A stop is left out where that costs less, unless `generous`.
        """
        self.put_in(routes, chance, self._sorted(routes, chance, patience), generous)

    def begin_trips(self, routes: Routes, chance: Chance, count: int) -> None:
        """Let so many trips begin with one of the stops that were taken out. By its own stop no trip pays: each would
        rather go a long way round with another."""
        for _ in range(count):
            if routes.left_out == routes.came:
                return
            node = routes.absent[routes.missing - 1 - chance.below(routes.left_out - routes.came)]
            if find_new(routes, node):
                insert(routes, node)

    def put_in(self, routes: Routes, chance: Chance, count: int, generous: bool) -> None:
        """Put in the first of `order`, so many."""
        for k in range(count):
            node = self.order[k]
            if k + 1 < count:
                routes.foresee(self.order[k + 1])
            fits = find(routes, node, chance, self.blink)
            if fits and (generous or routes.found < routes.lenience * routes.stops.penalty[node]):
                insert(routes, node)

    def _sorted(self, routes: Routes, chance: Chance, patience: int) -> int:
        """How many stops are to be put in; `order` holds them, in an order drawn by chance."""
        standing = routes.missing - (routes.left_out - routes.came)
        tried = standing if standing < patience else patience
        first = 0 if tried == standing else chance.below(standing)
        how, count = self._drawn(routes, chance), 0
        for k in range(tried + routes.left_out - routes.came):
            at = standing + k - tried
            if k < tried:
                at = first + k if first + k < standing else first + k - standing
            node = routes.absent[at]
            value, i = self._key(routes, chance, node, how), count
            while i > 0 and self.key[i - 1] > value:
                self.key[i], self.order[i] = self.key[i - 1], self.order[i - 1]
                i -= 1
            self.key[i], self.order[i] = value, node
            count += 1
        return count

    def sort_all(self, routes: Routes, chance: Chance) -> None:
        """Write all stops into `order`, in one that is drawn by chance."""
        how = self._drawn(routes, chance)
        for node in range(routes.size):
            self.key[node] = self._key(routes, chance, node, how)
        self.order = np.argsort(np.asarray(self.key), kind="stable").astype(np.int32)

    def _drawn(self, routes: Routes, chance: Chance) -> int:
        """An order, drawn with the weights of the paper; windows count where there are some."""
        drawn = chance.below(17 if routes.stops.windows else 11)
        if drawn < 4:
            return RANDOM
        if drawn < 8:
            return DEMAND
        if drawn < 11:
            return FAR if drawn < 10 else CLOSE
        if drawn < 15:
            return NARROW if drawn < 13 else EARLY
        return LATE

    def _key(self, routes: Routes, chance: Chance, node: int, how: int) -> float:
        """What stops are sorted by, the least first."""
        if how == DEMAND:
            return -routes.stops.weight[node]
        if how == FAR:
            return -routes.stops.radius[node]
        if how == CLOSE:
            return routes.stops.radius[node]
        if how == NARROW:
            return routes.closes[node] - routes.opens[node]
        if how == EARLY:
            return routes.closes[node]
        if how == LATE:
            return -routes.opens[node]
        return chance.share()


class Search:
    """One search over the routes; it can be run in pieces, and the same seed and pieces give the same plan.

    `exchanges`: how many exchanges of tails are tried in each iteration; one in `whole_trips` of them takes out whole
    trips in place of strings, which are too short to show that one trip less, or one more, would do.
    """

    def __init__(self, routes: Routes, seed: int) -> None:
        self.routes, self.chance, self.iterations = routes, Chance(seed), 0
        self.ruin, self.recreate = Ruin(), Recreate(routes.size)
        self.exchanges = 12 if routes.breadth > 0 else 0
        self.whole_trips = 50

    def construct(self) -> None:
        """A first plan: every stop is put where it costs least."""
        routes = self.routes
        self.recreate.sort_all(routes, self.chance)
        with cython.nogil:
            routes.begin()
            self.recreate.put_in(routes, self.chance, routes.size, False)
            accept(routes)
            keep(routes)

    def run(self, iterations: int, hot: float, cold: float) -> None:
        """So many iterations, the temperature falling from one to the other (in units of cost), by equal factors."""
        temperature, factor = hot, exp(log(cold / hot) / max(iterations, 1))
        routes = self.routes
        self.ruin.mean_length = mean_length(routes)
        counted(routes)  # sums that are kept for long drift
        with cython.nogil:
            for _ in range(iterations):
                self._step(routes, temperature)
                temperature *= factor
        self.iterations += iterations

    def _step(self, routes: Routes, temperature: float) -> None:
        """Ruin, recreate, and stay with it or go back; then the tails."""
        routes.begin()
        taken = -1
        if self.chance.below(self.whole_trips) == 0:
            taken = self.ruin.take_trips(routes, self.chance)
        elif routes.missing < routes.size:
            self.ruin.take_out(routes, self.chance)
        if routes.metric.kind == TABLE and not whole(routes):
            take_back(routes)
            return
        self._put_back(routes, taken)
        if routes.cost < routes.log_cost + self.chance.bearable(temperature):
            accept(routes)
            if better(routes):
                keep(routes)
        else:
            take_back(routes)
        for _ in range(self.exchanges):
            if propose(routes, self.chance, temperature) and better(routes):
                keep(routes)
        if self.exchanges > 0:
            self._split(routes, temperature)

    def _put_back(self, routes: Routes, taken: int) -> None:
        """Put stops back. Where so many whole trips were taken out (-1: strings were), up to one more may begin anew,
        and mostly no others."""
        if taken >= 0:
            self.recreate.begin_trips(routes, self.chance, self.chance.below(taken + 2))
            routes.no_new = self.chance.below(4) > 0
        if routes.swaps:
            self._change_vans(routes)
        generous = self.chance.below(4) == 0
        self.recreate.put_back(routes, self.chance, FEW if generous else SOME, generous)
        routes.no_new = False
        if routes.swaps:
            suit_all(routes)

    def _change_vans(self, routes: Routes) -> None:
        """Trips that lost stops go to the cheapest van, to a larger one, or stay with theirs, as is drawn by chance."""
        drawn = self.chance.below(3)
        if drawn == 0:
            suit_all(routes)
        elif drawn == 1:
            draw_vans(routes, self.chance)

    def _split(self, routes: Routes, temperature: float) -> None:
        """Try to give all behind a stop to another van."""
        u = self.chance.below(routes.size)
        if split(routes, u, self.chance.bearable(temperature)) and better(routes):
            keep(routes)
