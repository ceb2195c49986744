"""Where streets lead nowhere: verdicts about two points without a way between them, and a door off the streets."""

from __future__ import annotations

from fleet.feasibility.case import ParcelCase
from fleet.feasibility.verdict import Verdict, feasible, infeasible, unknown
from fleet.network.base import Gap
from fleet.protocol.values import Place, Reason

SOURCE = "street network"


def no_way(gap: Gap | None) -> Verdict:
    """Infeasible where the streets that are known do not lead there; UNKNOWN where none is known near one of the
    points."""
    if gap is None or gap.cause == "no_way":
        return infeasible(NO_WAY)
    if gap.cause == "closed":
        return infeasible(_closed(gap.part))
    which = "place" if gap.end else "site"
    return unknown(
        Reason(
            code="off_streets",
            detail=f"the {which} is farther from any known street than counts as being at it",
            limit=gap.limit_m,
            actual=None if gap.away_m is None else round(gap.away_m),
            unit="m",
            source=SOURCE,
        )
    )


NO_WAY = Reason(
    code="no_way",
    detail="the streets do not lead there and back from where it would start",
    source=SOURCE,
)


def _closed(part: Place | None) -> Reason:
    """Names a closed part by the first point of its border, as the warnings about closed parts do."""
    where = "" if part is None else f": the part at {part.lon:g},{part.lat:g}"
    return Reason(
        code="streets_closed",
        detail=f"streets there, or on the only way there and back, are closed{where}",
        source="closed streets",
    )


def ask_door(case: ParcelCase) -> Verdict:
    """Whether the parcel's door is at a street that a van can use; whether one can come there from a depot, and in
    time, is the router's part."""
    place, network = case.order.place, case.ctx.network
    if network.version is None:  # estimates without streets lead everywhere
        return feasible()
    gap = case.ctx.memory.get(("door", place.lon, place.lat), lambda: network.gap(place, place, "drive"))
    return feasible() if gap is None else no_way(gap)
