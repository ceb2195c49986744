"""A draft by the joint search: all modes in one, then worked out exactly.

What was found comes back as choices, tours and departures, and is made into a draft by the same bookings, tours and
repairs as any other; what does not hold there goes its next best way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from fleet.planner.assignment import Choices
from fleet.planner.cityof import Model, model_of
from fleet.planner.draft import Builder, Draft
from fleet.planner.flights import Flights
from fleet.planner.jointly import JointPlan, VanStop
from fleet.planner.modelled import modelled
from fleet.planner.problem import Problem
from fleet.planner.routes import Warm
from fleet.planner.routing import CHUNK, Budget, Iterations
from fleet.planner.stop import Late, MaxIterations, Stop, never
from fleet.planner.tiled import Job, Workers, plan_city, searched
from fleet.planner.visits import Key
from fleet.planner.ways import Way, Ways

STEPS = 2
"""How many chunks of a stop one chunk of the joint search (`routing.CHUNK` iterations) counts for: about as long as so
many iterations of PyVRP take (34 and 15 ms with 1,500 parcels of Porto, of which vans had 540 stops)."""


class Steps:
    """A stop as the joint search asks for its budget."""

    def __init__(self, stop: Stop) -> None:
        self._stop, self._begun = stop, False

    def __call__(self) -> float:
        """Count what was done since the last time; the share of the stop that is used."""
        counted, self._begun = STEPS if self._begun else 0, True
        return 1.0 if any(self._stop() for _ in range(counted)) else self._stop.used


BEGUN_AT = 0.5
"""A search from a draft begins as one of its own is at this share of its time; hotter it loses what it was given
(`benchmarks/RESULTS.md`, "a second start")."""

FIRST_SHARE = 0.7
"""Of the time until it is late, what the first plan of a large problem may take; the rest is for making it exact."""


def mixed(
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    stop: Stop,
    workers: Workers | None = None,
    strict: bool = False,
) -> Draft:
    """The draft that the joint search finds within ``stop``; of a large problem in tiles, a first plan of which there
    is even where no time is left to search. ``strict``: windows hold, even where lateness has a price."""
    model, first = model_of(problem, ways, strict=strict), stop.ahead(FIRST_SHARE)
    found = plan_city(model.city, seed=seed, budget=_budget(problem, stop), workers=workers, first=first)
    return exact(model, found, problem, ways, flights, seed=seed, late=stop.late)


def mixed_from(
    start: Draft,
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    stop: Stop,
    strict: bool = False,
) -> Draft | None:
    """The draft that the joint search finds within ``stop`` from one that is there already; none where the model can't
    say any of it. ``strict``: windows hold, even where lateness has a price."""
    model = model_of(problem, ways, strict=strict)
    standing = modelled(model, start)
    if not standing.routes and not standing.sorties:
        return None
    left = standing.unserved
    job = Job(model.city, standing, seed, _budget(problem, stop), BEGUN_AT, 1.0, starts=False, put_off=left)
    return exact(model, searched(job), problem, ways, flights, seed=seed, late=stop.late)


def _budget(problem: Problem, stop: Stop) -> Budget:
    """A stop as a budget. Tiles ask often how much is left: where work is counted, asking must not count."""
    if isinstance(stop, MaxIterations) and not problem.keeps_legs:
        return Iterations(stop.left // STEPS * CHUNK)
    return Steps(stop)


def exact(
    model: Model,
    found: JointPlan,
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    late: Late = never,
) -> Draft:
    """What was found as a draft, to the second. Parcels for whom it does not hold go their cheapest sortie that there
    is room for, else by van."""
    departures = _departures(problem, model, found)
    builder = Builder(
        problem,
        ways,
        flights,
        lambda order: _ranked(ways[order]),
        departures=departures,
        overdue=_overdue(model, found),
        late=late,
    )
    draft = builder.build(_choices(model, found, ways), _tours(model, found), seed=seed, stop=None)
    return replace(draft, troubles=found.troubles)


def _ranked(ways: Ways) -> list[Way]:
    doors = () if ways.door is None else (ways.door,)
    return [*sorted(ways.sorties, key=lambda way: way.cost), *doors, *ways.lockers]


def _choices(model: Model, found: JointPlan, ways: Sequence[Ways]) -> Choices:
    """Each parcel's way."""
    chosen: list[Way | None] = [None] * len(ways)
    for sortie in found.sorties:
        chosen[model.orders[model.city.sortie_ways.parcel[sortie.way]]] = model.sorties[sortie.way]
    for stop in (stop for route in found.routes for stop in route.stops):
        for order in (model.orders[parcel] for parcel in stop.parcels):
            chosen[order] = _by_van(model, stop, ways[order])
    return tuple(chosen)


def _by_van(model: Model, stop: VanStop, ways: Ways) -> Way | None:
    if stop.locker < 0:
        return ways.door
    return next(way for way in ways.lockers if way.locker_id == model.lockers[stop.locker])


def _tours(model: Model, found: JointPlan) -> Warm:
    """The trips of each van that one of its type makes, in turn."""
    vans, trips = [iter(group) for group in model.vans], dict[int, list[list[Key]]]()
    van_of = dict[int, int]()
    for number, route in enumerate(found.routes):
        van_of[number] = next(vans[route.van_type]).index if route.follows < 0 else van_of[route.follows]
        trips.setdefault(van_of[number], []).append([_key(model, stop) for stop in route.stops])
    return trips


def _key(model: Model, stop: VanStop) -> Key:
    if stop.locker < 0:
        return (None, (model.orders[stop.parcels[0]],))
    return (model.lockers[stop.locker], ())


def _departures(problem: Problem, model: Model, found: JointPlan) -> dict[int, int]:
    """When each sortie leaves, loaded."""
    return {
        model.orders[model.city.sortie_ways.parcel[sortie.way]]: round(sortie.depart)
        + model.load_s(problem, sortie.way)
        for sortie in found.sorties
    }


def _overdue(model: Model, found: JointPlan) -> dict[int, int]:
    """How late each parcel may be that is late in the plan (s)."""
    return {
        model.orders[stop.parcels[0]]: ceil(stop.late)
        for route in found.routes
        for stop in route.stops
        if stop.late > 0.0
    }
