"""Times that may be wrong: whoever may be there while a zone applies is held to be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geofences import (
    STATUSES,
    Applicability,
    DailyPeriod,
    Flight,
    Intent,
    PathError,
    Permit,
    Restriction,
    Room,
    Status,
    Surface,
    TimeOfDay,
    TimePeriod,
    Uncertainty,
    Velocity,
    Watch,
    Waypoint,
    Zone,
    ZoneSet,
    are_apart,
    check_drive,
    check_flight,
    check_path,
    check_point,
    check_points,
    check_segments,
    path_around,
    time_to_breach,
)
from tests.unit.geofences.make import NOON, SEA, path, place, square, zone

SECOND = timedelta(seconds=1)


def during(start_s: float, end_s: float) -> Applicability:
    """So many seconds after noon, from when until when."""
    return Applicability((TimePeriod(NOON + start_s * SECOND, NOON + end_s * SECOND),))


def closed(start_s: float, end_s: float, restriction: Restriction = Restriction.PROHIBITED) -> ZoneSet:
    """A square of 200 m around home that is a zone for a while."""
    return ZoneSet([zone(square(0, 0, 100), restriction=restriction, applicability=during(start_s, end_s))])


THROUGH = path((-600, 0, 50), (600, 0, 50), every_s=120.0)
"""It is inside from 50 to 70 s."""


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [(80.0, 90.0), (30.0, 40.0)],
    ids=["begins after it has left", "ends before it comes"],
)
def test_a_zone_within_the_margin_of_a_path_counts(start_s: float, end_s: float) -> None:
    """Ten seconds lie between both, however it is asked."""
    zones = closed(start_s, end_s)
    for margin_s, wanted in ((9.0, Status.CLEAR), (11.0, Status.BLOCKED)):
        assert check_path(zones, THROUGH, SEA, time_margin_s=margin_s).status is wanted
        assert Flight(tuple(THROUGH), time_margin_s=margin_s).check(zones, SEA).status is wanted
        (first, last), (begin, end) = (
            ([(one.lon, one.lat)] for one in THROUGH),
            (one.at.timestamp() for one in THROUGH),
        )
        codes = check_segments(zones, first, last, 50.0, 50.0, begin, end, SEA, time_margin_s=margin_s)
        assert [STATUSES[code] for code in codes] == [wanted]


@pytest.mark.parametrize(("at_s", "margin_s", "wanted"), [(0, 49, Status.CLEAR), (0, 51, Status.BLOCKED)])
def test_a_place_is_asked_about_for_all_moments_that_it_may_mean(
    at_s: float, margin_s: float, wanted: Status
) -> None:
    """One point, an array of them, a watch."""
    zones, at = closed(50.0, 60.0), NOON + at_s * SECOND
    here = Waypoint(*place(0, 0), 50.0, at)
    assert check_point(zones, here, SEA, time_margin_s=margin_s).status is wanted
    (code,) = check_points(zones, [place(0, 0)], 50.0, at.timestamp(), SEA, time_margin_s=margin_s)
    assert STATUSES[code] is wanted
    assert Watch(zones, SEA, time_margin_s=margin_s).status(*place(0, 0), 50.0, at.timestamp()) is wanted
    late = check_point(zones, replace(here, within_s=margin_s), SEA)
    assert late.status is wanted


@pytest.mark.parametrize("seconds", [-30.0, 30.0])
def test_a_margin_reaches_over_midnight(seconds: float) -> None:
    """A zone of the other day, for whoever looks at days one by one; from then on and back again."""
    midnight = NOON + timedelta(hours=12)
    begins_s = 5.0 if seconds < 0 else 86_400.0 - 605.0
    daily = DailyPeriod(frozenset(range(7)), TimeOfDay(begins_s), TimeOfDay(begins_s + 600.0))
    rule = Applicability((TimePeriod(schedule=(daily,)),))
    zones = ZoneSet([zone(square(0, 0, 100), applicability=rule)])
    watch = Watch(zones, SEA, time_margin_s=40.0)
    at = midnight + seconds * SECOND
    hours_before = at + (-8 if seconds < 0 else 8) * 3600 * SECOND  # of the day on which the zone is not
    for moment, wanted in (
        (hours_before, Status.CLEAR),
        (at, Status.BLOCKED),
        (at + 3600 * SECOND, Status.CLEAR),
    ):
        assert watch.status(*place(0, 0), 50.0, moment.timestamp()) is wanted
        (code,) = check_points(zones, [place(0, 0)], 50.0, moment.timestamp(), SEA, time_margin_s=40.0)
        assert STATUSES[code] is wanted


def test_a_flight_in_stages_keeps_the_margin_and_what_its_waypoints_say() -> None:
    """Also where it is cut between them, and for what it may fall on."""
    grows = Uncertainty(sideways_m=1.0, sideways_mps=0.1)
    for zones, below in ((closed(90.0, 95.0), None), (ZoneSet(), closed(90.0, 95.0))):
        for margin_s, wanted in ((5.0, Status.CLEAR), (25.0, Status.BLOCKED)):
            asked = check_flight(zones, THROUGH, SEA, uncertainty=grows, below=below, time_margin_s=margin_s)
            assert asked.status is wanted
            late = [replace(one, within_s=margin_s) for one in THROUGH]
            assert check_flight(zones, late, SEA, uncertainty=grows, below=below).status is wanted


def test_an_operating_area_must_hold_at_all_moments() -> None:
    """From 0 to 100 s it does; the path is inside of it from 0 to 90 s, give or take."""
    areas = closed(-10.0, 100.0, Restriction.OPERATING_AREA)
    inside = path((-50, 0, 50), (50, 0, 50), every_s=90.0)
    for margin_s, wanted in ((0.0, Status.CLEAR), (9.0, Status.CLEAR), (11.0, Status.BLOCKED)):
        assert check_path(areas, inside, SEA, time_margin_s=margin_s).status is wanted
        watch = Watch(areas, SEA, time_margin_s=margin_s)
        assert watch.status(*place(0, 0), 50.0, inside[1].at.timestamp()) is wanted


def test_what_grows_along_the_way_counts_where_it_has_grown() -> None:
    """Exactly on time at the start, a minute early or late at the end: the zone is in the middle, met at 50 to 70 s."""
    start, end = THROUGH
    for end_s, wanted in ((10.0, Status.CLEAR), (28.0, Status.BLOCKED)):
        # At the near side it may be there from 50 - 25 s on.
        found = check_path(closed(-10.0, end_s), [start, replace(end, within_s=60.0)], SEA)
        assert found.status is wanted
    at_start = ZoneSet([zone(square(-600, 0, 50), applicability=during(8.0, 20.0))])
    assert check_path(at_start, [start, replace(end, within_s=60.0)], SEA).is_clear
    assert not check_path(at_start, [start, replace(end, within_s=60.0)], SEA, time_margin_s=10.0).is_clear


def test_a_way_is_not_led_through_what_begins_soon() -> None:
    """The search knows the margin too."""
    shape = square(0, 0, 100)
    zones = ZoneSet([zone(shape, applicability=during(100.0, 200.0))])
    ends = place(-600, 0), place(600, 0)
    for margin_s, straight in ((90.0, True), (110.0, False)):
        found = path_around(zones, *ends, 50.0, NOON, 10.0, SEA, lambda: False, time_margin_s=margin_s)
        assert isinstance(found, list)
        assert (len(found) == 2) is straight


def test_a_breach_ahead_counts_the_margin() -> None:
    """It gets there at 50 s; the zone ends at 40."""
    position, velocity = THROUGH[0], Velocity(10.0, 0.0)
    assert time_to_breach(closed(0.0, 40.0), position, velocity, 100.0, SEA) is None
    assert time_to_breach(closed(0.0, 40.0), position, velocity, 100.0, SEA, time_margin_s=15.0) is not None


def test_a_permit_must_hold_and_its_terms_count_at_all_moments() -> None:
    """The permit ends 10 s after the drive; a slower one begins 10 s after it."""
    drive = path((-50, 0, 0), (50, 0, 0), every_s=50.0)
    always = Zone("A", Restriction.PERMIT_AREA, zone(square(0, 0, 100)).volumes, permit=Permit())
    ends = replace(always, zone_id="E", applicability=during(-60.0, 60.0))
    slow = replace(always, zone_id="S", applicability=during(60.0, 90.0), permit=Permit(max_speed_mps=1.0))
    for margin_s, wanted in ((9.0, Status.CLEAR), (11.0, Status.BLOCKED)):
        for zones in (ZoneSet([ends]), ZoneSet([always, slow])):
            assert check_drive(zones, drive, Surface.SIDEWALK, 30.0, time_margin_s=margin_s).status is wanted


def test_intents_keep_their_air_for_as_long_as_their_times_are_uncertain() -> None:
    """Two that cross, the second a minute later: apart, unless the first may be as late."""
    room = Room(20.0, 10.0, 5.0)
    other = Intent(
        "b",
        tuple(
            replace(one, at=one.at + 60 * SECOND) for one in path((0, -600, 50), (0, 600, 50), every_s=120.0)
        ),
        room,
    )
    for within_s, apart in ((0.0, True), (40.0, True), (60.0, False)):
        own = Intent("a", tuple(replace(one, within_s=within_s) for one in THROUGH), room)
        assert are_apart(own, [other]) is apart


@pytest.mark.parametrize("margin_s", [-1.0, float("nan"), 86_401.0])
def test_a_margin_that_is_none_is_refused(margin_s: float) -> None:
    """With what it must be."""
    with pytest.raises(ValueError, match="a margin of time must be 0 to 86400 s"):
        check_path(closed(0, 1), THROUGH, SEA, time_margin_s=margin_s)
    with pytest.raises(PathError, match="waypoint 0 may be reached within 0 to 86400 s"):
        check_path(closed(0, 1), [replace(THROUGH[0], within_s=margin_s)], SEA)


def test_times_that_may_be_wrong_by_more_than_a_day_in_all_are_refused() -> None:
    """A margin and a waypoint's own error are added: 25 hours later it may be there, and the zone applies."""
    (here,) = path((0, 0, 50))
    zones = closed(90_000.0, 100_000.0)
    with pytest.raises(PathError, match="86400 s in all, got 100000 s"):
        check_point(zones, replace(here, within_s=50_000.0), SEA, time_margin_s=50_000.0)
    zones = closed(80_000.0, 100_000.0)
    found = check_point(zones, replace(here, within_s=43_000.0), SEA, time_margin_s=43_000.0)
    assert found.status is Status.BLOCKED
