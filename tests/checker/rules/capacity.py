"""What a vehicle can hold: a van's load along its route, each parcel's limits, a sortie's one parcel."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.context import Case
from tests.checker.document import Route
from tests.checker.fleet import Carriage, RouteFacts
from tests.checker.inputs import Order
from tests.checker.violation import Code, Violation

_KG, _M3, _M = 1e-6, 1e-9, 1e-9


def check_van_loads(case: Case) -> Iterator[Violation]:
    """At no moment is a van heavier or fuller than it may be."""
    for route, facts in case.drives():
        for where, kg, m3 in _loads(case, route):
            if kg > facts.capacity_kg + _KG or m3 > facts.capacity_m3 + _M3:
                detail = f"{kg:.2f} of {facts.capacity_kg} kg, {m3:.3f} of {facts.capacity_m3} m3"
                yield Violation(Code.CAPACITY, where, detail)
                break


def _loads(case: Case, route: Route) -> Iterator[tuple[str, float, float]]:
    """The load after the start and after each stop; at a stop what leaves is handed over first."""
    on_the_way = {name for stop in route.stops for name in stop.collect}
    at_start = [case.order(n) for stop in route.stops for n in stop.deliver if n not in on_the_way]
    kg = sum(order.weight_kg for order in at_start)
    m3 = sum(order.volume_m3 for order in at_start)
    yield f"route {route.route_id} start", kg, m3
    for index, stop in enumerate(route.stops):
        out = [case.order(name) for name in stop.deliver]
        taken = [case.order(name) for name in stop.collect]
        kg += sum(o.weight_kg for o in taken) - sum(o.weight_kg for o in out)
        m3 += sum(o.volume_m3 for o in taken) - sum(o.volume_m3 for o in out)
        yield route.where(index), kg, m3


def check_parcel_limits(case: Case) -> Iterator[Violation]:
    """Each parcel is within its carrier's heaviest parcel and, turned as needed, its hold."""
    for where, order, carriage in carried(case):
        if order.weight_kg > carriage.max_parcel_kg + _KG:
            detail = f"{order.order_id} weighs {order.weight_kg} kg of {carriage.max_parcel_kg} kg"
            yield Violation(Code.PARCEL_LIMIT, where, detail)
        elif not fits(order.edges_m, carriage.hold_m):
            detail = f"{order.order_id} measures {order.edges_m}, the hold {carriage.hold_m}"
            yield Violation(Code.PARCEL_LIMIT, where, detail)


def fits(box: tuple[float, float, float], hold: tuple[float, float, float]) -> bool:
    """Whether a box goes into a hold in some right-angled position (both by rising edges)."""
    return all(a <= b + _M for a, b in zip(sorted(box), sorted(hold), strict=True))


def carried(case: Case) -> Iterator[tuple[str, Order, Carriage]]:
    """Each parcel beside the rules of the vehicle that carries it."""
    for sortie, trip in case.trips():
        for drop in sortie.drops:
            yield f"sortie {sortie.sortie_id}", case.order(drop.order_id), trip.carriage
    for route, facts in case.drives():
        for index, stop in enumerate(route.stops):
            for name in (*stop.deliver, *stop.collect):
                yield route.where(index), case.order(name), facts.carriage


def check_crews(case: Case) -> Iterator[Violation]:
    """A parcel that takes several people rides where there are as many."""
    for route, facts in case.drives():
        yield from _short_crew(case, route, facts)
    for sortie in case.plan.sorties:
        for order in (case.order(drop.order_id) for drop in sortie.drops):
            if order.crew > 1 and sortie.locker_id is None:
                yield Violation(
                    Code.CREW, f"sortie {sortie.sortie_id}", f"{order.order_id} takes {order.crew} people"
                )


def _short_crew(case: Case, route: Route, facts: RouteFacts) -> Iterator[Violation]:
    for index, stop in enumerate(route.stops):
        for order in (case.order(name) for name in (*stop.deliver, *stop.collect)):
            if order.crew > facts.carriage.crew:
                detail = f"{order.order_id} takes {order.crew} people of {facts.carriage.crew}"
                yield Violation(Code.CREW, route.where(index), detail)


def check_sortie_payloads(case: Case) -> Iterator[Violation]:
    """A sortie carries one parcel, the one it names, and states its weight."""
    for sortie in case.plan.sorties:
        where, dropped = f"sortie {sortie.sortie_id}", tuple(drop.order_id for drop in sortie.drops)
        if len(dropped) != 1 or dropped != sortie.order_ids:
            yield Violation(
                Code.PAYLOAD, where, f"order_ids {sortie.order_ids}, drops {dropped}: one and the same wanted"
            )
            continue
        kg = case.order(dropped[0]).weight_kg
        if abs(kg - sortie.payload_kg) > 0.005:
            yield Violation(Code.PAYLOAD, where, f"payload_kg {sortie.payload_kg}, the parcel weighs {kg}")
