"""Each parcel exactly once: its mode says what carries it, and nothing else does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.checker.context import Case
from tests.checker.document import Stop
from tests.checker.inputs import Order
from tests.checker.violation import Code, Violation

Part = tuple[str, str | None]
"""What carries an order: ``sortie KIND``, ``route``, ``reservation``, ``unassigned``; and at which locker."""


def check_placement(case: Case) -> Iterator[Violation]:
    """Every order of the input appears once in ``parcels`` and is carried as its mode says, once."""
    entries = Counter(parcel.order_id for parcel in case.plan.parcels)
    for order_id in case.orders:
        if entries[order_id] != 1:
            yield Violation(
                Code.PLACEMENT, f"order {order_id}", f"appears {entries[order_id]} times in parcels"
            )
    carried = _carried(case)
    for parcel in case.plan.parcels:
        found = Counter(carried[parcel.order_id])
        if found not in _allowed(parcel.mode, parcel.locker_id):
            by = ", ".join(sorted(map(str, found.elements()))) or "nothing"
            detail = f"mode {parcel.mode} (locker {parcel.locker_id}), but carried by {by}"
            yield Violation(Code.PLACEMENT, f"parcel {parcel.order_id}", detail)


def _allowed(mode: str, locker_id: str | None) -> list[Counter[Part]]:
    if mode == "locker":
        bringers = ("route", "sortie drone", "sortie sidewalk_robot")
        return [Counter([("reservation", locker_id), (by, locker_id)]) for by in bringers]
    alone = {"van": "route", "unassigned": "unassigned"}.get(mode, f"sortie {mode}")
    return [Counter([(alone, None)])]


def _carried(case: Case) -> dict[str, list[Part]]:
    carried: dict[str, list[Part]] = defaultdict(list)
    for sortie in case.plan.sorties:
        for drop in sortie.drops:
            carried[drop.order_id].append((f"sortie {sortie.kind}", sortie.locker_id))
    for route in case.plan.routes:
        for stop in route.stops:
            for order_id in _ended(stop):
                carried[order_id].append(("route", stop.locker_id))
    for held in case.plan.reservations:
        carried[held.order_id].append(("reservation", held.locker_id))
    for order_id in case.plan.unassigned:
        carried[order_id].append(("unassigned", None))
    return carried


def _ended(stop: Stop) -> tuple[str, ...]:
    """What the stop settles; a stop at one of our own sites only loads and unloads."""
    return () if stop.site_id else (*stop.deliver, *stop.collect)


def check_directions(case: Case) -> Iterator[Violation]:
    """Deliveries are delivered, pick-ups and returns collected, and only by what can collect."""
    for route, facts in case.drives():
        for index, stop in enumerate(route.stops):
            if not stop.site_id:
                yield from _turned(case, stop, route.where(index))
            if stop.collect and not stop.site_id and not facts.carriage.collects:
                yield Violation(Code.DIRECTION, route.where(index), f"{facts.type_id} does not collect")
    for sortie, trip in case.trips():
        for drop in sortie.drops:
            if not case.order(drop.order_id).outbound and not trip.carriage.collects:
                detail = f"{trip.type_id} does not collect, {drop.order_id} is to be collected"
                yield Violation(Code.DIRECTION, f"sortie {sortie.sortie_id}", detail)


def _turned(case: Case, stop: Stop, where: str) -> Iterator[Violation]:
    turned = [name for name in stop.deliver if not case.order(name).outbound]
    turned += [name for name in stop.collect if case.order(name).outbound]
    if stop.locker_id:
        turned += [name for name in stop.collect if not _locker_collects(case, case.order(name))]
    for order_id in turned:
        yield Violation(
            Code.DIRECTION, where, f"{order_id} goes the other way ({case.order(order_id).direction})"
        )


def _locker_collects(case: Case, order: Order) -> bool:
    return order.outbound or case.fleet.station.carriage.collects


def check_summary(case: Case) -> Iterator[Violation]:
    """The summary's counts are those of the parcels."""
    counted = Counter(parcel.mode for parcel in case.plan.parcels)
    for mode, stated in case.plan.counts.items():
        if stated != counted[mode]:
            yield Violation(
                Code.SUMMARY, f"summary.by_mode.{mode}", f"says {stated}, there are {counted[mode]}"
            )
    if case.plan.parcel_count != len(case.plan.parcels):
        detail = f"says {case.plan.parcel_count}, there are {len(case.plan.parcels)}"
        yield Violation(Code.SUMMARY, "summary.parcels", detail)
