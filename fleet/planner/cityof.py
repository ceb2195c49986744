"""A problem as the joint search takes it: a `City`, and what each of its rows stands for.

What a city can't say is left out of it, or said so that less seems possible; whatever is found is worked out exactly
afterwards, by the same bookings and tours as any other draft. Left out are the charge that a battery begins with, packs
to be changed, permits and approvals that count, cold chains, and the hours' weather. How far a van's battery leads is
about right (`vanreach`), and of several trips asked of each alone; so is the longest shift.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf
from typing import NamedTuple

import numpy as np

from fleet.planner.city import City, Groups, Lockers, LockerWays, Parcels, SortieWays
from fleet.planner.citylegs import CityLegs
from fleet.planner.flights import round_up
from fleet.planner.pilotshares import MachineGroup, machine_groups
from fleet.planner.problem import Group, Pool, Problem, Van, is_delivery
from fleet.planner.routing import VanType
from fleet.planner.spans import Span, gaps
from fleet.planner.vanreach import Usual, usual_ways
from fleet.planner.vanreach import reach as reach_of
from fleet.planner.visits import GRAMS_PER_UNIT, Bases, Visit, capacity, door_visit
from fleet.planner.ways import SortieWay, Ways
from fleet.protocol.values import CompartmentSize

NOBODY = 1 << 61
"""The skill of no van: what a parcel needs that no van may bring."""

MOST_NEEDS = 60
"""Different sets of vans that are told apart: each is a bit. The rarest beyond them are brought by no van here."""

MOST_SLOTS = 24
"""The day is parted at the ends of the parcels' windows, into so many slots at most: each is a stop that a van may make
at each locker."""

SHORTEST_SLOT_S = 600
"""No slot is shorter: a van needs about so long to get anywhere."""

MOST_TRIPS = 8
"""So many trips of a van are searched for at most; the exact tours may be more."""

FEW_VANS = 60
"""Up to so many vans several trips of each are searched for: they are looked at van by van."""

WORTH_A_TRIP_S = 1800
"""Parcels that come so much later than a van may begin are a reason to look for a second trip of it."""

FILL = 0.96
"""The share of the machines' time that is given out: what charging takes depends on what was flown before."""

SIZES = tuple(CompartmentSize)


@dataclass(frozen=True, eq=False)
class Model:
    """A city, and what its rows stand for: parcels' numbers in the problem, vans of each type, lockers' ids, the sortie
    of each way."""

    city: City
    orders: tuple[int, ...]
    vans: tuple[tuple[Van, ...], ...]
    lockers: tuple[str, ...]
    sorties: tuple[SortieWay, ...]

    def load_s(self, problem: Problem, row: int) -> int:
        """How long a sortie's machine is loaded before it departs."""
        return _load_s(problem, self.sorties[row])


def _depot(van: Van) -> tuple[str, int]:
    """Where it loads, and how long."""
    return van.site.site_id, ceil(van.type.load_s)


class _BreakAhead(NamedTuple):
    """When a van's day begins for the search, and the break that its driver may then still have (none lasts 0 s)."""

    early_s: int
    lasts_s: int = 0
    opens_s: int = 0
    closes_s: int = 0

    @classmethod
    def of(cls, van: Van) -> _BreakAhead:
        rest, early_s = van.driver_break, van.early_s
        if rest is None:
            return cls(early_s)
        if rest.closes_s < early_s:
            return cls(max(early_s, van.rested_s))
        return cls(early_s, rest.lasts_s, van.rested_s - rest.lasts_s, rest.closes_s)


def _load_s(problem: Problem, way: SortieWay) -> int:
    return round_up(problem.pools[way.pool].type.load_s)


def model_of(problem: Problem, ways: Sequence[Ways], *, strict: bool = False) -> Model:
    """The problem's city: all parcels that can be brought in any of the ways that were found for them. ``strict``:
    windows hold, even where lateness has a price."""
    return _Making(problem, ways, strict).model()


@dataclass(frozen=True)
class _Making:
    problem: Problem
    ways: Sequence[Ways]
    strict: bool = False

    def model(self) -> Model:
        """All tables together."""
        rule = None if self.strict else self.problem.fleet.lateness
        city = City(
            legs=self._legs.loaded,
            parcels=self._parcels(),
            vans=tuple(self._van_type(group) for group in self.van_groups),
            slots=np.array(self.slots, np.float64),
            lockers=self._lockers(),
            locker_ways=self._locker_ways(),
            groups=self._groups(),
            sortie_ways=self._sortie_ways(),
            fairness=self.problem.fleet.fairness.per_hour / 3600,
            lateness=0.0 if rule is None else rule.per_hour / 3600,
            late_most=0.0 if rule is None else rule.at_most_min * 60,
        )
        sorties = tuple(way for _, _, way in self.sorties)
        return Model(city, self.orders, self.van_groups, self.lockers, sorties)

    # --- parcels and places ------------------------------------------------------------------------------------------

    @cached_property
    def orders(self) -> tuple[int, ...]:
        """The parcels that there is a way for."""
        return tuple(order for order, found in enumerate(self.ways) if found.all)

    @cached_property
    def doors(self) -> tuple[Visit, ...]:
        """What a van's stop at each parcel's door is."""
        return tuple(self._door(order) for order in self.orders)

    def _door(self, order: int) -> Visit:
        """Of a parcel that no van may bring: where it goes, and when."""
        bases = self.ways[order].bases
        if bases:
            return door_visit(self.problem, order, bases)
        early, late = self.problem.due[order]
        place = self.problem.orders[order].place
        price = self.problem.penalties[order]
        return Visit(place, (order,), None, early, late, 0, 0, (0, 0), (0, 0), bases, price)

    @cached_property
    def _depots(self) -> tuple[tuple[str, int], ...]:
        """Sites that vans start from, each with a time of loading."""
        return tuple(sorted({_depot(van) for van in self.problem.vans}))

    @cached_property
    def _legs(self) -> CityLegs:
        """Depots, then lockers, then doors."""
        sites = [self.problem.site(site_id).place for site_id, _ in self._depots]
        lockers = [self.problem.stations[name].locker.place for name in self.lockers]
        loading = tuple(load_s for _, load_s in self._depots)
        return CityLegs(self.problem, loading, [*sites, *lockers, *(door.place for door in self.doors)])

    def _parcels(self) -> Parcels:
        doors, count = self.doors, len(self.orders)
        first = len(self._depots) + len(self.lockers)
        loads = np.array([np.add(d.deliver, d.collect) for d in doors], np.float64).reshape(-1, 2)
        return Parcels(
            place=first + np.arange(count),
            opens=np.array([door.early_s for door in doors], np.float64),
            closes=np.array([door.late_s for door in doors], np.float64),
            service=np.array([door.service_s for door in doors], np.float64),
            weight=loads[:, 0],
            volume=loads[:, 1],
            size=np.array([self._size(o) for o in self.orders], np.int64),
            kept=np.full(count, self.slots[-1], np.float64),
            needs=np.array([self._need(o) for o in self.orders], np.int64),
            penalty=np.maximum(0.0, [self.problem.penalties[o] - self.by_parcel for o in self.orders]),
            release=np.array([self._release_s(o) for o in self.orders], np.float64),
        )

    def _release_s(self, order: int) -> int:
        """When a parcel can be loaded; one that is collected is not."""
        return self.problem.ready[order] if is_delivery(self.problem.orders[order]) else 0

    @cached_property
    def _last_release_s(self) -> int:
        """When the last parcel can be loaded."""
        return max((self._release_s(order) for order in self.orders), default=0)

    def _size(self, order: int) -> int:
        """The compartment that it needs: where lockers differ, the largest of them."""
        ways = self.ways[order]
        found = [*ways.lockers, *(way.locker for way in ways.sorties if way.locker is not None)]
        return max((SIZES.index(way.size) for way in found), default=0)

    # --- vans --------------------------------------------------------------------------------------------------------

    @cached_property
    def by_parcel(self) -> float:
        """What any van costs for each parcel; other ways count as so much cheaper."""
        return min((kind.rates.per_parcel for kind in self.problem.route_types), default=0.0)

    @cached_property
    def bits(self) -> dict[Bases, int]:
        """A skill for each set of vans that may bring some parcel."""
        counts = Counter(self.ways[o].bases for o in self.orders if self.ways[o].bases)
        return {bases: 1 << i for i, (bases, _) in enumerate(counts.most_common(MOST_NEEDS))}

    def _need(self, order: int) -> int:
        return self.bits.get(self.ways[order].bases, NOBODY)

    @cached_property
    def van_groups(self) -> tuple[tuple[Van, ...], ...]:
        """Vans that are alike."""
        groups: dict[Group, list[Van]] = defaultdict(list)
        for van in self.problem.vans:
            groups[van.group].append(van)
        return tuple(tuple(group) for group in groups.values())

    def _van_type(self, group: Sequence[Van]) -> VanType:
        """Vans that are alike."""
        van, kind = group[0], group[0].type
        site = self._depots.index(_depot(van))
        weight, volume = capacity(kind)
        reach, drain = (inf, 0.0) if van.range is None else reach_of(van.range, self._usual, 0.0)
        rest = _BreakAhead.of(van)
        return VanType(
            start=site,
            end=site,
            vans=len(group),
            trips=self._trips(group),
            weight=weight,
            volume=volume,
            fixed=van.fixed_cost,
            per_metre=kind.rates.per_km / 1000,
            per_second=kind.rates.per_hour / 3600,
            opens=rest.early_s,
            closes=van.late_s,
            longest=kind.max_shift_s,
            has=sum(bit for bases, bit in self.bits.items() if van.base in bases),
            reach=reach,
            drain=drain,
            break_s=rest.lasts_s,
            break_opens=rest.opens_s,
            break_closes=rest.closes_s,
        )

    def _trips(self, group: Sequence[Van]) -> int:
        """How many trips of each of such vans are searched for. Several cost the search its exchanges of tails: they
        are looked for where parcels come later than the van, or fill it long before its day is over."""
        van = group[0]
        few = van.driver_break is None and len(self.problem.vans) <= FEW_VANS
        if not few:
            return 1
        fetches = self._last_release_s > van.early_s + WORTH_A_TRIP_S
        return MOST_TRIPS if fetches or self._soon_full(van) else 1

    def _soon_full(self, van: Van) -> bool:
        """Whether the van is full of parcels like these, and has brought them, in half of its time."""
        if not self.doors:
            return False
        loads = np.array([door.deliver for door in self.doors], np.float64).mean(axis=0)
        holds = min(
            (c / each for c, each in zip(capacity(van.type), loads, strict=True) if each > 0.0), default=inf
        )
        stop_s = float(np.mean([door.service_s for door in self.doors])) + self._usual.between[1]
        return (
            ceil(van.type.load_s) + 2 * self._usual.out[1] + holds * stop_s < (van.late_s - van.early_s) / 2
        )

    @cached_property
    def _usual(self) -> Usual:
        loads_kg = sum(door.deliver[0] + door.collect[0] for door in self.doors) * GRAMS_PER_UNIT / 1000
        first = len(self._depots) + len(self.lockers)
        return usual_ways(self._legs.ways, len(self._depots), first, loads_kg / len(self.problem.vans) / 2)

    # --- lockers -----------------------------------------------------------------------------------------------------

    @cached_property
    def lockers(self) -> tuple[str, ...]:
        """Those that some parcel may go into."""
        found = {way.locker_id for o in self.orders for way in self.ways[o].lockers}
        found |= {way.locker.locker_id for o in self.orders for way in self.ways[o].sorties if way.locker}
        return tuple(sorted(found))

    @cached_property
    def locker_rows(self) -> dict[str, int]:
        """The row of each."""
        return {name: row for row, name in enumerate(self.lockers)}

    @cached_property
    def slots(self) -> tuple[int, ...]:
        """Where the day is parted: at the ends of the windows of those that may go into lockers."""
        end = max(self.problem.horizon_s, SHORTEST_SLOT_S)
        windows = [self.problem.due[o] for o in self.orders if self.ways[o].lockers]
        moments = Counter(moment for window in windows for moment in window if 0 < moment < end)
        chosen = [0, end]
        for moment, _ in sorted(moments.items(), key=lambda counted: (-counted[1], counted[0])):
            apart = min(abs(moment - other) for other in chosen)
            if apart >= SHORTEST_SLOT_S and len(chosen) <= MOST_SLOTS:
                chosen.append(moment)
        return tuple(sorted(chosen))

    def _lockers(self) -> Lockers:
        stations = [self.problem.stations[name] for name in self.lockers]
        first = len(self._depots)
        kinds, pools = self.problem.route_types, self.problem.pools
        stop_s = max((ceil(kind.stop_s) for kind in kinds), default=0)
        each_s = max((ceil(kind.locker_parcel_s) for kind in kinds), default=0)
        port_s = max((2 + round_up(pool.type.drop_s) for pool in pools), default=1)
        free = [[[station.free[size]] * (len(self.slots) - 1) for size in SIZES] for station in stations]
        return Lockers(
            place=first + np.arange(len(stations)),
            room=np.array(free, np.int64).reshape(len(stations), len(SIZES), len(self.slots) - 1),
            port_s=np.full(len(stations), float(port_s)),
            stop_s=np.full(len(stations), float(stop_s)),
            each_s=np.full(len(stations), float(each_s)),
        )

    def _locker_ways(self) -> LockerWays:
        """By van into a locker, within the parcel's window."""
        rows = [
            (row, self.locker_rows[way.locker_id], way.fee, *self.problem.due[order])
            for row, order in enumerate(self.orders)
            if self.ways[order].bases
            for way in self.ways[order].lockers
        ]
        table = np.array(rows, np.float64).reshape(-1, 5)
        whole = table[:, :2].astype(np.int64)
        return LockerWays(whole[:, 0], whole[:, 1], table[:, 2], table[:, 3], table[:, 4])

    # --- sorties -----------------------------------------------------------------------------------------------------

    @cached_property
    def machines(self) -> dict[tuple[int, Span], int]:
        """How many assets of each pool are free in each span. One that is free twice counts as two: it is one thing or
        the other at a time."""
        found = Counter[tuple[int, Span]]()
        for pool in self.problem.pools:
            found.update((pool.index, span) for span in self._free(pool))
        return dict(sorted(found.items()))

    def _free(self, pool: Pool) -> Iterator[Span]:
        for slot in pool.slots:
            busy = [(self.problem.floor_seconds(w.start), self.problem.seconds(w.end)) for w in slot.busy]
            for span in pool.open:
                yield from gaps(span, busy)

    @cached_property
    def machine_groups(self) -> list[MachineGroup]:
        """The same with what their pilots supervise, which is shared out by how many parcels are best brought so."""
        best = (min(self.ways[o].sorties, key=lambda way: way.cost, default=None) for o in self.orders)
        wanted = Counter(way.pool for way in best if way is not None)
        return machine_groups(self.problem, self.machines, wanted)

    def _groups(self) -> Groups:
        groups = self.machine_groups
        counts = np.array([group.machines for group in groups], np.int64)
        spans = np.array([group.span for group in groups], np.float64).reshape(-1, 2)
        away = np.array([group.away for group in groups], np.int64)
        return Groups(counts, spans[:, 0], spans[:, 1], away, counts)

    @cached_property
    def sorties(self) -> list[tuple[int, int, SortieWay]]:
        """Row of the parcel, row of the group, and the way."""
        by_pool: dict[int, list[int]] = defaultdict(list)
        for row, group in enumerate(self.machine_groups):
            by_pool[group.pool].append(row)
        return [
            (row, group, way)
            for row, order in enumerate(self.orders)
            for way in self.ways[order].sorties
            for group in by_pool[way.pool]
        ]

    def _sortie_ways(self) -> SortieWays:
        """Here a machine departs when its loading begins, and charges as if one such trip followed the other."""
        parcel, group = (np.array([row[i] for row in self.sorties], np.int64) for i in (0, 1))
        ways = [way for _, _, way in self.sorties]
        lockers = [-1 if w.locker is None else self.locker_rows[w.locker.locker_id] for w in ways]
        return SortieWays(
            parcel=parcel,
            group=group,
            there=np.array([_load_s(self.problem, w) + w.out_s for w in ways], np.float64),
            away=np.array([w.gone_s for w in ways], np.float64),
            charge=np.array([w.cycle_s / FILL - w.gone_s for w in ways], np.float64),
            cost=np.array([max(0.0, w.cost - self.by_parcel) for w in ways], np.float64),
            locker=np.array(lockers, np.int64),
        )
