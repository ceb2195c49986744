"""Is the weather within the type's limits, from departure to return."""

from __future__ import annotations

from datetime import datetime

from fleet.domain.fleet import SortieType
from fleet.energy.airframe import Airframe
from fleet.feasibility.case import SortieCase
from fleet.feasibility.context import Context
from fleet.feasibility.sky import Sky, sky_over, way_in
from fleet.feasibility.vehicles import vehicle_of
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import Reason
from fleet.weather.field import Where
from fleet.weather.limits import Violation, WeatherLimits

_CODES = {
    "max_wind_mps": ("wind_too_strong", "the wind"),
    "max_gust_mps": ("gusts_too_strong", "the gusts"),
    "max_precipitation_mm_h": ("too_wet", "the rain"),
    "min_visibility_m": ("visibility_too_low", "the visibility"),
    "min_temperature_c": ("too_cold", "the temperature"),
    "max_temperature_c": ("too_hot", "the temperature"),
    "icing_below_c": ("icing", "the temperature"),
}
"""For each limit the reason's code, and what the weather does that breaks it."""


def ask_weather(case: SortieCase) -> Verdict:
    """Whether no limit of the type is broken at any time of the trip; unknown where the weather is."""
    if not limits_of(case.asset_type).violations(case.sky.worst):
        return feasible(*case.sky.assumptions)
    # That was the weather of a longer time than the trip turned out to take.
    where = way_in(case.ctx, case.shape.out.points, case.shape.highest_m)
    return weather_between(case.ctx, case.asset_type, case.trip.depart_at, case.trip.return_at, where)


def weather_between(
    ctx: Context, asset_type: SortieType, start: datetime, end: datetime, where: Where | None = None
) -> Verdict:
    """Whether a vehicle of this type may be out from ``start`` to ``end``, on a way where one is told; unknown where
    the weather is."""
    sky = sky_over(ctx, start, end, where)
    return sky if isinstance(sky, Verdict) else held_against(asset_type, sky)


def held_against(asset_type: SortieType, sky: Sky) -> Verdict:
    """Whether a vehicle of this type may be out in weather that is known."""
    broken = limits_of(asset_type).violations(sky.worst)
    if broken:
        return infeasible(*(_reason(asset_type, violation) for violation in broken))
    return feasible(*sky.assumptions)


def limits_of(asset_type: SortieType) -> WeatherLimits:
    """The type's caps as limits that weather is held against; of wind and gusts never more than its airframe takes."""
    caps, (wind_mps, gust_mps) = asset_type.weather, _built_for(asset_type)
    return WeatherLimits(
        max_wind_mps=_least(caps.max_wind_mps, wind_mps),
        max_gust_mps=_least(caps.max_gust_mps, gust_mps),
        max_precipitation_mm_h=caps.max_precipitation_mm_h,
        min_visibility_m=caps.min_visibility_m,
        min_temperature_c=caps.min_temperature_c,
        max_temperature_c=caps.max_temperature_c,
        icing_below_c=caps.icing_below_c,
    )


def _built_for(asset_type: SortieType) -> tuple[float | None, float | None]:
    """The strongest wind and gust that the vehicle's data are for; none of what drives."""
    vehicle = vehicle_of(asset_type)
    if not isinstance(vehicle, Airframe):
        return None, None
    return vehicle.wind.max_wind_mps, vehicle.wind.max_gust_mps


def _least(first: float | None, second: float | None) -> float | None:
    known = [limit for limit in (first, second) if limit is not None]
    return min(known, default=None)


def _reason(asset_type: SortieType, broken: Violation) -> Reason:
    code, what = _CODES[broken.name]
    type_id, stated = asset_type.type_id, getattr(asset_type.weather, broken.name)
    if code == "icing":
        bound = f"in rain, snow or fog: {type_id} stays at {broken.limit:g} {broken.unit} and below, for ice"
    else:
        bound = f"{type_id} goes out up to {broken.limit:g} {broken.unit}"
    return Reason(
        code=code,
        detail=f"{what} reaches {broken.actual:.1f} {broken.unit} during the trip, {bound}",
        limit=broken.limit,
        actual=round(broken.actual, 2),
        unit=broken.unit,
        source=f"type {type_id} of the fleet file"
        if stated == broken.limit
        else f"vehicle data {asset_type.energy_model}",
    )
