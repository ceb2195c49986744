"""Civil twilight, sunrise and sunset for schedules that name them (rule E6).

The sun's place is that of NOAA's solar calculator (Meeus, Astronomical Algorithms, chapter 25), which errs by 0.01
degrees between 1900 and 2100; the moment is found by bisection between midnight and noon of the sun, where it only
rises, and between noon and midnight, where it only sets. Nobody can say to the second when an event is: the air bends
light more or less, and almanacs round. Hence an event is a stretch of time, longer where the sun rises slowly.
"""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

TOLERANCE_S = 180.0
"""An event is at least this uncertain to both sides."""

REFRACTION_DEG = 0.25
"""By how much more or less than usual the air may lift the sun at the horizon."""

_HALF_DAY_S = 43_200.0
_STEPS = 24
"""Of bisection: half a day by so many halvings is 3 ms."""

_J2000_S = 946_728_000.0
_CENTURY_S = 36_525 * 86_400.0


class SunEvent(StrEnum):
    """The daylight events of ED-318: civil twilight begins, the sun rises, it sets, civil twilight ends."""

    BMCT = "BMCT"
    SR = "SR"
    SS = "SS"
    EECT = "EECT"


class SunTime(NamedTuple):
    """When an event is, in Unix seconds: by the almanac, and at the earliest and the latest."""

    earliest: float
    expected: float
    latest: float


_HEIGHT_DEG = {SunEvent.BMCT: -6.0, SunEvent.SR: -5.0 / 6.0, SunEvent.SS: -5.0 / 6.0, SunEvent.EECT: -6.0}
"""Where the sun's middle is: 34' of refraction and half its width of 32' below the horizon; 6 degrees in twilight."""

_IN_THE_MORNING = frozenset({SunEvent.BMCT, SunEvent.SR})


@lru_cache(maxsize=8_192)
def sun_time(event: SunEvent, day: date, lon: float, lat: float) -> SunTime | None:
    """When the event happens on the solar day `day` at the place; None if it does not, or if that hangs on the air."""
    noon = _noon_s(day, lon)
    midnight = noon - _HALF_DAY_S if event in _IN_THE_MORNING else noon + _HALF_DAY_S
    height = _HEIGHT_DEG[event]
    low, middle, high = (
        _passes(height + by, midnight, noon, lon, lat) for by in (-REFRACTION_DEG, 0.0, REFRACTION_DEG)
    )
    if low is None or middle is None or high is None:
        return None
    return SunTime(min(low, high, middle - TOLERANCE_S), middle, max(low, high, middle + TOLERANCE_S))


def elevation_deg(at_s: float, lon: float, lat: float) -> float:
    """How high the sun's middle is above the horizon, without refraction."""
    declination, equation_s = _place(at_s)
    hour_angle = math.radians((at_s % 86_400.0 + equation_s) / 240.0 + lon - 180.0)
    at = math.radians(lat)
    sine = math.sin(at) * math.sin(declination) + math.cos(at) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def solar_zone(lon: float) -> timezone:
    """The whole-hour offset nearest to local mean solar time: it tells which date a sunrise belongs to."""
    return timezone(timedelta(hours=math.floor(lon / 15.0 + 0.5)))


def _noon_s(day: date, lon: float) -> float:
    """When the sun is highest on that day."""
    mean = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() - lon * 240.0
    return mean - _place(mean)[1]


def _passes(height_deg: float, midnight: float, noon: float, lon: float, lat: float) -> float | None:
    """When the sun passes a height between midnight and noon of the sun; None where it stays above or below."""
    below, above = midnight, noon
    if not elevation_deg(below, lon, lat) < height_deg <= elevation_deg(above, lon, lat):
        return None
    for _ in range(_STEPS):
        middle = (below + above) / 2.0
        if elevation_deg(middle, lon, lat) < height_deg:
            below = middle
        else:
            above = middle
    return (below + above) / 2.0


def _place(at_s: float) -> tuple[float, float]:
    """The sun's declination in radians, and the equation of time in seconds (sundial less clock)."""
    t = (at_s - _J2000_S) / _CENTURY_S
    longitude = math.radians((280.46646 + t * (36_000.76983 + t * 0.0003032)) % 360.0)
    anomaly = math.radians((357.52911 + t * (35_999.05029 - t * 0.0001537)) % 360.0)
    eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    centre = math.radians(
        math.sin(anomaly) * (1.914602 - t * (0.004817 + t * 0.000014))
        + math.sin(2.0 * anomaly) * (0.019993 - t * 0.000101)
        + math.sin(3.0 * anomaly) * 0.000289
    )
    node = math.radians(125.04 - 1_934.136 * t)
    apparent = longitude + centre - math.radians(0.00569 + 0.00478 * math.sin(node))
    tilt = math.radians(
        23.439291 - t * (0.0130042 + t * (0.00000016 - t * 0.0000005)) + 0.00256 * math.cos(node)
    )
    y = math.tan(tilt / 2.0) ** 2
    equation = (
        y * math.sin(2.0 * longitude)
        - 2.0 * eccentricity * math.sin(anomaly)
        + 4.0 * eccentricity * y * math.sin(anomaly) * math.cos(2.0 * longitude)
        - y * y / 2.0 * math.sin(4.0 * longitude)
        - 1.25 * eccentricity**2 * math.sin(2.0 * anomaly)
    )
    return math.asin(math.sin(tilt) * math.sin(apparent)), math.degrees(equation) * 240.0
