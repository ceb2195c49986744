"""One tile of a city as a city of its own, what is planned there in its numbers, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City, Parcels
from fleet.planner.citycolumns import last_slots
from fleet.planner.jointly import Box, JointPlan, Route, Sortie, VanStop
from fleet.planner.legs import Parted
from fleet.planner.tiling import Ground, Tiling

Indexes = npt.NDArray[np.int64]

FITTINGS = 20
"""How often vans' shares are scaled to what tiles want, and to how many there are. Without it, tiles of 625 parcels
between four depots had 6 to 14 vans, where each needs 9."""

SAME = 1e-9
"""Shares that differ by less are the same."""

TINY = 1e-300
"""Less than any share: nothing is divided by zero."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A city of some parcels of another; of its parcels, lockers, types of van and sorties' rows the numbers there.

    `put_off`: its parcels that were brought before, and in the plan that stands there are not (`once`).
    """

    city: City
    parcels: Indexes
    lockers: Indexes
    types: Indexes
    sorties: Indexes
    put_off: tuple[int, ...] = ()

    def outward(self, plan: JointPlan) -> JointPlan:
        """A plan of the tile in the numbers of the whole city."""
        parcels, lockers = self.parcels.tolist(), [*self.lockers.tolist(), -1]
        types, ways = self.types.tolist(), self.sorties.tolist()
        return JointPlan(
            tuple(
                Route(types[r.van_type], _stops(r.stops, parcels, lockers), r.follows, r.pause)
                for r in plan.routes
            ),
            tuple(Sortie(ways[s.way], s.machine, s.depart) for s in plan.sorties),
            tuple(Box(parcels[b.parcel], lockers[b.locker], b.size, b.slot) for b in plan.boxes),
            tuple(parcels[parcel] for parcel in plan.unserved),
            plan.cost,
            plan.iterations,
            plan.troubles,
        )


def _stops(stops: Iterable[VanStop], parcels: Any, lockers: Any) -> tuple[VanStop, ...]:
    return tuple(
        VanStop((parcels[s.parcels[0]],), late=s.late)
        if s.locker < 0
        else VanStop(tuple(parcels[p] for p in s.parcels), lockers[s.locker], s.slot)
        for s in stops
    )


def once(parcels: Parcels, plan: JointPlan) -> tuple[JointPlan, tuple[int, ...]]:
    """A plan that fills each locker once in a slot, for parcels with the same needs, and whom it leaves for that.

    Two tiles may each have sent a van there. The search knows one such stop; the one with the most parcels stays.
    """

    def visit(stop: VanStop) -> tuple[int, ...]:
        parcel = stop.parcels[0]
        depot = -1 if parcels.depot is None else int(parcels.depot[parcel])
        return stop.locker, stop.slot, int(parcels.needs[parcel]), depot

    kept, left = dict[tuple[int, ...], VanStop](), set[VanStop]()
    for stop in (stop for route in plan.routes for stop in route.stops if stop.locker >= 0):
        other = kept.setdefault(visit(stop), stop)
        if other is not stop:
            kept[visit(stop)], less = (
                (stop, other) if len(stop.parcels) > len(other.parcels) else (other, stop)
            )
            left.add(less)
    if not left:
        return plan, ()
    put_off = tuple(sorted(parcel for stop in left for parcel in stop.parcels))
    routes = (
        replace(route, stops=tuple(stop for stop in route.stops if stop not in left)) for route in plan.routes
    )
    boxes = tuple(box for box in plan.boxes if box.parcel not in put_off)
    unserved = (*plan.unserved, *put_off)
    return replace(plan, routes=tuple(r for r in routes if r.stops), boxes=boxes, unserved=unserved), put_off


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of each parcel among some ways."""

    order: Indexes
    begins: Indexes

    @classmethod
    def of(cls, parcel: Indexes, usable: npt.NDArray[np.bool_], count: int) -> _Rows:
        """Of the ways that may be used."""
        order = np.argsort(parcel, kind="stable")
        order = order[usable[order]]
        return cls(order, np.searchsorted(parcel[order], np.arange(count + 1)))

    def at(self, parcels: Indexes) -> Indexes:
        """The rows of some parcels, one parcel after the other."""
        first, beyond = self.begins[parcels], self.begins[parcels + 1]
        length = beyond - first
        within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        return np.asarray(self.order[np.repeat(first, length) + within])


class Cuts:
    """Cuts tiles out of a city."""

    def __init__(self, ground: Ground, legs: Parted) -> None:
        self.ground, self.city, self.legs = ground, ground.city, legs
        city, count = self.city, len(self.city.parcels.place)
        ways = city.sortie_ways
        usable = (ways.locker < 0) | (np.append(ground.home, -1)[ways.locker] == ways.group)
        self.sorties = _Rows.of(ways.parcel, usable, count)
        self.ways = _Rows.of(city.locker_ways.parcel, np.ones(len(city.locker_ways.parcel), bool), count)
        self.last = last_slots(city)

    def cut(self, tiling: Tiling, plan: JointPlan | None, *, trips: bool = False) -> Cut:
        """Ready to cut by one tiling; `trips`: a van of a tile may make several."""
        return Cut(self, tiling, plan if plan is not None else JointPlan((), (), (), (), 0.0, 0), trips=trips)


class Cut:
    """One tiling, with what is planned sorted by tile."""

    def __init__(self, cuts: Cuts, tiling: Tiling, plan: JointPlan, *, trips: bool) -> None:
        self.cuts, self.tiling, self.city, self.trips = cuts, tiling, cuts.city, trips
        self.order = np.argsort(tiling.parcel, kind="stable")
        self.begins = np.searchsorted(tiling.parcel[self.order], np.arange(tiling.count + 1))
        self.routes, self.flown, self.boxes = ([list[Any]() for _ in range(tiling.count)] for _ in range(3))
        self.unserved = [list[int]() for _ in range(tiling.count)]
        self.guests = [list[Box]() for _ in range(tiling.count)]
        """Compartments of a tile's lockers that parcels of other tiles have."""
        self._sort(plan)
        self.vans = self._shared_vans()

    def _sort(self, plan: JointPlan) -> None:
        tile, locker = self.tiling.parcel.tolist(), self.tiling.locker.tolist()
        parcel = self.city.sortie_ways.parcel
        for route in plan.routes:
            self.routes[tile[route.stops[0].parcels[0]]].append(route)
        for sortie in plan.sorties:
            self.flown[tile[parcel[sortie.way]]].append(sortie)
        for box in plan.boxes:
            self.boxes[tile[box.parcel]].append(box)
            if locker[box.locker] != tile[box.parcel]:
                self.guests[locker[box.locker]].append(box)
        for number in plan.unserved:
            self.unserved[tile[number]].append(number)

    def _shared_vans(self) -> npt.NDArray[np.int64]:
        """Vans of each tile (row) and type: those that it uses, and of the others a part by its parcels."""
        ground, count = self.cuts.ground, self.tiling.count
        used = np.zeros((count, len(self.city.vans)), np.int64)
        for tile, routes in enumerate(self.routes):
            for route in routes:
                used[tile, route.van_type] += 1
        spare = np.array([van.vans for van in self.city.vans], np.int64) - used.sum(axis=0)
        for yard, types in enumerate(ground.types):
            used[:, types] += whole(fitted(self._wanted(yard, types), spare[types]), spare[types])
        return used

    def _wanted(self, yard: int, types: list[int]) -> npt.NDArray[np.float64]:
        """How many parcels of each tile (row) each type of a yard's vans is wanted for; where they start at several
        places, the near ones are for more."""
        ground, legs, count = self.cuts.ground, self.cuts.legs, self.tiling.count
        parcels = ground.of_yard(yard)
        tile = self.tiling.parcel[parcels]
        held = np.bincount(tile, minlength=count)
        starts = np.array([self.city.vans[kind].start for kind in types], np.int64)
        middle = [np.bincount(tile, column, count) / np.maximum(held, 1) for column in ground.xy[parcels].T]
        across, up = middle[0][:, None] - legs.x[starts], middle[1][:, None] - legs.y[starts]
        near = 1.0 / (1.0 + across * across + up * up)
        return np.asarray(held[:, None] * near / near.sum(axis=1, keepdims=True))

    def tile(self, number: int) -> tuple[Tile, JointPlan]:
        """A tile, and what is planned there."""
        parcels = np.sort(self.order[self.begins[number] : self.begins[number + 1]])
        lockers, room = self._lockers(number)
        groups = np.flatnonzero(self.tiling.group == number)
        types = np.flatnonzero(self.vans[number])
        vans = [replace(self.city.vans[kind], vans=int(self.vans[number, kind])) for kind in types]
        if not self.trips:  # of one van in turn, they would tie tiles of several rounds together
            vans = [replace(van, trips=1) for van in vans]
        sorties = self.cuts.sorties.at(parcels)
        sorties = sorties[self.tiling.group[self.city.sortie_ways.group[sorties]] == number]
        ways = self.cuts.ways.at(parcels)
        ways = ways[_among(self.city.locker_ways.locker[ways], lockers)]
        tables = _Tables(self.city, parcels, lockers, groups, sorties, ways)
        city = tables.city(self.cuts.legs, vans, room)
        tile = Tile(city, parcels, lockers, types, sorties)
        standing, put_off = once(city.parcels, self._inward(tile, number))
        return replace(tile, put_off=put_off), standing

    def _lockers(self, number: int) -> tuple[Indexes, npt.NDArray[np.int64]]:
        """The tile's own lockers without what guests have taken, and those where it is a guest with what it has."""
        own = np.flatnonzero(self.tiling.locker == number)
        abroad = [box for box in self.boxes[number] if self.tiling.locker[box.locker] != number]
        lockers = np.concatenate((own, np.unique(np.array([box.locker for box in abroad], np.int64))))
        room = np.array(self.city.lockers.room[lockers], np.int64)
        room[len(own) :] = 0
        row = {locker: k for k, locker in enumerate(lockers.tolist())}
        for boxes, change in ((self.guests[number], -1), (abroad, 1)):
            for box in boxes:
                room[row[box.locker], box.size, box.slot : self.cuts.last[box.parcel] + 1] += change
        order = np.argsort(lockers)
        return lockers[order], room[order]

    def _inward(self, tile: Tile, number: int) -> JointPlan:
        """What is planned in a tile, in its numbers."""

        def numbers(of: Indexes) -> dict[int, int]:
            return {name: k for k, name in enumerate(of.tolist())}

        parcels, lockers, types = (
            numbers(tile.parcels),
            {**numbers(tile.lockers), -1: -1},
            numbers(tile.types),
        )
        ways = numbers(tile.sorties)
        return JointPlan(
            tuple(Route(types[r.van_type], _stops(r.stops, parcels, lockers)) for r in self.routes[number]),
            tuple(self._inward_sorties(number, ways)),
            tuple(Box(parcels[b.parcel], lockers[b.locker], b.size, b.slot) for b in self.boxes[number]),
            tuple(parcels[parcel] for parcel in self.unserved[number]),
            0.0,
            0,
        )

    def _inward_sorties(self, number: int, ways: dict[int, int]) -> Iterator[Sortie]:
        """Sorties, the machines of each group that have some numbered from 0: the search knows no more machines than
        there are parcels."""
        group, machines = self.city.sortie_ways.group, dict[tuple[int, int], int]()
        used = defaultdict[int, int](int)
        for sortie in self.flown[number]:
            of = int(group[sortie.way])
            if (of, sortie.machine) not in machines:
                machines[of, sortie.machine] = used[of]
                used[of] += 1
            yield Sortie(ways[sortie.way], machines[of, sortie.machine], sortie.depart)


@dataclass(frozen=True, eq=False)
class _Tables:
    """The rows of a tile in the whole city's tables."""

    whole: City
    parcels: Indexes
    lockers: Indexes
    groups: Indexes
    sorties: Indexes
    ways: Indexes

    def city(self, legs: Parted, vans: list[Any], room: npt.NDArray[np.int64]) -> City:
        """A city of these rows."""
        parcels, lockers = self.whole.parcels, self.whole.lockers
        ends = [place for van in vans for place in (van.start, van.end)]
        depot = parcels.depot[self.parcels] if parcels.depot is not None else np.zeros(0, np.int64)
        doors, stations = parcels.place[self.parcels], lockers.place[self.lockers]
        places = np.unique(np.concatenate((np.array(ends, np.int64), stations, doors, depot[depot >= 0])))

        def at(place: Any) -> Any:
            return np.searchsorted(places, place)

        part = _taken(parcels, self.parcels, place=at(doors))
        if parcels.depot is not None:
            part = replace(part, depot=np.where(depot >= 0, at(depot), -1))
        sorties, ways = self.whole.sortie_ways, self.whole.locker_ways
        port = sorties.locker[self.sorties]
        own = np.searchsorted(self.parcels, sorties.parcel[self.sorties])
        return City(
            legs.part(places),
            part,
            tuple(replace(van, start=int(at(van.start)), end=int(at(van.end))) for van in vans),
            self.whole.slots,
            _taken(lockers, self.lockers, place=at(stations), room=room),
            _taken(
                ways,
                self.ways,
                parcel=np.searchsorted(self.parcels, ways.parcel[self.ways]),
                locker=np.searchsorted(self.lockers, ways.locker[self.ways]),
            ),
            _taken(self.whole.groups, self.groups),
            _taken(
                sorties,
                self.sorties,
                parcel=own,
                group=np.searchsorted(self.groups, sorties.group[self.sorties]),
                locker=np.where(port >= 0, np.searchsorted(self.lockers, port), -1),
            ),
            self.whole.fairness,
            self.whole.lateness,
            self.whole.late_most,
        )


def fitted(wanted: npt.NDArray[np.float64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """A table with about these sums of columns, whose rows have the same shares of the whole as they had: it is scaled
    to either in turn (iterative proportional fitting; Deming and Stephan 1940, Ann. Math. Stat. 11, 427)."""
    rows = wanted.sum(axis=1) * (columns.sum() / max(wanted.sum(), TINY))
    for _ in range(FITTINGS):
        wanted = wanted * (rows / np.maximum(wanted.sum(axis=1), TINY))[:, None]
        wanted = wanted * (columns / np.maximum(wanted.sum(axis=0), TINY))
    return wanted


def whole(wanted: npt.NDArray[np.float64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """About the same table in whole numbers: its columns have exactly these sums, and down to each row as many are
    given in all as are wanted, but for less than one."""
    upto, given = np.cumsum(wanted, axis=0), np.zeros((len(wanted) + 1, len(columns)), np.int64)
    upto *= columns / np.maximum(upto[-1], TINY)  # what nobody wants is given to nobody
    for row, due in enumerate(upto):
        given[row + 1] = np.maximum(given[row], np.floor(due + SAME))
        more = int(due.sum() + SAME) - int(given[row + 1].sum())
        if more > 0:
            given[row + 1, np.argsort(given[row + 1] - due, kind="stable")[:more]] += 1
    return np.diff(given, axis=0)


def _taken(table: Any, rows: Indexes, **changed: Any) -> Any:
    """Some rows of a table, in which some columns are others."""
    columns = {field.name: getattr(table, field.name) for field in fields(table)}
    return type(table)(
        **{
            name: changed[name] if name in changed else (None if column is None else column[rows])
            for name, column in columns.items()
        }
    )


def _among(values: Indexes, some: Indexes) -> npt.NDArray[np.bool_]:
    """Which values are among some that are sorted."""
    at = np.minimum(np.searchsorted(some, values), max(len(some) - 1, 0))
    return some[at] == values if len(some) else np.zeros(len(values), bool)
