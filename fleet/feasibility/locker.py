"""May the parcel wait in this locker: consent, the recipient's walk, and a compartment that it fits into."""

from __future__ import annotations

from fleet.domain.fleet import StationType
from fleet.domain.sites import Locker
from fleet.feasibility.case import LockerCase
from fleet.feasibility.drop_point import locker_consent
from fleet.feasibility.gaps import no_way
from fleet.feasibility.payload import edges_text, too_large
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import CompartmentSize, Order, Reason


def ask_consent(case: LockerCase) -> Verdict:
    """Whether the recipient agreed to a locker."""
    return locker_consent(case.order)


def ask_walk(case: LockerCase) -> Verdict:
    """Whether the locker is near enough to the recipient."""
    limit, actual = case.asset_type.max_walk_m, case.walk_m
    if actual is None:
        gap = case.ctx.network.gap(case.order.place, case.locker.place, "walk")
        if gap is not None and gap.cause == "off_streets":
            return no_way(gap)
    if actual is not None and actual <= limit:
        return feasible(*_assumed(case))
    found = "there is no way on foot" if actual is None else f"the walk is {actual:.0f} m"
    return infeasible(
        Reason(
            code="locker_too_far",
            detail=f"{found} to {case.locker.locker_id}; {limit:g} m are allowed",
            limit=limit,
            actual=None if actual is None else round(actual),
            unit="m",
            source=case.source,
        )
    )


def ask_compartment(case: LockerCase) -> Verdict:
    """Whether the locker has a compartment, taken or not, that the parcel fits into."""
    if smallest_fit(case.order, case.locker, case.asset_type) is not None:
        return feasible()
    return infeasible(_does_not_fit(case))


def smallest_fit(order: Order, locker: Locker, locker_type: StationType) -> CompartmentSize | None:
    """The smallest size class that the locker has and that the parcel fits into, in any rotation."""
    rooms = locker_type.compartments
    fitting = (s for s in CompartmentSize if s in rooms and locker.count(s) and order.size.fits_in(rooms[s]))
    return next(fitting, None)


def _does_not_fit(case: LockerCase) -> Reason:
    rooms = case.asset_type.compartments
    there = [size for size in CompartmentSize if size in rooms and case.locker.count(size)]
    if there:
        largest = there[-1]
        return too_large(
            case.order.size,
            rooms[largest],
            f"the {largest} compartments of {case.locker.locker_id}",
            case.source,
        )
    return Reason(
        code="no_compartment",
        detail=f"{case.locker.locker_id} has no compartment of a size class whose dimensions are known",
        limit="at least one",
        actual=edges_text(case.order.size),
        unit="m",
        source=f"locker {case.locker.locker_id}",
    )


def _assumed(case: LockerCase) -> tuple[str, ...]:
    assumption = case.ctx.network.assumption
    return () if assumption is None else (assumption,)
