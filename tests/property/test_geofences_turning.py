"""Paths with a turn radius around random zones: turns measured by azimuths of geodesics, nearness by samples."""

import itertools
import math
from typing import NamedTuple

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geofences import (
    CircleShape,
    NoPath,
    NoPathWhy,
    PolygonShape,
    Restriction,
    Volume,
    Zone,
    ZoneSet,
    path_around,
)
from tests.unit.geofences.make import NOON, SEA, place

EARTH = Geod(ellps="WGS84")
STRAY_M = 0.1
"""Chords may stray so far from the arc that they stand for."""


class Case(NamedTuple):
    """Circles (middle, radius) and boxes (west, south, east, north) in metres."""

    circles: list[tuple[float, float, float]]
    boxes: list[tuple[float, float, float, float]]
    margin_m: float
    radius_m: float


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some of each, wide and narrow, apart and overlapping."""
    spot = st.floats(-800.0, 800.0)
    circles = draw(st.lists(st.tuples(spot, spot, st.floats(10.0, 300.0)), max_size=5))
    sizes = st.tuples(spot, spot, st.floats(5.0, 400.0), st.floats(5.0, 400.0))
    boxes = [(x, y, x + wide, y + high) for x, y, wide, high in draw(st.lists(sizes, max_size=5))]
    assume(circles or boxes)
    return Case(circles, boxes, draw(st.floats(0.0, 40.0)), draw(st.floats(1.0, 250.0)))


def corners(box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """The closed ring of a box, in degrees."""
    west, south, east, north = box
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [place(*one) for one in ring]


def zones_of(case: Case) -> ZoneSet:
    shapes: list[CircleShape | PolygonShape] = [CircleShape(*place(x, y), r) for x, y, r in case.circles]
    shapes += [PolygonShape(tuple(corners(box))) for box in case.boxes]
    return ZoneSet(Zone(f"Z{n}", Restriction.PROHIBITED, (Volume(one),)) for n, one in enumerate(shapes))


def metres(lon: float, lat: float) -> tuple[float, float]:
    """East and north of the place that all is counted from, by direction and length of the geodesic from there."""
    azimuth, _, length = EARTH.inv(*place(0.0, 0.0), lon, lat)
    return length * math.sin(math.radians(azimuth)), length * math.cos(math.radians(azimuth))


def spare_m(path: list[tuple[float, float]], case: Case) -> float:
    """How near the path comes to anything, by samples every 2 m along geodesics; below 0 is inside."""
    circles = [(metres(*place(x, y)), radius) for x, y, radius in case.circles]
    boxes = [[metres(*one) for one in corners(box)] for box in case.boxes]
    nearest = math.inf
    for a, b in itertools.pairwise(path):
        azimuth, _, length = EARTH.inv(*a, *b)
        for step in range(int(length / 2.0) + 2):
            lon, lat, _ = EARTH.fwd(*a, azimuth, min(length, step * 2.0))
            at = metres(lon, lat)
            nearest = min([nearest, *(math.dist(at, middle) - radius for middle, radius in circles)])
            nearest = min([nearest, *(beside_box(at, ring) for ring in boxes)])
    return nearest


def beside_box(at: tuple[float, float], ring: list[tuple[float, float]]) -> float:
    """Distance of a point from a ring that goes around to the left; -1 inside."""
    sides = [(a, b) for a, b in itertools.pairwise(ring)]
    if all((b[0] - a[0]) * (at[1] - a[1]) > (b[1] - a[1]) * (at[0] - a[0]) for a, b in sides):
        return -1.0
    nearest = math.inf
    for (ax, ay), (bx, by) in sides:
        share = ((at[0] - ax) * (bx - ax) + (at[1] - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        share = min(1.0, max(0.0, share))
        nearest = min(nearest, math.dist(at, (ax + share * (bx - ax), ay + share * (by - ay))))
    return nearest


def worst_turn(path: list[tuple[float, float]], radius_m: float) -> float:
    """By how many radians any part of the path turns more than a vehicle can on its length.

    A leg that may be a chord, as it strays no more than `STRAY_M` from an arc, has the direction of the arc in its
    middle; a longer one is straight, and has its direction at both ends.
    """
    legs = [EARTH.inv(*a, *b) for a, b in itertools.pairwise(path)]
    longest = 2.0 * math.sqrt(2.0 * radius_m * STRAY_M)
    turned = along = 0.0
    places: list[tuple[float, float, float]] = []  # direction, and from where to where it holds
    for number, (azimuth, _, length) in enumerate(legs):
        if number:
            turned += math.radians((azimuth - legs[number - 1][1] + 360.0) % 360.0 - 180.0)
        inner = length / 2.0 if length <= longest else 0.0
        places.append((turned, along + inner, along + length - inner))
        along += length
    pairs = itertools.combinations(places, 2)
    return max((abs(b[0] - a[0]) - 1.005 * (b[1] - a[2]) / radius_m for a, b in pairs), default=-math.inf)


@settings(max_examples=40)
@given(case=cases())
def test_path_with_a_turn_radius_can_be_flown_and_is_safe(case: Case) -> None:
    """Nothing turns tighter than the radius, nothing comes nearer than the margin, and no detour is wild."""
    zones, start, goal = zones_of(case), place(-1800.0, 0.0), place(1800.0, 0.0)
    given_ = (zones, start, goal, 60.0, NOON, case.margin_m, SEA, lambda: False)
    sharp = path_around(*given_)
    found = path_around(*given_, turn_radius_m=case.radius_m)
    assert not isinstance(sharp, NoPath), "boxes and circles enclose no end that is outside of all of them"
    if isinstance(found, NoPath):
        event("too tight")
        assert found.why is NoPathWhy.TOO_TIGHT
        assert found.zones
        return
    event("found, with turns" if len(found) > 2 else "found, straight")
    assert (found[0], found[-1]) == (start, goal)
    assert spare_m(found, case) >= case.margin_m
    assert worst_turn(found, case.radius_m) <= 0.002
    lengths = [sum(EARTH.inv(*a, *b)[2] for a, b in itertools.pairwise(one)) for one in (sharp, found)]
    assert lengths[1] <= 1.15 * lengths[0] + 2.0 * math.pi * case.radius_m


@settings(max_examples=40)
@given(radius=st.floats(20.0, 600.0), aside=st.floats(-0.9, 0.9), turning=st.floats(1.0, 500.0))
def test_around_one_circle_it_is_near_the_shortest(radius: float, aside: float, turning: float) -> None:
    """No longer than a taut string around a circle of the turn radius, where that is the larger one, and 1 %."""
    zones = zones_of(Case([(0.0, aside * radius, radius)], [], 0.0, 0.0))
    found = path_around(
        zones,
        place(-2500.0, 0.0),
        place(2500.0, 0.0),
        60.0,
        NOON,
        20.0,
        SEA,
        lambda: False,
        turn_radius_m=turning,
    )
    assert not isinstance(found, NoPath)
    flown = sum(EARTH.inv(*a, *b)[2] for a, b in itertools.pairwise(found))
    centre, reach = abs(aside) * radius, radius + 20.0
    # The circle that a turn goes around reaches as far out on the side of the turn.
    wide = max(reach, turning)
    assert taut(centre, reach) * 0.999 <= flown <= taut(centre + wide - reach, wide) * 1.01


def taut(centre: float, reach: float) -> float:
    """The way past a circle, so far beside the middle of 5 km, on the side where less of it is."""
    apart = math.hypot(2500.0, centre)
    turn = math.pi - 2.0 * (math.acos(reach / apart) + math.atan2(centre, 2500.0))
    return 5000.0 if turn <= 0.0 else 2.0 * math.sqrt(apart**2 - reach**2) + reach * turn
