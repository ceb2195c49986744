"""What happens at the door: service level, hands and skills needed, a check of age, and which way the parcel goes."""

from __future__ import annotations

from fleet.feasibility.case import ParcelCase
from fleet.feasibility.verdict import Verdict, combine, feasible, infeasible
from fleet.protocol.values import Direction, Reason


def ask_service(case: ParcelCase) -> Verdict:
    """Whether the type offers what the order asks for at the door."""
    return combine((_level(case), _crew(case), _skills(case), _age(case), _direction(case)))


def _level(case: ParcelCase) -> Verdict:
    offered, asked = case.asset_type.carriage.services, case.order.service
    if asked in offered:
        return feasible()
    return infeasible(
        Reason(
            code="service_not_offered",
            detail=f"{case.asset_type.type_id} does not offer the service {asked}",
            limit=", ".join(sorted(offered)),
            actual=asked.value,
            source=case.source,
        )
    )


def _crew(case: ParcelCase) -> Verdict:
    # Every order states at least one pair of hands, and a machine stands in for that one.
    name, needed, there = case.asset_type.type_id, case.order.crew, max(1, case.asset_type.carriage.crew)
    if needed <= there:
        return feasible()
    return infeasible(
        Reason(
            code="crew_too_small",
            detail=f"the order needs {needed} people, {name} stands for {there}",
            limit=there,
            actual=needed,
            unit="people",
            source=case.source,
        )
    )


def _skills(case: ParcelCase) -> Verdict:
    missing = sorted(case.order.skills - case.asset_type.carriage.skills)
    if not missing:
        return feasible()
    return infeasible(
        Reason(
            code="skill_missing",
            detail=f"the order asks for {', '.join(missing)}, which {case.asset_type.type_id} does not list",
            limit=", ".join(sorted(case.asset_type.carriage.skills)) or "none",
            actual=", ".join(sorted(case.order.skills)),
            source=case.source,
        )
    )


def _age(case: ParcelCase) -> Verdict:
    if case.order.min_age is None or case.asset_type.carriage.age_check:
        return feasible()
    return infeasible(
        Reason(
            code="age_check_needed",
            detail=f"{case.asset_type.type_id} can't check that the recipient is {case.order.min_age} or older",
            limit=case.order.min_age,
            unit="years",
            source=case.source,
        )
    )


def _direction(case: ParcelCase) -> Verdict:
    if case.order.direction is Direction.DELIVERY or case.asset_type.carriage.collects:
        return feasible()
    return infeasible(
        Reason(
            code="does_not_collect",
            detail=f"the order is a {case.order.direction}, and {case.asset_type.type_id} does not collect",
            limit=Direction.DELIVERY.value,
            actual=case.order.direction.value,
            source=case.source,
        )
    )
