"""Sun events against the Astronomical Almanac's low-precision formulas (right ascension and sidereal time, 0.01
degrees), looked at minute by minute.
"""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences.model.sun import REFRACTION_DEG, SunEvent, elevation_deg, solar_zone, sun_time

HEIGHT = {SunEvent.BMCT: -6.0, SunEvent.SR: -0.8333, SunEvent.SS: -0.8333, SunEvent.EECT: -6.0}
RISES = {SunEvent.BMCT: True, SunEvent.SR: True, SunEvent.SS: False, SunEvent.EECT: False}

ERROR_DEG = 0.03
"""Of both sources together."""

days = st.dates(date(2000, 1, 1), date(2049, 12, 31))
events = st.sampled_from(list(SunEvent))
lons = st.one_of(st.floats(-180.0, 180.0), st.sampled_from([-180.0, -7.5, 0.0, 7.5, 180.0]))
lats = st.one_of(st.floats(-89.0, 89.0), st.floats(60.0, 70.0))


def almanac_deg(at_s: float, lon: float, lat: float) -> float:
    """The sun's height by the Astronomical Almanac, page C5."""
    n = at_s / 86_400.0 + 2_440_587.5 - 2_451_545.0
    g = math.radians((357.528 + 0.9856003 * n) % 360.0)
    ecliptic = math.radians((280.460 + 0.9856474 * n) % 360.0 + 1.915 * math.sin(g) + 0.020 * math.sin(2 * g))
    obliquity = math.radians(23.439 - 0.0000004 * n)
    ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    sidereal_h = 18.697374558 + 24.06570982441908 * n
    angle = math.radians((sidereal_h * 15.0 + lon) % 360.0) - ascension
    at = math.radians(lat)
    return math.degrees(
        math.asin(
            math.sin(at) * math.sin(declination) + math.cos(at) * math.cos(declination) * math.cos(angle)
        )
    )


@given(st.floats(946_684_800.0, 2_524_607_999.0), lons, lats)
def test_the_sun_stands_where_the_almanac_says(at_s: float, lon: float, lat: float) -> None:
    assert elevation_deg(at_s, lon, lat) == pytest.approx(almanac_deg(at_s, lon, lat), abs=ERROR_DEG)


@given(events, days, lons, lats)
def test_an_event_is_when_the_sun_passes_its_height(
    event: SunEvent, day: date, lon: float, lat: float
) -> None:
    """On that solar day, upward in the morning and downward in the evening; the air's error is within its stretch."""
    found = sun_time(event, day, lon, lat)
    if found is None:
        return
    begin = datetime(day.year, day.month, day.day, tzinfo=solar_zone(lon)).timestamp()
    assert begin - 3_600.0 <= found.expected < begin + 90_000.0
    assert almanac_deg(found.expected, lon, lat) == pytest.approx(HEIGHT[event], abs=ERROR_DEG)
    assert found.earliest <= found.expected - 180.0
    assert found.latest >= found.expected + 180.0
    first, last = almanac_deg(found.earliest, lon, lat), almanac_deg(found.latest, lon, lat)
    lower, upper = (first, last) if RISES[event] else (last, first)
    assert lower <= HEIGHT[event] - REFRACTION_DEG + ERROR_DEG
    assert upper >= HEIGHT[event] + REFRACTION_DEG - ERROR_DEG


@given(events, days, lons, lats)
def test_an_event_is_missing_only_where_the_sun_does_not_surely_pass(
    event: SunEvent, day: date, lon: float, lat: float
) -> None:
    """Polar day, polar night, and where only the air decides."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() - lon * 240.0
    half = range(-720, 1) if RISES[event] else range(721)
    heights = [almanac_deg(noon + minute * 60.0, lon, lat) for minute in half]
    surely = (
        min(heights) < HEIGHT[event] - REFRACTION_DEG - 0.1
        and max(heights) > HEIGHT[event] + REFRACTION_DEG + 0.1
    )
    # The sun's noon is up to 17 minutes beside the clock's: it is highest and lowest within the hours looked at or just
    # outside, where it differs by less than the tenth of a degree only far from the equator.
    if surely and abs(lat) > 45.0:
        assert sun_time(event, day, lon, lat) is not None
    if abs(lat) <= 60.0:
        assert sun_time(event, day, lon, lat) is not None


@pytest.mark.parametrize("month", [6, 12])
def test_beyond_the_polar_circles_there_are_days_without(month: int) -> None:
    """Tromsø and the Antarctic coast, at the solstices."""
    for lat in (69.6, -69.6):
        assert sun_time(SunEvent.SR, date(2026, month, 21), 18.9, lat) is None


def test_almost_a_century_of_sunrises_has_no_gap() -> None:
    """Every day at mid latitudes has one, some 24 hours after the last."""
    for lon in (-179.9, -8.6, 7.5, 100.0, 180.0):
        last: float | None = None
        for number in range(36_000):
            if number % 40 > 1:
                continue
            found = sun_time(SunEvent.SR, date(2001, 1, 1) + timedelta(days=number), lon, 51.5)
            assert found is not None
            if number % 40 == 1 and last is not None:
                assert abs(found.expected - last - 86_400.0) < 200.0
            last = found.expected
