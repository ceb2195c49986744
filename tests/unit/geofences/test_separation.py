"""Intents: their volumes, the room at pads, and what meets whom in plain cases with known answers."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geofences import Intent, PathError, Room, Waypoint, are_apart, clear_after_s, encounters
from geofences.geometry.geodesy import destination

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOME = (-8.62, 41.14)
ROOM = Room(beside_m=25.0, above_m=7.5, time_s=15.0, upright_s=30.0)


def along(
    name: str, bearing: float, start_m: float, length_m: float, *, at_s: float = 0.0, alt_m: float = 60.0
) -> Intent:
    """A level flight through HOME's neighbourhood at 10 m/s, beginning so far from HOME against its bearing."""
    start = destination(*HOME, bearing, -start_m)
    end = destination(*HOME, bearing, length_m - start_m)
    at = NOON + timedelta(seconds=at_s)
    over = timedelta(seconds=length_m / 10.0)
    return Intent(name, (Waypoint(*start, alt_m, at), Waypoint(*end, alt_m, at + over)), ROOM)


def hop(name: str, at_s: float, *, alt_m: float = 60.0) -> Intent:
    """Straight up from HOME in 15 s."""
    at = NOON + timedelta(seconds=at_s)
    return Intent(name, (Waypoint(*HOME, 0.0, at), Waypoint(*HOME, alt_m, at + timedelta(seconds=15))), ROOM)


def test_crossing_flights_meet_where_they_cross() -> None:
    """Both are due above HOME after 50 s."""
    (met,) = encounters(along("a", 0.0, 500.0, 1000.0), [along("b", 90.0, 500.0, 1000.0)])
    assert met.other_id == "b"
    assert met.nearest_m < 0.01
    assert met.alt_amsl_m == 60.0
    assert (met.lon, met.lat) == pytest.approx(HOME, abs=1e-3)
    assert met.from_at < met.at < met.until


@pytest.mark.parametrize(("apart_m", "meets"), [(14.9, True), (15.1, False)])
def test_height_separates_from_the_sum_of_both_rooms_on(apart_m: float, meets: bool) -> None:
    higher = along("b", 90.0, 500.0, 1000.0, alt_m=60.0 + apart_m)
    assert bool(encounters(along("a", 0.0, 500.0, 1000.0), [higher])) is meets


@pytest.mark.parametrize(("later_s", "meets"), [(29.0, True), (38.0, False)])
def test_time_separates_crossing_flights(later_s: float, meets: bool) -> None:
    """30 s of room, and the time in which both cross 50 m beside them (at right angles: 7.1 s at 10 m/s)."""
    later = along("b", 90.0, 500.0, 1000.0, at_s=later_s)
    assert bool(encounters(along("a", 0.0, 500.0, 1000.0), [later])) is meets
    wait = clear_after_s(later, [along("a", 0.0, 500.0, 1000.0)], 600.0)
    assert wait == pytest.approx(max(0.0, 30.0 + 50.0 * 2**0.5 / 10.0 - later_s), abs=1.0)


@pytest.mark.parametrize(("apart_m", "meets"), [(49.9, True), (50.3, False)])
def test_flights_beside_each_other(apart_m: float, meets: bool) -> None:
    """Two corridors of 25 m to either side, side by side, the same way at the same time."""
    first = along("a", 0.0, 500.0, 1000.0)
    beside = replace(first, intent_id="b", path=tuple(_moved(one, apart_m) for one in first.path))
    assert bool(encounters(first, [beside])) is meets


def _moved(point: Waypoint, east_m: float) -> Waypoint:
    lon, lat = destination(point.lon, point.lat, 90.0, east_m)
    return replace(point, lon=lon, lat=lat)


def test_a_pad_is_kept_longer_than_the_air() -> None:
    """60 s between two on one pad (and what a climb through the room above takes); 45 s between one there and one that
    passes."""
    assert clear_after_s(hop("b", 0.0), [hop("a", 0.0)], 600.0) == pytest.approx(60.0 + 15.0 / 4.0, abs=0.1)
    assert are_apart(hop("b", 64.0), [hop("a", 0.0)])
    passing = along("c", 0.0, 500.0, 1000.0)
    assert not are_apart(hop("b", 75.0), [passing])
    assert are_apart(hop("b", 95.0), [passing])


def test_one_that_never_gets_free_in_time() -> None:
    """Hovering over the pad for ten minutes: after the most that may be waited there is no answer."""
    stays = Intent(
        "a", (Waypoint(*HOME, 30.0, NOON), Waypoint(*HOME, 30.0, NOON + timedelta(minutes=10))), ROOM
    )
    assert clear_after_s(hop("b", 0.0), [stays], 300.0) is None
    assert clear_after_s(hop("b", 0.0), [stays], 900.0) == pytest.approx(660.0 - 15.0 / 4.0, abs=1.0)


@pytest.mark.parametrize(("after_s", "meets"), [(0.0, True), (52.0, True), (60.0, False), (200.0, False)])
def test_what_is_past_does_not_count(after_s: float, meets: bool) -> None:
    """Both are above HOME after 50 s, and 50 m apart 3.5 s after that (10 m/s each, at right angles)."""
    first = replace(along("a", 0.0, 500.0, 1000.0), room=replace(ROOM, time_s=0.0))
    second = replace(along("b", 90.0, 500.0, 1000.0), room=replace(ROOM, time_s=0.0))
    after = NOON + timedelta(seconds=after_s)
    assert bool(encounters(first, [second], after=after)) is meets
    assert are_apart(second, [first], after=after) is not meets


def test_volumes_are_capsules_between_heights_for_a_time() -> None:
    """One for each piece; long legs are cut; what stands has the time of pads."""
    flight = along("a", 0.0, 0.0, 12_000.0)
    assert len(flight.volumes) == 3
    assert {one.radius_m for one in flight.volumes} == {25.0}
    assert {(one.lower_amsl_m, one.upper_amsl_m) for one in flight.volumes} == {(52.5, 67.5)}
    assert all(a.ends_at > b.starts_at for a, b in zip(flight.volumes, flight.volumes[1:], strict=False))
    assert (flight.starts_at, flight.ends_at) == (
        NOON - timedelta(seconds=15),
        NOON + timedelta(seconds=1215),
    )
    (up,) = hop("b", 0.0).volumes
    assert (up.starts_at, up.ends_at) == (NOON - timedelta(seconds=30), NOON + timedelta(seconds=45))
    assert (up.lower_amsl_m, up.upper_amsl_m) == (-7.5, 67.5)


def test_nobody_meets_itself_or_nobody() -> None:
    flight = along("a", 0.0, 500.0, 1000.0)
    assert encounters(flight, [flight]) == ()
    assert encounters(flight, []) == ()
    assert clear_after_s(flight, [], 10.0) == 0.0
    assert clear_after_s(flight, [], 10.0, from_s=-20.0) == -20.0
    assert clear_after_s(flight, [], -30.0, from_s=-20.0) is None
    for from_s, most_s in ((math.nan, 10.0), (-math.inf, 10.0), (0.0, math.nan)):
        with pytest.raises(ValueError, match="delays must be numbers"):
            clear_after_s(flight, [], most_s, from_s=from_s)
    for seconds in (-1e11, -1e15, -1e300):
        with pytest.raises(PathError, match="before the year 1"):
            clear_after_s(flight, [], 10.0, from_s=seconds)
        with pytest.raises(PathError, match="after 9999"):
            flight.later(-10.0 * seconds)


@pytest.mark.parametrize("name", ["beside_m", "above_m", "time_s", "upright_s"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_room_that_is_none_is_refused(name: str, value: float) -> None:
    """The message names the field."""
    with pytest.raises(PathError, match=name):
        replace(ROOM, **{name: value})


def test_a_path_that_is_none_is_refused() -> None:
    """As `check_path` does."""
    with pytest.raises(PathError, match="at least one waypoint"):
        encounters(Intent("a", (), ROOM), [along("b", 0.0, 0.0, 100.0)])


def test_flights_over_the_pole_meet() -> None:
    """The box around the ends of one that passes it does not hold it."""
    over = timedelta(seconds=200)
    one, other = (
        Intent(name, (Waypoint(lon, 89.99, 60.0, NOON), Waypoint(to, 89.99, 60.0, NOON + over)), ROOM)
        for name, lon, to in (("a", 0.0, 180.0), ("b", 90.0, -90.0))
    )
    assert [met.other_id for met in encounters(one, [other])] == ["b"]
    assert not are_apart(other, [one])
