"""A search that begins with a plan which is there already: the plan is written down as the kernel's best, and the
kernel takes it over from there, exactly as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City
from fleet.planner.citycolumns import Columns, first_machines, short_of
from fleet.planner.joint.standing import restore
from fleet.planner.jointly import DOOR, LOCKER, SORTIE, JointPlan, Sortie, VanStop

VanName = tuple[int, int]
"""A van by its type and its number among those."""

Ints = npt.NDArray[np.int32]


class Warm:
    """The columns of a city and the kernel's state over them."""

    def __init__(self, city: City) -> None:
        self.city, self.columns = city, Columns(city)
        self.state = self.columns.state()
        self._whole, self._times = np.asarray(self.state.best_whole), np.asarray(self.state.best_time)

    def take_over(self, plan: JointPlan, vans: Sequence[VanName]) -> None:
        """Make a plan that holds the present one, each route that of a van. There may be none yet."""
        kinds = np.bincount(self.columns.van_types, minlength=len(self.city.vans))
        first = np.concatenate(([0], np.cumsum(kinds)))
        numbers = np.array([first[kind] + number for kind, number in vans], np.int32)
        following, heads = np.full(len(self.columns.case.rows), -1, np.int32), list[int]()
        for route in plan.routes:
            nodes = [self._node(stop) for stop in route.stops]
            following[nodes[:-1]] = nodes[1:]
            heads.append(nodes[0])
        self._write_sorties(plan.sorties)
        if plan.boxes:
            rows = np.array([(box.parcel, box.size, box.slot) for box in plan.boxes])
            self._whole[rows[:, 0], 3:5] = rows[:, 1:]
        restore(self.state, np.array(heads, np.int32), numbers, following)

    def _node(self, stop: VanStop) -> int:
        """The kernel's number of a stop, whose parcels are written down."""
        if stop.locker < 0:
            self._whole[stop.parcels[0], 0] = DOOR
            return stop.parcels[0]
        columns = self.columns
        visit = int(columns.number[stop.locker, columns.need[stop.parcels[0]], stop.slot])
        for parcel in stop.parcels:
            self._whole[parcel, :3] = LOCKER, self._locker_way(parcel, stop), visit
        return len(self._whole) + visit

    def _locker_way(self, parcel: int, stop: VanStop) -> int:
        """The cheapest of a parcel's ways into a locker in a slot, which come in that order."""
        columns, ways = self.columns, self.city.locker_ways
        for way in range(int(columns.locker_begins[parcel]), int(columns.locker_begins[parcel + 1])):
            row = columns.locker_rows[way]
            if ways.locker[row] == stop.locker and columns.bits[row] >> stop.slot & 1:
                return way
        raise ValueError(f"parcel {parcel} has no way into locker {stop.locker} in slot {stop.slot}")

    def _write_sorties(self, sorties: Sequence[Sortie]) -> None:
        """Rows of machines in the order of departure."""
        columns, rows = self.columns, defaultdict[int, list[tuple[float, int]]](list)
        first, short = first_machines(self.city), short_of(self.city)
        way_of = np.full(len(self.city.sortie_ways.parcel), -1)
        way_of[columns.rows] = np.arange(len(columns.rows))
        for sortie in sorties:
            way, parcel = int(way_of[sortie.way]), int(self.city.sortie_ways.parcel[sortie.way])
            group = int(self.city.sortie_ways.group[sortie.way])
            machine = int(first[group]) + sortie.machine
            self._whole[parcel, :3] = SORTIE, way, machine
            self._times[parcel] = columns.departs[way]
            if self.city.sortie_ways.locker[sortie.way] >= 0 or short[group]:
                self._times[parcel] = sortie.depart
            rows[machine].append((sortie.depart, parcel))
        for machine, row in rows.items():
            np.asarray(self.state.best_row)[machine, : len(row)] = [parcel for _, parcel in sorted(row)]
            np.asarray(self.state.best_length)[machine] = len(row)


def named(plan: JointPlan) -> list[VanName]:
    """A van for each route: of each type one after the other."""
    used, found = defaultdict[int, int](int), list[VanName]()
    for route in plan.routes:
        found.append((route.van_type, used[route.van_type]))
        used[route.van_type] += 1
    return found
