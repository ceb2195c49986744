"""Several parcels at one building, or at doors nearby: the van is parked once, and they are brought, or fetched, one
after another; between doors the driver walks (``walks.py``)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from fleet.planner.problem import Problem, is_delivery
from fleet.planner.tours import Tour, tour_of
from fleet.planner.visits import Bases, Visit, door_visit, grouped, in_half_a_van, start_bounds, types_of
from fleet.planner.walks import Cells, Spot, farthest_m, spot, walk_s, with_door, within_a_walk
from fleet.protocol.values import Place

Building = tuple[Spot, bool]
"""Where a building stands, and whether parcels are brought there or fetched: a stop does one of these."""


def building(problem: Problem, order: int) -> Building:
    """What parcels that can share a stop without a walk have in common."""
    parcel = problem.orders[order]
    return spot(parcel.place), is_delivery(parcel)


def shared(problem: Problem) -> dict[int, tuple[int, ...]]:
    """Of each parcel that is not the only one at its building, or within a walk of its door, all that are there."""
    at: dict[Building, list[int]] = defaultdict(list)
    for order in range(len(problem.orders)):
        at[building(problem, order)].append(order)
    together = (tuple(orders) for orders in at.values() if len(orders) > 1)
    here = {order: orders for orders in together for order in orders}
    for order, near in afoot(problem).items():
        here[order] = tuple(dict.fromkeys((*here.get(order, ()), *near)))
    return here


def afoot(problem: Problem) -> dict[int, tuple[int, ...]]:
    """Of each parcel with others within a walk of its door, where drivers walk, it and these, the nearest first."""
    if not farthest_m(problem):
        return {}
    cells = Cells(problem)
    for order, parcel in enumerate(problem.orders):
        cells.add(parcel.place, order)
    near = {order: tuple(cells.near(parcel.place)) for order, parcel in enumerate(problem.orders)}
    return {order: found for order, found in near.items() if len(found) > 1}


def meets(problem: Problem, visit: Visit, order: int) -> bool:
    """Whether a stop at doors is at a parcel's building, or within a walk of it."""
    if visit.locker_id is not None:
        return False
    at_house = building(problem, visit.orders[0]) == building(problem, order)
    return at_house or within_a_walk(problem, visit, order)


def door_visits(problem: Problem, parcels: Sequence[tuple[int, Bases]]) -> list[Visit]:
    """The stops for parcels at their doors: at each building as few as windows, vans and a van's capacity allow, and
    those of doors nearby together, where the driver walks."""
    at: dict[Building, list[tuple[int, Bases]]] = defaultdict(list)
    for order, bases in parcels:
        at[building(problem, order)].append((order, bases))
    found = [visit for here in at.values() for visit in _at_building(problem, here)]
    return _walked(problem, found) if farthest_m(problem) else found


def _walked(problem: Problem, visits: Sequence[Visit]) -> list[Visit]:
    """The stops with those of a few parcels put to one within a walk, those due first first. The van stands at the
    first's door."""
    cells, made = Cells(problem), list[Visit]()
    for visit in sorted(visits, key=lambda v: (v.late_s, v.early_s, v.orders)):
        for near in cells.near(visit.place):
            joined = with_stop_afoot(problem, made[near], visit)
            if joined is not None:
                made[near] = joined
                break
        else:
            cells.add(visit.place, len(made))
            made.append(visit)
    return made


def with_stop_afoot(problem: Problem, stop: Visit, other: Visit) -> Visit | None:
    """A stop that serves another's parcels, too, by a walk; none where it can't, or that does not pay."""
    joined: Visit | None = stop
    for order in other.orders:
        joined = None if joined is None else with_parcel(problem, joined, order, other.bases)
    return joined


def with_parcel(problem: Problem, stop: Visit, order: int, bases: Bases) -> Visit | None:
    """A stop at doors that serves one more parcel, at its building or by a walk; none where it can't."""
    at_house = building(problem, stop.orders[0]) == building(problem, order)
    if at_house and len({spot(problem.orders[o].place) for o in stop.orders}) == 1:
        made = [*_at_building(problem, [(o, stop.bases) for o in stop.orders] + [(order, bases)])]
        return made[0] if len(made) == 1 else None
    walked = with_door(problem, stop, order, bases) if within_a_walk(problem, stop, order) else None
    return None if walked is None else _visit(problem, walked, stop.bases & bases, stop.place)


def without(problem: Problem, stop: Visit, order: int) -> Visit:
    """A stop of several parcels without one of them. The van stands where it did, so that what was feasible stays so:
    a walk that leaves a door out is no longer."""
    left = tuple(o for o in stop.orders if o != order)
    made = _visit(problem, left, stop.bases, stop.place)
    assert made is not None, "what holds for all holds for some"
    return made


def _at_building(problem: Problem, parcels: Sequence[tuple[int, Bases]]) -> list[Visit]:
    if len(parcels) == 1:
        return [door_visit(problem, *parcels[0])]
    return grouped(problem, parcels, lambda orders, bases: _visit(problem, orders, bases))


def _visit(
    problem: Problem, orders: tuple[int, ...], bases: Bases, place: Place | None = None
) -> Visit | None:
    """One stop for these parcels, the van at ``place`` (else at the first's door); none when no van or no time suits
    them all. Parking and the way to the house are counted once, each parcel's own service for each, and the walk
    between doors. All of it lies in every one's window."""
    place = problem.orders[orders[0]].place if place is None else place
    if len(orders) == 1 and spot(place) == spot(problem.orders[orders[0]].place):
        return door_visit(problem, orders[0], bases)
    if not bases:
        return None
    alone = [door_visit(problem, order, bases) for order in orders]
    minutes = sum(problem.orders[order].service_minutes for order in orders)
    service = max(
        math.ceil(kind.stop_s + walk_s(problem, kind, place, orders) + minutes * 60)
        for kind in types_of(problem, bases)
    )
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
        place=place,
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
    """The tour with the stops that it makes at one building made at once, or else those of them that follow each other,
    where that costs less. A search that knows of single parcels only leaves them one behind the other."""
    at: dict[Building, list[Visit]] = defaultdict(list)
    for visit in (tour.case.visits[v] for v in tour.visits):
        if visit.locker_id is None:
            at[building(tour.case.problem, visit.orders[0])].append(visit)
    for same in at.values():
        if len(same) > 1:
            joined = _joined(tour, same)
            tour = _next_joined(tour, same) if joined is tour and len(same) > 2 else joined
    return tour


def _next_joined(tour: Tour, same: Sequence[Visit]) -> Tour:
    """The tour with those of a building's visits made as one that come one behind the other, as long as that pays."""
    house = building(tour.case.problem, same[0].orders[0])
    for pair in pairwise([tour.case.visits[v] for v in tour.visits]):
        if all(one.locker_id is None and building(tour.case.problem, one.orders[0]) == house for one in pair):
            joined = _joined(tour, pair)
            if joined is not tour:
                return _next_joined(joined, same)
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
