"""When a vehicle would breach, if it flies straight on: far too, and where the calendar ends."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geofences import (
    Applicability,
    CircleShape,
    DailyPeriod,
    PathError,
    Restriction,
    TimePeriod,
    UnknownTerrain,
    Velocity,
    Volume,
    Waypoint,
    Zone,
    ZoneSet,
    time_to_breach,
)

EARTH = Geod(ellps="WGS84")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOWHERE_KNOWN = UnknownTerrain()


def ahead(lon: float, lat: float, bearing: float, away_m: float, radius_m: float) -> ZoneSet:
    """A circle around a place so far ahead."""
    to_lon, to_lat, _ = EARTH.fwd(lon, lat, bearing, away_m)
    return ZoneSet([Zone("Z", Restriction.PROHIBITED, (Volume(CircleShape(to_lon, to_lat, radius_m)),))])


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180.0, 180.0), st.floats(-75.0, 75.0), st.floats(0.0, 360.0), st.floats(1_000.0, 39_000_000.0)
)
def test_a_zone_straight_ahead_is_met_when_it_is_flown_to(
    lon: float, lat: float, bearing: float, away_m: float
) -> None:
    """However far, also beyond half the globe, from where the shortest way back would be another one."""
    speed_mps, radius_m = 1_000.0, 500.0
    east, north = (speed_mps * each(math.radians(bearing)) for each in (math.sin, math.cos))
    zones = ahead(lon, lat, bearing, away_m, radius_m)
    found = time_to_breach(
        zones, Waypoint(lon, lat, 100.0, NOON), Velocity(east, north), 39_500.0, NOWHERE_KNOWN
    )
    assert found is not None
    assert found.after_s == pytest.approx((away_m - radius_m) / speed_mps, abs=0.005)


def test_nothing_behind_is_met_by_a_horizon_beyond_half_the_globe() -> None:
    """The shortest way to a place 21,000 km to the east leads west."""
    behind = ahead(0.0, 0.0, 270.0, 1_000_000.0, 500.0)
    here = Waypoint(0.0, 0.0, 100.0, NOON)
    assert time_to_breach(behind, here, Velocity(1_000.0, 0.0), 21_000.0, NOWHERE_KNOWN) is None


def test_more_than_once_around_the_globe_is_refused() -> None:
    """Not looked at for ever, nor answered by where it ends."""
    here = Waypoint(0.0, 0.0, 100.0, NOON)
    for speed_mps, horizon_s in ((1_000.0, 40_001.0), (1e200, 1e200)):
        with pytest.raises(PathError, match="more than once around the globe: ask for a shorter time"):
            time_to_breach(ZoneSet(), here, Velocity(speed_mps, 0.0), horizon_s, NOWHERE_KNOWN)


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)], ids=["first", "last"]
)
def test_a_schedule_at_the_ends_of_the_calendar_is_refused(moment: datetime) -> None:
    """The days around it, which it depends on, are in no calendar; dates and what is permanent need none."""
    daily = DailyPeriod(frozenset(range(7)), None, None)
    with pytest.raises(PathError, match="a schedule looks at the days around a time"):
        Applicability((TimePeriod(schedule=(daily,)),)).active_at(moment, 0.0, 0.0)
    with pytest.raises(PathError, match="a schedule looks at the days around a time"):
        Applicability(suspended=(Applicability((TimePeriod(schedule=(daily,)),)),)).active_at(
            moment, 0.0, 0.0
        )
    assert Applicability().active_at(moment, 0.0, 0.0) is True
    assert Applicability((TimePeriod(start=NOON),)).active_at(moment, 0.0, 0.0) is (moment > NOON)


def test_years_that_paths_may_be_in_are_answered() -> None:
    """From the first moment of year 2 to the last of 9998, and a day of margin around them."""
    daily = DailyPeriod(frozenset(range(7)), None, None)
    always = Applicability((TimePeriod(schedule=(daily,)),))
    for moment in (datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, 23, tzinfo=UTC)):
        for days in (-1, 0, 1):
            assert always.active_at(moment + timedelta(days=days), 0.0, 0.0) is True


def test_a_time_without_offset_is_refused() -> None:
    """It would be taken for one of the zone that this machine is in (rule E7)."""
    with pytest.raises(PathError, match="no offset from UTC"):
        Applicability().active_at(datetime(2026, 6, 1, 12), 0.0, 0.0)  # noqa: DTZ001
