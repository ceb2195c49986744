"""Where ice may form on an aircraft: visible moisture at or near freezing."""

from __future__ import annotations

from typing import Final

MOIST_BELOW_M: Final = 1600.0
"""A sight shorter than this counts as visible moisture: the mile of fog in flight manuals' definitions of icing
conditions (cloud, fog of a mile or less, rain, snow)."""


def may_ice(coldest_c: float, precipitation_mm_h: float, visibility_m: float, below_c: float) -> bool:
    """Whether ice may form: at or below ``below_c`` in visible moisture.

    That pair is what the FAA's chief counsel calls known icing conditions (letter of 16 January 2009): visible moisture
    at or near freezing. It does not say that ice will form; haze and dust count as moisture too.
    """
    return coldest_c <= below_c and (precipitation_mm_h > 0 or visibility_m < MOIST_BELOW_M)
