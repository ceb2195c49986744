"""The weather that a trip is worked out in: from the rows that are known, or from the assumption that is
named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf

from fleet.domain.fleet import Assumptions
from fleet.feasibility.context import Context
from fleet.feasibility.verdict import Verdict, unknown
from fleet.protocol.values import Reason
from fleet.weather.series import Missing, WeatherSeries, Worst


@dataclass(frozen=True, slots=True)
class Sky:
    """The worst of an interval. ``wind_from_deg`` none means that the wind may come from anywhere."""

    worst: Worst
    wind_from_deg: float | None
    assumptions: frozenset[str] = frozenset()

    @property
    def wind_mps(self) -> float:
        """The strongest mean wind."""
        return self.worst.wind_mps

    @property
    def temperature_c(self) -> float:
        """The lowest temperature: cold packs give less."""
        return self.worst.min_temperature_c


def sky_over(ctx: Context, start: datetime, end: datetime) -> Sky | Verdict:
    """The weather from ``start`` to ``end``; UNKNOWN where rows are missing or stale and nothing is
    assumed.
    """
    return sky_of(ctx.weather, ctx.fleet.assumptions, start, end)


def sky_of(
    weather: WeatherSeries | None, assumptions: Assumptions, start: datetime, end: datetime
) -> Sky | Verdict:
    """As ``sky_over``, of these rows and assumptions."""
    known = Missing("any weather data", start, None) if weather is None else _known(weather, start, end)
    if isinstance(known, Sky):
        return known
    if assumptions.calm_weather:
        return assumed_sky(assumptions)
    return unknown(_missing(known, "no file or feed" if weather is None else weather.source))


def assumed_sky(assumptions: Assumptions) -> Sky:
    """The weather that the fleet takes for granted without data: dry, clear, its wind from anywhere."""
    wind, temperature = assumptions.assumed_wind_mps, assumptions.assumed_temperature_c
    named = f"weather: wind {wind:g} m/s from anywhere, {temperature:g} °C, dry and clear"
    return Sky(Worst(wind, wind, 0.0, inf, temperature, temperature), None, frozenset({named}))


def _known(series: WeatherSeries, start: datetime, end: datetime) -> Sky | Missing:
    worst, first = series.worst_between(start, end), series.at(start)
    if isinstance(worst, Missing):
        return worst
    if isinstance(first, Missing):
        return first
    return Sky(worst, first.wind_from_deg)


def _missing(gap: Missing, source: str) -> Reason:
    return Reason(
        code="weather_unknown" if gap.age_s is None else "weather_stale",
        detail=f"{gap.what} is missing for {gap.at.isoformat()}, and the fleet assumes none "
        "(assumptions.calm_weather)",
        limit=gap.what,
        actual=None if gap.age_s is None else round(gap.age_s),
        unit=None if gap.age_s is None else "s old",
        source=source or "weather data",
    )
