"""A city as the compiled search takes it: doors and visits to lockers as stops of vans, ways in rows by parcel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City
from fleet.planner.joint import ways
from fleet.planner.joint.state import State
from fleet.planner.legs import BadCase, Legs
from fleet.planner.routing import VanType, kernel_types, routes_of
from fleet.planner.stoprows import StopRows

BEFORE = 1.0
"""A van begins to fill a locker at least so long before the slot ends (s): then it is in the next one."""

SKILLS = 62
"""Skills are as many bits."""

NO_DEPOTS: Mapping[int, int] = {}

Ints = npt.NDArray[np.int32]

BREADTH = 80
"""Stops that are held near each one: doors are sparse, for half of the parcels near one are brought without a van.
With 60 there are more iterations in the same time, and dearer plans of 2,000 parcels: `benchmarks/RESULTS.md`."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """Doors and visits as stops of vans."""

    legs: Legs
    rows: StopRows
    vans: tuple[VanType, ...]
    breadth: int
    all_asked: int = 1000
    """Of 2,500 stops asking all took half of the time of a first plan, which was no cheaper."""
    candidates: int = 4
    """With twice as many, a first plan was no cheaper either."""


class Columns:
    """All of a city for the kernel. Visits are stops of vans at lockers: one for each locker, slot and distinct need
    of the parcels that may go there. `depots`: the skill that stands for each depot, given those of another city of
    the same vans, as far as they are free. `breadth`: how many stops are held near each one."""

    def __init__(self, city: City, depots: Mapping[int, int] = NO_DEPOTS, *, breadth: int = BREADTH) -> None:
        self.city, self.depots, self.breadth = city, _depot_skills(city, depots), breadth
        needs, self.vans = _with_depots(city, self.depots)
        self.needs, self.need = np.unique(needs, return_inverse=True)
        stations, slots = len(city.lockers.place), len(city.slots) - 1
        self.number = np.full((stations, len(self.needs), slots), -1, np.int32)
        of, ends = city.locker_ways, city.slots[1:]
        fits = (of.opens[:, None] <= city.slots[:-1]) & (ends <= of.closes[:, None])
        fits &= np.arange(slots) <= last_slots(city)[of.parcel][:, None]
        self.bits = (fits.astype(np.int64) << np.arange(slots)).sum(axis=1)
        row, slot = np.nonzero(fits)
        used = np.unique(np.stack((of.locker[row], self.need[of.parcel[row]], slot)), axis=1)
        self.number[used[0], used[1], used[2]] = np.arange(used.shape[1])
        self.locker, self.of_need, self.slot = (np.ascontiguousarray(line, np.int32) for line in used)
        self.case = self._case()
        self.van_types = kernel_types(self.case)
        self.rows, self.departs = _sortie_rows(city)
        self.sortie_begins = _begins(city.sortie_ways.parcel[self.rows], len(city.parcels.place))
        self.sorties = _sortie_columns(city, self.rows, self.departs)
        rows = np.lexsort((of.cost, of.parcel))
        self.locker_rows = rows[self.bits[rows] != 0]
        self.locker_begins = _begins(of.parcel[self.locker_rows], len(city.parcels.place))
        self.lockers = _locker_columns(city, self)
        self.parcels = _parcel_columns(city, self)

    def state(self) -> State:
        """No plan yet."""
        routes = routes_of(self.case)
        routes.unfair = self.city.fairness
        if self.city.late_most > 0.0:
            routes.late_price, routes.late_most = self.city.lateness, self.city.late_most
            routes.doors = len(self.city.parcels.place)
        return State(routes, self.parcels, self.sorties, _machines(self.city), self.lockers)

    def _case(self) -> Nodes:
        """Doors and behind them visits, as stops; what parcels are worth is no matter of the routes."""
        parcels, lockers, slots = self.city.parcels, self.city.lockers, self.city.slots
        none, no_load = np.zeros(len(parcels.place) + len(self.locker)), np.zeros(len(self.locker))
        rows = StopRows(
            np.concatenate((parcels.place, lockers.place[self.locker])).astype(np.int64),
            np.concatenate((parcels.opens, slots[self.slot])),
            np.concatenate((parcels.closes, slots[self.slot + 1] - BEFORE)),
            np.concatenate((parcels.service, (lockers.stop_s + lockers.each_s)[self.locker])),
            np.concatenate((parcels.weight, no_load)),
            np.concatenate((parcels.volume, no_load)),
            release=np.concatenate((released(self.city), no_load)),
            penalty=none,
            needs=np.concatenate((self.needs[self.need], self.needs[self.of_need])),
        )
        return Nodes(self.city.legs, rows, self.vans, self.breadth)


def _depot_skills(city: City, known: Mapping[int, int]) -> dict[int, int]:
    """A skill for each depot at which parcels stand, of those that nobody has: the known one, if it is free."""
    depot = city.parcels.depot
    if depot is None:
        return {}
    used = reduce(or_, (*np.unique(city.parcels.needs).tolist(), *(van.has for van in city.vans)), 0)
    places = np.unique(depot[depot >= 0]).tolist()
    found = {place: known[place] for place in places if place in known and not known[place] & used}
    taken = reduce(or_, found.values(), used)
    bits = [1 << bit for bit in range(SKILLS) if not taken >> bit & 1]
    fresh = [place for place in places if place not in found]
    if len(fresh) > len(bits):
        most = SKILLS - used.bit_count()
        raise BadCase(f"parcels stand at {len(places)} depots; with {used.bit_count()} skills at most {most}")
    return found | dict(zip(fresh, bits, strict=False))


def _with_depots(city: City, depots: Mapping[int, int]) -> tuple[npt.NDArray[np.int64], tuple[VanType, ...]]:
    """What parcels need, depots among it, and types of van with the depot that they start at: each is a skill here."""
    needs, depot = city.parcels.needs.astype(np.int64), city.parcels.depot
    if depot is None:
        return needs, city.vans
    places = sorted(depots)
    own = np.array([*(depots[place] for place in places), 0], np.int64)
    needs = needs | own[np.where(depot >= 0, np.searchsorted(places, depot), len(places))]
    return needs, tuple(replace(van, has=van.has | depots.get(van.start, 0)) for van in city.vans)


def released(city: City) -> npt.NDArray[np.float64]:
    """Before when each parcel can't leave (s): 0 without the column."""
    release = city.parcels.release
    return release if release is not None else np.zeros(len(city.parcels.place))


def last_slots(city: City) -> npt.NDArray[np.int64]:
    """The last slot in which a compartment is kept for each parcel; -1 where it is over before the day begins."""
    last = np.searchsorted(city.slots, city.parcels.kept, side="left") - 1
    return np.minimum(last, len(city.slots) - 2)


def _begins(of: npt.NDArray[np.int64], count: int) -> Ints:
    """Where the rows of each number begin in a sorted column; one more than there are numbers."""
    return np.searchsorted(of, np.arange(count + 1)).astype(np.int32)


def _sortie_rows(city: City) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The rows of the sorties among the city's, by parcel, cheapest first; when each departs at the earliest and the
    latest."""
    of, groups, parcels = city.sortie_ways, city.groups, city.parcels
    earliest = np.maximum(groups.opens[of.group], released(city)[of.parcel])
    latest = np.minimum(parcels.closes[of.parcel] - of.there, groups.closes[of.group] - of.away)
    door = of.locker < 0
    earliest = np.maximum(earliest, np.where(door, parcels.opens[of.parcel], city.slots[0]) - of.there)
    latest = np.minimum(latest, np.where(door, np.inf, city.slots[-1] - BEFORE - of.there))
    rows = np.lexsort((of.cost, of.parcel))
    rows = rows[(earliest <= latest)[rows]]
    return rows, np.stack((earliest[rows], latest[rows]), axis=1)


def _sortie_columns(
    city: City, rows: npt.NDArray[np.int64], departs: npt.NDArray[np.float64]
) -> ways.Sorties:
    of = city.sortie_ways

    def whole(column: npt.NDArray[np.int64]) -> Ints:
        return column[rows].astype(np.int32)

    def column(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.ascontiguousarray(values[rows], np.float64)

    return ways.Sorties(
        whole(of.group),
        column(of.there),
        column(of.away),
        column(of.charge),
        column(of.cost),
        whole(of.locker),
        *np.ascontiguousarray(departs.T),
    )


def _locker_columns(city: City, visits: Columns) -> ways.Lockers:
    """Compartments, visits and each parcel's lockers, cheapest first."""
    of, stations, rows = city.locker_ways, city.lockers, visits.locker_rows
    by_locker = np.lexsort((of.cost, of.locker))
    by_locker = by_locker[visits.bits[by_locker] != 0]
    lasts = float(np.min(stations.port_s, initial=np.inf))
    day = city.slots[-1] - city.slots[0]
    return ways.Lockers(
        room=np.ascontiguousarray(stations.room, np.int32),
        begins=np.ascontiguousarray(city.slots[:-1], np.float64),
        port_s=np.ascontiguousarray(stations.port_s, np.float64),
        stop_s=np.ascontiguousarray(stations.stop_s, np.float64),
        each_s=np.ascontiguousarray(stations.each_s, np.float64),
        visit=visits.number,
        visit_locker=visits.locker,
        visit_slot=visits.slot,
        locker=of.locker[rows].astype(np.int32),
        cost=np.ascontiguousarray(of.cost[rows], np.float64),
        slots=visits.bits[rows],
        whose=of.parcel[by_locker].astype(np.int32),
        first=_begins(of.locker[by_locker], len(stations.place)),
        ports=min(len(city.parcels.place), int(day / lasts) + 1) + 1,
    )


def _parcel_columns(city: City, visits: Columns) -> ways.Parcels:
    parcels = city.parcels
    return ways.Parcels(
        np.ascontiguousarray(parcels.weight, np.float64),
        np.ascontiguousarray(parcels.volume, np.float64),
        np.array(released(city), np.float64),
        parcels.size.astype(np.int32),
        last_slots(city).astype(np.int32),
        np.ascontiguousarray(parcels.penalty, np.float64),
        visits.need.astype(np.int32),
        visits.sortie_begins,
        visits.locker_begins,
    )


def useful_machines(city: City) -> npt.NDArray[np.int64]:
    """So many machines of each group, but no more than there are parcels."""
    return np.minimum(city.groups.machines, len(city.parcels.place))


def first_machines(city: City) -> npt.NDArray[np.int64]:
    """The kernel's number of the first machine of each group, and how many there are."""
    return np.concatenate(([0], np.cumsum(useful_machines(city))))


def short_of(city: City) -> npt.NDArray[np.bool_]:
    """Which groups have fewer pilots or chargers than machines: their departures are fixed when they are planned."""
    machines = useful_machines(city)
    return (city.groups.away < machines) | (city.groups.chargers < machines)


def _machines(city: City) -> ways.Machines:
    """Groups of machines; no more of each than there are parcels, and rows as long as a day can hold sorties."""
    groups, of = city.groups, city.sortie_ways
    machines = useful_machines(city)
    shortest = float(np.min(of.away + of.charge, initial=np.inf))
    day = float(np.max(groups.closes - groups.opens, initial=0.0))
    return ways.Machines(
        first=first_machines(city).astype(np.int32),
        away=np.minimum(groups.away, machines).astype(np.int32),
        chargers=np.minimum(groups.chargers, machines).astype(np.int32),
        fixed=short_of(city).astype(np.int32),
        rows=min(len(city.parcels.place), int(max(day, 0.0) / shortest) + 2),
        group=np.repeat(np.arange(len(machines), dtype=np.int32), machines),
    )
