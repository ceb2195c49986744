"""A city whose plan uses all modes; random events for random cities, and who may be let go by one: worked out from the
plan alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.harness.cityjudge import faults
from benchmarks.harness.citymaker import made
from fleet.planner.city import City, LockerWays, Parcels, SortieWays
from fleet.planner.disruptions import (
    Event,
    Grounded,
    Kept,
    Locks,
    NewParcels,
    VanLate,
    VanLost,
    WaysLost,
    WindowMoved,
)
from fleet.planner.jointly import JointPlan, Sortie, plan_jointly
from fleet.planner.legs import Straight
from fleet.planner.routing import Iterations
from tests.support.cities import DAY


@cache
def of_all_modes() -> tuple[City, JointPlan]:
    """A small city, and a plan that holds and uses vans, drones, ports and lockers.

    So dear are vans, and so cheap ports, that all are used.
    """
    city = made(250, 7)
    ways, vans = city.sortie_ways, tuple(replace(van, per_metre=2e-3) for van in city.vans)
    ways = replace(ways, cost=np.where(ways.locker >= 0, 0.1, 1.0) * ways.cost)
    city = replace(city, vans=vans, sortie_ways=ways)
    plan = plan_jointly(city, seed=1, budget=Iterations(4000))
    assert faults(city, plan) == []
    return city, plan


def with_vans(city: City, **more: Any) -> City:
    """The city with all its types of van changed."""
    return replace(city, vans=tuple(replace(van, **more) for van in city.vans))


def with_groups(city: City, **more: int) -> City:
    """The city with a column, or several, of its groups of machines the same for all."""
    columns: dict[str, Any] = {name: value + 0 * city.groups.away for name, value in more.items()}
    return replace(city, groups=replace(city.groups, **columns))


def with_sorties(plan: JointPlan, *others: Sortie) -> JointPlan:
    """The plan with other sorties in the place of its first ones."""
    return replace(plan, sorties=(*others, *plan.sorties[len(others) :]))


def random_event(rng: Random, city: City, plan: JointPlan, kept: Kept) -> Event:
    """One that makes sense for a plan, of any sort that there is something for."""
    kinds = ["ways", "new", "now"]
    kinds += ["grounded"] * bool(np.any(city.groups.machines)) + ["lost", "late", "locks"] * bool(plan.routes)
    free = sorted(set(range(len(city.parcels.place))) - locked_parcels(city, kept))
    kinds += ["window"] * bool(free)
    match rng.choice(kinds):
        case "grounded":
            group = rng.choice(np.flatnonzero(city.groups.machines).tolist())
            machine = rng.randrange(-1, int(city.groups.machines[group]))
            return Grounded(group, machine, rng.choice([float("-inf"), rng.uniform(0.0, DAY)]))
        case "lost":
            number = rng.randrange(len(plan.routes))
            return VanLost(number, rng.randrange(len(plan.routes[number].stops) + 1))
        case "late":
            number = rng.randrange(len(plan.routes))
            return VanLate(number, rng.randint(1, len(plan.routes[number].stops)), rng.uniform(0.0, DAY))
        case "locks":
            return _locks(rng, plan)
        case "window":
            begin = rng.uniform(0.0, DAY / 2)
            return WindowMoved(rng.choice(free), begin, begin + rng.uniform(50.0, 400.0))
        case "new":
            return new_parcels(rng, city, rng.randrange(1, 4))
        case "now":
            return Locks(before=rng.uniform(0.0, DAY / 2))
        case _:
            return WaysLost(
                _some(rng, len(city.sortie_ways.parcel)), _some(rng, len(city.locker_ways.parcel))
            )


def _locks(rng: Random, plan: JointPlan) -> Locks:
    number = rng.randrange(len(plan.routes))
    if rng.random() < 0.3:
        return Locks(closed=frozenset({number}))
    return Locks(stops={number: rng.randrange(len(plan.routes[number].stops) + 1)})


def with_depots(rng: Random, city: City) -> City:
    """The city with some parcels that stand at one of its depots: only vans that start there may bring them."""
    return replace(city, parcels=replace(city.parcels, depot=_depots(rng, len(city.parcels.place))))


def with_releases(rng: Random, city: City) -> City:
    """The city with some parcels that are there later than others."""
    return replace(city, parcels=replace(city.parcels, release=_releases(rng, len(city.parcels.place))))


def _releases(rng: Random, count: int) -> npt.NDArray[np.float64]:
    return np.array([rng.choice([0.0, rng.uniform(0.0, DAY / 3)]) for _ in range(count)])


def _depots(rng: Random, count: int) -> npt.NDArray[np.int64]:
    return np.array([rng.choice([-1, 0, 1]) for _ in range(count)])


def _some(rng: Random, count: int) -> tuple[int, ...]:
    return tuple(row for row in range(count) if rng.random() < 0.2)


def new_parcels(rng: Random, city: City, count: int) -> NewParcels:
    """At doors that are known, or, where legs are straight, at new ones; by all ways."""
    first, lockers, groups = len(city.parcels.place), len(city.lockers.place), len(city.groups.machines)
    legs, places = None, np.array([rng.choice(city.parcels.place.tolist()) for _ in range(count)])
    if isinstance(city.legs, Straight):
        more = [[rng.uniform(0.0, 100.0) for _ in range(count)] for _ in range(2)]
        x, y = np.concatenate((city.legs.x, more[0])), np.concatenate((city.legs.y, more[1]))
        legs, places = Straight(x, y), city.legs.places + np.arange(count)
    parcels = Parcels(
        place=places,
        opens=np.zeros(count),
        closes=np.full(count, DAY),
        service=np.full(count, 5.0),
        weight=np.full(count, 1.0),
        volume=np.full(count, 1.0),
        size=np.zeros(count, int),
        kept=np.full(count, 2 * DAY),
        needs=np.array([rng.choice([1, 1, 2]) for _ in range(count)]),
        penalty=np.full(count, 500.0),
        depot=None if city.parcels.depot is None else _depots(rng, count),
        release=None if city.parcels.release is None or count % 2 else _releases(rng, count),
    )
    ways = [(first + p, rng.randrange(lockers), 2.0, 0.0, DAY) for p in range(count) if lockers]
    flights = [
        (first + p, rng.randrange(groups), 40.0, 90.0, 20.0, rng.uniform(10.0, 30.0), -1)
        for p in range(count)
        if groups
    ]
    return NewParcels(
        parcels,
        LockerWays(*(np.array(c, float if k > 1 else int) for k, c in enumerate(_columns(ways, 5)))),
        SortieWays(
            *(np.array(c, int if k in (0, 1, 6) else float) for k, c in enumerate(_columns(flights, 7)))
        ),
        legs,
    )


def _columns(rows: Sequence[tuple[float, ...]], count: int) -> tuple[tuple[float, ...], ...]:
    return tuple(zip(*rows, strict=True)) if rows else ((),) * count


def locked_parcels(city: City, kept: Kept) -> set[int]:
    """Those that stay as they are."""
    found = {parcel for route in kept.routes for stop in route.stops for parcel in stop.parcels}
    return found | {int(city.sortie_ways.parcel[sortie.way]) for sortie in kept.sorties}


def may_go(city: City, plan: JointPlan, event: Event) -> set[int]:
    """Whom an event may set free: those whom it concerns, and all of a van or a machine whose times it changes."""
    ways = city.sortie_ways
    flown = {int(ways.parcel[s.way]): s for s in plan.sorties}
    match event:
        case Grounded(group, machine, since):
            return {
                parcel
                for parcel, s in flown.items()
                if ways.group[s.way] == group and machine in (-1, s.machine) and s.depart >= since
            }
        case VanLost(number, done) | VanLate(number, done):
            return {parcel for stop in plan.routes[number].stops[done:] for parcel in stop.parcels}
        case WaysLost(sorties, lockers):
            lost = {(int(city.locker_ways.parcel[r]), int(city.locker_ways.locker[r])) for r in lockers}
            gone = {parcel for parcel, s in flown.items() if s.way in sorties}
            concerned = {
                stop_parcel
                for route in plan.routes
                for stop in route.stops
                for stop_parcel in stop.parcels
                if (stop_parcel, stop.locker) in lost
            }
            return gone | concerned | _late_without(city, plan, concerned)
        case WindowMoved(parcel):
            return {parcel} | _late_without(city, plan, {parcel})
        case NewParcels():
            return set()
        case Locks(before=before):
            return set(range(len(city.parcels.place))) if before > float("-inf") else set()


def _late_without(city: City, plan: JointPlan, parcels: set[int]) -> set[int]:
    """All of the same vans: where legs are looked up, a way past a stop may be longer than the way by it."""
    routes = [route for route in plan.routes if parcels & {p for stop in route.stops for p in stop.parcels}]
    return {parcel for route in routes for stop in route.stops for parcel in stop.parcels}
