"""Is the weather within the type's limits, from departure to return."""

from __future__ import annotations

from datetime import datetime

from fleet.domain.fleet import SortieType, WeatherCaps
from fleet.feasibility.case import SortieCase
from fleet.feasibility.context import Context
from fleet.feasibility.sky import sky_over
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import Reason
from fleet.weather.limits import Violation, WeatherLimits

_CODES = {
    "max_wind_mps": ("wind_too_strong", "the wind"),
    "max_gust_mps": ("gusts_too_strong", "the gusts"),
    "max_precipitation_mm_h": ("too_wet", "the rain"),
    "min_visibility_m": ("visibility_too_low", "the visibility"),
    "min_temperature_c": ("too_cold", "the temperature"),
    "max_temperature_c": ("too_hot", "the temperature"),
}
"""For each limit the reason's code, and what the weather does that breaks it."""


def ask_weather(case: SortieCase) -> Verdict:
    """Whether no limit of the type is broken at any time of the trip; unknown where the weather is."""
    if not limits_of(case.asset_type.weather).violations(case.sky.worst):
        return feasible(*case.sky.assumptions)
    # That was the weather of a longer time than the trip turned out to take.
    return weather_between(case.ctx, case.asset_type, case.trip.depart_at, case.trip.return_at)


def weather_between(ctx: Context, asset_type: SortieType, start: datetime, end: datetime) -> Verdict:
    """Whether a vehicle of this type may be out from ``start`` to ``end``; unknown where the weather is."""
    sky = sky_over(ctx, start, end)
    if isinstance(sky, Verdict):
        return sky
    broken = limits_of(asset_type.weather).violations(sky.worst)
    if broken:
        return infeasible(*(_reason(asset_type.type_id, violation) for violation in broken))
    return feasible(*sky.assumptions)


def limits_of(caps: WeatherCaps) -> WeatherLimits:
    """The type's caps as limits that weather is held against."""
    return WeatherLimits(
        max_wind_mps=caps.max_wind_mps,
        max_gust_mps=caps.max_gust_mps,
        max_precipitation_mm_h=caps.max_precipitation_mm_h,
        min_visibility_m=caps.min_visibility_m,
        min_temperature_c=caps.min_temperature_c,
        max_temperature_c=caps.max_temperature_c,
    )


def _reason(type_id: str, broken: Violation) -> Reason:
    code, what = _CODES[broken.name]
    return Reason(
        code=code,
        detail=f"{what} reaches {broken.actual:.1f} {broken.unit} during the trip, "
        f"{type_id} goes out up to {broken.limit:g} {broken.unit}",
        limit=broken.limit,
        actual=round(broken.actual, 2),
        unit=broken.unit,
        source=f"type {type_id} of the fleet file",
    )
