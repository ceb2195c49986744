"""What a van's stop is worth: marginal prices by parcel and by locker, learnt from the routes of the last round."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.fleet import RouteType
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing
from fleet.planner.tours import Tour, detours, savings, total_cost
from fleet.planner.visits import Key, Visit, door_visit, locker_visits
from fleet.planner.ways import Ways

MAX_PROBES = 4000
"""Stops not yet in any route whose detour is worked out; beyond it, and where legs are not kept (they would be asked
for from each route to each stop), the routes' mean saving stands in."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prices:
    """The price of a van's stop at each parcel's door (inf where no van may), and at each locker."""

    door: tuple[float, ...]
    locker: dict[str, float]
    parcel: float
    """What one more parcel costs at a locker stop that is made anyway."""

    def mixed(self, other: Prices, weight: float) -> Prices:
        """A step from these prices towards others, so that rounds do not swing."""
        return Prices(
            tuple(_mix(a, b, weight) for a, b in zip(self.door, other.door, strict=True)),
            {key: _mix(price, other.locker[key], weight) for key, price in self.locker.items()},
            self.parcel,
        )

    def scaled(self, factor: float) -> Prices:
        """All stop prices times a factor."""
        return Prices(
            tuple(p * factor for p in self.door), {k: p * factor for k, p in self.locker.items()}, self.parcel
        )


def _mix(a: float, b: float, weight: float) -> float:
    return b if a == float("inf") else a + (b - a) * weight


def learn(
    problem: Problem, ways: Sequence[Ways], routing: Routing, orders: Collection[int] | None = None
) -> Prices:
    """Prices from routes: the saving of each stop that is in one, the cheapest detour for each that is not. Of all
    parcels, or of these: to the doors of the others none leads, and to lockers that only they can go to."""
    known, asked = _savings(routing), range(len(ways)) if orders is None else sorted(orders)
    able = [order for order in asked if ways[order].bases]
    doors = [order for order in able if _door(order) not in known]
    lockers = _locker_probes(problem, ways, able)
    apart = [visit for visit in lockers.values() if visit.key not in known]
    if problem.keeps_legs and len(doors) + len(apart) <= MAX_PROBES:
        probes = [*(door_visit(problem, order, ways[order].bases) for order in doors), *apart]
        known |= dict(zip([v.key for v in probes], _detours(problem, routing, probes), strict=True))
    mean = _mean_saving(problem, routing)
    door = [float("inf")] * len(ways)
    for order in able:
        door[order] = known.get(_door(order), mean)
    return Prices(
        tuple(door), {k: known.get(v.key, mean) for k, v in lockers.items()}, _parcel_price(problem)
    )


def _door(order: int) -> Key:
    """What names a stop at a parcel's door."""
    return (None, (order,))


def average_to_marginal(routing: Routing) -> float:
    """How many times the sum of all stops' savings the routes cost: what leaving one by one does not show."""
    marginal = sum(s for tour in routing.tours for s in savings(tour))
    return total_cost(routing.tours) / marginal if marginal > 0 else 1.0


def _savings(routing: Routing) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for tour in routing.tours:
        for visit, saving in zip(tour.visits, savings(tour), strict=True):
            made = tour.case.visits[visit]
            # Parcels that share a stop at their building share what it saves.
            keys = [made.key] if made.locker_id else [_door(order) for order in made.orders]
            for key in keys:
                found[key] = min(saving / len(keys), found.get(key, saving))
    return found


def _locker_probes(problem: Problem, ways: Sequence[Ways], orders: Iterable[int]) -> dict[str, Visit]:
    """A stop at each locker that some of these parcels can go to by van."""
    some: dict[str, Visit] = {}
    for order in orders:
        for way in ways[order].lockers:
            if way.locker_id not in some:
                parcel = (order, ways[order].bases)
                visits = locker_visits(problem, problem.stations[way.locker_id], [parcel])
                some[way.locker_id] = visits[0]
    return some


def _detours(problem: Problem, routing: Routing, probes: Sequence[Visit]) -> list[float]:
    """For each stop the cheapest detour of a tour, with the time that it takes; windows are left aside."""
    if not routing.tours or not probes:
        return [_mean_saving(problem, routing) for _ in probes]
    best = np.full(len(probes), np.inf)
    service = np.array([v.service_s for v in probes])
    for tour in routing.tours:
        best = np.minimum(best, _detour(tour, probes, service))
    return [float(c) for c in best]


def _detour(tour: Tour, probes: Sequence[Visit], service: NDArray[np.int64]) -> Floats:
    """What each probe would add to this tour on its best leg."""
    by = detours(tour, [v.place for v in probes], tour.case.problem.roughly)
    rates = tour.van.type.rates
    hourly = rates.per_hour / 3600 + tour.van.fixed_cost / max(1, tour.duration_s)
    cost = np.maximum(0, by.metres) * rates.per_km / 1000 + np.maximum(0, by.seconds) * hourly
    cheapest: Floats = cost.min(axis=0) + service * hourly + rates.per_parcel
    return cheapest


def _mean_saving(problem: Problem, routing: Routing) -> float:
    found = [s for tour in routing.tours for s in savings(tour)]
    if found:
        return float(np.mean(found))
    return max((_rough_stop(kind) for kind in problem.route_types), default=0.0)


def _rough_stop(kind: RouteType) -> float:
    """Without any route to learn from: a stop every two kilometres and six minutes."""
    return 2 * kind.rates.per_km + kind.rates.per_hour / 10 + kind.rates.per_trip / 60


def _parcel_price(problem: Problem) -> float:
    """The driver's time for one parcel at a locker."""
    prices = [t.locker_parcel_s * t.rates.per_hour / 3600 + t.rates.per_parcel for t in problem.route_types]
    return min(prices, default=0.0)
