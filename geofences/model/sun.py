"""Civil twilight, sunrise and sunset for schedules that name them (rule E6).

The sun's place is that of NOAA's solar calculator (Meeus, Astronomical Algorithms, chapter 25), which errs by 0.01
degrees between 1900 and 2100; the moment is found by bisection between midnight and noon of the sun, where it only
rises, and between noon and midnight, where it only sets. Nobody can say to the second when an event is: the air bends
light more or less, and almanacs round. Hence an event is a stretch of time, longer where the sun rises slowly.

It is that of an observer at sea level with a free horizon, as almanacs have it and as schedules mean it: the height at
which somebody flies, and hills, do not count.
"""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from geofences.model.altitude import Box

TOLERANCE_S = 180.0
"""An event is at least this uncertain to both sides."""

REFRACTION_DEG = 0.25
"""By how much more or less than usual the air may lift the sun at the horizon."""

_HALF_DAY_S = 43_200.0
_STEPS = 24
"""Of bisection: half a day by so many halvings is 3 ms."""

_CULMINATION_S = 600.0
"""So near to the sun's lowest and highest point an event may come and go from place to place, and be in any order."""

_FLAT_S = 1.0
"""What the search for the place that has an event first or last may miss, all steps of it together."""

_ROUNDS = 3
"""Of that search: the place follows from the sun's declination, which follows from the time, which is that of the
place; each round squares the error."""

CLOCKS_AHEAD_S, CLOCKS_BEHIND_S = 12_600.0, 5_400.0
"""By how much clocks may be ahead of the sun and behind it: those of Kashgar are by 2 h 56 min, of Galicia in summer by
2 h 37 min, of Arunachal by an hour the other way; to which the sundial adds up to 17 minutes.
"""

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


class Stretch(NamedTuple):
    """From when to when something may be, in Unix seconds."""

    earliest: float
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


@lru_cache(maxsize=8_192)
def sun_times(event: SunEvent, day: date, box: Box) -> Stretch | None:
    """When the event happens on the solar day `day` at all the places of a box (longitudes -180 to 180): from its
    earliest to its latest; None if there may be a place without it, or if that hangs on the air.

    The farther east, the earlier. Along a meridian it comes first and last at the ends, or (near the equinoxes only)
    where it does not change from place to place: where the sun is exactly in the east or the west.
    """
    if box.west == box.east and box.south == box.north:
        found = sun_time(event, day, box.west, box.south)
        return None if found is None else Stretch(found.earliest, found.latest)
    times: dict[float, list[float]] = {}
    for by in (-REFRACTION_DEG, 0.0, REFRACTION_DEG):
        for lon in {box.west, box.east}:
            along = _along_meridian(event, day, _HEIGHT_DEG[event] + by, lon, (box.south, box.north))
            if along is None:
                return None
            times.setdefault(by, []).extend(along)
    every = [one for along in times.values() for one in along]
    middle = times[0.0]
    return Stretch(
        min(*every, min(middle) - TOLERANCE_S) - _FLAT_S, max(*every, max(middle) + TOLERANCE_S) + _FLAT_S
    )


def _along_meridian(
    event: SunEvent, day: date, height: float, lon: float, lats: tuple[float, float]
) -> list[float] | None:
    """When the sun passes a height at both ends of a part of a meridian, and where between them it may do so first or
    last; None where it does not surely pass it everywhere.

    The hour angle t of cos t = (sin height - sin lat sin declination) / (cos lat cos declination) does not change with
    the latitude where sin lat = sin declination / sin height.
    """
    noon = _noon_s(day, lon)
    midnight = noon - _HALF_DAY_S if event in _IN_THE_MORNING else noon + _HALF_DAY_S
    found: list[float] = []
    for lat in dict.fromkeys(lats):
        at_s = _passes(height, midnight, noon, lon, lat)
        if at_s is None or min(abs(at_s - noon), abs(at_s - midnight)) < _CULMINATION_S:
            return None
        found.append(at_s)
    at_s = found[0]
    for _ in range(_ROUNDS):
        ratio = math.sin(_place(at_s)[0]) / math.sin(math.radians(height))
        lat = math.degrees(math.asin(max(-1.0, min(1.0, ratio))))
        if not lats[0] < lat < lats[1]:
            break
        between = _passes(height, midnight, noon, lon, lat)
        if between is None:
            return None
        at_s = between
        found.append(at_s)
    return found


def elevation_deg(at_s: float, lon: float, lat: float) -> float:
    """How high the sun's middle is above the horizon, without refraction."""
    declination, equation_s = _place(at_s)
    hour_angle = math.radians((at_s % 86_400.0 + equation_s) / 240.0 + lon - 180.0)
    at = math.radians(lat)
    sine = math.sin(at) * math.sin(declination) + math.cos(at) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def midnights(day: date, box: Box) -> Stretch:
    """When the day may begin at the places of a box (longitudes -180 to 180): that is for their clocks to say, and
    which zone's these are is not known. The sun's own midnight is within it.
    """
    at_s = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    return Stretch(at_s - box.east * 240.0 - CLOCKS_AHEAD_S, at_s - box.west * 240.0 + CLOCKS_BEHIND_S)


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
