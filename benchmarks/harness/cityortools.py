"""OR-Tools' routing alone over the whole problem: a machine's trips are parted by visits to its site, each parcel is
served at one of its places. It takes no seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.harness.cityalone import FIRST, Model, choices, model, service, window
from benchmarks.harness.citymodes import finished
from benchmarks.harness.cityvans import SCALE, TENTHS, Deadline, load
from fleet.planner.city import City
from fleet.planner.jointly import JointPlan

WALL = 20
"""It only knows the wall clock: it gets this many times as long, and is ended by CPU time."""
TRIPS = 24
"""Trips of a machine at most: each more is a place more."""


def ortools(city: City, seconds: float, seed: int) -> JointPlan:
    """Cheapest arcs, then guided local search; then PyVRP for the vans, as for the others."""
    deadline, problem = Deadline(seconds), model(city)
    trips = _Routing(city, problem).solved(deadline.share(FIRST))
    return finished(city, choices(city, problem, trips), deadline.left(), seed)


class _Routing:
    """The model: vehicles are single vans and machines; nodes are depots, sites, clients, and stops between trips."""

    def __init__(self, city: City, problem: Model) -> None:
        self.city, self.problem = city, problem
        groups = city.groups.machines
        counts = [*(van.vans for van in city.vans), *groups.tolist()]
        self.kinds = [kind for kind, count in enumerate(counts) for _ in range(count)]
        self.clients = len(problem.clients)
        # A stop between trips for each trip of each machine: which site, by its row of the tables.
        self.between = [
            problem.starts[len(city.vans) + group]
            for group, count in enumerate(groups.tolist())
            for _ in range(count * (TRIPS - 1))
        ]
        rows = [*range(problem.depots + self.clients), *self.between]
        starts = [problem.starts[kind] for kind in self.kinds]
        self.manager = pywrapcp.RoutingIndexManager(len(rows), len(self.kinds), starts, starts)
        self.model = pywrapcp.RoutingModel(self.manager)
        self.rows = np.array(rows)
        self._costs()
        self._loads()
        self._times()
        self._alternatives()

    def _costs(self) -> None:
        tables = [
            self.model.RegisterTransitMatrix(cost[np.ix_(self.rows, self.rows)].tolist())
            for cost in self.problem.costs
        ]
        for vehicle, kind in enumerate(self.kinds):
            self.model.SetArcCostEvaluatorOfVehicle(tables[kind], vehicle)
            if kind < len(self.city.vans):
                self.model.SetFixedCostOfVehicle(int(SCALE * self.city.vans[kind].fixed), vehicle)

    def _loads(self) -> None:
        """Weight and volume for vans; one parcel a trip for machines, which a stop between trips gives back."""
        depots, parcels = self.problem.depots, self.problem.parcel
        loads = [load(self.city, [parcel]) for parcel in parcels]
        nothing, empty = [0] * depots, [0] * len(self.between)
        for number, name in enumerate(("weight", "volume")):
            transit = self.model.RegisterUnaryTransitVector(
                [*nothing, *(each[number] for each in loads), *empty]
            )
            limits = [self._limit(kind, name) for kind in self.kinds]
            self.model.AddDimensionWithVehicleCapacity(transit, 0, limits, True, name)
        ones = self.model.RegisterUnaryTransitVector(
            [*nothing, *([1] * len(parcels)), *([-1] * len(self.between))]
        )
        zero = self.model.RegisterUnaryTransitVector([*nothing, *([0] * len(parcels)), *empty])
        one = [zero if kind < len(self.city.vans) else ones for kind in self.kinds]
        limits = [10**6 if kind < len(self.city.vans) else 1 for kind in self.kinds]
        self.model.AddDimensionWithVehicleTransitAndCapacity(one, 0, limits, True, "aboard")

    def _limit(self, kind: int, name: str) -> int:
        if kind >= len(self.city.vans):
            return 10**9
        return int(min(TENTHS * float(getattr(self.city.vans[kind], name)), 1e9))

    def _times(self) -> None:
        """Windows, shifts, and wages for the time under way."""
        problem, city = self.problem, self.city
        lasts = [0] * problem.depots + [int(np.ceil(service(city, place))) for place in problem.clients]
        column = np.array(lasts + [0] * len(self.between))[:, None]
        transits = [
            self.model.RegisterTransitMatrix((seconds[np.ix_(self.rows, self.rows)] + column).tolist())
            for seconds in problem.seconds
        ]
        day = int(max(city.slots[-1], *(van.closes for van in city.vans)))
        self.model.AddDimensionWithVehicleTransits(
            [transits[kind] for kind in self.kinds], day, day, False, "time"
        )
        times = self.model.GetDimensionOrDie("time")
        for client, place in enumerate(problem.clients):
            early, late = window(city, place, problem.parcel[client])
            times.CumulVar(self.manager.NodeToIndex(problem.depots + client)).SetRange(early, late)
        for vehicle, kind in enumerate(self.kinds):
            opens, closes = self._shift(kind)
            for end in (self.model.Start(vehicle), self.model.End(vehicle)):
                times.CumulVar(end).SetRange(opens, closes)
            if kind < len(city.vans):
                times.SetSpanCostCoefficientForVehicle(round(SCALE * city.vans[kind].per_second), vehicle)

    def _shift(self, kind: int) -> tuple[int, int]:
        if kind < len(self.city.vans):
            return int(self.city.vans[kind].opens), int(self.city.vans[kind].closes)
        group = kind - len(self.city.vans)
        return int(self.city.groups.opens[group]), int(self.city.groups.closes[group])

    def _alternatives(self) -> None:
        """One place of each parcel, or its penalty; stops between trips as they are needed."""
        places = dict[int, list[int]]()
        for client, parcel in enumerate(self.problem.parcel):
            places.setdefault(parcel, []).append(self.manager.NodeToIndex(self.problem.depots + client))
        for parcel, nodes in places.items():
            self.model.AddDisjunction(nodes, int(SCALE * float(self.city.parcels.penalty[parcel])), 1)
        first = self.problem.depots + self.clients
        for k in range(len(self.between)):
            self.model.AddDisjunction([self.manager.NodeToIndex(first + k)], 0)

    def solved(self, deadline: Deadline) -> list[tuple[int, list[int]]]:
        """Types of vehicle and the clients that each serves."""
        said = pywrapcp.DefaultRoutingSearchParameters()
        said.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        said.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        said.time_limit.FromSeconds(max(1, int(WALL * deadline.left())))
        self.model.CloseModelWithParameters(said)
        self.model.AddSearchMonitor(self.model.solver().CustomLimit(deadline))
        answer: Any = self.model.SolveWithParameters(said)
        trips = list[tuple[int, list[int]]]()
        for vehicle, kind in enumerate(self.kinds if answer is not None else ()):
            clients, index = [], answer.Value(self.model.NextVar(self.model.Start(vehicle)))
            while not self.model.IsEnd(index):
                node = self.manager.IndexToNode(index) - self.problem.depots
                if 0 <= node < self.clients:
                    clients.append(node)
                index = answer.Value(self.model.NextVar(index))
            trips.append((kind, clients))
        return trips
