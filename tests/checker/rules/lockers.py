"""Lockers: enough compartments at every moment, big enough, kept while the parcel is there; consent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.checker.context import Case
from tests.checker.document import Reservation
from tests.checker.rules.capacity import fits
from tests.checker.violation import Code, Violation

_SLACK = timedelta(seconds=2)


def check_counts(case: Case) -> Iterator[Violation]:
    """At no moment are more compartments of a size kept than there are (an end is not part of the time)."""
    for locker_id, held in case.reservations.items():
        by_size: dict[str, list[Reservation]] = defaultdict(list)
        for reservation in held:
            by_size[reservation.size].append(reservation)
        for size, same in by_size.items():
            there, peak = case.lockers[locker_id].compartments[size], _peak(same)
            if peak > there:
                yield Violation(
                    Code.COMPARTMENT_COUNT, f"locker {locker_id}", f"{peak} {size} kept, {there} there"
                )


def _peak(held: list[Reservation]) -> int:
    changes = sorted([(r.start, 1) for r in held] + [(r.until, -1) for r in held])
    level = peak = 0
    for _, change in changes:
        level += change
        peak = max(peak, level)
    return peak


def check_fit(case: Case) -> Iterator[Violation]:
    """Each parcel goes into the size class that is kept for it."""
    for held in case.plan.reservations:
        edges, inner = case.order(held.order_id).edges_m, case.fleet.station.compartments_m.get(held.size)
        if inner is None or not fits(edges, inner):
            detail = f"{held.order_id} measures {edges}, {held.size} is {inner}"
            yield Violation(Code.COMPARTMENT_FIT, f"locker {held.locker_id}", detail)


def check_times(case: Case) -> Iterator[Violation]:
    """A compartment is kept from before the parcel comes until the time for picking it up is over."""
    comes = _handed_over(case)
    stay = timedelta(hours=case.fleet.station.pickup_hours)
    for held in case.plan.reservations:
        at, order = comes.get((held.locker_id, held.order_id)), case.order(held.order_id)
        if at is None:
            continue  # check_placement reports it
        needed = at + stay if order.outbound else at
        if held.start > at + _SLACK or held.until < needed - _SLACK:
            kept = f"kept {held.start} to {held.until}"
            detail = f"{held.order_id} is there from {at}, to be kept until {needed}; {kept}"
            yield Violation(Code.COMPARTMENT_TIME, f"locker {held.locker_id}", detail)


def _handed_over(case: Case) -> dict[tuple[str, str], datetime]:
    """When each parcel meets its locker, by locker and order."""
    found: dict[tuple[str, str], datetime] = {}
    for sortie in case.plan.sorties:
        for drop in sortie.drops:
            if sortie.locker_id:
                found[sortie.locker_id, drop.order_id] = drop.at
    for route in case.plan.routes:
        for stop in route.stops:
            for name in (*stop.deliver, *stop.collect):
                if stop.locker_id:
                    found[stop.locker_id, name] = stop.arrive
    return found


def check_consent(case: Case) -> Iterator[Violation]:
    """A parcel goes to a locker only where its order allows it, and from a drone only with a drone port."""
    for parcel in case.plan.parcels:
        if parcel.mode == "locker" and not case.order(parcel.order_id).locker_ok:
            yield Violation(Code.CONSENT, f"parcel {parcel.order_id}", "the order does not allow a locker")
    for sortie in case.plan.sorties:
        if sortie.locker_id and sortie.kind == "drone" and not case.lockers[sortie.locker_id].drone_port:
            yield Violation(
                Code.CONSENT, f"sortie {sortie.sortie_id}", f"{sortie.locker_id} has no drone port"
            )
