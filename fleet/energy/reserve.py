"""What stays in the battery at the end of a trip, whatever it was planned to take."""

from __future__ import annotations

from fleet.energy.errors import require_not_negative, require_within


def reserve_wh(fraction_of_usable: float, minutes: float, full_usable_wh: float, standing_w: float) -> float:
    """The larger of a share of what the full pack gives and a time of staying where it is: in the air of hover, on the
    ground of standing with all on that never rests.

    Of the full pack, so that it is no smaller on half a charge. Raises `InvalidInput` for a share outside 0..1, or a
    time, energy or power below zero.
    """
    require_within(0, 1, fraction_of_usable=fraction_of_usable)
    require_not_negative(minutes=minutes, full_usable_wh=full_usable_wh, standing_w=standing_w)
    return max(fraction_of_usable * full_usable_wh, minutes / 60 * standing_w)
