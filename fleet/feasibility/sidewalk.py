"""May a robot drive there: inside the operating areas where there are some, else only by a named
assumption.
"""

from __future__ import annotations

from fleet.feasibility.airspace import judged
from fleet.feasibility.case import SortieCase
from fleet.feasibility.verdict import Verdict, feasible, unknown
from fleet.protocol.values import Reason
from geofences import ZoneSet, check_path

SIDEWALKS = "sidewalk robots may use every street that the network knows"


def ask_sidewalk(case: SortieCase) -> Verdict:
    """Whether the whole way lies inside the operating areas. Zones for aircraft do not bind a robot."""
    ctx = case.ctx
    if ctx.areas:
        areas = ctx.memory.get(("areas",), lambda: ZoneSet(ctx.areas))
        return judged(check_path(areas, case.trip.path, ctx.terrain), "the drive")
    if ctx.fleet.assumptions.sidewalks_everywhere:
        return feasible(SIDEWALKS)
    return unknown(_NO_AREAS)


_NO_AREAS = Reason(
    code="no_permit_area",
    detail="no operating areas for sidewalk robots are known, and the fleet does not assume that they may "
    "drive everywhere (assumptions.sidewalks_everywhere)",
    source="operating areas",
)
