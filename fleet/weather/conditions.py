"""The weather of one moment at one place, and the wind as a vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from fleet.weather.errors import InvalidWeather
from fleet.weather.winds import Winds

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


PRESSURE_HPA: Final = (850.0, 1100.0)
"""Of air, reduced to sea level: all that was ever measured lies within (`fleet.energy.air`)."""

LON, LAT, HEIGHT_M = (-180.0, 180.0), (-90.0, 90.0), (1.0, 500.0)
"""Where on Earth, and how far above the ground, a row may speak of."""


class Spot(NamedTuple):
    """Where a row was measured, or for where it is expected.

    ``lon`` and ``lat`` are both none where it speaks of the whole area. ``height_m`` is that of the anemometer above
    the ground; none where the row stands for the height that is flown, whichever that is.
    """

    lon: float | None = None
    lat: float | None = None
    height_m: float | None = None


ANYWHERE: Final = Spot()
"""The spot of a row that names none."""


@dataclass(frozen=True)
class Conditions:
    """Wind and gust in m/s, the direction the wind comes from in degrees from true north, and the rest.

    Of several that count at the same moment (``worst_of``) each value is the worst, the temperature the lowest;
    ``among`` are then the bounds of their winds and ``warmest_c`` is the highest temperature, which are else the row's
    own. ``hpa`` are the lowest and the highest pressure of the day at sea level (QNH); none where nobody has said.
    Raises `InvalidWeather` for a value out of bounds, or a gust below the mean wind.
    """

    wind_mps: float
    gust_mps: float
    wind_from_deg: float
    temperature_c: float
    precipitation_mm_h: float
    visibility_m: float
    among: Winds | None = None
    warmest_c: float | None = None
    hpa: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidWeather(name, value, f"between {low:g} and {high:g}")
        low, high = PRESSURE_HPA
        for hpa in self.hpa or ():
            if not low <= hpa <= high:
                raise InvalidWeather("pressure_hpa", hpa, f"between {low:g} and {high:g}")
        if self.gust_mps < self.wind_mps:
            raise InvalidWeather("gust_mps", self.gust_mps, f"at least wind_mps, {self.wind_mps:g}")

    @property
    def winds(self) -> Winds:
        """The bounds of the winds that count."""
        return self.among or Winds(self.wind_mps, self.wind_mps, self.wind_from_deg)

    @property
    def highest_c(self) -> float:
        """The highest temperature that counts."""
        return self.temperature_c if self.warmest_c is None else self.warmest_c


@dataclass(frozen=True)
class Observation:
    """Conditions measured at an aware time. Raises `InvalidWeather` for a naive one."""

    time: datetime
    conditions: Conditions

    def __post_init__(self) -> None:
        require_aware("time", self.time)

    @property
    def issued_at(self) -> datetime | None:
        """When it was said: a measurement at its own time; none where nobody knows."""
        return None

    @property
    def spot(self) -> Spot:
        """Where; anywhere unless the row names a place or a height."""
        return ANYWHERE


@dataclass(frozen=True)
class Said(Observation):
    """A row of which more is known: since when (``said_at``; none: not known), and where.

    Raises `InvalidWeather` for half a place, or numbers that are none.
    """

    said_at: datetime | None = None
    where: Spot = ANYWHERE

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.where.lon is None) != (self.where.lat is None):
            raise InvalidWeather("lon", self.where.lon, "a place: give lon and lat, or neither")
        for name, value, (low, high) in zip(
            ("lon", "lat", "height_m"), self.where, (LON, LAT, HEIGHT_M), strict=True
        ):
            if value is not None and not low <= value <= high:
                raise InvalidWeather(name, value, f"between {low:g} and {high:g}")

    @property
    def issued_at(self) -> datetime | None:
        """``said_at``."""
        return self.said_at

    @property
    def spot(self) -> Spot:
        """``where``."""
        return self.where


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
