"""Mode choice for all parcels at once, as a linear program for GLOP, rounded.

Each parcel takes one of its ways or none (at a price). Shared are: time of assets, chargers and pilots (in all and
within each narrower window), compartments (a larger class takes smaller parcels too), and a van's stop at a locker,
which is paid once however many parcels it brings.

The relaxation is all but integral: on 1,500 parcels its bound lies 0.1 % of the plan's cost from the best integer
solution, found in 0.2 s where CP-SAT and HiGHS take 5 to 20. The few split parcels take their largest part, and what
does not fit after rounding the draft's builder sends another way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.feasibility.pilots import Rota
from fleet.planner import linear
from fleet.planner.flights import round_up
from fleet.planner.permitroom import BEFORE_S
from fleet.planner.pilotshares import machine_seconds, site_sets
from fleet.planner.prices import Prices
from fleet.planner.problem import PlannerError, Pool, Problem
from fleet.planner.spans import Span, overlaps
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way, Ways
from fleet.protocol.values import CompartmentSize

FILL = 0.93
"""The share of the assets' time that is given out: gaps between sorties can't all be used."""

LEAST_PART = 0.25
"""A parcel that is split so much is left for the builder, which sends it the best way that remains."""

Choices = tuple[Way | None, ...]
"""What each parcel takes; none for those that nobody brings."""

Variable = Any
Used = tuple[Variable, int, SortieWay]


def way_price(way: Way, order: int, prices: Prices) -> float:
    """What a way costs a parcel at these prices, a locker stop's own price aside."""
    match way:
        case SortieWay():
            return way.cost
        case LockerWay():
            return way.fee + prices.parcel
        case DoorWay():
            return prices.door[order]


def assign(problem: Problem, ways: Sequence[Ways], prices: Prices) -> Choices:
    """The cheapest choices at these prices; none for a parcel whose every way costs more than leaving it."""
    program = _Program(problem, ways, prices)
    program.build()
    return program.solve()


@dataclass
class _Program:
    problem: Problem
    ways: Sequence[Ways]
    prices: Prices
    model: Any = field(default_factory=linear.Model)
    takes: dict[tuple[int, int], Variable] = field(default_factory=dict)
    stops: dict[str, Variable] = field(default_factory=dict)

    def build(self) -> None:
        """All variables and constraints."""
        for order, found in enumerate(self.ways):
            self._add_parcel(order, found)
        self._limit_assets()
        self._limit_compartments()
        self.model.minimize(_sum(self._costs()))

    def solve(self) -> Choices:
        """Each parcel's way with the largest part. Leaving all is feasible, so there is always a solution."""
        solver = linear.Solver("glop")
        status = solver.solve(self.model)
        if status != linear.SolveStatus.OPTIMAL:
            raise PlannerError(f"the assignment's linear program ended with {status}")
        return tuple(self._chosen(solver, order) for order in range(len(self.ways)))

    def _chosen(self, solver: Any, order: int) -> Way | None:
        ways = self.ways[order].all
        parts = [solver.value(self.takes[order, i]) for i in range(len(ways))]
        best = max(range(len(ways)), key=parts.__getitem__, default=None)
        return None if best is None or parts[best] < LEAST_PART else ways[best]

    def _add_parcel(self, order: int, found: Ways) -> None:
        for i, way in enumerate(found.all):
            take = self.model.new_num_var(0, 1, f"take {order} {i}")
            self.takes[order, i] = take
            if isinstance(way, LockerWay):
                self.model.add(take <= self._stop(way.locker_id))
        if found.all:
            self.model.add(_sum(self.takes[order, i] for i in range(len(found.all))) <= 1)

    def _stop(self, locker_id: str) -> Variable:
        if locker_id not in self.stops:
            self.stops[locker_id] = self.model.new_num_var(0, 1, f"stop {locker_id}")
        return self.stops[locker_id]

    def _costs(self) -> Iterator[Any]:
        """A parcel's way replaces the penalty for leaving it."""
        for (order, i), take in self.takes.items():
            price = way_price(self.ways[order].all[i], order, self.prices)
            yield (price - self.problem.penalties[order]) * take
        for locker_id, stop in self.stops.items():
            yield self.prices.locker.get(locker_id, 0.0) * stop

    def _limit_assets(self) -> None:
        by_pool: dict[int, list[Used]] = defaultdict(list)
        for (order, i), take in self.takes.items():
            way = self.ways[order].all[i]
            if isinstance(way, SortieWay):
                by_pool[way.pool].append((take, order, way))
        for index, used in sorted(by_pool.items()):
            self._limit_pool(self.problem.pools[index], used)
        self._limit_chargers(by_pool)
        self._limit_pilots(by_pool)

    def _limit_pool(self, pool: Pool, used: Sequence[Used]) -> None:
        """The assets' time within each window holds what must happen inside it."""
        windows = {self.problem.due[order] for _, order, _ in used}
        for window in sorted(windows | {(0, self.problem.horizon_s)}):
            inside = [(t, w) for t, o, w in used if _within(self.problem.due[o], window)]
            room = sum(self._free_s(pool, span) for span in overlaps(_widened(window, used), pool.open))
            self.model.add(_sum(w.cycle_s * t for t, w in inside) <= room * FILL)

    def _free_s(self, pool: Pool, span: Span) -> int:
        """The time of all assets of the pool within a span, without what they are busy with."""
        busy = sum(
            max(
                0,
                min(span[1], self.problem.seconds(w.end)) - max(span[0], self.problem.floor_seconds(w.start)),
            )
            for slot in pool.slots
            for w in slot.busy
        )
        return max(0, (span[1] - span[0]) * len(pool.slots) - busy)

    def _limit_chargers(self, by_pool: Mapping[int, Sequence[Used]]) -> None:
        by_site: dict[str, list[Used]] = defaultdict(list)
        for index, used in sorted(by_pool.items()):
            by_site[self.problem.pools[index].site.site_id].extend(used)
        for site_id, used in by_site.items():
            site = self.problem.site(site_id)
            seconds = site.chargers * self.problem.horizon_s
            self.model.add(_sum(way.charge_s * take for take, _, way in used) <= seconds * FILL)

    def _limit_pilots(self, by_pool: Mapping[int, Sequence[Used]]) -> None:
        """What pilots supervise within each window holds what must happen inside it, of each set of sites that share
        some."""
        for kind, rota in self.problem.rotas.items():
            by_site: dict[str, list[Used]] = defaultdict(list)
            for index, used in sorted(by_pool.items()):
                if self.problem.pools[index].type.kind == kind:
                    by_site[self.problem.pools[index].site.site_id].extend(used)
            for sites in site_sets(rota, frozenset(by_site)) if by_site else ():
                self._limit_team(rota, sites, [each for site in sorted(sites) for each in by_site[site]])

    def _limit_team(self, rota: Rota, sites: frozenset[str], used: Sequence[Used]) -> None:
        windows = {self.problem.due[order] for _, order, _ in used}
        for window in sorted(windows | {(0, self.problem.horizon_s)}):
            inside = [(t, w) for t, o, w in used if _within(self.problem.due[o], window)]
            begin, end = _widened(window, used)[0]
            span = begin, max(begin, min(end, self.problem.horizon_s))
            seconds = machine_seconds(rota, sites, span)
            self.model.add(_sum(self._piloted_s(w) * t for t, w in inside) <= seconds * FILL)

    def _piloted_s(self, way: SortieWay) -> int:
        """How long a sortie needs its pilot: from its release to its return."""
        return way.gone_s - round_up(self.problem.pools[way.pool].type.turnaround_s) + BEFORE_S

    def _limit_compartments(self) -> None:
        by_locker: dict[str, list[tuple[Variable, CompartmentSize]]] = defaultdict(list)
        for (order, i), take in self.takes.items():
            way = self.ways[order].all[i]
            locker = way.locker if isinstance(way, SortieWay) else way
            if isinstance(locker, LockerWay):
                by_locker[locker.locker_id].append((take, locker.size))
        for locker_id, users in by_locker.items():
            free = self.problem.stations[locker_id].free
            for sizes in larger_classes():
                room = sum(free[size] for size in sizes)
                self.model.add(_sum(take for take, size in users if size in sizes) <= room)


def larger_classes() -> list[tuple[CompartmentSize, ...]]:
    """Each class with all larger ones: what fits a class fits those too."""
    sizes = tuple(CompartmentSize)
    return [sizes[i:] for i in range(len(sizes))]


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _widened(window: Span, used: Sequence[Used]) -> list[Span]:
    """A cycle may begin before the window and end after it: by half of a usual one on each side."""
    usual = sorted(way.cycle_s for _, _, way in used)[len(used) // 2]
    return [(max(0, window[0] - usual // 2), window[1] + usual // 2)]


def _sum(terms: Iterable[Any]) -> Any:
    return linear.LinearExpr.sum(list(terms))
