"""Where a machine may set the parcel down: a surveyed point, a locker's port, or a named assumption."""

from __future__ import annotations

from fleet.domain.fleet import Assumptions
from fleet.domain.sites import Locker
from fleet.feasibility.case import SortieCase
from fleet.feasibility.verdict import Verdict, feasible, infeasible, unknown
from fleet.protocol.values import Order, Place, Reason

AT_ADDRESS = "the address point serves as drop point where none was surveyed"


def drop_place(order: Order, locker: Locker | None = None) -> Place:
    """Where a sortie hands the parcel over: the locker, the surveyed drop point, else the address point."""
    if locker is not None:
        return locker.place
    return order.drop_point or order.place


def ask_drop_point(case: SortieCase) -> Verdict:
    """Whether a drone may set down there: a locker needs a port and the recipient's consent, a door a known
    point.
    """
    if case.locker is None:
        return _door(case.order, case.ctx.fleet.assumptions)
    if not case.locker.drone_port:
        return infeasible(_no_port(case.locker, "has no drone port"))
    return locker_consent(case.order)


def ask_kerb(case: SortieCase) -> Verdict:
    """Whether a sidewalk robot may hand over there: it serves doors, not lockers."""
    if case.locker is not None:
        return infeasible(_no_port(case.locker, "has no door for a sidewalk robot"))
    return _door(case.order, case.ctx.fleet.assumptions)


def locker_consent(order: Order) -> Verdict:
    """Whether the recipient agreed to a locker."""
    if order.locker_ok:
        return feasible()
    return infeasible(
        Reason(
            code="no_locker_consent",
            detail="the recipient did not agree to a parcel locker",
            limit="locker_ok",
            actual="not given",
            source="the order's locker_ok",
        )
    )


def _door(order: Order, assumptions: Assumptions) -> Verdict:
    if order.drop_point is not None:
        return feasible()
    if assumptions.drop_at_address:
        return feasible(AT_ADDRESS)
    return unknown(
        Reason(
            code="no_drop_point",
            detail="no drop point was surveyed, and the fleet does not assume that the address point "
            "serves as one (assumptions.drop_at_address)",
            source="the order's drop_lon, drop_lat",
        )
    )


def _no_port(locker: Locker, what: str) -> Reason:
    return Reason(
        code="no_locker_port",
        detail=f"{locker.locker_id} {what}",
        limit="drone_port",
        actual="none",
        source=f"locker {locker.locker_id}",
    )
