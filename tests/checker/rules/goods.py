"""What may ride with what: classes of goods, the cold chain, age checks and service levels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.checker.context import Case
from tests.checker.document import Route
from tests.checker.fleet import Carriage, RouteFacts
from tests.checker.inputs import Order
from tests.checker.rules.capacity import carried
from tests.checker.violation import Code, Violation

_NEVER_ALONE = frozenset({"dangerous"})
"""Whatever a fleet file says, no drone, robot or locker carries these."""


def check_goods(case: Case) -> Iterator[Violation]:
    """Each vehicle, and each locker, carries only the classes of goods that its type may."""
    for where, order, carriage in carried(case):
        yield from _class(order, carriage, where)
    for held in case.plan.reservations:
        yield from _class(case.order(held.order_id), case.fleet.station.carriage, f"locker {held.locker_id}")


def _class(order: Order, carriage: Carriage, where: str) -> Iterator[Violation]:
    unmanned_danger = carriage.kind != "van" and order.goods in _NEVER_ALONE
    if order.goods not in carriage.goods or unmanned_danger:
        yield Violation(
            Code.GOODS,
            where,
            f"{order.order_id} is {order.goods}, {carriage.kind} takes {sorted(carriage.goods)}",
        )


def check_cold_chain(case: Case) -> Iterator[Violation]:
    """Chilled goods are on the way no longer than their carrier keeps them cold."""
    for sortie, trip in case.trips():
        for drop in sortie.drops:
            order = case.order(drop.order_id)
            start, end = (sortie.depart, drop.at) if order.outbound else (drop.at, sortie.back)
            yield from _chilled(order, trip.carriage, start, end, f"sortie {sortie.sortie_id}")
    for route, facts in case.drives():
        yield from _chilled_on_route(case, route, facts)


def _chilled_on_route(case: Case, route: Route, facts: RouteFacts) -> Iterator[Violation]:
    boarded: dict[str, datetime] = {}
    for index, stop in enumerate(route.stops):
        for order in (case.order(name) for name in stop.deliver):
            start = boarded.pop(order.order_id, route.start)
            yield from _chilled(order, facts.carriage, start, stop.arrive, route.where(index))
        boarded |= dict.fromkeys(stop.collect, stop.depart)
    for name, start in boarded.items():
        yield from _chilled(case.order(name), facts.carriage, start, route.end, f"route {route.route_id}")


def _chilled(
    order: Order, carriage: Carriage, start: datetime, end: datetime, where: str
) -> Iterator[Violation]:
    minutes = (end - start).total_seconds() / 60
    if order.goods != "chilled" or order.goods not in carriage.goods:
        return
    if carriage.chilled_minutes is None or minutes > carriage.chilled_minutes + 1 / 30:
        detail = f"{order.order_id} is {minutes:.1f} min on the way, {carriage.chilled_minutes} allowed"
        yield Violation(Code.CHILLED, where, detail)


def check_service(case: Case) -> Iterator[Violation]:
    """Who meets the recipient can check an age, take a signature, give white-glove service, has the skills asked for.

    For a locker parcel that is the locker, not who brings it there.
    """
    for where, order, carriage in _meetings(case):
        if order.min_age and not carriage.age_check:
            yield Violation(
                Code.AGE_CHECK,
                where,
                f"{order.order_id} needs age {order.min_age}, {carriage.kind} can't check",
            )
        if missing := order.skills - carriage.skills:
            detail = (
                f"{order.order_id} asks for {sorted(missing)}, {carriage.kind} has {sorted(carriage.skills)}"
            )
            yield Violation(Code.SKILLS, where, detail)
        if order.service not in carriage.services:
            detail = (
                f"{order.order_id} needs {order.service}, {carriage.kind} gives {sorted(carriage.services)}"
            )
            yield Violation(Code.SERVICE_LEVEL, where, detail)


def _meetings(case: Case) -> Iterator[tuple[str, Order, Carriage]]:
    in_lockers = {held.order_id for held in case.plan.reservations}
    for where, order, carriage in carried(case):
        if order.order_id not in in_lockers:
            yield where, order, carriage
    for held in case.plan.reservations:
        yield f"locker {held.locker_id}", case.order(held.order_id), case.fleet.station.carriage
