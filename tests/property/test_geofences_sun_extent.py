"""Schedules by the sun over whole zones, against sunsets worked out place by place from the Astronomical Almanac's
formulas: what surely holds does so at each place, and what holds anywhere is never denied.
"""

import itertools
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    DailyPeriod,
    PolygonShape,
    Status,
    SunEvent,
    TimeOfDay,
    TimePeriod,
    Waypoint,
    ZoneSet,
    check_point,
)
from geofences.model.periods import Bound
from tests.property.test_geofences_sun import HEIGHT, RISES, almanac_deg
from tests.unit.geofences.make import SEA, zone

Rectangle = tuple[float, float, float, float]

STEPS = 40
"""Of the oracle's halving of half a day."""

days = st.one_of(
    st.dates(date(2000, 1, 1), date(2049, 12, 31)),
    st.builds(
        lambda year, by: date(year, 3, 20) + timedelta(by), st.integers(2000, 2049), st.integers(-15, 15)
    ),
    st.builds(
        lambda year, by: date(year, 9, 22) + timedelta(by), st.integers(2000, 2049), st.integers(-15, 15)
    ),
)
bounds = st.one_of(
    st.sampled_from(list(SunEvent)),
    st.builds(TimeOfDay, st.floats(0.0, 86_400.0), st.sampled_from([0.0, 3_600.0, -28_800.0, 43_200.0])),
)


@st.composite
def rectangles(draw: st.DrawFn) -> Rectangle:
    """From a hand's breadth to a continent, also across the antimeridian and near the poles."""
    west = draw(st.one_of(st.floats(-180.0, 180.0, exclude_max=True), st.floats(170.0, 179.999)))
    south = draw(st.one_of(st.floats(-60.0, 59.0), st.floats(55.0, 80.0), st.floats(-80.0, -55.0)))
    wide = draw(st.sampled_from([0.001, 0.3, 5.0, 40.0]))
    tall = draw(st.sampled_from([0.001, 0.3, 8.0, 60.0]))
    return west, south, west + wide, min(south + tall, 85.0)


def ring(box: Rectangle, first: int) -> PolygonShape:
    """A rectangle, beginning at any of its corners."""
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north)]
    turned = [(on_globe(lon), lat) for lon, lat in corners]
    turned = turned[first:] + turned[:first]
    return PolygonShape((*turned, turned[0]))


def happens(event: SunEvent, day: date, lon: float, lat: float) -> float | None:
    """When the sun passes the event's height on that solar day, between its lowest and its highest."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() - lon * 240.0
    noon = max((noon + 30.0 * step for step in range(-40, 41)), key=lambda one: almanac_deg(one, lon, lat))
    low, high = noon + (-43_200.0 if RISES[event] else 43_200.0), noon
    if not almanac_deg(low, lon, lat) < HEIGHT[event] < almanac_deg(high, lon, lat):
        return None
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        below = almanac_deg(middle, lon, lat) < HEIGHT[event]
        low, high = (middle, high) if below else (low, middle)
    return low


def moment_of(bound: Bound, day: date, lon: float, lat: float) -> float | None:
    """When a bound is on a day there."""
    if isinstance(bound, SunEvent):
        return happens(bound, day, lon, lat)
    assert isinstance(bound, TimeOfDay)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    return midnight - bound.utc_offset_s + bound.seconds


def holds(daily: DailyPeriod, at_s: float, lon: float, lat: float) -> bool | None:
    """Whether the period holds at that place then; None where the sun leaves it open: on a day without one of its
    events, and in the night after.
    """
    assert daily.start is not None
    assert daily.end is not None
    today, is_open = datetime.fromtimestamp(at_s, UTC).date(), False
    for day in (today + timedelta(by) for by in range(-3, 4)):
        begin = moment_of(daily.start, day, lon, lat)
        ends = [moment_of(daily.end, day + timedelta(by), lon, lat) for by in (-1, 0, 1, 2)]
        known = [one for one in ends if one is not None]
        end = None
        if begin is not None and len(known) == len(ends):
            end = min(one for one in known if one > begin)
        if day.weekday() not in daily.days:
            continue
        if begin is None or end is None:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() - lon * 240.0
            first = noon - 43_200.0 if begin is None else begin
            is_open |= first <= at_s <= max(noon + 129_600.0, first + 86_400.0)
        elif begin <= at_s <= end:
            return True
    return None if is_open else False


def places(box: Rectangle, shares: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Corners and some places within, on the first turn of the globe."""
    west, south, east, north = box
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    lonlat = [(west + x * (east - west), south + y * (north - south)) for x, y in (*corners, *shares)]
    return [(on_globe(lon), lat) for lon, lat in lonlat]


def on_globe(lon: float) -> float:
    """A longitude east of the antimeridian as one west of it."""
    return lon - 360.0 if lon > 180.0 else lon


@given(
    rectangles(),
    st.integers(0, 3),
    st.tuples(bounds, bounds),
    st.one_of(st.just(frozenset(range(7))), st.sets(st.integers(0, 6), min_size=1).map(frozenset)),
    days,
    st.one_of(st.floats(-1_000.0, 1_000.0), st.floats(-86_400.0, 86_400.0)),
    st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=4, max_size=4),
    st.integers(0, 7),
)
def test_a_zone_holds_when_it_does_at_each_place_and_not_when_at_none(
    box: Rectangle,
    first: int,
    start_end: tuple[SunEvent | TimeOfDay, SunEvent | TimeOfDay],
    weekdays: frozenset[int],
    day: date,
    beside_s: float,
    shares: list[tuple[float, float]],
    near: int,
) -> None:
    """At moments near an event at one of its places, and at any other."""
    daily = DailyPeriod(weekdays, *start_end)
    rule = Applicability((TimePeriod(schedule=(daily,)),))
    spots = places(box, shares)
    around = moment_of(start_end[near % 2], day, *spots[near])
    if around is None:
        around = moment_of(TimeOfDay(43_200.0), day, *spots[near])
    assert around is not None
    at_s = datetime.fromtimestamp(around + beside_s, UTC).timestamp()  # whole microseconds
    there = [holds(daily, at_s, *spot) for spot in spots]
    zones = ZoneSet([zone(ring(box, first), applicability=rule)])
    lon, lat = spots[near]
    status = check_point(zones, Waypoint(lon, lat, 50.0, datetime.fromtimestamp(at_s, UTC)), SEA).status
    if status is Status.BLOCKED:
        assert set(there) == {True}
    if status is Status.CLEAR:
        assert set(there) == {False}


@given(
    st.floats(-180.0, 180.0),
    st.floats(-55.0, 54.0),
    days,
    st.sampled_from(list(itertools.pairwise(SunEvent))),
)
def test_a_small_zone_is_not_unknown_for_longer_than_its_sun_is(
    lon: float, lat: float, day: date, start_end: tuple[SunEvent, SunEvent]
) -> None:
    """What is unknown are minutes around both ends, no hours."""
    daily = DailyPeriod(frozenset(range(7)), *start_end)
    zones = ZoneSet([zone(ring((lon, lat, lon + 0.01, lat + 0.01), 0), applicability=_only(daily))])
    begin, end = (moment_of(bound, day, lon, lat) for bound in start_end)
    assert begin is not None
    assert end is not None
    for at_s, wanted in (
        (begin - 600.0, Status.CLEAR),
        (begin + 600.0, Status.BLOCKED),
        (end - 600.0, Status.BLOCKED),
        (end + 600.0, Status.CLEAR),
    ):
        point = Waypoint(on_globe(lon + 0.005), lat + 0.005, 50.0, datetime.fromtimestamp(at_s, UTC))
        if begin + 1_200.0 < end:
            assert check_point(zones, point, SEA).status is wanted


def _only(daily: DailyPeriod) -> Applicability:
    return Applicability((TimePeriod(schedule=(daily,)),))
