"""Ids: nothing in the plan may be named that the inputs don't know. The other rules rely on it."""

from __future__ import annotations

from collections.abc import Container, Iterator

from tests.checker.context import Case
from tests.checker.violation import Code, Violation

Use = tuple[str, str, str]
"""Where, what kind of id, the id."""


def check_ids(case: Case) -> Iterator[Violation]:
    """Every order, site and locker id in the plan is one of the inputs'."""
    known: dict[str, Container[str]] = {"order": case.orders, "site": case.sites, "locker": case.lockers}
    for where, what, name in _uses(case):
        if name not in known[what]:
            yield Violation(Code.UNKNOWN_ID, where, f"there is no {what} {name!r}")


def _uses(case: Case) -> Iterator[Use]:
    for parcel in case.plan.parcels:
        yield f"parcel {parcel.order_id}", "order", parcel.order_id
        if parcel.locker_id:
            yield f"parcel {parcel.order_id}", "locker", parcel.locker_id
    for order_id in case.plan.unassigned:
        yield "unassigned", "order", order_id
    for held in case.plan.reservations:
        yield f"locker {held.locker_id}", "locker", held.locker_id
        yield f"locker {held.locker_id}", "order", held.order_id
    yield from _trip_uses(case)


def _trip_uses(case: Case) -> Iterator[Use]:
    for sortie in case.plan.sorties:
        where = f"sortie {sortie.sortie_id}"
        yield where, "site", sortie.depot_id
        if sortie.locker_id:
            yield where, "locker", sortie.locker_id
        for order_id in {*sortie.order_ids, *(drop.order_id for drop in sortie.drops)}:
            yield where, "order", order_id
    for route in case.plan.routes:
        yield f"route {route.route_id}", "site", route.depot_id
        for index, stop in enumerate(route.stops):
            named = (("locker", stop.locker_id), ("site", stop.site_id))
            yield from ((route.where(index), what, name) for what, name in named if name)
            yield from ((route.where(index), "order", name) for name in (*stop.deliver, *stop.collect))
