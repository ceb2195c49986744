"""A draft as a plan of the model, as if the joint search had found it: the reverse of what `mixing` does.

What the model can't say, or says more strictly, is left out: a search that begins with the plan brings it anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City, Floats
from fleet.planner.citycolumns import short_of, useful_machines
from fleet.planner.cityof import Model
from fleet.planner.draft import Draft
from fleet.planner.joint.standing import release
from fleet.planner.jointly import Box, JointPlan, Route, Sortie, VanStop, plan_of
from fleet.planner.tours import Tour
from fleet.planner.trips import together
from fleet.planner.visits import Visit
from fleet.planner.warmstart import Warm, named
from fleet.planner.ways import SortieWay


def modelled(model: Model, draft: Draft) -> JointPlan:
    """The draft as far as it holds in the model, with what it costs there; all other parcels are left. Drivers'
    breaks go where they suit the trips best."""
    warm = Warm(model.city)
    told = _Telling(model, draft, warm).plan()
    warm.take_over(told, named(told))
    nobody, vans = np.zeros(0, np.int32), np.arange(len(np.asarray(warm.state.routes.head)), dtype=np.int32)
    release(warm.state, nobody, vans)
    return plan_of(warm.columns, warm.state, 0)


@dataclass
class _Telling:
    """A draft told row by row."""

    model: Model
    draft: Draft
    warm: Warm
    boxes: dict[int, Box] = field(default_factory=dict)
    visits: set[int] = field(default_factory=set)
    """The kernel's stops at lockers that some van makes already."""

    def __post_init__(self) -> None:
        self.city = self.model.city
        self.rows = {order: row for row, order in enumerate(self.model.orders)}
        self.kinds = {van.index: kind for kind, group in enumerate(self.model.vans) for van in group}
        self.ends = self.city.slots[1:-1].tolist()
        self.free = self.city.lockers.room.copy()

    def plan(self) -> JointPlan:
        """All of it; what it costs is not worked out."""
        routes = tuple(self._routes())
        sorties = tuple(self._sorties())
        return JointPlan(routes, sorties, tuple(self.boxes.values()), (), 0.0, 0)

    # --- vans --------------------------------------------------------------------------------------------------------

    def _routes(self) -> Iterator[Route]:
        """The trips of each van, as many as the model has it make."""
        count = 0
        for trips in together(self.draft.routing.tours).values():
            kind, follows = self.kinds[self.draft.problem.whole(trips[0].van).index], -1
            for tour in trips[: self.city.vans[kind].trips]:
                stops = tuple(self._stops(tour, kind))
                if stops:
                    yield Route(kind, stops, follows)
                    follows, count = count, count + 1

    def _stops(self, tour: Tour, kind: int) -> Iterator[VanStop]:
        """A van's stops with what it has room for: what is fetched is counted here as if it rode all the way. At a
        building each parcel is a stop, at a locker all of one need are."""
        room = np.array([self.city.vans[kind].weight, self.city.vans[kind].volume], np.float64)
        for number, begin_s in zip(tour.visits, tour.times_s[1:-1], strict=True):
            visit = tour.case.visits[number]
            rows = [row for row in map(self.rows.__getitem__, visit.orders) if self.city.may_ride(row, kind)]
            if visit.locker_id is None:
                yield from (
                    VanStop((row,), late=self._late(row, visit)) for row in rows if self._loaded(row, room)
                )
            else:
                locker, slot = self.model.lockers.index(visit.locker_id), bisect_right(self.ends, begin_s)
                yield from self._at_locker(rows, locker, slot, room)

    def _late(self, row: int, visit: Visit) -> float:
        """How late a parcel may be (s): as its stop may, if anybody may be late here."""
        return min(self.city.late_most, max(0.0, visit.late_s - float(self.city.parcels.closes[row])))

    def _at_locker(self, rows: list[int], locker: int, slot: int, room: Floats) -> Iterator[VanStop]:
        """One stop for the parcels of each need that may be put into a locker in all of a slot."""
        columns, alike = self.warm.columns, defaultdict[int, list[int]](list)
        for row in rows:
            alike[int(columns.number[locker, columns.need[row], slot])].append(row)
        for visit, those in alike.items():
            if visit < 0 or visit in self.visits:
                continue
            able = [row for row in those if self._fits(row, locker, slot)]
            kept = tuple(row for row in able if self._loaded(row, room, locker, slot))
            if kept:
                self.visits.add(visit)
                yield VanStop(kept, locker, slot)

    def _loaded(self, row: int, room: Floats, locker: int = -1, slot: int = -1) -> bool:
        """Whether a van has room for a parcel, and its locker a compartment; both are taken then."""
        load = np.array([self.city.parcels.weight[row], self.city.parcels.volume[row]])
        holds = bool(np.all(load <= room)) and (locker < 0 or self._box(row, locker, slot))
        if holds:
            room -= load
        return holds

    def _fits(self, row: int, locker: int, slot: int) -> bool:
        """Whether a van may bring the parcel into the locker in all of the slot."""
        lockers, begins = self.warm.state.lockers, self.warm.state.parcels.lockers
        ways = range(begins[row], begins[row + 1])
        return any(lockers.locker[way] == locker and lockers.slots[way] >> slot & 1 for way in ways)

    # --- lockers -----------------------------------------------------------------------------------------------------

    def _box(self, row: int, locker: int, slot: int) -> bool:
        """Whether there is a compartment for the parcel, which it then has: the smallest that it fits."""
        last = int(np.searchsorted(self.city.slots, self.city.parcels.kept[row], side="left"))
        for size in range(int(self.city.parcels.size[row]), self.free.shape[1]):
            if last > slot and np.all(self.free[locker, size, slot:last] > 0):
                self.free[locker, size, slot:last] -= 1
                self.boxes[row] = Box(row, locker, size, slot)
                return True
        return False

    # --- sorties -----------------------------------------------------------------------------------------------------

    def _sorties(self) -> Iterator[Sortie]:
        """Those that there is a machine for, each no earlier than it was booked."""
        ways, problem = defaultdict[tuple[int, SortieWay], list[int]](list), self.draft.problem
        for number, way in enumerate(self.model.sorties):
            ways[int(self.city.sortie_ways.parcel[number]), way].append(number)
        pads = _Pads(self.city, self.warm)
        for order, booked in sorted(self.draft.sorties.items(), key=lambda item: (item[1].depart_s, item[0])):
            row = self.rows[order]
            for number in ways[row, booked.way]:
                depart = float(booked.depart_s - self.model.load_s(problem, number))
                sortie = pads.fitted(number, depart)
                if sortie is not None and self._handed_over(row, sortie):
                    pads.keep(sortie)
                    yield sortie
                    break

    def _handed_over(self, row: int, sortie: Sortie) -> bool:
        """Whether there is a compartment behind the port, which the parcel then has."""
        locker = int(self.city.sortie_ways.locker[sortie.way])
        over = sortie.depart + float(self.city.sortie_ways.there[sortie.way])
        return locker < 0 or self._box(row, locker, bisect_right(self.ends, over))


@dataclass
class _Pads:
    """When machines are ready again, charged as the model charges them, and what is out."""

    city: City
    warm: Warm
    ready: dict[int, list[float]] = field(default_factory=dict)
    backs: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When the sorties of each group are back."""
    ports: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When hand-overs at each locker's port begin."""

    def fitted(self, number: int, depart: float) -> Sortie | None:
        """A sortie on the machine that is ready last of those that are in time, else on the first that is ready. Where
        a port or pilots are scarce it departs just then or not at all, else as early as it may: so machines that are
        charged here for longer than they were booked for have time to."""
        way, group = int(self.warm.way_of[number]), int(self.city.sortie_ways.group[number])
        if way < 0:
            return None
        strict = int(self.city.sortie_ways.locker[number]) >= 0 or bool(self.short[group])
        earliest, latest = self.warm.columns.departs[way].tolist()
        depart = max(depart, earliest) if strict else earliest
        ready = self.ready.setdefault(group, [-math.inf] * int(self.useful[group]))
        late = [max(0.0, moment - depart) for moment in ready]
        machine = min(range(len(ready)), key=lambda m: (late[m], -ready[m], m), default=-1)
        if machine < 0 or depart + late[machine] > latest:
            return None
        sortie = Sortie(number, machine, depart + late[machine])
        return sortie if not strict or (late[machine] <= 0.0 and self._free(sortie, group)) else None

    def _free(self, sortie: Sortie, group: int) -> bool:
        """Whether a pilot and the port are free for a sortie that departs after all others."""
        over, locker = self._over(sortie)
        out = sum(back > sortie.depart for back in self.backs[group])
        lasts = float(self.city.lockers.port_s[locker]) if locker >= 0 else 0.0
        return out < self.city.groups.away[group] and (
            locker < 0 or all(abs(over - other) >= lasts for other in self.ports[locker])
        )

    def keep(self, sortie: Sortie) -> None:
        """Count with a sortie."""
        ways, number = self.city.sortie_ways, sortie.way
        group, back = int(ways.group[number]), sortie.depart + float(ways.away[number])
        self.ready[group][sortie.machine] = back + float(ways.charge[number])
        self.backs[group].append(back)
        over, locker = self._over(sortie)
        self.ports[locker].append(over)

    def _over(self, sortie: Sortie) -> tuple[float, int]:
        """When a sortie hands over, and at which locker's port (-1: at a door)."""
        ways = self.city.sortie_ways
        return sortie.depart + float(ways.there[sortie.way]), int(ways.locker[sortie.way])

    @cached_property
    def short(self) -> npt.NDArray[np.bool_]:
        """Groups with fewer pilots than machines."""
        return short_of(self.city)

    @cached_property
    def useful(self) -> npt.NDArray[np.int64]:
        """Machines of each group."""
        return useful_machines(self.city)
