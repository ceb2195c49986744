"""The weather in which a type may go out, and which of its limits are violated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from fleet.weather.conditions import Conditions
from fleet.weather.errors import InvalidWeather
from fleet.weather.icing import may_ice
from fleet.weather.series import Worst


class Violation(NamedTuple):
    """A limit that the weather breaks."""

    name: str
    limit: float
    actual: float
    unit: str


@dataclass(frozen=True)
class WeatherLimits:
    """Bounds of a type; none does not bind it. Raises `InvalidWeather` for NaN or a bound below zero."""

    max_wind_mps: float | None = None
    max_gust_mps: float | None = None
    max_precipitation_mm_h: float | None = None
    min_visibility_m: float | None = None
    min_temperature_c: float | None = None
    max_temperature_c: float | None = None
    icing_below_c: float | None = None
    """At or below this temperature visible moisture grounds it (``icing.may_ice``)."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not math.isfinite(value):
                raise InvalidWeather(name, value, "a finite number")
            if value is not None and value < 0 and not name.endswith("_c"):
                raise InvalidWeather(name, value, "zero or more")

    def violations(self, weather: Conditions | Worst) -> tuple[Violation, ...]:
        """Each limit that this weather breaks; touching a limit is within it."""
        return violated_limits(self, weather)


def violated_limits(limits: WeatherLimits, weather: Conditions | Worst) -> tuple[Violation, ...]:
    """Each limit that this weather breaks, in the order of the fields; touching a limit is within it."""
    found = [_violation(limits, name, actual, unit) for name, actual, unit in _held_against(weather)]
    found.append(_ice(limits, weather))
    return tuple(violation for violation in found if violation is not None)


def _ice(limits: WeatherLimits, weather: Conditions | Worst) -> Violation | None:
    below_c, coldest_c = limits.icing_below_c, _temperatures(weather)[0]
    if below_c is None or not may_ice(coldest_c, weather.precipitation_mm_h, weather.visibility_m, below_c):
        return None
    return Violation("icing_below_c", below_c, coldest_c, "°C")


def _held_against(weather: Conditions | Worst) -> tuple[tuple[str, float, str], ...]:
    coldest, warmest = _temperatures(weather)
    return (
        ("max_wind_mps", weather.wind_mps, "m/s"),
        ("max_gust_mps", weather.gust_mps, "m/s"),
        ("max_precipitation_mm_h", weather.precipitation_mm_h, "mm/h"),
        ("min_visibility_m", weather.visibility_m, "m"),
        ("min_temperature_c", coldest, "°C"),
        ("max_temperature_c", warmest, "°C"),
    )


def _temperatures(weather: Conditions | Worst) -> tuple[float, float]:
    if isinstance(weather, Worst):
        return weather.min_temperature_c, weather.max_temperature_c
    return weather.temperature_c, weather.highest_c


def _violation(limits: WeatherLimits, name: str, actual: float, unit: str) -> Violation | None:
    limit: float | None = getattr(limits, name)
    if limit is None:
        return None
    broken = actual < limit if name.startswith("min_") else actual > limit
    return Violation(name, limit, actual, unit) if broken else None
