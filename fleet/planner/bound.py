"""What no plan can cost less than: a linear program in which each parcel's way costs what it costs at the least.

It is a relaxation: whatever plan there is by the ways that were found, with what it leaves at the objective's price, is
a solution of it, and costs no less than there. Left out are windows of vans, the order of stops, chargers, ports and
pilots; parcels, stops and trips may be taken in part, and a door within a walk of another needs no stop. What a van
drives, and draws from its battery by that, is told place by place (``ends.py``).

Vans that are out are whole ones: the program's optimum is convex in their number, so that of all whole numbers one of
those beside the best broken one is best.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from math import ceil, floor, inf
from typing import Any, NamedTuple

import numpy as np

from fleet.planner import linear
from fleet.planner.assignment import larger_classes
from fleet.planner.buildings import afoot, building
from fleet.planner.ends import Ends, Floats, Named, ends
from fleet.planner.leastrates import Batteries, Rates
from fleet.planner.nearways import Legs
from fleet.planner.problem import Problem, Van, is_delivery
from fleet.planner.spans import Span
from fleet.planner.stop import NO_HURRY, Stop, TimeUp, in_time
from fleet.planner.visits import Bases, capacity, units
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way, Ways

WINDOWS = 24
"""So many windows of a pool's parcels are looked at, the most frequent ones."""

MOST_NEAR, ALL_NEAR = 10, 1000
"""Ways to so many of its nearest places need a stop there, for each stop, and to about so many for all of them: of more
the program would take seconds."""

WHOLE = 1e-4
"""So near to a whole number of vans, it is one."""

SLACK = 1 - 1e-6
"""For the tolerances of the solver: the bound must not be missed by a hair."""

Variable = Any


class _Group(NamedTuple):
    """Vans that are alike: one of them, how many are out, and how many trips they make."""

    van: Van
    out: Variable
    trips: Variable

    @property
    def day_s(self) -> float:
        """How long one of them may be under way."""
        return float(max(0, min(self.van.late_s - self.van.early_s, self.van.type.max_shift_s)))


@dataclass(frozen=True)
class _Site:
    """A place by its site; a locker may have the same id."""

    site_id: str


@dataclass(frozen=True)
class _Fetched:
    """A place where a van may stop for what stands there, by its site."""

    site_id: str


@dataclass(frozen=True)
class _Locker:
    """A place by its locker."""

    locker_id: str


def lower_bound(problem: Problem, ways: Sequence[Ways], stop: Stop = NO_HURRY) -> float | None:
    """What the objective can't be less than (cost, and the price of parcels that are left); none where legs are not
    kept, the program is not solved, or it is late before it is."""
    if not problem.keeps_legs:
        return None
    try:
        return _Program(problem, ways, stop).solved()
    except TimeUp:
        return None


@dataclass
class _Program:
    """Takes of ways, stops at places, vans and trips, each from nothing to all of it."""

    problem: Problem
    ways: Sequence[Ways]
    stop: Stop
    model: Any = field(default_factory=linear.Model)
    stops: dict[Hashable, Variable] = field(default_factory=dict)
    outs: dict[Bases, Variable] = field(default_factory=dict)
    costs: list[Any] = field(default_factory=list)
    busy: list[Any] = field(default_factory=list)
    """Seconds of vans."""
    drawn: list[Any] = field(default_factory=list)
    """Shares of vans' batteries."""
    vans: list[_Group] = field(default_factory=list)

    def solved(self) -> float | None:
        """The least objective."""
        self.vans = [self._group(group) for group in self._groups()]
        takes = list(self._parcels())
        for key, stop in in_time(self.stops.items(), self.stop.late):
            self._ways(key, stop)
        self._limit_vans(takes)
        self._machines(takes)
        self._compartments(takes)
        self.model.minimize(_sum(self.costs))
        return self._with_whole_vans()

    def _with_whole_vans(self) -> float | None:
        """The least objective of a whole number of vans: that of one of the numbers beside the best broken one. Where
        not both are known in time it is that of the broken one, which is no dearer."""
        broken = self._optimum()
        if broken is None or broken[0] == inf:
            return None
        least, out = broken
        if not self.vans or abs(out - round(out)) < WHOLE:
            return least
        number = self.model.add(_sum(group.out for group in self.vans) <= floor(out))
        fewer = self._optimum()
        number.bound(ceil(out), inf)
        more = self._optimum()
        return least if fewer is None or more is None else min(fewer[0], more[0])

    def _optimum(self) -> tuple[float, float] | None:
        """The least objective of the program as it is, and how many vans are out then: infinite where it can't be, none
        where it is not solved (in time)."""
        solver = linear.Solver("glop", self.stop.left_s)
        status = solver.solve(self.model)
        if status == linear.SolveStatus.INFEASIBLE:
            return inf, inf
        if status != linear.SolveStatus.OPTIMAL:
            return None
        left = self.problem.left_price(self._asked)
        least = (solver.objective_value + left) - abs(solver.objective_value) * (1 - SLACK)
        return max(0.0, least), sum(solver.value(group.out) for group in self.vans)

    @cached_property
    def _asked(self) -> list[int]:
        """All parcels that were asked about but those that stand at a site: any van may fetch these on its way, which
        is no way of theirs here. What they cost counts as nothing."""
        asked = (order for order, found in enumerate(self.ways) if found.asked)
        return [order for order in asked if self.problem.standing(order) is None]

    def _parcels(self) -> Iterator[tuple[Variable, int, Way]]:
        """Each parcel goes one way, or is left for its price."""
        for order in in_time(self._asked, self.stop.late):
            takes, driven = list[Variable](), list[Variable]()
            for way in self.ways[order].all:
                take = self.model.new_num_var(0, 1, "")
                takes.append(take)
                self.costs.append((self._cost(order, way) - self.problem.penalties[order]) * take)
                if not isinstance(way, SortieWay):
                    driven.append(take)
                    self._drive(order, way, take)
                yield take, order, way
            if takes:
                self.model.add(_sum(takes) <= 1)
            if driven:
                self.model.add(_sum(driven) <= self._out(self.ways[order].bases))

    def _cost(self, order: int, way: Way) -> float:
        match way:
            case SortieWay():
                return way.least
            case LockerWay():
                return way.fee + self.rates.per_parcel + self.rates.in_locker_s * self.rates.per_s
            case DoorWay():
                return self.rates.per_parcel + self._at_door_s(order) * self.rates.per_s

    def _at_door_s(self, order: int) -> float:
        return self.problem.orders[order].service_minutes * 60.0

    def _drive(self, order: int, way: LockerWay | DoorWay, take: Variable) -> None:
        """What goes by van needs a stop at its place, which others share, and time there."""
        if isinstance(way, LockerWay):
            key: Hashable = _Locker(way.locker_id)
            seconds = self.rates.in_locker_s
        else:
            key, seconds = building(self.problem, order), self._at_door_s(order)
        self._takes(take, seconds)
        if isinstance(way, LockerWay) or order not in self._afoot:
            self.model.add(take <= self._stop(key))

    def _out(self, bases: Bases) -> Variable:
        """How many vans of some types and sites are out."""
        if bases not in self.outs:
            self.outs[bases] = out = self.model.new_num_var(0, inf, "")
            self.model.add(out <= _sum(group.out for group in self.vans if group.van.base in bases))
        return self.outs[bases]

    @cached_property
    def _afoot(self) -> Collection[int]:
        """Parcels that another door's stop may serve by a walk: they need none of their own."""
        return afoot(self.problem).keys()

    def _stop(self, key: Hashable) -> Variable:
        if key not in self.stops:
            self.stops[key] = stop = self.model.new_num_var(0, 1, "")
            self._takes(stop, self.rates.stop_s)
            self.costs.append(self.rates.stop_s * self.rates.per_s * stop)
        return self.stops[key]

    def _takes(self, what: Variable, seconds: float) -> None:
        """Time that a van stands, and what it draws meanwhile."""
        self.busy.append(seconds * what)
        self.drawn.append(seconds * self._batteries.standing * what)

    def _ways(self, key: Hashable, stop: Variable) -> None:
        """A stop's two ends of ways: in each unit to the nearest places where vans stop, or to a site."""
        for terms, end in zip((self.costs, self.busy, self.drawn), self.ends.stops[key], strict=True):
            near = [one for one in end.near[:-1] if one[1] < end.at_site]
            asked = list(takewhile(lambda one: one[0] in self.stops, near))
            # What no stop is asked for counts as the nearest of all such ways.
            others = min([end.at_site, *(half for _, half in end.near[len(asked) : len(asked) + 1])])
            rest = 2 * stop
            for other, half in asked:
                taken = self.model.new_num_var(0, 2, "")
                self.model.add(taken <= self._visits(other) * self.stops[other])
                terms.append((half - others) * taken)
                rest -= taken
            terms.append(2 * others * stop)
            if asked:
                self.model.add(rest >= 0)

    def _visits(self, key: Hashable) -> int:
        """How many ways there may be between a place and one stop: two where vans may stop at it several times."""
        return 1 if self._names[key] == 1 and not isinstance(key, _Locker) else 2

    # --- what there is of everything ---------------------------------------------------------------------------------

    def _group(self, alike: Sequence[Van]) -> _Group:
        """Vans that are out, each for its day, and their trips."""
        van = alike[0]
        group = _Group(van, self.model.new_num_var(0, len(alike), ""), self.model.new_num_var(0, inf, ""))
        self.model.add(group.out <= group.trips)
        load_s, at_site = van.type.load_s, self.ends.sites[_Site(van.site.site_id)]
        self.costs += [van.fixed_cost * group.out, load_s * self.rates.per_s * group.trips]
        self._takes(group.trips, load_s)
        for terms, end in zip((self.costs, self.busy, self.drawn), at_site, strict=True):
            terms.append(2 * end * group.trips)
        return group

    def _limit_vans(self, takes: Sequence[tuple[Variable, int, Way]]) -> None:
        """Their time and batteries in all, and what their trips hold: of what is brought, and of what is fetched."""
        self.model.add(_sum(self.busy) <= _sum(group.day_s * group.out for group in self.vans))
        self.model.add(_sum(self.drawn) <= _sum(group.out for group in self.vans))
        for brought in (True, False):
            loads = [
                (take, units(self.problem.orders[order]))
                for take, order, way in takes
                if not isinstance(way, SortieWay) and is_delivery(self.problem.orders[order]) is brought
            ]
            for k in (0, 1):
                room = _sum(capacity(group.van.type)[k] * group.trips for group in self.vans)
                self.model.add(_sum(load[k] * take for take, load in loads) <= room)

    def _groups(self) -> Iterable[list[Van]]:
        groups: dict[Any, list[Van]] = defaultdict(list)
        for van in self.problem.vans:
            groups[van.group].append(van)
        return groups.values()

    def _machines(self, takes: Sequence[tuple[Variable, int, Way]]) -> None:
        """Of each pool no more than its machines have time for: while it is open, and in each of the usual windows.

        Of a machine's sorties that hand over within a window all but the first and the last lie in it.
        """
        used: dict[int, list[tuple[Variable, Span, SortieWay]]] = defaultdict(list)
        for take, order, way in takes:
            if isinstance(way, SortieWay):
                used[way.pool].append((take, self.problem.due[order], way))
        for index, sorties in used.items():
            pool = self.problem.pools[index]
            beyond = 2 * max(way.least_s for _, _, way in sorties)
            opened = sum(end - begin + beyond for begin, end in pool.open)
            self.model.add(_sum(way.least_s * take for take, _, way in sorties) <= opened * len(pool.slots))
            windows = Counter(due for _, due, _ in sorties)
            for (begin, end), _ in windows.most_common(WINDOWS):
                inside = [(t, w) for t, due, w in sorties if begin <= due[0] and due[1] <= end]
                room = (end - begin + beyond) * len(pool.slots)
                self.model.add(_sum(way.least_s * take for take, way in inside) <= room)

    def _compartments(self, takes: Sequence[tuple[Variable, int, Way]]) -> None:
        """Of each class, and of those that are larger, no more than are free."""
        kept: dict[str, list[tuple[Variable, LockerWay]]] = defaultdict(list)
        for take, _, way in takes:
            locker = way.locker if isinstance(way, SortieWay) else way
            if isinstance(locker, LockerWay):
                kept[locker.locker_id].append((take, locker))
        for locker_id, users in kept.items():
            free = self.problem.stations[locker_id].free
            for sizes in larger_classes():
                room = sum(free[size] for size in sizes)
                self.model.add(_sum(take for take, way in users if way.size in sizes) <= room)

    # --- ways between places -----------------------------------------------------------------------------------------

    @cached_property
    def rates(self) -> Rates:
        """Of all types that there are vans of."""
        return Rates.of(self.problem.vans)

    @cached_property
    def _places(self) -> list[Named]:
        """All places that a van may stop at, by key."""
        problem, some = self.problem, range(len(self.ways))
        lockers = {way.locker_id for o in self._asked for way in self.ways[o].lockers}
        found: list[Named] = [
            (_Locker(name), problem.stations[name].locker.place) for name in sorted(lockers)
        ]
        found += [(building(problem, o), problem.orders[o].place) for o in some if self.ways[o].bases]
        fetched = {name for name in map(problem.standing, some) if name is not None}
        return [*found, *((_Fetched(name), problem.site(name).place) for name in sorted(fetched))]

    @cached_property
    def _names(self) -> Counter[Hashable]:
        return Counter(key for key, _ in self._places)

    @cached_property
    def ends(self) -> Ends:
        """What ends of ways count for, at all places that a van may stop at and at those that vans start from."""
        sites = {van.site.site_id: van.site.place for van in self.problem.vans}
        starts: list[Named] = [(_Site(name), place) for name, place in sites.items()]
        most = min(MOST_NEAR, ALL_NEAR // max(1, len(self._names)))
        return ends(self.problem, self._places, starts, self._measured, most, self.stop.late)

    def _measured(self, legs: Legs) -> Floats:
        """What legs cost, how long they take and what share of a battery they draw, at the least."""
        money = legs.metres * self.rates.per_m + legs.seconds * self.rates.per_s
        return np.stack((money, legs.seconds.astype(np.float64), self._batteries.drawn(legs)))

    @cached_property
    def _batteries(self) -> Batteries:
        return Batteries.of(self.problem.vans)


def _sum(terms: Iterable[Any]) -> Any:
    return linear.LinearExpr.sum(list(terms))
