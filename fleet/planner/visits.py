"""What a van stops for: a parcel at a door (those of one building together: ``buildings.py``), or all of a locker."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from fleet.domain.fleet import RouteType
from fleet.planner.line import Ints
from fleet.planner.problem import Problem, Station, is_delivery
from fleet.protocol.values import Goods, Order, Place

FOREVER_S = 10**9

ROUNDING = 1e-6
"""What floating-point products may be off, in units."""

Bases = frozenset[tuple[str, str]]
"""Type and site of the vans that may do something."""

VisitOf = Callable[[tuple[int, ...], Bases], "Visit | None"]
"""One stop for several parcels; none where they can't share one."""

Key = tuple[str | None, tuple[int, ...]]
"""What names a visit from one round to the next: the locker, else the parcel."""

GRAMS_PER_UNIT = 10
"""Weights are counted in these: rounded up for parcels, down for vans."""

UNITS_PER_M3 = 10_000
"""Volumes are counted in tenths of a litre."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop to be made. Service begins between ``early_s`` and ``late_s``.

    ``deliver`` and ``collect`` are weight and volume in the planner's units; ``release_s`` is when the last of its
    parcels is ready at the depot; ``bases`` says which vans may make it; ``penalty`` is the price of leaving it out;
    ``ride_s`` is how long its goods may be under way (the cold chain).
    """

    place: Place
    orders: tuple[int, ...]
    locker_id: str | None
    early_s: int
    late_s: int
    service_s: int
    release_s: int
    deliver: tuple[int, int]
    collect: tuple[int, int]
    bases: Bases
    penalty: float
    ride_s: int = FOREVER_S

    @property
    def key(self) -> Key:
        """What names it from one round to the next."""
        return (self.locker_id, () if self.locker_id else self.orders)


def units(order: Order) -> tuple[int, int]:
    """A parcel's weight and volume in the planner's units, rounded up."""
    weight, size = order.weight_kg * 1000 / GRAMS_PER_UNIT, order.size
    volume = size.length_m * size.width_m * size.height_m * UNITS_PER_M3
    return math.ceil(weight - ROUNDING), math.ceil(volume - ROUNDING)


def capacity(kind: RouteType) -> tuple[int, int]:
    """A van's capacity in the planner's units, rounded down."""
    weight, volume = kind.capacity_kg * 1000 / GRAMS_PER_UNIT, kind.capacity_m3 * UNITS_PER_M3
    return math.floor(weight + ROUNDING), math.floor(volume + ROUNDING)


def door_service_s(order: Order, kind: RouteType) -> int:
    """Parking, walking and handing over at a door."""
    return math.ceil(kind.stop_s + order.service_minutes * 60)


def locker_service_s(parcels: int, kind: RouteType) -> int:
    """Parking once, then each parcel into its compartment."""
    return math.ceil(kind.stop_s + kind.locker_parcel_s * parcels)


def ride_limit_s(order: Order, kinds: Iterable[RouteType]) -> int:
    """How long the parcel may be under way in any of these vans."""
    if order.goods is not Goods.CHILLED:
        return FOREVER_S
    limits = (kind.carriage.chilled_minutes for kind in kinds)
    return min((math.floor(minutes * 60) for minutes in limits if minutes is not None), default=FOREVER_S)


Moment = TypeVar("Moment", int, float)


def start_bounds(due: tuple[Moment, Moment], service_s: int) -> tuple[Moment, Moment]:
    """When service may begin so that all of it lies in the window; where it is longer, when it may begin at all."""
    latest = due[1] - service_s
    return due[0], latest if latest >= due[0] else due[1]


def door_visit(problem: Problem, order: int, bases: Bases) -> Visit:
    """The stop for one parcel at its address."""
    parcel = problem.orders[order]
    service = max(door_service_s(parcel, kind) for kind in types_of(problem, bases))
    early, late = start_bounds(problem.due[order], service)
    if is_delivery(parcel):
        release, deliver, collect = problem.ready[order], units(parcel), (0, 0)
    else:
        early, release, deliver, collect = max(early, problem.ready[order]), 0, (0, 0), units(parcel)
    return Visit(
        place=parcel.place,
        orders=(order,),
        locker_id=None,
        early_s=early,
        late_s=late,
        service_s=service,
        release_s=release,
        deliver=deliver,
        collect=collect,
        bases=bases,
        penalty=problem.penalties[order],
        ride_s=ride_limit_s(parcel, types_of(problem, bases)),
    )


def locker_visits(problem: Problem, station: Station, parcels: Sequence[tuple[int, Bases]]) -> list[Visit]:
    """The stops at one locker: as few as windows, vans and a van's capacity allow."""
    return grouped(problem, parcels, lambda orders, bases: _locker_visit(problem, station, orders, bases))


def grouped(problem: Problem, parcels: Sequence[tuple[int, Bases]], visit_of: VisitOf) -> list[Visit]:
    """Stops for parcels of one place, each parcel in the first stop that it can share, those due first first."""
    groups: list[Visit] = []
    for order, bases in sorted(parcels, key=lambda p: (problem.due[p[0]][1], problem.due[p[0]][0], p[0])):
        for i, group in enumerate(groups):
            joined = visit_of((*group.orders, order), group.bases & bases)
            if joined is not None:
                groups[i] = joined
                break
        else:
            alone = visit_of((order,), bases)
            groups += [] if alone is None else [alone]
    return groups


def in_half_a_van(problem: Problem, bases: Bases, load: tuple[int, int]) -> bool:
    """Whether a stop's load leaves half of any of these vans to others, so that one stop fills no route."""
    vans = [capacity(kind) for kind in types_of(problem, bases)]
    return all(2 * load[0] <= weight and 2 * load[1] <= volume for weight, volume in vans)


def _locker_visit(problem: Problem, station: Station, orders: tuple[int, ...], bases: Bases) -> Visit | None:
    """One stop for these parcels; none when no window or no van suits them all."""
    if not bases:
        return None
    kinds = types_of(problem, bases)
    service = max(locker_service_s(len(orders), kind) for kind in kinds)
    bounds = [start_bounds(problem.due[o], service) for o in orders]
    early, late = max(b[0] for b in bounds), min(b[1] for b in bounds)
    load = total(units(problem.orders[o]) for o in orders)
    if early > late or (len(orders) > 1 and not in_half_a_van(problem, bases, load)):
        return None
    return Visit(
        place=station.locker.place,
        orders=orders,
        locker_id=station.locker.locker_id,
        early_s=early,
        late_s=late,
        service_s=service,
        release_s=max(problem.ready[o] for o in orders),
        deliver=load,
        collect=(0, 0),
        bases=bases,
        penalty=problem.left_price(orders),
        ride_s=min(ride_limit_s(problem.orders[o], kinds) for o in orders),
    )


def total(loads: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The sum of loads."""
    weight = volume = 0
    for w, v in loads:
        weight, volume = weight + w, volume + v
    return weight, volume


def loads_along(deliver: Sequence[tuple[int, int]], collect: Sequence[tuple[int, int]]) -> Ints:
    """What rides on each leg of a route that starts with all its deliveries on board (rows: weight, volume)."""
    out = np.array(deliver, dtype=np.int64).reshape(-1, 2).T
    taken_in = np.array(collect, dtype=np.int64).reshape(-1, 2).T
    change = np.cumsum(taken_in - out, axis=1)
    start = out.sum(axis=1, keepdims=True)
    return np.concatenate((start, start + change), axis=1)


def types_of(problem: Problem, bases: Bases) -> list[RouteType]:
    """The types of the vans that may do something."""
    known = problem.kinds_of.get(bases)
    if known is None:
        names = {type_id for type_id, _ in bases}
        known = problem.kinds_of[bases] = [k for k in problem.route_types if k.type_id in names]
    return known
