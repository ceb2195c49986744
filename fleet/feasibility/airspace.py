"""Is the air free: the way out, the drop, the way back and the way to the alternate, in space, height and
time.
"""

from __future__ import annotations

from collections.abc import Sequence

from fleet.domain.fleet import SortieType
from fleet.feasibility.case import SortieCase
from fleet.feasibility.clearance import Clearance, clearance_of
from fleet.feasibility.context import Context
from fleet.feasibility.verdict import Verdict, feasible, infeasible, unknown
from fleet.protocol.values import Reason
from geofences import CheckResult, Conflict, Status, Waypoint, Why, check_path

_CODES = {
    Why.OUTSIDE_OPERATING_AREA: "outside_operating_area",
    Why.NO_SUCH_OPERATING_AREA: "outside_operating_area",
    Why.HEIGHT_UNKNOWN: "zone_height_unknown",
    Why.TIME_UNKNOWN: "zone_time_unknown",
    Why.GROUND_RISK: "ground_risk",
    Why.NOT_CONFIRMED: "zone_not_confirmed",
    Why.BEYOND_AUTHORISATION: "beyond_authorisation",
    Why.OUTSIDE_PERMIT: "outside_permit",
    Why.ABOVE_PERMIT_SPEED: "above_permit_speed",
    Why.ABOVE_PERMIT_WEIGHT: "above_permit_weight",
    Why.ZONE_REFUSED: "zone_refused",
}
"""What is not simply ``zone_blocked``."""

_MOST_REASONS = 8


def ask_airspace(case: SortieCase) -> Verdict:
    """Whether nothing along the whole flight, nor along the way to the alternate, is forbidden or unknown.

    The path must be clear by as much as the asset may stray from it (see ``clearance``).
    """
    if case.shape.airspace is not None:
        return case.shape.airspace
    return ask_path(case.ctx, case.asset_type, case.trip.path, "the flight")


def ask_path(ctx: Context, kind: SortieType, path: Sequence[Waypoint], what: str) -> Verdict:
    """Whether a path may be flown by the type; a reason calls it ``what`` and names what is kept free around it."""
    keeps = clearance_of(ctx, kind, path)
    return judged(checked(ctx, path, keeps), keeps.around(what))


def is_clear(ctx: Context, kind: SortieType, path: Sequence[Waypoint]) -> bool:
    """Whether a path may be flown by the type."""
    return checked(ctx, path, clearance_of(ctx, kind, path)).is_clear


def checked(ctx: Context, path: Sequence[Waypoint], keeps: Clearance) -> CheckResult:
    """The exact check of a path against the context's zones and operating areas, at its times and the fleet's margin
    around them."""
    return check_path(
        ctx.airspace,
        path,
        ctx.terrain,
        margin_m=keeps.beside_m,
        vertical_margin_m=keeps.above_m,
        held=ctx.held,
        time_margin_s=ctx.fleet.zone_time_margin_s,
        ground=keeps.ground,
    )


def judged(result: CheckResult, what: str) -> Verdict:
    """A check's answer as a verdict, with one reason for each zone and cause."""
    if result.is_clear:
        return feasible()
    worst = [c for c in result.conflicts if c.status is result.status]
    firsts = {(c.zone_id, c.why): c for c in reversed(worst)}
    reasons = [_reason(c, what, result.zones_version) for c in reversed(firsts.values())][:_MOST_REASONS]
    return infeasible(*reasons) if result.status is Status.BLOCKED else unknown(*reasons)


def _reason(conflict: Conflict, what: str, zones_version: str) -> Reason:
    cause = conflict.why.value.replace("_", " ")
    stretch = f"{conflict.from_m:.0f} to {conflict.to_m:.0f}"
    return Reason(
        code=_CODES.get(conflict.why, "zone_blocked"),
        detail=f"{what} meets {conflict.zone_id} ({cause}) from metre {stretch}",
        limit=conflict.zone_id,
        actual=stretch,
        unit="m along the path",
        source=zones_version,
    )
