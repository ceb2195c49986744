"""Who is held against whom in routing: our kernel, PyVRP, VROOM and OR-Tools, each for so many seconds of CPU, one
thread.

Each takes an instance, seconds and a seed, and gives tours, or `None` for families that it does not know. All but the
kernel get a dense matrix that is made before their time begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.harness.vrpfiles import NEVER, Instance, Tour
from fleet.planner.legs import Rounding, Straight
from fleet.planner.routing import FAR_S, Case, Seconds, Stop, VanType, route

WALL = 20
"""Where a solver only knows the wall clock it gets this many times as long, and is ended by CPU time, if it can be."""

EXACT = 100
"""Whole numbers in one unit of length, for solvers that count in whole numbers, where lengths are not rounded."""


def ours(instance: Instance, seconds: float, seed: int) -> list[Tour]:
    """The kernel's; its time begins with the making of the case."""
    budget = Seconds(time.process_time, seconds)
    found = route(case(instance), seed=seed, budget=budget)
    return [
        Tour(each.van_type, tuple(tuple(stop + 1 for stop in trip) for trip in each.trips))
        for each in found.rounds
    ]


def case(instance: Instance) -> Case:
    """An instance as the kernel takes it: a stop is the place with the next higher number."""
    rounding = {"tenths": Rounding.TENTHS, "nearest": Rounding.NEAREST, "exact": Rounding.NONE}
    xy = np.array(instance.xy, np.float64)
    legs = Straight(xy[:, 0], xy[:, 1], rounding[instance.counting])
    windows = [(opens, min(closes, FAR_S)) for opens, closes in instance.windows]
    rows = zip(windows, instance.service, instance.demand, instance.release, strict=True)
    stops = tuple(
        Stop(place, *window, service=service, weight=demand, release=release)
        for place, (window, service, demand, release) in enumerate(rows)
        if place > 0
    )
    vans = tuple(
        VanType(0, 0, v.count, v.trips, v.capacity, fixed=v.fixed, per_metre=v.per_length, opens=a, closes=b)
        for v in instance.vans
        for a, b in windows[:1]
    )
    return Case(legs, stops, vans)


def matrix(instance: Instance) -> np.ndarray[Any, np.dtype[np.int64]]:
    """All lengths as whole numbers."""
    xy = np.array(instance.xy)
    line = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    scaled = {"tenths": 10 * line, "nearest": line + 0.5, "exact": EXACT * line + 0.5}[instance.counting]
    return np.asarray(np.floor(scaled), np.int64)


def pyvrp(instance: Instance, seconds: float, seed: int) -> list[Tour]:
    """PyVRP's iterated local search, all families."""
    import pyvrp as library

    lengths, scale = matrix(instance), EXACT if instance.counting == "exact" else 1
    late = NEVER if instance.has_windows else np.iinfo(np.int64).max
    data = library.ProblemData(
        locations=[library.Location(*map(int, xy)) for xy in instance.xy],
        clients=[
            library.Client(
                location=place,
                delivery=[int(instance.demand[place])],
                service_duration=int(instance.service[place]),
                tw_early=int(instance.windows[place][0]),
                tw_late=int(min(instance.windows[place][1], late)),
                release_time=int(instance.release[place]),
            )
            for place in range(1, len(instance.xy))
        ],
        depots=[library.Depot(0)],
        vehicle_types=[
            library.VehicleType(
                num_available=van.count,
                capacity=[int(van.capacity)],
                start_depot=0,
                end_depot=0,
                fixed_cost=int(van.fixed * scale),
                unit_distance_cost=int(van.per_length),
                tw_early=int(instance.windows[0][0]),
                tw_late=int(min(instance.windows[0][1], late)),
                reload_depots=[0] if van.trips > 1 else [],
                max_reloads=van.trips - 1,
            )
            for van in instance.vans
        ],
        distance_matrices=[lengths],
        duration_matrices=[lengths],
    )
    stop = _until(seconds)
    best = library.solve(data, stop=lambda _: stop(), seed=seed, collect_stats=False, display=False).best
    return [Tour(r.vehicle_type(), _pyvrp_trips(r)) for r in best.routes()] if best.is_feasible() else []


def _pyvrp_trips(route: Any) -> tuple[tuple[int, ...], ...]:
    """A route's places, trip by trip."""
    trips: list[list[int]] = [[]]
    for activity in route:
        if activity.is_client():
            trips[-1].append(activity.idx + 1)
        elif trips[-1]:
            trips.append([])
    return tuple(tuple(trip) for trip in trips if trip)


def vroom(instance: Instance, seconds: float, seed: int) -> list[Tour] | None:
    """VROOM at its highest level of exploration; it takes no seed, and knows the wall clock only."""
    if instance.family not in ("CVRP", "VRPTW"):
        return None
    import vroom as library

    del seed
    problem, (van,) = library.Input(), instance.vans
    problem.set_durations_matrix("car", matrix(instance).astype(np.uint32))
    opens, closes = (int(min(t, 2**31)) for t in instance.windows[0])
    day = library.TimeWindow(opens, closes)
    for number in range(van.count):
        capacity = [int(van.capacity)]
        problem.add_vehicle(
            library.Vehicle(number, start=0, end=0, capacity=capacity, time_window=day, profile="car")
        )
    for place in range(1, len(instance.xy)):
        window = library.TimeWindow(*(int(min(t, 2**31)) for t in instance.windows[place]))
        service, demand = int(instance.service[place]), [int(instance.demand[place])]
        job = library.Job(
            place, location=place, default_service=service, delivery=demand, time_windows=[window]
        )
        problem.add_job(job)
    answer = problem.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    steps = answer.routes[answer.routes["type"] == "job"]
    return [
        Tour(0, (tuple(int(place) for place in each["id"]),))
        for _, each in steps.groupby("vehicle_id", sort=True)
    ]


def ortools(instance: Instance, seconds: float, seed: int) -> list[Tour] | None:
    """OR-Tools' routing: cheapest arcs, then guided local search; it takes no seed."""
    if instance.family == "MTVRPTWR":
        return None
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    del seed
    vans = [number for number, van in enumerate(instance.vans) for _ in range(van.count)]
    lengths = matrix(instance)
    manager = pywrapcp.RoutingIndexManager(len(instance.xy), len(vans), 0)
    model = pywrapcp.RoutingModel(manager)
    scale = EXACT if instance.counting == "exact" else 1
    # Matrices, not callbacks: those would run in Python, and slow it down.
    arcs = [model.RegisterTransitMatrix((lengths * int(v.per_length)).tolist()) for v in instance.vans]
    for van, number in enumerate(vans):
        model.SetArcCostEvaluatorOfVehicle(arcs[number], van)
        model.SetFixedCostOfVehicle(int(instance.vans[number].fixed * scale), van)
    load = model.RegisterUnaryTransitVector([int(demand) for demand in instance.demand])
    model.AddDimensionWithVehicleCapacity(
        load, 0, [int(instance.vans[n].capacity) for n in vans], True, "load"
    )
    if instance.has_windows:
        _ortools_times(instance, manager, model, lengths)
    said = pywrapcp.DefaultRoutingSearchParameters()
    said.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    said.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    said.time_limit.FromSeconds(int(WALL * seconds))
    model.CloseModelWithParameters(said)
    model.AddSearchMonitor(model.solver().CustomLimit(_until(seconds)))
    answer = model.SolveWithParameters(said)
    if answer is None:
        return []
    return [tour for van, n in enumerate(vans) if (tour := _ortools_tour(model, manager, answer, van, n))]


def _ortools_times(instance: Instance, manager: Any, model: Any, lengths: Any) -> None:
    """Windows of places and of the vans' shift."""
    service = np.array(instance.service, np.int64)
    lasts = model.RegisterTransitMatrix((lengths + service[:, None]).tolist())
    opens, closes = (int(t) for t in instance.windows[0])
    model.AddDimension(lasts, closes, closes, False, "time")
    times = model.GetDimensionOrDie("time")
    for place in range(1, len(instance.xy)):
        early, late = instance.windows[place]
        times.CumulVar(manager.NodeToIndex(place)).SetRange(int(early), int(late))
    for van in range(model.vehicles()):
        times.CumulVar(model.Start(van)).SetRange(opens, closes)
        times.CumulVar(model.End(van)).SetRange(opens, closes)


def _ortools_tour(model: Any, manager: Any, answer: Any, van: int, number: int) -> Tour | None:
    """What one van does, if it does anything."""
    places, index = [], answer.Value(model.NextVar(model.Start(van)))
    while not model.IsEnd(index):
        places.append(manager.IndexToNode(index))
        index = answer.Value(model.NextVar(index))
    return Tour(number, (tuple(places),)) if places else None


def _until(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds of this process's CPU are over, from now on."""
    begun = time.process_time()
    return lambda: time.process_time() - begun >= seconds


PEERS: dict[str, Callable[[Instance, float, int], list[Tour] | None]] = {
    "pyvrp": pyvrp,
    "vroom": vroom,
    "ortools": ortools,
}
