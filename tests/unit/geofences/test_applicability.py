"""When zones apply."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    ALWAYS,
    Applicability,
    DailyPeriod,
    LocalTime,
    Status,
    SunEvent,
    TimeOfDay,
    TimePeriod,
    Waypoint,
    Why,
    ZoneSet,
    check_point,
)
from geofences.model.sun import sun_time
from tests.unit.geofences.make import SEA, square, zone

ANY = frozenset(range(7))
PORTO = (-8.61, 41.15)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in June 2026, whose first is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def clock(hours: float, offset_h: float = 0.0) -> TimeOfDay:
    """A time of day."""
    return TimeOfDay(hours * 3600.0, offset_h * 3600.0)


def weekly(
    days: frozenset[int], start: TimeOfDay | SunEvent | None, end: TimeOfDay | SunEvent | None
) -> Applicability:
    """A schedule without dates."""
    return Applicability((TimePeriod(schedule=(DailyPeriod(days, start, end),)),))


def test_permanent_applies_at_all_times() -> None:
    """Rule E6."""
    assert ALWAYS.active_at(datetime(1970, 1, 1, tzinfo=UTC), *PORTO) is True


def test_dates_and_schedule_both_apply() -> None:
    """Rule E6: on Tuesdays from 6 to 21, from the 1st to the 15th."""
    daily = DailyPeriod(frozenset({1}), clock(6), clock(21))
    rule = Applicability((TimePeriod(at(1, 0), at(15, 0), (daily,)),))
    moments = [at(2, 6), at(2, 21), at(2, 5, 59), at(2, 21, 1), at(3, 12), at(9, 12), at(16, 12)]
    assert [rule.active_at(one, *PORTO) for one in moments] == [True, True, False, False, False, True, False]


def test_any_is_every_day_and_periods_are_a_union() -> None:
    """Rule E6."""
    first = DailyPeriod(ANY, clock(16), clock(17))
    sunday = DailyPeriod(frozenset({6}), clock(10), clock(12))
    rule = Applicability((TimePeriod(schedule=(first, sunday)),))
    assert [rule.active_at(one, *PORTO) for one in (at(3, 16, 30), at(7, 11), at(8, 11))] == [
        True,
        True,
        False,
    ]


def test_schedule_across_midnight_belongs_to_the_day_it_starts() -> None:
    """Rule E7: the declared rule. Saturdays from 22 to 4."""
    rule = weekly(frozenset({5}), clock(22), clock(4))
    assert [rule.active_at(one, *PORTO) for one in (at(6, 23), at(7, 3), at(7, 23), at(6, 3))] == [
        True,
        True,
        False,
        False,
    ]


def test_day_is_counted_in_the_stated_offset() -> None:
    """Rule E7: Monday 1 o'clock at +02:00 is Sunday 23 o'clock UTC."""
    rule = weekly(frozenset({0}), clock(1, 2), clock(3, 2))
    assert [rule.active_at(one, *PORTO) for one in (at(7, 23, 30), at(8, 23, 30))] == [True, False]


def test_equal_start_and_end_is_a_whole_day() -> None:
    """The stricter reading."""
    assert weekly(frozenset({0}), clock(8), clock(8)).active_at(at(2, 7), *PORTO) is True
    assert weekly(frozenset({0}), None, None).active_at(at(1, 12), *PORTO) is True


def test_aware_times_of_any_offset_compare() -> None:
    """Rule E7."""
    rule = Applicability((TimePeriod(at(1, 12), at(1, 13)),))
    assert rule.active_at(datetime(2026, 6, 1, 14, 30, tzinfo=timezone(timedelta(hours=2))), *PORTO) is True


def test_sun_events_are_those_of_the_place() -> None:
    """Rule E6: in Porto on 21 June the sun rises about 5:02 UTC and sets about 20:10 UTC."""
    day = datetime(2026, 6, 21, tzinfo=UTC)
    expected = {
        SunEvent.BMCT: (4, 28),
        SunEvent.SR: (5, 2),
        SunEvent.SS: (20, 10),
        SunEvent.EECT: (20, 45),
    }
    for event, (hour, minute) in expected.items():
        found = sun_time(event, day.date(), *PORTO)
        assert found is not None
        wanted = day + timedelta(hours=hour, minutes=minute)
        assert abs(found.expected - wanted.timestamp()) < 60.0


@pytest.mark.parametrize("lon", [-150.0, -8.61, 0.0, 100.0, 175.0])
def test_daylight_is_around_solar_noon_everywhere(lon: float) -> None:
    """The date of a sunrise is the local one, also far from Greenwich."""
    rule = weekly(ANY, SunEvent.SR, SunEvent.SS)
    noon = at(10, 12) - timedelta(hours=lon / 15.0)
    assert rule.active_at(noon, lon, 20.0) is True
    assert rule.active_at(noon + timedelta(hours=12), lon, 20.0) is False
    only_wednesday = weekly(frozenset({2}), SunEvent.SR, SunEvent.SS)
    assert only_wednesday.active_at(noon, lon, 20.0) is True
    assert only_wednesday.active_at(noon + timedelta(days=1), lon, 20.0) is False


def test_near_a_sun_event_the_answer_is_unknown() -> None:
    """Nobody knows it to the minute: neither a zone nor an operating area counts on it."""
    rule = weekly(ANY, SunEvent.SR, SunEvent.SS)
    rise = sun_time(SunEvent.SR, at(10, 0).date(), *PORTO)
    assert rise is not None
    around = [datetime.fromtimestamp(rise.expected + by, UTC) for by in (-181, -179, 0, 179, 181)]
    assert [rule.active_at(one, *PORTO) for one in around] == [False, None, None, None, True]


def test_night_runs_from_sunset_to_the_next_sunrise() -> None:
    """An end before the start is the next day's."""
    rule = weekly(ANY, SunEvent.SS, SunEvent.SR)
    assert [rule.active_at(one, *PORTO) for one in (at(10, 23), at(11, 3), at(11, 12))] == [True, True, False]


def test_sun_that_does_not_set_makes_the_answer_unknown() -> None:
    """Rule E13: midsummer beyond the polar circle."""
    rule = weekly(ANY, SunEvent.SS, SunEvent.SR)
    assert rule.active_at(at(21, 12), 25.0, 70.0) is None
    shape = square(0, 0, 100, home=(25.0, 70.0))
    result = check_point(
        ZoneSet([zone(shape, applicability=rule)]), Waypoint(25.0, 70.0, 50.0, at(21, 12)), SEA
    )
    assert (result.status, result.conflicts[0].why) == (Status.UNKNOWN, Why.TIME_UNKNOWN)


def lisbon(start_h: float, end_h: float) -> Applicability:
    """Every day between two times that the clocks of Lisbon show."""
    daily = DailyPeriod(
        ANY, LocalTime(start_h * 3600, "Europe/Lisbon"), LocalTime(end_h * 3600, "Europe/Lisbon")
    )
    return Applicability((TimePeriod(schedule=(daily,)),))


@pytest.mark.parametrize(
    ("when", "active"),
    [
        (datetime(2026, 1, 15, 8, 30, tzinfo=UTC), True),  # 8:30 there
        (datetime(2026, 1, 15, 7, 30, tzinfo=UTC), False),
        (datetime(2026, 7, 15, 7, 30, tzinfo=UTC), True),  # 8:30 there, in summer time
        (datetime(2026, 7, 15, 19, 30, tzinfo=UTC), False),  # 20:30 there
        (datetime(2026, 3, 28, 7, 30, tzinfo=UTC), False),  # the day before the clocks are put forward
        (datetime(2026, 3, 29, 7, 30, tzinfo=UTC), True),  # the day on which they are
    ],
)
def test_local_time_follows_the_clocks_of_its_zone(when: datetime, active: bool) -> None:
    assert lisbon(8, 20).active_at(when, *PORTO) is active


def test_a_time_that_clocks_show_twice_or_never_is_unknown_between() -> None:
    """In Lisbon 1:30 comes twice on 25 October 2026, at 0:30 and 1:30 UTC; on 29 March it never comes."""
    night = lisbon(1.5, 6)
    autumn = [datetime(2026, 10, 25, 0, minute, tzinfo=UTC) for minute in (29, 31)]
    autumn += [datetime(2026, 10, 25, 1, minute, tzinfo=UTC) for minute in (29, 31)]
    assert [night.active_at(one, *PORTO) for one in autumn] == [False, None, None, True]
    spring = [datetime(2026, 3, 29, *at, tzinfo=UTC) for at in ((0, 29), (1, 0), (1, 31), (4, 59), (5, 1))]
    assert [night.active_at(one, *PORTO) for one in spring] == [False, None, True, True, False]


@given(
    st.sampled_from(["Europe/Lisbon", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.integers(1_577_836_800, 1_893_456_000),
    st.integers(0, 95),
    st.integers(1, 95),
)
def test_local_periods_are_when_a_clock_on_the_wall_says(
    zone: str, when: int, start: int, length: int
) -> None:
    """An oracle that looks at the clock: what is certain it agrees with, and what it says is never denied."""
    begin, end = start * 900.0, (start + length) % 96 * 900.0
    daily = DailyPeriod(ANY, LocalTime(begin, zone), LocalTime(end, zone))
    moment = datetime.fromtimestamp(when, UTC)
    wall = moment.astimezone(ZoneInfo(zone))
    shown = wall.hour * 3600 + wall.minute * 60 + wall.second + wall.microsecond / 1e6
    says = begin <= shown <= end if begin < end else shown >= begin or shown <= end
    answer = Applicability((TimePeriod(schedule=(daily,)),)).active_at(moment, *PORTO)
    near_change = wall.utcoffset() != (moment + timedelta(days=1)).astimezone(ZoneInfo(zone)).utcoffset() or (
        wall.utcoffset() != (moment - timedelta(days=1)).astimezone(ZoneInfo(zone)).utcoffset()
    )
    assert answer is says or near_change


@pytest.mark.parametrize(
    ("lon", "lat", "clocks_h"),
    [(-172.0, -13.8, 13), (-179.9, -16.8, 12), (-172.0, 65.0, 12), (-157.4, 1.9, 14), (173.0, 52.9, -10)],
    ids=["Samoa", "Fiji", "Chukotka", "Kiritimati", "Attu"],
)
@pytest.mark.parametrize("bounds", [(SunEvent.SR, SunEvent.SS), (SunEvent.SR, None), (None, SunEvent.SS)])
def test_beside_the_date_line_a_day_of_the_sun_may_be_the_next_or_the_one_before(
    lon: float, lat: float, clocks_h: int, bounds: tuple[SunEvent | None, SunEvent | None]
) -> None:
    """There the calendar may follow the line's other side: Monday's noon is never surely free. Where all days are
    named the date does not matter, and far from the line it is the sun's.
    """
    noon = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=clocks_h)))  # a Monday
    monday = Applicability((TimePeriod(schedule=(DailyPeriod(frozenset({0}), *bounds),)),))
    assert monday.active_at(noon, lon, lat) is None
    assert monday.active_at(noon + timedelta(days=3), lon, lat) is False
    always = Applicability((TimePeriod(schedule=(DailyPeriod(frozenset(range(7)), *bounds),)),))
    assert always.active_at(noon, lon, lat) is True
    here = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=-10)))
    assert monday.active_at(here, -155.0, 20.0) is True
