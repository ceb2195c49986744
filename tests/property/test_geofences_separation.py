"""Where intents meet, against sampling both paths finely along their geodesics."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geofences import Encounter, Intent, Room, Waypoint, are_apart, clear_after_s, conforms, encounters
from tests.support.soak import chosen

EARTH = Geod(ellps="WGS84")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLACES = [(-8.61, 41.15), (179.999, -17.0), (24.9, 69.5), (0.0, 0.0)]
SAMPLES = 80
"""Of each leg."""

PLANE_M = 0.2
"""What may be reported though it is so much beyond the margin beside: tolerance, plane, a leg's straightness."""

Floats = npt.NDArray[np.float64]


def offset(home: tuple[float, float], bearing: float, distance: float) -> tuple[float, float]:
    lon, lat, _ = EARTH.fwd(*home, bearing, distance)
    return float(lon), float(lat)


@st.composite
def intents(draw: st.DrawFn, name: str, home: tuple[float, float], far_m: float) -> Intent:
    """Legs along, standing, up and down; some take no time at all."""
    room = Room(
        draw(st.sampled_from([0.0, 5.0, 60.0])), draw(st.sampled_from([0.0, 7.5])), draw(st.floats(0.0, 20.0))
    )
    room = draw(st.sampled_from([room, Room(room.beside_m, room.above_m, room.time_s, 30.0)]))
    places = [offset(home, draw(st.floats(0, 360)), draw(st.floats(0, far_m))) for _ in range(3)]
    at, path = NOON + timedelta(seconds=draw(st.integers(0, 60))), []
    for _ in range(draw(st.integers(1, 5))):
        path.append(Waypoint(*draw(st.sampled_from(places)), draw(st.sampled_from([0.0, 60.0, 70.0])), at))
        at += timedelta(seconds=draw(st.sampled_from([0, 3, 20, 60])))
    return Intent(name, tuple(path), room)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Intent, Intent]:
    home, far_m = draw(st.sampled_from(PLACES)), draw(st.sampled_from([150.0, 600.0, 3_000.0, 12_000.0]))
    return draw(intents("a", home, far_m)), draw(intents("b", home, far_m))


@dataclass
class Sampled:
    """Points along a path: lon, lat, height, Unix seconds, and the time that is kept there."""

    rows: Floats

    @classmethod
    def of(cls, intent: Intent, samples: int = SAMPLES) -> "Sampled":
        legs = list(pairwise(intent.path)) or [(intent.path[0], intent.path[0])]
        return cls(np.concatenate([along(a, b, intent.room, samples) for a, b in legs]))


def along(a: Waypoint, b: Waypoint, room: Room, samples: int) -> Floats:
    share = np.linspace(0.0, 1.0, samples)
    bearing, _, length = EARTH.inv(a.lon, a.lat, b.lon, b.lat)
    lon, lat, _ = EARTH.fwd(
        np.full(samples, a.lon), np.full(samples, a.lat), np.full(samples, bearing), share * length
    )
    at = a.at.timestamp() + share * (b.at - a.at).total_seconds()
    kept = room.upright_s if length <= 0.5 and room.upright_s is not None else room.time_s
    height = a.alt_amsl_m + share * (b.alt_amsl_m - a.alt_amsl_m)
    return np.column_stack((lon, lat, height, at, np.full(samples, kept)))


def lost(one: Intent, other: Intent, samples: int = SAMPLES) -> bool:
    """Whether two samples are nearer than the room that both keep, in every dimension."""
    a, b = Sampled.of(one, samples).rows, Sampled.of(other, samples).rows
    above = one.room.above_m + other.room.above_m
    high = np.abs(a[:, None, 2] - b[None, :, 2]) <= above
    same = np.abs(a[:, None, 3] - b[None, :, 3]) <= a[:, None, 4] + b[None, :, 4]
    i, j = np.nonzero(high & same)
    metres = EARTH.inv(a[i, 0], a[i, 1], b[j, 0], b[j, 1])[2]
    return bool((np.asarray(metres) <= one.room.beside_m + other.room.beside_m).any())


@settings(max_examples=chosen(100, long=250), deadline=None)
@given(pairs())
def test_no_loss_of_separation_is_missed(pair: tuple[Intent, Intent]) -> None:
    """What two samples show is found, from either side, and among any number of others."""
    one, other = pair
    found = lost(one, other)
    event(f"lost {found}")
    if found:
        assert [e.other_id for e in encounters(one, [other])] == ["b"]
        assert [e.other_id for e in encounters(other, [one])] == ["a"]
        assert not are_apart(one, [other])


@settings(max_examples=chosen(100, long=250), deadline=None)
@given(pairs())
def test_what_is_reported_is_as_near_as_that(pair: tuple[Intent, Intent]) -> None:
    """At the place that is told, in height, time and over ground: both are there, and within the room they keep."""
    one, other = pair
    assume(all(a.at < b.at for path in (one.path, other.path) for a, b in pairwise(path)))
    met = encounters(one, [other])
    event(f"met {bool(met)}")
    assert bool(met) == bool(encounters(other, [one])) == (not are_apart(one, [other]))
    for each in met:
        assert_so(one, other, each)


def assert_so(one: Intent, other: Intent, met: Encounter) -> None:
    here, there = where(one, met.at), where(other, met.other_at)
    assert EARTH.inv(met.lon, met.lat, *here[:2])[2] < PLANE_M
    apart = EARTH.inv(*here[:2], *there[:2])[2]
    assert abs(apart - met.nearest_m) < PLANE_M
    assert apart <= one.room.beside_m + other.room.beside_m + PLANE_M
    assert abs(here[2] - there[2]) <= one.room.above_m + other.room.above_m + 0.01
    kept = max(one.room.at_pads_s, one.room.time_s) + max(other.room.at_pads_s, other.room.time_s)
    assert abs((met.at - met.other_at).total_seconds()) <= kept + 0.01
    assert met.from_at <= met.at <= met.until


def where(intent: Intent, at: datetime) -> tuple[float, float, float]:
    """The place on a path at a time."""
    path = intent.path
    if len(path) == 1:
        return path[0].lon, path[0].lat, path[0].alt_amsl_m
    a, b = next((a, b) for a, b in pairwise(path) if at <= b.at + timedelta(microseconds=2))
    share = min(1.0, max(0.0, (at - a.at) / (b.at - a.at)))
    bearing, _, length = EARTH.inv(a.lon, a.lat, b.lon, b.lat)
    lon, lat, _ = EARTH.fwd(a.lon, a.lat, bearing, share * length)
    return lon, lat, a.alt_amsl_m + share * (b.alt_amsl_m - a.alt_amsl_m)


@settings(max_examples=60, deadline=None)
@given(pairs(), st.sampled_from([0.0, -300.0, -5_000.0, 20.0]))
def test_the_wait_is_enough_and_no_free_second_is_passed_over(
    pair: tuple[Intent, Intent], from_s: float
) -> None:
    """After the wait nothing is lost; before it no whole second in which one could have left, be it earlier."""
    one, other = pair
    wait = clear_after_s(one, [other.later(from_s)], from_s + 300.0, from_s=from_s)
    event(f"waits {wait is not None and wait > 0}")
    if wait is None:
        return
    other = other.later(from_s)
    assert are_apart(one.later(wait), [other])
    assert not lost(one.later(wait), other, 40)
    free = [are_apart(one.later(s), [other]) for s in np.arange(from_s, wait, 0.5)]
    assert not any(all(free[n : n + 4]) for n in range(max(0, len(free) - 3)))


@settings(max_examples=100, deadline=None)
@given(pairs(), st.floats(0.0, 1.0))
def test_an_aircraft_on_its_path_conforms_and_one_beside_it_does_not(
    pair: tuple[Intent, Intent], share: float
) -> None:
    """On the path at its time; as far away as the whole path is long it is out."""
    intent = pair[0]
    start, end = intent.path[0].at, intent.path[-1].at
    assume(all(a.at < b.at for a, b in pairwise(intent.path)))
    at = start + share * (end - start)
    lon, lat, alt = where(intent, at)
    assert conforms(intent, Waypoint(lon, lat, alt, at))
    away = offset((lon, lat), 77.0, 26_000.0)
    assert not conforms(intent, Waypoint(*away, alt, at))
    assert not conforms(intent, Waypoint(lon, lat, alt + 90.0, at))
    assert not conforms(intent, Waypoint(lon, lat, alt, end + timedelta(seconds=31)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES).flatmap(lambda h: st.lists(intents("x", h, 3_000.0), min_size=1, max_size=8)))
def test_many_are_answered_as_one_by_one(found: list[Intent]) -> None:
    """The order of the others, and who else is asked, change nothing."""
    one, *others = (Intent(f"i{n}", each.path, each.room) for n, each in enumerate(found))
    together = encounters(one, others)
    assert together == encounters(one, others[::-1])
    alone = {e.other_id: e for other in others for e in encounters(one, [other])}
    assert {e.other_id: e for e in together} == alone
    assert [e.from_at for e in together] == sorted(e.from_at for e in together)
