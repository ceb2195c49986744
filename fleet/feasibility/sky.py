"""The weather that a trip is worked out in: from the rows that are known, or from the assumption that is
named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

from fleet.domain.fleet import Assumptions, FleetSpec, SortieType
from fleet.domain.weatherrule import WeatherRule
from fleet.energy.battery import TemperatureCurve
from fleet.feasibility.context import Context
from fleet.feasibility.verdict import Verdict, unknown
from fleet.protocol.values import Place, Reason
from fleet.weather.error import wind_sd
from fleet.weather.field import Weather, WeatherField, Where, worst_over
from fleet.weather.heights import LAPSE_K_PER_M
from fleet.weather.series import Missing, Worst, worst_of_all
from fleet.weather.winds import WHOLE_DEG, Winds

LONGEST_LOOK = timedelta(days=2)
"""No weather is looked at for longer: that may be assumed, and never ends."""

AIR_C = (-25.0, 60.0)
"""Temperatures for which the models know the air; no pack is known for any beyond."""


@dataclass(frozen=True, slots=True)
class Sky:
    """The worst of an interval and of places."""

    worst: Worst
    assumptions: frozenset[str] = frozenset()
    wind_sd_mps: float = 0.0
    """How wrong the wind may be, where it is a forecast and the fleet file says how far these err."""

    @property
    def wind_mps(self) -> float:
        """The strongest mean wind."""
        return self.worst.wind_mps

    @property
    def winds(self) -> Winds:
        """All winds that may blow."""
        return self.worst.winds

    @property
    def temperature_c(self) -> float:
        """The lowest temperature: cold packs give less."""
        return self.worst.min_temperature_c

    @property
    def warmest_c(self) -> float:
        """The highest temperature: warm air is thin."""
        return self.worst.max_temperature_c

    @property
    def hpa(self) -> tuple[float | None, float | None]:
        """The lowest and the highest pressure at sea level; none: the standard's counts, for nobody has said."""
        return self.worst.hpa or (None, None)


def way_in(ctx: Context, points: Iterable[Place], height_m: float) -> Where | None:
    """A way at so many metres above the ground, to ask for its weather; none where weather does not differ by place."""
    return way_of_weather(ctx.weather, ctx.fleet, points, height_m)


def way_of_weather(
    weather: Weather | None, fleet: FleetSpec, points: Iterable[Place], height_m: float
) -> Where | None:
    """As ``way_in``, of this weather and fleet."""
    if not isinstance(weather, WeatherField):
        return None
    rule = _rule(fleet)
    way = tuple((point.lon, point.lat) for point in points)
    return Where(way, height_m, rule.station_reach_m, rule.wind_exponent)


def sky_over(ctx: Context, start: datetime, end: datetime, where: Where | None = None) -> Sky | Verdict:
    """The weather from ``start`` to ``end`` on a way; UNKNOWN where rows are missing or stale and nothing is assumed.

    Without a way, where the weather differs by place, the worst of all places, at the greatest height that is flown.
    """
    return sky_of(ctx.weather, ctx.fleet, start, end, where)


def sky_of(
    weather: Weather | None, fleet: FleetSpec, start: datetime, end: datetime, where: Where | None = None
) -> Sky | Verdict:
    """As ``sky_over``, of this weather and fleet."""
    known = (
        Missing("any weather data", start, None)
        if weather is None
        else _known(weather, fleet, start, end, where)
    )
    if isinstance(known, Sky):
        return known
    if fleet.assumptions.calm_weather:
        return _as_shown(assumed_sky(fleet.assumptions), weather, fleet, start, end, where)
    return unknown(_missing(known, "no file or feed" if weather is None else weather.source))


def assumed_sky(assumptions: Assumptions) -> Sky:
    """The weather that the fleet takes for granted without data: dry, clear, its wind from anywhere."""
    wind, temperature = assumptions.assumed_wind_mps, assumptions.assumed_temperature_c
    named = f"weather: wind {wind:g} m/s from anywhere, {temperature:g} °C, dry and clear"
    winds = Winds(wind, 0.0, 0.0, WHOLE_DEG)
    return Sky(Worst(winds, wind, 0.0, inf, temperature, temperature), frozenset({named}))


def both(one: Sky, other: Sky) -> Sky:
    """The worst of two skies."""
    return replace(
        one,
        worst=worst_of_all((one.worst, other.worst)),
        assumptions=one.assumptions | other.assumptions,
        wind_sd_mps=max(one.wind_sd_mps, other.wind_sd_mps),
    )


def _as_shown(
    sky: Sky, weather: Weather | None, fleet: FleetSpec, start: datetime, end: datetime, where: Where | None
) -> Sky:
    """What is assumed, where no aircraft has shown a stronger wind: that is known, whatever else is not."""
    if not isinstance(weather, WeatherField) or not weather.shown:
        return sky
    worst = weather.with_shown(sky.worst, where, start, end, fleet.separation.max_height_agl_m)
    if worst.wind_mps <= sky.wind_mps:
        return sky
    named = f"wind: {worst.wind_mps:.1f} m/s from anywhere, as an aircraft has shown, over what is assumed"
    return replace(sky, worst=worst, assumptions=sky.assumptions | {named})


def careful_temperatures(
    ctx: Context, asset_type: SortieType, curve: TemperatureCurve
) -> tuple[float, float]:
    """The coldest and the warmest that it may be for a vehicle that is out where the weather is not known.

    The limits of its type, beyond which it would not have gone out; where it states none, the ends of what its pack's
    curve covers. Neither is kinder than anything that any row has said, however long ago, and taken up to the height
    that flights may have.
    """
    caps, (coldest, warmest) = asset_type.weather, ctx.temperatures_c
    aloft = coldest - LAPSE_K_PER_M * ctx.fleet.separation.max_height_agl_m
    least = curve.points[0][0] if caps.min_temperature_c is None else caps.min_temperature_c
    most = curve.points[-1][0] if caps.max_temperature_c is None else caps.max_temperature_c
    return max(min(least, aloft), AIR_C[0]), min(max(most, warmest), AIR_C[1])


def _known(
    weather: Weather, fleet: FleetSpec, start: datetime, end: datetime, where: Where | None
) -> Sky | Missing:
    highest_m, exponent = fleet.separation.max_height_agl_m, _rule(fleet).wind_exponent
    several, worst = worst_over(weather, where, start, end, highest_m, exponent)
    if isinstance(worst, Missing):
        return worst
    sd_mps = max(_sd(fleet, one.lead_s(start, end)) for one in several)
    return Sky(worst, frozenset(_named(weather, fleet, sd_mps)), sd_mps)


def _rule(fleet: FleetSpec) -> WeatherRule:
    return fleet.weather or WeatherRule()


def _sd(fleet: FleetSpec, lead_s: float | None) -> float:
    error = _rule(fleet).forecast
    return 0.0 if error is None else wind_sd(lead_s, error.now_mps, error.per_sqrt_h_mps, error.most_mps)


def _named(weather: Weather, fleet: FleetSpec, sd_mps: float) -> Iterator[str]:
    """What the weather of a way rests on besides its rows."""
    rule, error = _rule(fleet), _rule(fleet).forecast
    if error is not None and sd_mps > 0:
        yield (
            f"wind of forecasts: off by {error.now_mps:g} m/s at once, growing by {error.per_sqrt_h_mps:g} m/s with "
            f"the root of the hours, {error.most_mps:g} m/s at most (standard deviation; {error.source})"
        )
    if not isinstance(weather, WeatherField):
        return
    if any(part.spot.lon is not None for part in weather.parts):
        yield f"weather: a station counts within {rule.station_reach_m:g} m of a way"
    if any(part.spot.height_m is not None for part in weather.parts):
        yield f"wind by height: power law, exponent {rule.wind_exponent:g}"


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
