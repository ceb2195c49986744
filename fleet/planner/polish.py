"""Better van tours by PyVRP's iterated local search, started from the tours that there are."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import LocalSearch, PerturbationManager, compute_neighbours

from fleet.planner.line import Ints
from fleet.planner.problem import NO_WAY_S, Group, Van
from fleet.planner.stop import Stop
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import capacity

Matrices = list[np.ndarray[Any, np.dtype[Any]]]
"""What PyVRP's annotations ask for; it takes any two-dimensional array of integers."""

FAR_M = 10**9
"""Farther than any van drives in a day."""

MONEY = 100_000
"""PyVRP counts in integers: this many for one unit of money."""


@dataclass(frozen=True)
class Cluster:
    """A part of the case that PyVRP solves by itself: some visits and the vans for them."""

    case: Case
    visits: tuple[int, ...]
    vans: tuple[Van, ...]

    @cached_property
    def groups(self) -> list[list[Van]]:
        """Vans that are alike, in order."""
        by_group: dict[Group, list[Van]] = defaultdict(list)
        for van in self.vans:
            by_group[van.group].append(van)
        return list(by_group.values())

    @cached_property
    def depots(self) -> list[tuple[str, int]]:
        """A PyVRP depot for each site and loading time."""
        return sorted({_depot_key(van) for van in self.vans})

    @cached_property
    def nodes(self) -> Ints:
        """The case's nodes, in the order of PyVRP's locations: depots, then visits."""
        sites = [self.case.site_node[site] for site, _ in self.depots]
        return np.array([*sites, *(self.case.first + v for v in self.visits)], dtype=np.int64)

    @cached_property
    def number(self) -> dict[int, int]:
        """PyVRP's number of each visit."""
        return {visit: i for i, visit in enumerate(self.visits)}

    @cached_property
    def bars(self) -> list[frozenset[int]]:
        """The different sets of visits that some van may not make: one routing profile each."""
        return sorted({self.barred(group[0]) for group in self.groups}, key=sorted)

    def barred(self, van: Van) -> frozenset[int]:
        """The visits that a van may not make, in PyVRP's numbers."""
        return frozenset(i for i, v in enumerate(self.visits) if van.base not in self.case.visits[v].bases)

    @cached_property
    def data(self) -> pyvrp.ProblemData:
        """The cluster as PyVRP wants it."""
        size = len(self.depots)
        # Far ways may be estimated: the tours that are found are put right (``Tour.driven``).
        metres = self.case.legs.metres[np.ix_(self.nodes, self.nodes)]
        seconds = self.case.legs.seconds[np.ix_(self.nodes, self.nodes)]
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0) for _ in self.nodes],
            clients=[self._client(size + i, v) for i, v in enumerate(self.visits)],
            depots=[pyvrp.Depot(i, service_duration=load_s) for i, (_, load_s) in enumerate(self.depots)],
            vehicle_types=[self._vehicle_type(group) for group in self.groups],
            distance_matrices=cast(Matrices, [metres for _ in self.bars]),
            duration_matrices=cast(
                Matrices, [_closed(seconds, [size + i for i in bar]) for bar in self.bars]
            ),
        )

    def _client(self, location: int, visit: int) -> pyvrp.Client:
        stop = self.case.visits[visit]
        return pyvrp.Client(
            location=location,
            delivery=list(stop.deliver),
            pickup=list(stop.collect),
            service_duration=stop.service_s,
            tw_early=max(0, stop.early_s),
            tw_late=max(0, stop.early_s, stop.late_s),
            release_time=min(stop.release_s, max(0, stop.early_s, stop.late_s)),
            prize=round(stop.penalty * MONEY),
            required=False,
        )

    def _vehicle_type(self, group: list[Van]) -> pyvrp.VehicleType:
        van = group[0]
        rates, depot = van.type.rates, self.depots.index(_depot_key(van))
        late_s, longest_s = _without_break(van)
        return pyvrp.VehicleType(
            num_available=len(group),
            capacity=list(capacity(van.type)),
            start_depot=depot,
            end_depot=depot,
            fixed_cost=round(van.fixed_cost * MONEY),
            tw_early=van.early_s,
            tw_late=late_s,
            shift_duration=longest_s,
            max_distance=FAR_M if van.range is None else int(min(FAR_M, van.range.longest_m)),
            unit_distance_cost=round(rates.per_km / 1000 * MONEY),
            unit_duration_cost=round(rates.per_hour / 3600 * MONEY),
            profile=self.bars.index(self.barred(van)),
        )

    def solution(self, tours: Sequence[Tour]) -> pyvrp.Solution:
        """The tours as PyVRP's solution."""
        kinds = {group[0].group: i for i, group in enumerate(self.groups)}
        routes = [
            pyvrp.Route(self.data, [self.number[v] for v in tour.visits], kinds[tour.van.group])
            for tour in tours
            if tour.visits
        ]
        return pyvrp.Solution(self.data, routes)

    def tours(self, solution: pyvrp.Solution) -> list[Tour]:
        """PyVRP's routes as tours of named vans."""
        vans = [iter(group) for group in self.groups]
        return [
            Tour(self.case, next(vans[route.vehicle_type()]), self._visited(route))
            for route in solution.routes()
        ]

    def _visited(self, route: pyvrp.Route) -> tuple[int, ...]:
        return tuple(self.visits[activity.idx] for activity in route if activity.is_client())


class _Until:
    """The planner's stop, asked the way PyVRP asks."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def __call__(self, best_cost: int) -> bool:  # noqa: ARG002 - PyVRP's interface
        return self._stop()


def polished(cluster: Cluster, tours: Sequence[Tour], *, seed: int, stop: Stop) -> list[Tour]:
    """Search on from the tours; what comes back is feasible by the planner's own arithmetic.

    What PyVRP does not know of (the cold chain, when a driver has his break, and of a van's range all but a bound on
    metres) is left out of the routes: for the caller to insert. Where vans are fewer than clusters, some have none.
    """
    if len(cluster.visits) < 2 or not cluster.vans:
        return list(tours)
    best = _searched(cluster.data, cluster.solution(tours), seed=seed, stop=stop)
    return [tour for tour in map(eased, cluster.tours(best)) if tour.visits]


def _searched(data: pyvrp.ProblemData, start: pyvrp.Solution, *, seed: int, stop: Stop) -> pyvrp.Solution:
    """PyVRP's search, as its ``solve`` sets it up, but with a full descent from the given start first.

    ``solve`` begins to perturb a given start as it is, which takes long to mend what is far from a local optimum.
    """
    params = pyvrp.SolveParams()
    rng = pyvrp.RandomNumberGenerator(seed=seed)
    descent = LocalSearch(
        data, rng, compute_neighbours(data, params.neighbourhood), PerturbationManager(params.perturbation)
    )
    for operator in params.operators:
        if operator.supports(data):
            descent.add_operator(operator(data))
    penalties = pyvrp.PenaltyManager(params.penalty.midpoint_penalties(data), params.penalty)
    first = descent(start, penalties.max_cost_evaluator(), exhaustive=True)
    search = pyvrp.IteratedLocalSearch(data, penalties, descent, first, params.ils)
    with warnings.catch_warnings():
        # It warns where hardly any parcel fits into a van, of all users. What it finds is asked exactly anyway.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        return search.run(_Until(stop), collect_stats=False, display=False).best


def eased(tour: Tour) -> Tour:
    """The tour without the visits that it can't make, as few as may be; perhaps none is left."""
    tour = _within_range(_without_overripe(_in_time(tour)))
    while tour.visits and not tour.feasible:
        tour = tour.without(len(tour.visits) - 1)
    return tour


def _in_time(tour: Tour) -> Tour:
    """The tour without the visits that its van may not make, and without those that it comes too late to."""
    able = tuple(v for v in tour.visits if tour.van.base in tour.case.visits[v].bases)
    tour = Tour(tour.case, tour.van, able)
    while tour.visits and len(late := np.flatnonzero(tour.line.begin_s > tour.line.late_s)):
        tour = tour.without(_last_ready(tour) if late[0] == 0 else min(int(late[0]), len(tour.visits)) - 1)
    return tour


def _last_ready(tour: Tour) -> int:
    """Which of the tour's visits has what is there last at the site."""
    return max(range(len(tour.visits)), key=lambda at: tour.case.visits[tour.visits[at]].release_s)


def _without_overripe(tour: Tour) -> Tour:
    """The tour without the visits whose goods would not keep."""
    while overripe := tour.overripe:
        tour = tour.without(tour.visits.index(overripe[0]))
    return tour


def _within_range(tour: Tour) -> Tour:
    """The tour without the visits farthest out of its way, as far as its van's battery is not enough for them."""
    while tour.visits and not tour.in_range:
        driven, nodes = tour.driven.metres, tour.nodes
        saved = driven[:-1] + driven[1:] - tour.case.along(nodes[:-2], nodes[2:]).metres
        tour = tour.without(int(np.argmax(saved)))
    return tour


def _without_break(van: Van) -> tuple[int, int]:
    """When a van must be back, and how long it may be out, in a schedule that leaves out the driver's break: it takes
    its time of the tours that are under way when it is."""
    rest, longest_s = van.driver_break, int(van.type.max_shift_s)
    if rest is None or van.rested_s <= van.early_s:
        return van.late_s, longest_s
    late_s = max(van.late_s - rest.lasts_s, min(rest.closes_s, van.late_s))
    return max(van.early_s, late_s), max(1, longest_s - rest.lasts_s)


def _depot_key(van: Van) -> tuple[str, int]:
    return van.site.site_id, int(np.ceil(van.type.load_s))


def _closed(seconds: Ints, barred: list[int]) -> Ints:
    """The travel times with some nodes out of reach."""
    if not barred:
        return seconds
    closed = seconds.copy()
    closed[barred, :] = NO_WAY_S
    closed[:, barred] = NO_WAY_S
    np.fill_diagonal(closed, 0)
    return closed
