"""Priorities: nobody is left whose place, as it is, one who counts for less has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.checker.context import Case
from tests.checker.inputs import Order
from tests.checker.rules.capacity import fits
from tests.checker.violation import Code, Violation

_DEGREES = 1e-5
"""Places that agree to within about a metre are the same."""


def check_priorities(case: Case) -> Iterator[Violation]:
    """A parcel that is left counts for no more than one that is brought and whose place it could take: to the same
    door, no heavier and no larger, asking for nothing else, in a window and ready at a time that suit.

    Not asked of a plan that says that it was cut short.
    """
    if any(each.startswith("time was up") for each in case.plan.assumptions):
        return
    left = [case.order(order_id) for order_id in case.plan.unassigned]
    brought = [case.order(p.order_id) for p in case.plan.parcels if p.mode != "unassigned"]
    for one, other in product(left, brought):
        if one.priority > other.priority and _could_take(one, other):
            detail = (
                f"priority {one.priority:g} is left, {other.order_id} of {other.priority:g} has what it needs"
            )
            yield Violation(Code.PRIORITY, f"order {one.order_id}", detail)


def _could_take(one: Order, other: Order) -> bool:
    """Whether the place of another parcel, on the same trip at the same time, would do for this one."""
    same = ("direction", "goods", "min_age", "service", "crew", "skills", "locker_ok")
    alike = all(getattr(one, name) == getattr(other, name) for name in same)
    small = one.weight_kg <= other.weight_kg and fits(one.edges_m, other.edges_m)
    quick = one.service_s <= other.service_s and one.ready_at <= other.ready_at
    in_time = one.due_from <= other.due_from and other.due_by <= one.due_by
    there = _near(one.address, other.address) and _near(one.drop, other.drop)
    return alike and small and quick and in_time and there


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= _DEGREES for a, b in zip(one, other, strict=True))
