"""Does the battery reach: out, drop and back (or on to the best alternate), with margin, and the reserve
untouched.
"""

from __future__ import annotations

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
    budget_wh = trip.usable_wh - trip.reserve_wh
    needed_wh = budget_wh - trip.margin_wh
    return infeasible(
        Reason(
            code="out_of_range",
            detail=f"the trip needs {needed_wh:.1f} Wh with its margin; {budget_wh:.1f} Wh may be drawn "
            f"({trip.usable_wh:.1f} usable less {trip.reserve_wh:.1f} reserve)",
            limit=round(budget_wh, 1),
            actual=round(needed_wh, 1),
            unit="Wh",
            source=case.ctx.fleet.reserve.source,
        )
    )
