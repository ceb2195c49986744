"""A search that begins with a plan which is there already: the plan is written down as the kernel's best, and the
kernel takes it over from there, exactly as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City, Parcels
from fleet.planner.citycolumns import Columns
from fleet.planner.holding import box_of
from fleet.planner.joint.standing import restore
from fleet.planner.jointly import DOOR, LOCKER, NOBODY, SORTIE, JointPlan, Route, Sortie, VanStop
from fleet.planner.routing import FAR_S, NEVER

NOBODYS_SKILL = 1 << 61
"""What parcels that have not come yet need of a van."""

VanName = tuple[int, int]
"""A van by its type and its number among those, whatever the kernel numbers it."""


class Warm:
    """The columns of a city and the kernel's state over them, with room for so many parcels that may still come.

    `way_of`, `locker_way_of`: the kernel's numbers of the city's ways (-1: they never hold); `flown`, `fetched`: their
    parcels; `before`: when now is (s); `late`: before which moment (s) service at some nodes does not begin, since
    their vans are late."""

    def __init__(self, city: City, spare: int = 0) -> None:
        self.city, self.columns = city, Columns(padded(city, spare) if spare else city)
        self.state = self.columns.state()
        self.state.count = len(city.parcels.place)
        self._forget_spare_rows()
        self.legs, self.before, self.late = city.legs, -NEVER, dict[int, float]()
        self.way_of = inverse(self.columns.rows, len(city.sortie_ways.parcel))
        self.flown, self.fetched = city.sortie_ways.parcel, city.locker_ways.parcel
        self.locker_way_of = inverse(self.columns.locker_rows, len(self.fetched))

    def _forget_spare_rows(self) -> None:
        """Rows of parcels that may still come are near no stop until then: how far they are would be that of a place
        which is not theirs. In a city of few stops they are among the nearest, the last ones."""
        near = np.asarray(self.state.routes.stops.near)
        near[(near >= self.state.count) & (near < self.state.size)] = -1

    def take_over(self, plan: JointPlan, vans: Sequence[VanName], *, shown: bool = False) -> None:
        """Make a plan that holds the present one, each route that of a van. Of one that was shown no sortie departs
        earlier than it did."""
        whole, times = np.asarray(self.state.best_whole), np.asarray(self.state.best_time)
        whole[:], times[:] = -1, 0.0
        whole[:, 0] = NOBODY
        self._write_routes(plan.routes, vans)
        self._write_sorties(plan.sorties, shown=shown)
        for parcel, box in box_of(plan).items():
            whole[parcel, 3], whole[parcel, 4] = box.size, box.slot
        restore(self.state)

    def _write_routes(self, routes: Sequence[Route], vans: Sequence[VanName]) -> None:
        """Each route as a trip of its own, its nodes one behind the other. A stop that comes twice is refused: trips
        would run into each other."""
        kernel, known = self.state.routes, set[int]()
        following, van_of = np.asarray(kernel.best_next), np.asarray(kernel.best_van)
        before = np.asarray(kernel.best_before)
        van_of[:], before[:] = -1, -1
        for trip, (route, van) in enumerate(zip(routes, vans, strict=True)):
            van_of[trip], before[trip] = self.van(van), route.follows
            nodes = [kernel.size + 2 * trip, *map(self._node, route.stops), kernel.size + 2 * trip + 1]
            if known.intersection(nodes) or len(set(nodes)) < len(nodes):
                raise ValueError(f"route {trip} has a stop that another one, or itself, has made already")
            known.update(nodes)
            following[nodes[:-1]] = nodes[1:]

    def _node(self, stop: VanStop) -> int:
        """The kernel's number of a stop, whose parcels are written down."""
        whole = np.asarray(self.state.best_whole)
        if stop.locker < 0:
            whole[stop.parcels[0], 0] = DOOR
            np.asarray(self.state.best_time)[stop.parcels[0], 0] = stop.late
            return stop.parcels[0]
        visit = self.visit_of(stop)
        for parcel in stop.parcels:
            whole[parcel, :3] = LOCKER, self._locker_way(parcel, stop), visit
        return self.state.size + visit

    def node_of(self, stop: VanStop) -> int:
        """The kernel's number of a stop; of a visit that no way leads to any more, one that no node has."""
        if stop.locker < 0:
            return stop.parcels[0]
        visit = self.visit_of(stop)
        return self.state.size + visit if visit >= 0 else -2

    def visit_of(self, stop: VanStop) -> int:
        """The kernel's number of a stop at a locker."""
        need = self.state.parcels.need[stop.parcels[0]]
        return int(self.columns.number[stop.locker, need, stop.slot])

    def _locker_way(self, parcel: int, stop: VanStop) -> int:
        """The cheapest of a parcel's ways into a locker in a slot, which come in that order."""
        lockers, begins = self.state.lockers, self.state.parcels.lockers
        for way in range(begins[parcel], begins[parcel + 1]):
            if lockers.locker[way] == stop.locker and lockers.slots[way] >> stop.slot & 1:
                return way
        raise ValueError(f"parcel {parcel} has no way into locker {stop.locker} in slot {stop.slot}")

    def _write_sorties(self, sorties: Iterable[Sortie], *, shown: bool) -> None:
        """Rows of machines in the order of departure."""
        state, columns = self.state, defaultdict[int, list[tuple[float, int]]](list)
        whole, times = np.asarray(state.best_whole), np.asarray(state.best_time)
        earliest, latest = np.asarray(state.sorties.earliest), np.asarray(state.sorties.latest)
        port = np.asarray(state.sorties.port)
        fixed, group = np.asarray(state.machines.fixed), np.asarray(state.sorties.group)
        for sortie in sorties:
            way, parcel = int(self.way_of[sortie.way]), int(self.city.sortie_ways.parcel[sortie.way])
            machine = int(state.machines.first[int(group[way])]) + sortie.machine
            whole[parcel, :3] = SORTIE, way, machine
            times[parcel] = sortie.depart
            if port[way] < 0 and not fixed[group[way]]:
                first = sortie.depart if shown else min(earliest[way], sortie.depart)
                times[parcel] = first, max(latest[way], sortie.depart)
            columns[machine].append((sortie.depart, parcel))
        np.asarray(state.best_length)[:] = 0
        for machine, row in columns.items():
            np.asarray(state.best_row)[machine, : len(row)] = [parcel for _, parcel in sorted(row)]
            np.asarray(state.best_length)[machine] = len(row)

    def renew(self) -> None:
        """When service may begin from now on: what is fixed keeps its window, a window that is over lets nobody in. A
        van that is late comes when it comes."""
        routes = self.state.routes
        opens, closes = np.asarray(routes.stops.opens), np.asarray(routes.stops.closes)
        fixed = np.asarray(routes.fixed)[: len(opens)] != 0
        begins = np.where(fixed, opens, np.maximum(opens, self.before))
        np.asarray(routes.opens)[: len(opens)] = begins
        np.asarray(routes.closes)[: len(opens)] = np.where(begins <= closes, closes, -NEVER)
        for node, moment in self.late.items():
            routes.opens[node] = max(routes.opens[node], moment)
            routes.closes[node] = max(closes[node], routes.opens[node])

    def van(self, name: VanName) -> int:
        """The kernel's number of a van."""
        return int(self.state.routes.first_van[name[0]]) + name[1]

    def name(self, van: int) -> VanName:
        """What a van is called."""
        kind = int(self.state.routes.van_type[van])
        return kind, van - int(self.state.routes.first_van[kind])

    def show(self, routes: dict[VanName, Route]) -> None:
        """Write down what drivers were shown, whether it is what they do at present or not."""
        state, vans = self.state, len(np.asarray(self.state.routes.head))
        first, following = np.full(vans, -1, np.int32), np.full(state.routes.size, -1, np.int32)
        visit_of, held = np.full(state.size, -1, np.int32), np.zeros(len(np.asarray(state.held)), np.int32)
        for name, route in routes.items():
            nodes = [self.node_of(stop) for stop in route.stops]
            first[self.van(name)] = nodes[0]
            for node, behind, stop in zip(nodes, [*nodes[1:], -1], route.stops, strict=True):
                if node >= 0:
                    following[node] = behind
                if node >= state.size:
                    visit_of[list(stop.parcels)] = node - state.size
                    held[node - state.size] = len(stop.parcels)
        state.shown_first, state.shown_next, state.shown_visit, state.shown_held = (
            first,
            following,
            visit_of,
            held,
        )


def named(plan: JointPlan) -> list[VanName]:
    """A van for each route: of each type one after the other, for all routes that follow each other the same."""
    used, found = defaultdict[int, int](int), list[VanName]()
    for route in plan.routes:
        if route.follows >= 0:
            found.append(found[route.follows])
            continue
        found.append((route.van_type, used[route.van_type]))
        used[route.van_type] += 1
    return found


def inverse(rows: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Where each of so many rows has gone; -1: nowhere."""
    found = np.full(count, -1, np.int64)
    found[rows] = np.arange(len(rows))
    return found


def padded(city: City, spare: int) -> City:
    """The same city with rows behind its parcels that nobody brings, nowhere near the others in time."""
    parcels = city.parcels
    columns = {
        field.name: np.concatenate((column, np.zeros(spare, column.dtype)))
        for field in fields(Parcels)
        if (column := getattr(parcels, field.name)) is not None
    }
    first = len(parcels.place)
    columns["opens"][first:] = columns["closes"][first:] = columns["kept"][first:] = FAR_S
    columns["needs"] = columns["needs"].astype(np.int64)
    columns["needs"][first:] = NOBODYS_SKILL
    if parcels.depot is not None:
        columns["depot"][first:] = -1
    return replace(city, parcels=Parcels(**columns))
