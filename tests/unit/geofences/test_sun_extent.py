"""A zone whose schedule follows the sun, looked at from its ends: sunset comes minutes earlier in the east of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from geofences import (
    STATUSES,
    Applicability,
    DailyPeriod,
    PolygonShape,
    Restriction,
    Status,
    SunEvent,
    TimeOfDay,
    TimePeriod,
    Watch,
    Waypoint,
    Why,
    ZoneSet,
    check_path,
    check_points,
    path_around,
)
from geofences.geometry.extent import extent_of
from geofences.model.sun import SunTime, sun_time, sun_times
from geofences.model.zone import Volume
from tests.unit.geofences.make import SEA, zone

DAY = date(2026, 6, 10)
EVERY_DAY = frozenset(range(7))
WEST, EAST = -9.0, -6.0
"""Twelve minutes of the sun."""


def between(
    start: SunEvent | TimeOfDay, end: SunEvent | TimeOfDay, days: frozenset[int] = EVERY_DAY
) -> Applicability:
    """Every day from one event to another."""
    return Applicability((TimePeriod(schedule=(DailyPeriod(days, start, end),)),))


DAYLIGHT, NIGHT = between(SunEvent.SR, SunEvent.SS), between(SunEvent.SS, SunEvent.SR)


def strip(first: float, other: float, south: float = 41.0, north: float = 41.5) -> PolygonShape:
    """A rectangle whose first vertex is on one of its sides."""
    ring = [(first, south), (other, south), (other, north), (first, north), (first, south)]
    return PolygonShape(tuple(ring))


def sunset(lon: float, lat: float = 41.25, day: date = DAY) -> SunTime:
    """When the sun sets there."""
    found = sun_time(SunEvent.SS, day, lon, lat)
    assert found is not None
    return found


def at(unix_s: float) -> datetime:
    """A time."""
    return datetime.fromtimestamp(unix_s, UTC)


@pytest.mark.parametrize("first", [WEST, EAST])
@pytest.mark.parametrize("lon", [WEST + 0.1, EAST - 0.1])
def test_between_the_first_and_the_last_sunset_a_zone_is_unknown(first: float, lon: float) -> None:
    """Wherever its ring begins and wherever it is met, path, array and sample alike."""
    zones = ZoneSet([zone(strip(first, WEST + EAST - first), applicability=DAYLIGHT)])
    early, late = sunset(EAST), sunset(WEST)
    moments = [early.earliest - 120.0, early.latest + 30.0, late.earliest - 30.0, late.latest + 120.0]
    wanted = [Status.BLOCKED, Status.UNKNOWN, Status.UNKNOWN, Status.CLEAR]
    paths = [
        [Waypoint(lon, 41.2, 50.0, at(one)), Waypoint(lon, 41.201, 50.0, at(one + 1.0))] for one in moments
    ]
    found = [check_path(zones, each, SEA) for each in paths]
    assert [one.status for one in found] == wanted
    assert {one.why for each in found[1:3] for one in each.conflicts} == {Why.TIME_UNKNOWN}
    watch = Watch(zones, SEA)
    assert [watch.status(lon, 41.2, 50.0, one) for one in moments] == wanted
    codes = check_points(zones, [(lon, 41.2)] * 4, 50.0, moments, SEA)
    assert [STATUSES[code] for code in codes] == wanted


def test_a_way_is_found_around_what_may_still_hold() -> None:
    """The search avoids the zone as long as the sun is up anywhere in it."""
    shape = PolygonShape(((EAST, 41.0), (WEST, 41.0), (WEST, 41.02), (EAST, 41.02), (EAST, 41.0)))
    zones = ZoneSet([zone(shape, applicability=DAYLIGHT)])
    ends = (-7.0, 40.99), (-7.0, 41.03)
    for moment_s, is_free in ((sunset(EAST).latest + 120.0, False), (sunset(WEST).latest + 120.0, True)):
        found = path_around(zones, *ends, 50.0, at(moment_s), 10.0, SEA, lambda: False)
        assert (found == list(ends)) is is_free


@pytest.mark.parametrize("first", [WEST, EAST])
def test_an_operating_area_does_not_count_on_a_sun_that_may_have_set(first: float) -> None:
    """It holds surely only until the first sunset in it."""
    area = zone(
        strip(first, WEST + EAST - first), restriction=Restriction.OPERATING_AREA, applicability=DAYLIGHT
    )
    zones = ZoneSet([area])
    moments = [sunset(EAST).earliest - 120.0, sunset(EAST).latest + 30.0, sunset(WEST).latest + 120.0]
    for lon in (WEST + 0.5, EAST - 0.5):
        found = [check_path(zones, [Waypoint(lon, 41.2, 50.0, at(one))], SEA).status for one in moments]
        assert found == [Status.CLEAR, Status.UNKNOWN, Status.BLOCKED]


def test_two_areas_alike_are_asked_about_both() -> None:
    """Joined over a seam, they hold as long as both do."""
    halves = [strip(WEST, -7.5), strip(-7.5, EAST)]
    areas = [
        zone(one, zone_id=str(n), restriction=Restriction.OPERATING_AREA, applicability=DAYLIGHT)
        for n, one in enumerate(halves)
    ]
    over = [
        [Waypoint(-7.52, 41.2, 50.0, at(one)), Waypoint(-7.48, 41.2, 50.0, at(one + 60.0))]
        for one in (sunset(EAST).earliest - 120.0, sunset(EAST).latest + 30.0)
    ]
    assert [check_path(ZoneSet(areas), one, SEA).status for one in over] == [Status.CLEAR, Status.UNKNOWN]


def test_a_tall_zone_has_the_sunsets_of_both_ends() -> None:
    """In June the sun sets later in the north."""
    zones = ZoneSet([zone(strip(-8.0, -7.9, 37.0, 60.0), applicability=NIGHT)])
    south, north = sunset(-7.9, 37.0), sunset(-8.0, 60.0)
    assert north.earliest > south.latest + 3_600.0
    moments = [south.earliest - 60.0, south.latest + 60.0, north.earliest - 60.0, north.latest + 60.0]
    found = [check_path(zones, [Waypoint(-7.95, 50.0, 50.0, at(one))], SEA).status for one in moments]
    assert found == [Status.CLEAR, Status.UNKNOWN, Status.UNKNOWN, Status.BLOCKED]


def test_near_an_equinox_a_sunrise_is_first_and_last_between_the_ends() -> None:
    """Half a degree of declination south of the equator the sun rises last at 41 degrees north or so, not at an end."""
    day = date(2026, 3, 19)
    lats = [10.0 + 0.5 * number for number in range(121)]
    times = [sun_time(SunEvent.SR, day, 0.0, lat) for lat in lats]
    expected = [one.expected for one in times if one is not None]
    inner = [
        one
        for one in expected[1:-1]
        if not min(expected[0], expected[-1]) <= one <= max(expected[0], expected[-1])
    ]
    assert len(expected) == len(lats)
    assert inner
    found = sun_times(SunEvent.SR, day, extent_of(Volume(strip(0.0, 0.1, 10.0, 70.0)))[0])
    assert found is not None
    assert all(
        found.earliest <= one.earliest and one.latest <= found.latest for one in times if one is not None
    )


def test_where_the_sun_does_not_set_in_a_part_nothing_is_known() -> None:
    """A strip across the polar circle at midsummer."""
    zones = ZoneSet([zone(strip(25.0, 25.1, 60.0, 70.0), applicability=DAYLIGHT)])
    found = check_path(zones, [Waypoint(25.05, 61.0, 50.0, datetime(2026, 6, 21, 23, tzinfo=UTC))], SEA)
    assert found.status is Status.UNKNOWN


def test_a_zone_across_the_antimeridian_has_two_boxes() -> None:
    """And the date of both sides: from Wednesday's sunrise to sunset, which is a day later in the east of the line."""
    shape = strip(179.0, -179.0, -17.0, -16.0)
    assert [box[::2] for box in extent_of(Volume(shape))] == [(179.0, 180.0), (-180.0, -179.0)]
    wednesday = between(SunEvent.SR, SunEvent.SS, frozenset({2}))
    zones = ZoneSet([zone(shape, applicability=wednesday)])
    noon = datetime(2026, 6, 10, tzinfo=UTC)  # of Wednesday at 180 degrees east, of Tuesday west of it
    found = [
        check_path(zones, [Waypoint(179.5, -16.5, 50.0, noon + timedelta(days=one))], SEA).status
        for one in (-1, 0, 1, 2)
    ]
    assert found == [Status.CLEAR, Status.UNKNOWN, Status.UNKNOWN, Status.CLEAR]


def test_a_clock_time_near_a_sunset_leaves_open_on_which_day_it_ends() -> None:
    """From sunset to a time of the clock that is before it in the west and after it in the east of the zone."""
    middle_s = (sunset(EAST).expected + sunset(WEST).expected) / 2.0
    clock = TimeOfDay(middle_s % 86_400.0)
    zones = ZoneSet([zone(strip(WEST, EAST), applicability=between(SunEvent.SS, clock))])
    at_night = at(middle_s + 4 * 3_600.0)
    assert check_path(zones, [Waypoint(WEST + 0.1, 41.2, 50.0, at_night)], SEA).status is Status.UNKNOWN


def test_from_an_event_to_itself_is_the_whole_day() -> None:
    """However wide the zone is."""
    rule = between(SunEvent.SR, SunEvent.SR)
    zones = ZoneSet([zone(strip(WEST, EAST), applicability=rule)])
    for hour in (0, 8, 12, 22):
        moment = datetime(2026, 6, 10, hour, tzinfo=UTC)
        assert check_path(zones, [Waypoint(-8.0, 41.2, 50.0, moment)], SEA).status is Status.BLOCKED


def test_a_period_ends_when_it_next_is_its_end_whatever_the_date_is_called() -> None:
    """In Samoa clocks are 13 hours ahead of UTC, the sun 11 behind: from 6 o'clock to sunset is half a day."""
    six = TimeOfDay(6 * 3_600.0, 13 * 3_600.0)
    zones = ZoneSet([zone(strip(-172.1, -172.0, -14.0, -13.9), applicability=between(six, SunEvent.SS))])
    six_there = datetime(2026, 6, 9, 17, tzinfo=UTC)
    found = [
        check_path(zones, [Waypoint(-172.05, -13.95, 50.0, six_there + timedelta(hours=one))], SEA).status
        for one in (-0.1, 0.1, 11, 13, 23, 25)
    ]
    day, night = Status.BLOCKED, Status.CLEAR
    assert found == [night, day, day, night, night, day]
    until_dawn = between(
        SunEvent.BMCT, TimeOfDay(0.0, 12 * 3_600.0)
    )  # at 180 degrees: from dawn to midnight there
    line = ZoneSet([zone(strip(-180.0, -179.9, 0.0, 0.1), applicability=until_dawn)])
    noon = Waypoint(-179.95, 0.05, 50.0, datetime(2026, 6, 10, 0, tzinfo=UTC))
    assert check_path(line, [noon], SEA).status is day
