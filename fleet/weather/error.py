"""How wrong the wind of a forecast may be, by how long ago it was said."""

from __future__ import annotations

import math

SECONDS_PER_HOUR = 3600.0


def wind_sd(lead_s: float | None, now_mps: float, per_sqrt_h_mps: float, most_mps: float) -> float:
    """The standard deviation in m/s of the wind after ``lead_s``; ``most_mps`` where nobody knows how long that is.

    Errors that add up by chance grow with the square root of time: sqrt(now^2 + per_sqrt_h^2 h).
    """
    if lead_s is None:
        return most_mps
    grown_mps = per_sqrt_h_mps * math.sqrt(lead_s / SECONDS_PER_HOUR)
    return min(most_mps, math.hypot(now_mps, grown_mps))
