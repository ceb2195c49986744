"""The weather of one moment at one place, and the wind as a vector."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Final

from fleet.weather.errors import InvalidWeather

# What thermometers, anemometers and rain gauges have ever shown on the ground, with room.
BOUNDS: Final = MappingProxyType(
    {
        "wind_mps": (0.0, 120.0),
        "gust_mps": (0.0, 150.0),
        "wind_from_deg": (0.0, 360.0),
        "temperature_c": (-90.0, 60.0),
        "precipitation_mm_h": (0.0, 500.0),
        "visibility_m": (0.0, 200_000.0),
    }
)


@dataclass(frozen=True)
class Conditions:
    """Wind and gust in m/s, the direction the wind comes from in degrees from true north, and the rest.

    Raises `InvalidWeather` for a value out of bounds, or a gust below the mean wind.
    """

    wind_mps: float
    gust_mps: float
    wind_from_deg: float
    temperature_c: float
    precipitation_mm_h: float
    visibility_m: float

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidWeather(name, value, f"between {low:g} and {high:g}")
        if self.gust_mps < self.wind_mps:
            raise InvalidWeather("gust_mps", self.gust_mps, f"at least wind_mps, {self.wind_mps:g}")


@dataclass(frozen=True)
class Observation:
    """Conditions measured at an aware time. Raises `InvalidWeather` for a naive one."""

    time: datetime
    conditions: Conditions

    def __post_init__(self) -> None:
        require_aware("time", self.time)


@dataclass(frozen=True)
class ForecastHour(Observation):
    """Conditions expected at a time."""


def require_aware(field: str, time: datetime) -> None:
    """Raise `InvalidWeather` for a time without an offset."""
    if time.utcoffset() is None:
        raise InvalidWeather(
            field, time.isoformat(), "a time with an offset, such as 2026-11-24T08:00:00+00:00"
        )


def wind_vector(wind_mps: float, wind_from_deg: float) -> tuple[float, float]:
    """The air's movement to the east and to the north in m/s. A wind from the west (270) moves east."""
    angle = math.radians(wind_from_deg)
    return -wind_mps * math.sin(angle), -wind_mps * math.cos(angle)


def interpolate(before: Conditions, after: Conditions, share: float) -> Conditions:
    """Conditions between two rows, ``share`` 0..1 of the way. Direction turns the short way round.

    Speed and direction are interpolated each for itself: between opposite winds a vector would show a calm
    that
    nobody forecast.
    """
    values = {
        field.name: _between(getattr(before, field.name), getattr(after, field.name), share)
        for field in fields(Conditions)
    }
    turn = (after.wind_from_deg - before.wind_from_deg + 180) % 360 - 180
    values["wind_from_deg"] = (before.wind_from_deg + turn * share) % 360
    # Rounding may put an equal gust a bit below the wind.
    values["gust_mps"] = max(values["gust_mps"], values["wind_mps"])
    return Conditions(**values)


def _between(first: float, second: float, share: float) -> float:
    # Exact at both ends and never outside them.
    low, high = min(first, second), max(first, second)
    return min(max(first * (1 - share) + second * share, low), high)
