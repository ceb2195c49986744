"""Several parcels at one building: the van is parked once, and they are brought, or fetched, one after another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from fleet.planner.problem import Problem, is_delivery
from fleet.planner.tours import Tour, tour_of
from fleet.planner.visits import Bases, Visit, door_visit, grouped, in_half_a_van, start_bounds, types_of

SAME_DEGREES = 1e-5
"""Doors whose coordinates agree to within about a metre are those of one building."""

Building = tuple[int, int, bool]
"""Where a building stands, and whether parcels are brought there or fetched: a stop does one of these."""


def building(problem: Problem, order: int) -> Building:
    """What parcels that can share a stop have in common."""
    parcel = problem.orders[order]
    place = parcel.place
    return round(place.lon / SAME_DEGREES), round(place.lat / SAME_DEGREES), is_delivery(parcel)


def shared(problem: Problem) -> dict[int, tuple[int, ...]]:
    """Of each parcel that is not the only one at its building, all that are there."""
    at: dict[Building, list[int]] = defaultdict(list)
    for order in range(len(problem.orders)):
        at[building(problem, order)].append(order)
    together = (tuple(orders) for orders in at.values() if len(orders) > 1)
    return {order: orders for orders in together for order in orders}


def door_visits(problem: Problem, parcels: Sequence[tuple[int, Bases]]) -> list[Visit]:
    """The stops for parcels at their doors: at each building as few as windows, vans and a van's capacity allow."""
    at: dict[Building, list[tuple[int, Bases]]] = defaultdict(list)
    for order, bases in parcels:
        at[building(problem, order)].append((order, bases))
    return [visit for here in at.values() for visit in _at_building(problem, here)]


def _at_building(problem: Problem, parcels: Sequence[tuple[int, Bases]]) -> list[Visit]:
    if len(parcels) == 1:
        return [door_visit(problem, *parcels[0])]
    return grouped(problem, parcels, lambda orders, bases: _visit(problem, orders, bases))


def _visit(problem: Problem, orders: tuple[int, ...], bases: Bases) -> Visit | None:
    """One stop for these parcels; none when no van or no time suits them all. Parking and the way to the house are
    counted once, each parcel's own service for each. All of it lies in every one's window."""
    if len(orders) == 1:
        return door_visit(problem, orders[0], bases)
    if not bases:
        return None
    alone = [door_visit(problem, order, bases) for order in orders]
    minutes = sum(problem.orders[order].service_minutes for order in orders)
    service = max(math.ceil(kind.stop_s + minutes * 60) for kind in types_of(problem, bases))
    bounds = [start_bounds(problem.due[order], service) for order in orders]
    early = max(one.early_s for one in alone)
    late = min(latest for _, latest in bounds)
    long_enough = all(
        latest + service <= problem.due[o][1] for o, (_, latest) in zip(orders, bounds, strict=True)
    )
    deliver, collect = (_sum([one.deliver for one in alone]), _sum([one.collect for one in alone]))
    if early > late or not long_enough or not in_half_a_van(problem, bases, _sum([deliver, collect])):
        return None
    return Visit(
        place=alone[0].place,
        orders=orders,
        locker_id=None,
        early_s=early,
        late_s=late,
        service_s=service,
        release_s=max(one.release_s for one in alone),
        deliver=deliver,
        collect=collect,
        bases=bases,
        penalty=problem.left_price(orders),
        ride_s=min(one.ride_s for one in alone),
    )


def _sum(loads: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(load[0] for load in loads), sum(load[1] for load in loads)


def gathered(tour: Tour) -> Tour:
    """The tour with the stops that it makes at one building made at once, where that costs less. A search that knows
    of single parcels only leaves them one behind the other."""
    at: dict[Building, list[Visit]] = defaultdict(list)
    for visit in (tour.case.visits[v] for v in tour.visits):
        if visit.locker_id is None:
            at[building(tour.case.problem, visit.orders[0])].append(visit)
    for same in at.values():
        if len(same) > 1:
            tour = _joined(tour, same)
    return tour


def _joined(tour: Tour, same: Sequence[Visit]) -> Tour:
    """The tour with these visits made as one where the first of them is; as it was where that does not pay."""
    made = door_visits(tour.case.problem, [(order, v.bases) for v in same for order in v.orders])
    if len(made) > 1:
        return tour
    visits = [tour.case.visits[v] for v in tour.visits]
    changed = _over(tour, [made[0] if v is same[0] else v for v in visits if v is same[0] or v not in same])
    return changed if changed.feasible and changed.cost < tour.cost else tour


def _over(like: Tour, visits: Sequence[Visit]) -> Tour:
    """A tour of the same van over these visits, in order."""
    return tour_of(like.case.problem, like.van, visits)
