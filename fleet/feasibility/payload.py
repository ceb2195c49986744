"""Does the parcel fit: its weight, and its box in any right-angled rotation."""

from __future__ import annotations

from fleet.domain.fleet import AssetType
from fleet.feasibility.case import ParcelCase
from fleet.feasibility.verdict import Verdict, combine, feasible, infeasible
from fleet.protocol.values import Dimensions, Reason

_EDGES = ("shortest edge", "middle edge", "longest edge")


def ask_payload(case: ParcelCase) -> Verdict:
    """Whether the type can lift the parcel and has room for it."""
    return combine((ask_weight(case), _size(case)))


def heaviest_kg(asset_type: AssetType) -> float:
    """The heaviest parcel that the type takes."""
    limits = (asset_type.carriage.max_parcel_kg, getattr(asset_type, "capacity_kg", None))
    return min(limit for limit in limits if limit is not None)


def ask_weight(case: ParcelCase) -> Verdict:
    """Whether the parcel is light enough for the type."""
    limit = heaviest_kg(case.asset_type)
    actual = case.order.weight_kg
    if actual <= limit:
        return feasible()
    return infeasible(
        Reason(
            code="too_heavy",
            detail=f"the parcel weighs {actual:g} kg, {case.asset_type.type_id} takes {limit:g} kg at most",
            limit=limit,
            actual=actual,
            unit="kg",
            source=case.source,
        )
    )


def _size(case: ParcelCase) -> Verdict:
    hold = case.asset_type.carriage.hold
    if case.order.size.fits_in(hold):
        return feasible()
    return infeasible(too_large(case.order.size, hold, f"the hold of {case.asset_type.type_id}", case.source))


def too_large(box: Dimensions, room: Dimensions, what: str, source: str) -> Reason:
    """The reason for a box that fits in no rotation; it names the first edge that sticks out."""
    pairs = zip(_EDGES, box.ordered(), room.ordered(), strict=True)
    edge = next(name for name, have, allowed in pairs if have > allowed)
    return Reason(
        code="too_large",
        detail=f"{edge} does not fit into {what}, whichever way the box is turned",
        limit=edges_text(room),
        actual=edges_text(box),
        unit="m",
        source=source,
    )


def edges_text(box: Dimensions) -> str:
    """The three edges as people write them, shortest first: ``0.1 x 0.2 x 0.3``."""
    return " x ".join(f"{edge:g}" for edge in box.ordered())
