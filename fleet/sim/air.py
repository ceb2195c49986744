"""The true air: what was forecast, but the wind veers, is a little weaker on the mean, and comes in gusts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from fleet.sim.chance import Chance
from fleet.sim.spec import TrueWeather

VEER_PERIOD_S: Final = 5400.0


class Sky(NamedTuple):
    """What was forecast for one moment."""

    wind_mps: float
    gust_mps: float
    wind_from_deg: float
    temperature_c: float
    precipitation_mm_h: float
    visibility_m: float
    pressure_hpa: float = 1013.25


CALM: Final = Sky(3.6, 5.0, 230.0, 15.0, 0.0, 10_000.0)
"""Where the world was given no weather."""


@dataclass(frozen=True, slots=True)
class Wind:
    """Mean wind, gust and the direction that it comes from, at one moment."""

    mps: float
    gust_mps: float
    from_deg: float

    def along(self, track_deg: float) -> tuple[float, float]:
        """Headwind (negative from behind) and crosswind on a track."""
        angle = math.radians(self.from_deg - track_deg)
        return self.mps * math.cos(angle), self.mps * math.sin(angle)


@dataclass(frozen=True, slots=True)
class Front:
    """A gust front: the wind grows by ``extra_mps`` within ``rise``, stays, and falls again."""

    begins: datetime
    rise: timedelta
    holds: timedelta
    extra_mps: float

    def extra_at(self, at: datetime) -> float:
        """How much it adds at a moment."""
        age = at - self.begins
        left = 2 * self.rise + self.holds - age
        return self.extra_mps * max(0.0, min(1.0, age / self.rise, left / self.rise))


class Air:
    """Wind and temperature at any moment of the day."""

    def __init__(self, rows: Sequence[TrueWeather], chance: Chance, error_mps: float = 0.0) -> None:
        """``error_mps`` is the standard deviation of how far the day's wind lies from the forecast."""
        self._rows = sorted(rows, key=lambda row: row.time)
        self._times = [row.time for row in self._rows]
        self._veer_deg = chance.between(2.0, 5.0, "veer")
        self._phase = chance.between(0.0, 2 * math.pi, "veer phase")
        self._factor = chance.between(0.965, 0.99, "wind factor")
        self._off_mps = error_mps * chance.of("wind of the day").gauss(0.0, 1.0)
        self.fronts: list[Front] = []

    def wind(self, at: datetime) -> Wind:
        """The true wind."""
        said = self._forecast(at)
        turn = math.sin(at.timestamp() / VEER_PERIOD_S * 2 * math.pi + self._phase)
        extra = sum(front.extra_at(at) for front in self.fronts)
        mean = max(0.0, said.wind_mps * self._factor + self._off_mps) + extra
        from_deg = (said.wind_from_deg + self._veer_deg * turn) % 360.0
        return Wind(mean, max(mean, said.gust_mps + self._off_mps) + extra, from_deg)

    def temperature_c(self, at: datetime) -> float:
        """The true temperature."""
        return self._forecast(at).temperature_c

    def precipitation_mm_h(self, at: datetime) -> float:
        """The rain that truly falls."""
        return self._forecast(at).precipitation_mm_h

    def visibility_m(self, at: datetime) -> float:
        """How far one truly sees."""
        return self._forecast(at).visibility_m

    def pressure_hpa(self, at: datetime) -> float:
        """The true pressure at sea level."""
        return self._forecast(at).pressure_hpa

    def _forecast(self, at: datetime) -> Sky:
        if not self._rows:
            return CALM
        index = bisect_right(self._times, at)
        before, after = self._rows[max(index - 1, 0)], self._rows[min(index, len(self._rows) - 1)]
        span = after.time - before.time
        share = (at - before.time) / span if span > timedelta(0) else 0.0
        return _mixed(before, after, share)


def _mixed(before: TrueWeather, after: TrueWeather, share: float) -> Sky:
    def between(name: str) -> float:
        first: float = getattr(before, name)
        second: float = getattr(after, name)
        return first + share * (second - first)

    turn = (after.wind_from_deg - before.wind_from_deg + 180.0) % 360.0 - 180.0
    return Sky(
        wind_mps=between("wind_mps"),
        gust_mps=between("gust_mps"),
        wind_from_deg=before.wind_from_deg + share * turn,
        temperature_c=between("temperature_c"),
        precipitation_mm_h=between("precipitation_mm_h"),
        visibility_m=between("visibility_m"),
        pressure_hpa=between("pressure_hpa"),
    )
