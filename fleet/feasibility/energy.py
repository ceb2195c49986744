"""Does the battery reach: out, drop and back (or on to the best alternate), with margin, and the reserve
untouched.
"""

from __future__ import annotations

from math import inf

from fleet.feasibility.case import SortieCase
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import Reason


def ask_energy(case: SortieCase) -> Verdict:
    """Whether energy * (1 + margin) + reserve <= usable, for the worse of flying home and to the best
    alternate.
    """
    trip = case.trip
    if trip.margin_wh >= 0:
        return feasible()
    needed_wh = trip.usable_wh - trip.reserve_wh - trip.margin_wh
    source = case.ctx.fleet.reserve_of(case.asset_type).source
    return infeasible(out_of_range(trip.usable_wh, trip.reserve_wh, needed_wh, source))


def out_of_range(usable_wh: float, reserve_wh: float, needed_wh: float, source: str) -> Reason:
    """Why a trip that needs so much, with its margin, may not start."""
    budget_wh = usable_wh - reserve_wh
    if needed_wh == inf:
        return Reason(
            code="wind_too_strong",
            detail="against the wind the way to the alternate can't be flown at the speed that is held",
            source=source,
        )
    return Reason(
        code="out_of_range",
        detail=f"the trip needs {needed_wh:.1f} Wh with its margin; {budget_wh:.1f} Wh may be drawn "
        f"({usable_wh:.1f} usable less {reserve_wh:.1f} reserve)",
        limit=round(budget_wh, 1),
        actual=round(needed_wh, 1),
        unit="Wh",
        source=source,
    )
