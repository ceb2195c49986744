"""Winds that aircraft have shown in flight: they make the weather around them worse where it was thought milder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fleet.weather.conditions import Spot
from fleet.weather.series import Worst
from fleet.weather.winds import Winds, together

COUNTS_FOR: Final = timedelta(seconds=900)
"""An aircraft shows the wind of a minute at one place: it says nothing of what is half an hour later."""


@dataclass(frozen=True)
class ShownWind:
    """A wind that an aircraft has shown, when and where (``spot`` has its height above the ground)."""

    name: str
    time: datetime
    spot: Spot
    wind_mps: float
    wind_from_deg: float

    def mps_at(self, height_m: float, exponent: float) -> float:
        """Its strength at a height above the ground: as where it was shown, or more."""
        shown_m = self.spot.height_m or height_m
        return self.wind_mps * max(1.0, (height_m / shown_m) ** exponent if shown_m > 0 else 1.0)


def counting(shown: Iterable[ShownWind], start: datetime, end: datetime) -> Iterable[ShownWind]:
    """Those that count at some time from ``start`` to ``end``."""
    return (one for one in shown if start <= one.time + COUNTS_FOR and one.time <= end)


def raised(worst: Worst, shown: Iterable[ShownWind], height_m: float, exponent: float) -> Worst:
    """The extremes with those winds too, at a height above the ground: never milder than without.

    Not only the stronger ones: a weaker wind from ahead may cost more than a stronger one from the side.
    """
    for one in shown:
        mps = one.mps_at(height_m, exponent)
        if worst.winds.hold(mps, one.wind_from_deg):
            continue
        winds = together((worst.winds, Winds(mps, mps, one.wind_from_deg)))
        worst = replace(worst, winds=winds, gust_mps=max(worst.gust_mps, mps))
    return worst
