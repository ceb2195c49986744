"""The baseline: each parcel by itself goes its cheapest way, vans by cheapest insertion. Also the first plan."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.planner.assignment import Choices, way_price
from fleet.planner.draft import Builder, Draft
from fleet.planner.flights import Flights
from fleet.planner.prices import Prices
from fleet.planner.problem import Problem
from fleet.planner.stop import Late, Stop, never
from fleet.planner.ways import LockerWay, Way, Ways


def ranked(ways: Ways, order: int, prices: Prices) -> list[Way]:
    """A parcel's ways, the cheapest first; a locker bears its van's stop alone."""
    return sorted(ways.all, key=lambda way: _alone(way, order, prices))


def greedy(
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    prices: Prices,
    *,
    seed: int,
    late: Late = never,
) -> Draft:
    """Each parcel goes its cheapest way that is still free when its turn comes."""
    nothing: Choices = tuple(None for _ in ways)
    builder = Builder(problem, ways, flights, lambda order: ranked(ways[order], order, prices), late=late)
    return builder.build(nothing, {}, seed=seed, stop=None)


def van_only(
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    stop: Stop | None,
    late: Late = never,
) -> Draft:
    """All parcels to the door by van, by the same router; ``stop`` gives it the joint plan's effort."""
    doors = tuple(Ways(door=found.door, verdicts=found.verdicts) for found in ways)
    builder = Builder(problem, doors, flights, lambda order: doors[order].all, late=late)
    return builder.build(tuple(found.door for found in doors), {}, seed=seed, stop=stop)


def _alone(way: Way, order: int, prices: Prices) -> float:
    price = way_price(way, order, prices)
    return price + prices.locker.get(way.locker_id, 0.0) if isinstance(way, LockerWay) else price
