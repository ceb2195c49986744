"""Landing sites along random paths among random zones, against brute force: samples of every way, on geodesics."""

import itertools
import math
from datetime import timedelta
from typing import NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geofences import (
    Applicability,
    CircleShape,
    Diverting,
    LandingSite,
    LandingStretch,
    NoSiteWhy,
    PolygonShape,
    Restriction,
    TimePeriod,
    Volume,
    Waypoint,
    Zone,
    ZoneSet,
    landing_sites,
)
from tests.unit.geofences.make import NOON, SEA, amsl, place

EARTH = Geod(ellps="WGS84")
FLYING = Diverting(slowest_mps=8.0, fastest_mps=16.0, range_m=1_500.0, descent_mps=3.0)
TOLERANCE_M = 5.0
SAMPLE_M = 40.0


class Obstacle(NamedTuple):
    """A circle, or a box (with half sides), with heights and with seconds after noon."""

    x: float
    y: float
    wide: float
    deep: float | None
    heights: tuple[float, float]
    times: tuple[float, float]


class Case(NamedTuple):
    """All in metres from one place."""

    obstacles: list[Obstacle]
    sites: list[tuple[float, float]]
    path: list[tuple[float, float, float, float]]
    margin_m: float


def obstacles() -> st.SearchStrategy[Obstacle]:
    spot = st.floats(-900.0, 900.0)
    heights = st.sampled_from([(-100.0, 1e6), (0.0, 45.0), (70.0, 90.0), (60.0, 1e6)])
    times = st.sampled_from([(-1e6, 1e6), (-1e6, 1e6), (40.0, 90.0), (120.0, 1e6)])
    return st.builds(
        Obstacle,
        spot,
        spot,
        st.floats(10.0, 250.0),
        st.none() | st.floats(5.0, 250.0),
        heights,
        times,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A path that climbs, flies to one or two places, perhaps waits, perhaps sinks a bit."""
    spot = st.floats(-700.0, 700.0)
    x, y = draw(spot), draw(spot)
    path, at = [(x, y, 20.0, 0.0), (x, y, draw(st.sampled_from([50.0, 80.0])), 20.0)], 20.0
    for _ in range(draw(st.integers(1, 2))):
        to_x, to_y = draw(spot), draw(spot)
        at += math.dist((x, y), (to_x, to_y)) / 12.0
        x, y = to_x, to_y
        path.append((x, y, draw(st.sampled_from([50.0, 80.0, path[-1][2]])), at))
        if draw(st.booleans()):
            at += 30.0
            path.append((x, y, path[-1][2], at))
    sites = draw(st.lists(st.tuples(spot, spot), min_size=0, max_size=6))
    return Case(
        draw(st.lists(obstacles(), max_size=6)), sites, path, draw(st.sampled_from([0.0, 15.0, 60.0]))
    )


def zone_of(number: int, one: Obstacle) -> Zone:
    """As the library knows it."""
    if one.deep is None:
        shape: CircleShape | PolygonShape = CircleShape(*place(one.x, one.y), one.wide)
    else:
        ring = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
        shape = PolygonShape(tuple(place(one.x + a * one.wide, one.y + b * one.deep) for a, b in ring))
    low, high = one.times
    always = low < -1e5 and high > 1e5
    end = None if high > 1e5 else NOON + timedelta(seconds=high)
    window = TimePeriod(None if low < -1e5 else NOON + timedelta(seconds=low), end)
    limits = amsl(one.heights[0]), None if one.heights[1] > 1e5 else amsl(one.heights[1])
    applies = Applicability() if always else Applicability((window,))
    return Zone(f"Z{number}", Restriction.PROHIBITED, (Volume(shape, *limits),), applicability=applies)


def metres(lon: float, lat: float) -> tuple[float, float]:
    """East and north of the place that all is counted from, by direction and length of the geodesic from there."""
    azimuth, _, length = EARTH.inv(*place(0.0, 0.0), lon, lat)
    return length * math.sin(math.radians(azimuth)), length * math.cos(math.radians(azimuth))


def between(
    a: tuple[float, float], b: tuple[float, float], step_m: float
) -> list[tuple[float, tuple[float, float]]]:
    """Metres along a geodesic and the places there, both ends among them."""
    azimuth, _, length = EARTH.inv(*a, *b)
    count = max(1, math.ceil(length / step_m))
    marks = [length * number / count for number in range(count + 1)]
    return [(mark, EARTH.fwd(*a, azimuth, mark)[:2]) for mark in marks]


def beside_m(one: Obstacle, at: tuple[float, float]) -> float:
    """How far from an obstacle, below 0 inside: good to centimetres, as its sides are nearly straight on this plane."""
    middle = metres(*place(one.x, one.y))
    dx, dy = at[0] - middle[0], at[1] - middle[1]
    if one.deep is None:
        return math.hypot(dx, dy) - one.wide
    over, up = abs(dx) - one.wide, abs(dy) - one.deep
    return math.hypot(max(over, 0.0), max(up, 0.0)) + min(max(over, up), 0.0)


def meets(
    case: Case,
    at: tuple[float, float],
    heights: tuple[float, float],
    times: tuple[float, float],
    more_m: float,
) -> bool:
    """Whether a vehicle that is somewhere between two heights and two times at a place may be in an obstacle, which are
    larger by so much than they are (or smaller, below 0)."""
    spot = metres(*at)
    return any(
        beside_m(one, spot) <= case.margin_m + more_m
        and heights[0] <= one.heights[1]
        and heights[1] >= one.heights[0]
        and times[0] <= one.times[1]
        and times[1] >= one.times[0]
        for one in case.obstacles
    )


def is_free(
    case: Case,
    begin: tuple[float, float],
    to: list[tuple[float, float]],
    alt: float,
    time: float,
    more_m: float,
) -> bool:
    """Whether a way that leaves then and there is free of obstacles, at any of its speeds, and down at the end. Where
    these are larger, times and heights have the tolerance too.
    """
    flown, step = 0.0, 4.0 if more_m < 0.0 else 8.0
    more_s, up_m = (0.0, 0.0) if more_m < 0.0 else (3.0, 1.5 * TOLERANCE_M)
    for a, b in itertools.pairwise([begin, *to]):
        for mark, at in between(a, b, step):
            first, last = ((flown + mark) / speed for speed in (FLYING.fastest_mps, FLYING.slowest_mps))
            times = time + first - more_s, time + last + more_s
            if meets(case, at, (alt - up_m, alt + up_m), times, more_m):
                return False
        flown += float(EARTH.inv(*a, *b)[2])
    first, last = (
        time + flown / FLYING.fastest_mps,
        time + flown / FLYING.slowest_mps + alt / FLYING.descent_mps,
    )
    return not meets(case, to[-1], (0.0, alt + up_m), (first - more_s, last + more_s), more_m)


class Spot(NamedTuple):
    """A point of the path: place, height, seconds after noon, metres along."""

    at: tuple[float, float]
    alt: float
    time: float
    along: float


def spots_of(case: Case) -> list[Spot]:
    """Points of a path, all its corners among them."""
    found, reached = [], 0.0
    for (x, y, alt, time), (to_x, to_y, to_alt, to_time) in itertools.pairwise(case.path):
        a, b = place(x, y), place(to_x, to_y)
        length = float(EARTH.inv(*a, *b)[2])
        count = max(4, math.ceil(length / SAMPLE_M))
        azimuth = EARTH.inv(*a, *b)[0]
        for share in (number / count for number in range(count + 1)):
            at = EARTH.fwd(*a, azimuth, length * share)[:2]
            found.append(
                Spot(
                    at,
                    alt + (to_alt - alt) * share,
                    time + (to_time - time) * share,
                    reached + length * share,
                )
            )
        reached += length
    return found


def holding(stretches: tuple[LandingStretch, ...], spot: Spot, more_m: float) -> list[LandingStretch]:
    """The stretches that a point belongs to, give or take so much."""
    at, more_s = NOON + timedelta(seconds=spot.time), timedelta(seconds=more_m / 8.0)
    return [
        one
        for one in stretches
        if one.from_m - more_m <= spot.along <= one.to_m + more_m
        and one.from_at - more_s <= at <= one.to_at + more_s
    ]


def answer(case: Case, most_around: int = 4) -> tuple[LandingStretch, ...]:
    flown = [Waypoint(*place(x, y), alt, NOON + timedelta(seconds=time)) for x, y, alt, time in case.path]
    sites = [LandingSite(f"S{number}", *place(*one)) for number, one in enumerate(case.sites)]
    zones = ZoneSet(zone_of(number, one) for number, one in enumerate(case.obstacles))
    return landing_sites(
        zones,
        flown,
        sites,
        SEA,
        FLYING,
        lambda: False,
        margin_m=case.margin_m,
        tolerance_m=TOLERANCE_M,
        most_around=most_around,
    )


@settings(max_examples=40, deadline=None)
@given(cases())
def test_every_way_that_is_named_is_free_from_every_point(case: Case) -> None:
    """Straight and around, at all speeds and at all the times of the stretch; and as long as it says."""
    stretches = answer(case)
    for spot in spots_of(case):
        for one in holding(stretches, spot, 0.0):
            if one.site_id is None:
                event(f"none: {one.why}")
                continue
            event("around" if one.via else "straight")
            assert one.least_m is not None
            assert one.most_m is not None
            to = [*one.via, place(*case.sites[int(one.site_id[1:])])]
            assert is_free(case, spot.at, to, spot.alt, spot.time, -0.1), (spot, one)
            length = sum(float(EARTH.inv(*a, *b)[2]) for a, b in itertools.pairwise([spot.at, *to]))
            assert one.least_m - 0.1 <= length <= min(one.most_m, FLYING.range_m) + 0.1


@settings(max_examples=40, deadline=None)
@given(cases())
def test_no_nearer_site_has_a_straight_way_that_is_free(case: Case) -> None:
    """Nor is there one where none is named; but for the tolerance beside each break."""
    stretches = answer(case, most_around=0)
    for spot in spots_of(case):
        near = holding(stretches, spot, 3.0 * TOLERANCE_M)
        assert near
        if len(near) > 1:
            continue
        one = near[0]
        assert not one.via
        longest = FLYING.range_m if one.most_m is None else one.most_m
        for number, site in enumerate(case.sites):
            there = place(*site)
            away = float(EARTH.inv(*spot.at, *there)[2])
            if f"S{number}" == one.site_id:
                longest = away
        for number, site in enumerate(case.sites):
            there = place(*site)
            away = float(EARTH.inv(*spot.at, *there)[2])
            if away < longest - 2.0 * TOLERANCE_M and f"S{number}" != one.site_id:
                event("a nearer one is blocked")
                more_m = 0.3 + 0.01 * case.margin_m + 2.0 * TOLERANCE_M
                assert not is_free(case, spot.at, [there], spot.alt, spot.time, more_m), (spot, one, number)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_stretches_follow_each_other_and_cover_the_path(case: Case) -> None:
    """From its first point to its last, in metres and in time; reasons are true."""
    stretches = answer(case)
    spots = spots_of(case)
    assert stretches[0].from_m == 0.0
    assert stretches[0].from_at == NOON
    assert abs(stretches[-1].to_m - spots[-1].along) < 0.01
    assert abs((stretches[-1].to_at - NOON).total_seconds() - spots[-1].time) < 0.01
    for one, following in itertools.pairwise(stretches):
        assert abs(one.to_m - following.from_m) < 1e-3
        assert abs((one.to_at - following.from_at).total_seconds()) < 1e-3
    for spot in spots:
        near = holding(stretches, spot, 3.0 * TOLERANCE_M)
        if len(near) == 1 and near[0].why is NoSiteWhy.PATH_NOT_CLEAR:
            assert meets(
                case, spot.at, (spot.alt, spot.alt), (spot.time, spot.time), 0.3 + 0.01 * case.margin_m
            )
        if len(near) == 1 and near[0].why is NoSiteWhy.TOO_FAR:
            away = [float(EARTH.inv(*spot.at, *place(*site))[2]) for site in case.sites]
            assert all(one >= FLYING.range_m for one in away)
