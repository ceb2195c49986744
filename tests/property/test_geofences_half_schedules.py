"""Schedules of which one side is stated, against a plain reading of each minute of a week: what do the clocks of the
schedule show, and which day is it there?
"""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geofences import Applicability, DailyPeriod, LocalTime, SunEvent, TimeOfDay, TimePeriod
from geofences.model.altitude import Box
from tests.support.soak import chosen

DAY_S = 86_400
ALL_DAYS = frozenset(range(7))
days = st.frozensets(st.integers(0, 6), min_size=1)
clock_times = st.integers(1, DAY_S - 1)
starts = st.integers(0, 730).map(lambda number: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=number))

CHANGES = (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC))
"""Days before the clocks of Europe are changed; those of Chile and New Zealand are changed within the week after."""

PLACES = (
    ("Pacific/Auckland", 174.76, -36.85),
    ("America/Los_Angeles", -118.24, 34.05),
    ("Asia/Urumqi", 75.99, 39.47),
    ("Asia/Shanghai", 75.99, 39.47),
    ("Europe/Madrid", -8.72, 42.24),
    ("Asia/Kolkata", 95.84, 27.48),
    ("Asia/Tokyo", 145.58, 43.33),
    ("America/Anchorage", -166.53, 53.87),
    ("UTC", 0.0, 51.48),
)


def answers(daily: DailyPeriod, moments: list[datetime], lon: float, lat: float) -> list[bool | None]:
    """What is answered at each moment, from one calendar."""
    rule = Applicability((TimePeriod(schedule=(daily,)),))
    return [rule.active_within(one, (Box(lon, lat, lon, lat),)) for one in moments]


def minutes(start: datetime, step: int) -> list[datetime]:
    """Moments of the week after a start, half a minute off all full ones."""
    first = start.replace(second=30, microsecond=500_000)
    return [first + timedelta(minutes=number) for number in range(0, 8 * 1_440, step)]


def seconds_of(shown: datetime) -> float:
    """What a clock shows, in seconds after its midnight."""
    return shown.hour * 3_600 + shown.minute * 60 + shown.second + shown.microsecond / 1e6


@settings(max_examples=chosen(40, long=5_000))  # each asks for hundreds of moments
@given(days, clock_times, st.booleans(), st.integers(-56, 56), starts, st.integers(7, 97))
def test_the_missing_side_is_that_of_the_day_in_the_offset_of_the_other(
    among: frozenset[int], seconds: int, is_start: bool, quarters: int, start: datetime, step: int
) -> None:
    """Rules E6 and E7: offsets of 14 hours at most, in quarters of one."""
    offset = timezone(timedelta(minutes=15 * quarters))
    bound = TimeOfDay(float(seconds), quarters * 900.0)
    daily = DailyPeriod(among, bound, None) if is_start else DailyPeriod(among, None, bound)
    moments = minutes(start, step)
    shown = [one.astimezone(offset) for one in moments]
    expected = [one.weekday() in among and (seconds_of(one) > seconds) == is_start for one in shown]
    assert answers(daily, moments, 0.0, 0.0) == expected


@settings(max_examples=chosen(30, long=5_000))  # each asks for hundreds of moments
@example(ALL_DAYS, 9_000, True, PLACES[4], CHANGES[1], 7)  # a time that clocks show twice
@example(ALL_DAYS, 9_000, False, PLACES[4], CHANGES[1], 7)
@example(ALL_DAYS, 9_000, True, PLACES[4], CHANGES[0], 7)  # and one that they leave out
@given(
    days, clock_times, st.booleans(), st.sampled_from(PLACES), st.sampled_from(CHANGES), st.integers(7, 97)
)
def test_the_missing_side_is_that_of_the_day_in_the_zone_of_the_other(
    among: frozenset[int],
    seconds: int,
    is_start: bool,
    place: tuple[str, float, float],
    start: datetime,
    step: int,
) -> None:
    """Over changes of clocks, in whose hour alone an answer may be that it is not known."""
    zone = ZoneInfo(place[0])
    bound = LocalTime(float(seconds), place[0])
    daily = DailyPeriod(among, bound, None) if is_start else DailyPeriod(among, None, bound)
    moments = minutes(start, step)
    for moment, answer in zip(moments, answers(daily, moments, 0.0, 0.0), strict=True):
        shown = moment.astimezone(zone)
        expected = shown.weekday() in among and (seconds_of(shown) > seconds) == is_start
        hours = {(moment + timedelta(hours=by)).astimezone(zone).utcoffset() for by in (-2, 0, 2)}
        if answer is not None or len(hours) == 1:
            assert answer is expected, moment


@pytest.mark.parametrize("place", PLACES, ids=[one[0] for one in PLACES])
@pytest.mark.parametrize("start", [*CHANGES, datetime(2026, 6, 20, tzinfo=UTC)])
def test_beside_the_sun_the_day_is_never_clear_and_is_sure_but_for_some_hours_of_the_night(
    place: tuple[str, float, float], start: datetime
) -> None:
    """Whatever zone's clocks are kept there: from sunrise on until their midnight, and from it until sunset."""
    name, lon, lat = place
    zone, moments = ZoneInfo(name), minutes(start, 13)
    morning = answers(DailyPeriod(frozenset(range(7)), SunEvent.SR, None), moments, lon, lat)
    evening = answers(DailyPeriod(frozenset(range(7)), None, SunEvent.SS), moments, lon, lat)
    for moment, after, until in zip(moments, morning, evening, strict=True):
        shown = seconds_of(moment.astimezone(zone)) / 3_600.0
        solar = (moment.timestamp() / 3_600.0 + lon / 15.0) % 24.0
        assert shown < 12.5 or after is not False, moment
        assert shown > 12.0 or until is not False, moment
        assert not 12.0 < solar < 20.0 or after is True, moment
        assert not 2.0 < solar < 12.0 or until is True, moment
        assert not 2.0 < solar < 3.0 or after is False, moment


@pytest.mark.parametrize("place", PLACES, ids=[one[0] for one in PLACES])
def test_beside_the_sun_the_days_are_those_of_the_place(place: tuple[str, float, float]) -> None:
    """On Wednesdays from sunrise on: nothing of Tuesday's or Thursday's noon, wherever it is."""
    _, lon, lat = place
    noons = [datetime(2026, 6, 2 + day, 12, tzinfo=UTC) - timedelta(hours=lon / 15.0) for day in range(3)]
    found = answers(DailyPeriod(frozenset({2}), SunEvent.SR, None), noons, lon, lat)
    assert found == [False, True, False]
