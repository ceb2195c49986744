# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Ruin and recreate over all modes (SISR, as in `fleet.planner.kernels.anneal`): strings are taken out of vans' trips,
machines' rows and locker stops that are near each other; now and then a locker's parcels are called together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.joint.changes import accept, counted, free, keep, take_back
    from fleet.planner.joint.offer import BANNED, Offer
    from fleet.planner.joint.shown import weigh
    from fleet.planner.joint.state import DOOR, LOCKER, NOBODY, SORTIE
    from fleet.planner.kernels.anneal import Recreate, Ruin
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.columns import TABLE
    from fleet.planner.kernels.fairness import look
    from fleet.planner.kernels.routes import NEVER
    from fleet.planner.kernels.tails import propose
    from fleet.planner.kernels.trips import close_trip, whole
    from fleet.planner.kernels.undo import mean_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.planner.joint.state import State
    from fleet.planner.kernels.routes import Routes

SAME = 1e-9
"""Costs that differ by less are the same."""

PATIENCE, FEW = 20, 2
"""How many parcels that nobody brought before are tried in an iteration, and where they are brought at any price."""


def _dearer(routes: Routes, banned: int, price: float) -> None:
    """Add to the price of using a van of some types."""
    for kind in range(min(routes.vans.count, 16)):
        if (banned >> kind) & 1:
            routes.vans.fixed[kind] += price


class Blend:
    """One search over all modes; the same seed and pieces of iterations give the same plan.

    `calls`: how often, in ten thousand iterations, a locker's parcels are called together, at most `called` of them;
    `sackings`: how often vans lose all stops, at most `sacked` of them;
    `exchanges`: how many exchanges of tails are tried in each iteration; `concerned`: the first `concerns` of it are
    parcels near which every second iteration looks.
    """

    def __init__(self, state: State, seed: int) -> None:
        self.state, self.chance, self.iterations = state, Chance(seed), 0
        self.ruin, self.recreate, self.offer = Ruin(), Recreate(state.size), Offer()
        self.calls, self.called = 500 if self.state.lockers.count > 0 else 0, 16
        self.sackings, self.sacked, self.hired, self.patience = 300, 3, 0, 10.0
        self.exchanges = 4 if self.state.routes.breadth > 0 else 0
        self.order, self.key = np.zeros(self.state.size, np.int32), np.zeros(self.state.size)
        self.concerned, self.concerns = np.zeros(self.state.size, np.int32), 0

    def construct(self) -> None:
        """A first plan: every parcel is brought in the way that costs least."""
        state = self.state
        with cython.nogil:
            state.begin()
            self._put_back(state, state.size, True)
            weigh(state, state.routes)
            accept(state)
            keep(state)

    def look_near(self, parcels: Sequence[int]) -> None:
        """Look near these parcels every second iteration from now on, and near no others; without any, anywhere."""
        np.asarray(self.concerned)[: len(parcels)] = parcels
        self.concerns = len(parcels)

    def near(self) -> list[int]:
        """The parcels near which every second iteration looks."""
        return [int(parcel) for parcel in np.asarray(self.concerned)[: self.concerns]]

    def mend(self, how: int) -> None:
        """Bring those that an event concerns, and nobody brings, in the way that costs least, at any price. All else
        stays as it is; the plan is the best one there is now, whatever was before."""
        state, count = self.state, 0
        state.routes.best_cost, self.offer.favoured = NEVER, -1
        with cython.nogil:
            state.begin()
            if state.routes.unfair > 0.0:
                look(state.routes)
            for k in range(self.concerns):
                parcel = self.concerned[k]
                if state.mode[parcel] == NOBODY:
                    self.key[count] = self.recreate._key(state.routes, self.chance, parcel, how)
                    self.order[count] = parcel
                    count += 1
            self._sort(count)
            for k in range(count):
                self.offer.place(state, self.order[k], self.chance, True)
                self._open(state, state.routes, self.order[k])
            self.offer.openings = 0
            weigh(state, state.routes)
            accept(state)
            keep(state)

    def _open(self, state: State, routes: Routes, parcel: int) -> None:
        """Where a van was sent out for a parcel, let the next ones know: they may be far from its first stop."""
        node = parcel if state.mode[parcel] == DOOR else -1
        if state.mode[parcel] == LOCKER:
            node = state.size + state.at[parcel]
        if node >= 0 and routes.length[routes.trip[node]] == 1:
            self.offer.open(routes.trip[node])

    def ban(self, types: int, price: float) -> None:
        """Add to the price of using a van of some types (as bits), so that none of them is used."""
        _dearer(self.state.routes, types, price)

    def run(self, iterations: int, temperature: float, lenience: float, fairness: float) -> None:
        """So many iterations at a temperature (in units of cost), penalties and uneven hours counting a part only."""
        state = self.state
        state.routes.counts = fairness
        self.ruin.mean_length = mean_length(state.routes)
        state.lenience = lenience
        counted(state)  # sums that are kept for long drift
        with cython.nogil:
            for _ in range(iterations):
                self._step(state, state.routes, self.chance, temperature)
        self.iterations += iterations

    def _step(self, state: State, routes: Routes, chance: Chance, temperature: float) -> None:
        """Ruin, recreate, and stay with it or go back; then the tails."""
        state.begin()
        if routes.unfair > 0.0:
            look(routes)
        self.offer.favoured = -1
        drawn, banned = chance.below(10000), -1
        if drawn < self.calls:
            self._call_together(state, chance)
        elif drawn < self.calls + self.sackings and routes.missing < routes.size:
            banned = self._sack(state, routes, chance)
        else:
            self._take_out(state, routes, chance)
        if routes.metric.kind == TABLE and not whole(routes):
            take_back(state)
            return
        self._recreate(state, routes, chance, banned)
        weigh(state, routes)
        if routes.cost < routes.log_cost + chance.bearable(
            temperature if banned < 0 else self.patience * temperature
        ):
            accept(state)
            if routes.cost < routes.best_cost - SAME:
                keep(state)
        else:
            take_back(state)
        for _ in range(self.exchanges):
            if propose(routes, chance, temperature):
                weigh(state, routes)
                if routes.cost < routes.best_cost - SAME:
                    keep(state)

    def _recreate(self, state: State, routes: Routes, chance: Chance, banned: int) -> None:
        """Bring again whom nobody brings; where vans were sacked (from 0), some others are hired, and those that are
        banned are not."""
        if banned >= 0:
            self._hire(state, routes, chance)
        _dearer(routes, max(banned, 0), BANNED)
        generous = banned >= 0 or chance.below(4) == 0
        self._put_back(state, FEW if generous else PATIENCE, generous)
        _dearer(routes, max(banned, 0), -BANNED)

    def _take_out(self, state: State, routes: Routes, chance: Chance) -> None:
        """Take strings out of trips, rows and locker stops near a parcel drawn by chance."""
        most = min(self.ruin.longest_string, self.ruin.mean_length)
        strings = chance.up_to(4.0 * self.ruin.mean_removed / (1.0 + most) - 1.0)
        routes.seeing += 1
        seed = self._seed(state, chance)
        node, k = seed, -1
        while node >= 0 and strings > 0:
            trip = routes.trip[node]
            if trip >= 0:
                if routes.fixed[node] == 0 and routes.seen[trip] != routes.seeing:
                    routes.seen[trip] = routes.seeing
                    self.ruin._string(routes, chance, node, trip, most)
                    self._those_left_out(state, routes)
                    strings -= 1
            elif node < state.size and self._beside(state, node, state.at[node], most):
                strings -= 1
            k += 1
            node = routes.stops.near[seed, k] if k < routes.breadth else -1

    def _sack(self, state: State, routes: Routes, chance: Chance) -> int:
        """Take all stops of one van, or of a few that are near each other, and say which types of van may not be used
        anew, as bits: strings are too short to show that one van less, or another one, would do."""
        routes.seeing += 1
        seed, vans, k = self._seed(state, chance), 1 + chance.below(self.sacked), -1
        self.hired = chance.below(vans + 1)
        node = seed
        while node >= 0 and vans > 0:
            trip = routes.trip[node]
            if trip >= 0 and routes.fixed[node] == 0 and routes.seen[trip] != routes.seeing:
                routes.seen[trip] = routes.seeing
                self._empty(routes, trip)
                vans -= 1
            k += 1
            node = routes.stops.near[seed, k] if k < routes.breadth else -1
        self._those_left_out(state, routes)
        every = (1 << min(routes.vans.count, 16)) - 1
        return every if chance.below(4) > 0 else 0

    def _seed(self, state: State, chance: Chance) -> int:
        """A parcel near which is taken out: any, or every second time one of those that an event concerns."""
        if self.concerns > 0 and chance.below(2) > 0:
            return self.concerned[chance.below(self.concerns)]
        return chance.below(state.count)

    def _empty(self, routes: Routes, trip: int) -> None:
        """Take all stops from a trip but those that are fixed."""
        routes.touch(trip)
        last = routes.start_of(trip)
        while routes.next[last] < routes.size and routes.fixed[routes.next[last]] != 0:
            last = routes.next[last]
        while routes.next[last] < routes.size:
            routes.leave_out(routes.next[last])
        if routes.held[trip] == 0:
            close_trip(routes, trip)
        else:
            routes.refresh(trip)

    def _hire(self, state: State, routes: Routes, chance: Chance) -> None:
        """Let some vans of types drawn by chance begin with one stop each. By its own stop no van pays: each stop would
        rather go a long way round with another."""
        for _ in range(self.hired):
            if state.freed == 0:
                return
            kind = chance.below(routes.vans.count)
            parcel = state.alone[state.left - state.freed + chance.below(state.freed)]
            _dearer(routes, ~(1 << kind), BANNED)
            self.offer.first_stop(state, state.routes, parcel)
            _dearer(routes, ~(1 << kind), -BANNED)

    def _those_left_out(self, state: State, routes: Routes) -> None:
        """Let nobody bring those whose stops a string took out."""
        for k in range(routes.missing - routes.left_out, routes.missing):
            node = routes.absent[k]
            if node < state.size:
                if state.mode[node] == DOOR:
                    free(state, node)
            else:
                while state.first[node - state.size] >= 0:
                    free(state, state.first[node - state.size])

    def _beside(self, state: State, parcel: int, at: int, most: float) -> bool:
        """Take a string with a parcel out of its machine's row, or of its locker stop, unless one was taken there."""
        if state.locked[parcel] != 0:
            return False
        if state.mode[parcel] == SORTIE:
            if state.seen_machine[at] == state.routes.seeing:
                return False
            state.seen_machine[at] = state.routes.seeing
            self._row(state, parcel, at, most)
            return True
        if state.mode[parcel] != LOCKER or state.seen_visit[at] == state.routes.seeing:
            return False
        state.seen_visit[at] = state.routes.seeing
        size = self.chance.up_to(min(most, state.held[at]))
        while size > 0 and parcel >= 0:
            following = state.behind[parcel]
            free(state, parcel)
            parcel = following
            size -= 1
        return True

    def _row(self, state: State, parcel: int, machine: int, most: float) -> None:
        """Take sorties that follow each other out of a machine's row, a parcel's among them."""
        length, k = state.length[machine], 0
        size = self.chance.up_to(min(most, length))
        while state.row[machine, k] != parcel:
            k += 1
        first = k - self.chance.below(size)
        first = max(0, min(first, length - size))
        for _ in range(size):
            if state.locked[state.row[machine, first]] != 0:
                first += 1
            else:
                free(state, state.row[machine, first])

    def _call_together(self, state: State, chance: Chance) -> None:
        """Take out parcels that a locker may hold; in this iteration a stop there counts for a part only."""
        locker = chance.below(state.lockers.count)
        first, beyond = state.lockers.first[locker], state.lockers.first[locker + 1]
        self.offer.favoured, self.offer.share = locker, chance.share()
        count = chance.up_to(self.called)
        while first < beyond and count > 0:
            if chance.below(4) > 0:
                if state.locked[state.lockers.whose[first]] == 0:
                    free(state, state.lockers.whose[first])
                count -= 1
            first += 1

    def _put_back(self, state: State, patience: int, generous: bool) -> None:
        """Bring those that were taken out again, and try some of those that nobody brought before; at any price, if
        `generous`: two that are not worth a van each may be worth one together."""
        count = self._sorted(state, self.chance, patience)
        for k in range(count):
            if k + 1 < count:
                state.routes.foresee(self.order[k + 1])
            self.offer.place(state, self.order[k], self.chance, generous)

    def _sorted(self, state: State, chance: Chance, patience: int) -> int:
        """How many parcels are to be brought; `order` holds them, in an order drawn by chance."""
        standing = state.left - state.freed
        tried = standing if standing < patience else patience
        first = 0 if tried == standing else chance.below(standing)
        how, count = self.recreate._drawn(state.routes, chance), 0
        for k in range(tried + state.freed):
            at = standing + k - tried
            if k < tried:
                at = first + k if first + k < standing else first + k - standing
            parcel = state.alone[at]
            self.key[count] = self.recreate._key(state.routes, chance, parcel, how)
            self.order[count] = parcel
            count += 1
        self._sort(count)
        return count

    def _sort(self, count: int) -> None:
        """By key, the least first; shell sort, since a first plan sorts all of them."""
        gap = 1
        while gap < count // 3:
            gap = 3 * gap + 1
        while gap > 0:
            for k in range(gap, count):
                value, parcel, i = self.key[k], self.order[k], k
                while i >= gap and self.key[i - gap] > value:
                    self.key[i], self.order[i] = self.key[i - gap], self.order[i - gap]
                    i -= gap
                self.key[i], self.order[i] = value, parcel
            gap //= 3
