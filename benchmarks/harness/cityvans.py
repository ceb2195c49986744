"""Vans of a city by PyVRP, depot by depot: doors and locker stops in, routes out."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

import numpy as np
import pyvrp

from fleet.planner.city import City
from fleet.planner.jointly import Route, VanStop
from fleet.planner.routing import FAR_S

SCALE = 100_000
"""Whole numbers of a unit of money: PyVRP counts in whole numbers."""
TENTHS = 10
"""Whole numbers of a kilogram and a litre."""


class Deadline:
    """Whether so many seconds of this process's CPU are over, from now on."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.process_time() + seconds

    def __call__(self, best_cost: int = 0) -> bool:
        """Asked by PyVRP, with its best cost, which is no reason to stop."""
        del best_cost
        return time.process_time() >= self.ends

    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.ends - time.process_time())

    def share(self, part: float) -> Deadline:
        """A part of what is left."""
        return Deadline(part * self.left())


def driven(
    city: City, doors: list[int], by_locker: dict[int, list[int]], deadline: Deadline, seed: int
) -> tuple[list[Route], list[int]]:
    """Routes, and the parcels that are left out; each depot gets time by its share of the stops."""
    parts = _parts(city, doors, by_locker)
    routes, left = list[Route](), list[int]()
    for number, (kinds, stops) in enumerate(parts):
        share = len(stops) / sum(len(others) for _, others in parts[number:])
        found, missed = _searched(city, kinds, stops, deadline.share(share), seed)
        routes += found
        left += missed
    return routes, left


def _parts(
    city: City, doors: list[int], by_locker: dict[int, list[int]]
) -> list[tuple[list[int], list[VanStop]]]:
    """Stops of parcels that the same types of van may bring, and those types: depot by depot."""
    stops, kinds = defaultdict[int, list[VanStop]](list), _kinds(city)
    for parcel in doors:
        stops[kinds[parcel]].append(VanStop((parcel,)))
    for locker, parcels in by_locker.items():
        for number in sorted({kinds[parcel] for parcel in parcels}):
            stops[number].append(VanStop(tuple(p for p in parcels if kinds[p] == number), locker, 0))
    some = {number: parcel for parcel, number in enumerate(kinds)}
    every = [kind for kind, van in enumerate(city.vans) if van.vans]
    return [([k for k in every if city.may_ride(some[n], k)], stops[n]) for n in sorted(stops)]


def _kinds(city: City) -> list[int]:
    """The same number for parcels that the same types of van may bring."""
    depot = city.parcels.depot if city.parcels.depot is not None else 0 * city.parcels.needs
    return [int(n) for n in np.unique((city.parcels.needs, depot), axis=1, return_inverse=True)[1].ravel()]


def _searched(
    city: City, kinds: list[int], stops: list[VanStop], deadline: Deadline, seed: int
) -> tuple[list[Route], list[int]]:
    """One depot's routes."""
    depots = sorted({place for kind in kinds for place in (city.vans[kind].start, city.vans[kind].end)})
    places = np.array([*depots, *(_place(city, stop) for stop in stops)])
    found = pyvrp.solve(
        pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0) for _ in places],
            clients=[_client(city, stop, len(depots) + k) for k, stop in enumerate(stops)],
            depots=[pyvrp.Depot(k) for k in range(len(depots))],
            vehicle_types=[_van(city, kind, depots) for kind in kinds],
            distance_matrices=[whole(np.rint(city.legs.metres(places, places)))],
            duration_matrices=[whole(np.ceil(city.legs.durations(places, places)))],
        ),
        stop=deadline,
        seed=seed,
        collect_stats=False,
        display=False,
    ).best
    if not found.is_feasible():
        return [], [parcel for stop in stops for parcel in stop.parcels]
    routes = [_route(city, kinds, stops, route) for route in found.routes()]
    served = {parcel for route in routes for stop in route.stops for parcel in stop.parcels}
    return routes, [parcel for stop in stops for parcel in stop.parcels if parcel not in served]


def whole(table: Any) -> Any:
    """As PyVRP takes it."""
    return table.astype(np.int64)


def _place(city: City, stop: VanStop) -> int:
    return int(city.parcels.place[stop.parcels[0]] if stop.locker < 0 else city.lockers.place[stop.locker])


def _client(city: City, stop: VanStop, location: int) -> pyvrp.Client:
    """A door or a locker stop; leaving it out costs what its parcels do."""
    parcels, held = city.parcels, list(stop.parcels)
    if stop.locker < 0:
        opens, closes = parcels.opens[held[0]], parcels.closes[held[0]]
        lasts = parcels.service[held[0]]
    else:
        opens, closes = city.slots[0], min(_kept(city, parcel) for parcel in held) - 1.0
        lasts = city.lockers.stop_s[stop.locker] + len(held) * city.lockers.each_s[stop.locker]
    return pyvrp.Client(
        location=location,
        delivery=load(city, held),
        service_duration=int(np.ceil(lasts)),
        tw_early=int(np.ceil(opens)),
        tw_late=int(closes),
        prize=int(SCALE * float(np.sum(parcels.penalty[held]))),
        required=False,
    )


def load(city: City, parcels: list[int]) -> list[int]:
    """Weight and volume, rounded up."""
    weight, volume = (float(np.sum(column[parcels])) for column in (city.parcels.weight, city.parcels.volume))
    return [int(np.ceil(TENTHS * weight - 1e-6)), int(np.ceil(TENTHS * volume - 1e-6))]


def _kept(city: City, parcel: int) -> float:
    """The end of the last slot in which a parcel's compartment is kept."""
    last = np.searchsorted(city.slots, city.parcels.kept[parcel], side="left")
    return float(city.slots[min(int(last), len(city.slots) - 1)])


def _van(city: City, kind: int, depots: list[int]) -> pyvrp.VehicleType:
    van = city.vans[kind]
    return pyvrp.VehicleType(
        num_available=van.vans,
        capacity=[int(min(TENTHS * van.weight, 1e9)), int(min(TENTHS * van.volume, 1e9))],
        start_depot=depots.index(van.start),
        end_depot=depots.index(van.end),
        fixed_cost=int(SCALE * van.fixed),
        tw_early=int(van.opens),
        tw_late=int(min(van.closes, FAR_S)),
        shift_duration=int(min(van.longest, FAR_S)),
        unit_distance_cost=round(SCALE * van.per_metre),
        unit_duration_cost=round(SCALE * van.per_second),
    )


def _route(city: City, kinds: list[int], stops: list[VanStop], route: Any) -> Route:
    """A route's stops, lockers in the slot in which they are filled."""
    found = []
    for activity in route:
        if activity.is_client():
            stop = stops[activity.idx]
            begin = activity.end_time - activity.duration + activity.wait_duration
            if stop.locker >= 0:
                slot = int(np.searchsorted(city.slots, begin, "right")) - 1
                stop = VanStop(stop.parcels, stop.locker, slot)
            found.append(stop)
    return Route(kinds[route.vehicle_type()], tuple(found))
