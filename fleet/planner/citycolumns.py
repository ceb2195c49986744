"""A city as the compiled search takes it: doors and visits to lockers as stops of vans, ways in rows by parcel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City
from fleet.planner.joint import ways
from fleet.planner.joint.state import State
from fleet.planner.routing import Case, Stop, routes_of

BEFORE = 1.0
"""A van begins to fill a locker at least so long before the slot ends (s): then it is in the next one."""

Ints = npt.NDArray[np.int32]


class Columns:
    """All of a city for the kernel. Visits are stops of vans at lockers: one for each locker, slot and distinct need
    of the parcels that may go there."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.needs, self.need = np.unique(city.parcels.needs, return_inverse=True)
        stations, slots = len(city.lockers.place), len(city.slots) - 1
        self.number = np.full((stations, len(self.needs), slots), -1, np.int32)
        ways, ends = city.locker_ways, city.slots[1:]
        fits = (ways.opens[:, None] <= city.slots[:-1]) & (ends <= ways.closes[:, None])
        fits &= np.arange(slots) <= last_slots(city)[ways.parcel][:, None]
        self.bits = (fits.astype(np.int64) << np.arange(slots)).sum(axis=1)
        row, slot = np.nonzero(fits)
        used = np.unique(np.stack((ways.locker[row], self.need[ways.parcel[row]], slot)), axis=1)
        self.number[used[0], used[1], used[2]] = np.arange(used.shape[1])
        self.locker, self.of_need, self.slot = (np.ascontiguousarray(line, np.int32) for line in used)
        self.case = self._case()
        self.sortie_begins, self.sorties, self.rows = _sortie_columns(city)
        self.lockers, begins = _locker_columns(city, self)
        self.parcels = _parcel_columns(city, self, begins)

    def state(self) -> State:
        """No plan yet."""
        return State(routes_of(self.case), self.parcels, self.sorties, _machines(self.city), self.lockers)

    def _case(self) -> Case:
        """Doors and behind them visits, as stops; what parcels are worth is no matter of the routes."""
        city, parcels = self.city, self.city.parcels
        columns = (
            parcels.place,
            parcels.opens,
            parcels.closes,
            parcels.service,
            parcels.weight,
            parcels.volume,
        )
        doors = [
            Stop(place, opens, closes, service, weight, volume, penalty=0.0, needs=needs)
            for place, opens, closes, service, weight, volume, needs in zip(
                *(column.tolist() for column in columns), parcels.needs.tolist(), strict=True
            )
        ]
        visits = [
            Stop(
                int(city.lockers.place[locker]),
                float(city.slots[slot]),
                float(city.slots[slot + 1]) - BEFORE,
                service=float(city.lockers.stop_s[locker] + city.lockers.each_s[locker]),
                penalty=0.0,
                needs=int(self.needs[need]),
            )
            for locker, need, slot in zip(self.locker, self.of_need, self.slot, strict=True)
        ]
        return Case(city.legs, (*doors, *visits), city.vans)


def last_slots(city: City) -> npt.NDArray[np.int64]:
    """The last slot in which a compartment is kept for each parcel; -1 where it is over before the day begins."""
    last = np.searchsorted(city.slots, city.parcels.kept, side="left") - 1
    return np.minimum(last, len(city.slots) - 2)


def _begins(of: npt.NDArray[np.int64], count: int) -> Ints:
    """Where the rows of each number begin in a sorted column; one more than there are numbers."""
    return np.searchsorted(of, np.arange(count + 1)).astype(np.int32)


def _sortie_columns(city: City) -> tuple[Ints, ways.Sorties, npt.NDArray[np.int64]]:
    """Where each parcel's sorties begin, the sorties, cheapest first, and their rows among the city's."""
    of, groups, parcels = city.sortie_ways, city.groups, city.parcels
    earliest = groups.opens[of.group]
    latest = np.minimum(parcels.closes[of.parcel] - of.there, groups.closes[of.group] - of.away)
    door = of.locker < 0
    earliest = np.maximum(earliest, np.where(door, parcels.opens[of.parcel], city.slots[0]) - of.there)
    latest = np.minimum(latest, np.where(door, np.inf, city.slots[-1] - BEFORE - of.there))
    rows = np.lexsort((of.cost, of.parcel))
    rows = rows[(earliest <= latest)[rows]]

    def whole(column: npt.NDArray[np.int64]) -> Ints:
        return column[rows].astype(np.int32)

    def column(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.ascontiguousarray(values[rows], np.float64)

    sorties = ways.Sorties(
        whole(of.group),
        column(of.there),
        column(of.away),
        column(of.charge),
        column(of.cost),
        whole(of.locker),
        column(earliest),
        column(latest),
    )
    return _begins(of.parcel[rows], len(parcels.place)), sorties, rows


def _locker_columns(city: City, visits: Columns) -> tuple[ways.Lockers, Ints]:
    """Compartments, visits and each parcel's lockers, cheapest first; and where those begin."""
    of, stations = city.locker_ways, city.lockers
    rows = np.lexsort((of.cost, of.parcel))
    rows = rows[visits.bits[rows] != 0]
    by_locker = np.lexsort((of.cost, of.locker))
    by_locker = by_locker[visits.bits[by_locker] != 0]
    lasts = float(np.min(stations.port_s, initial=np.inf))
    day = city.slots[-1] - city.slots[0]
    lockers = ways.Lockers(
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
    return lockers, _begins(of.parcel[rows], len(city.parcels.place))


def _parcel_columns(city: City, visits: Columns, lockers: Ints) -> ways.Parcels:
    parcels = city.parcels
    return ways.Parcels(
        np.ascontiguousarray(parcels.weight, np.float64),
        np.ascontiguousarray(parcels.volume, np.float64),
        parcels.size.astype(np.int32),
        last_slots(city).astype(np.int32),
        np.ascontiguousarray(parcels.penalty, np.float64),
        visits.need.astype(np.int32),
        visits.sortie_begins,
        lockers,
    )


def useful_machines(city: City) -> npt.NDArray[np.int64]:
    """So many machines of each group, but no more than there are parcels."""
    return np.minimum(city.groups.machines, len(city.parcels.place))


def _machines(city: City) -> ways.Machines:
    """Groups of machines; no more of each than there are parcels, and rows as long as a day can hold sorties."""
    groups, of = city.groups, city.sortie_ways
    machines = useful_machines(city)
    shortest = float(np.min(of.away + of.charge, initial=np.inf))
    day = float(np.max(groups.closes - groups.opens, initial=0.0))
    fixed = (groups.away < machines) | (groups.chargers < machines)
    return ways.Machines(
        first=np.concatenate(([0], np.cumsum(machines))).astype(np.int32),
        away=np.minimum(groups.away, machines).astype(np.int32),
        chargers=np.minimum(groups.chargers, machines).astype(np.int32),
        fixed=fixed.astype(np.int32),
        rows=min(len(city.parcels.place), int(max(day, 0.0) / shortest) + 2),
        group=np.repeat(np.arange(len(machines), dtype=np.int32), machines),
    )
