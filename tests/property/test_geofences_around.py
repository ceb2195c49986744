"""Paths around random circles: safe by geodesic samples, and as short as the taut string around one."""

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geofences import CircleShape, NoPath, NoPathWhy, Restriction, Volume, Zone, ZoneSet, path_around
from tests.unit.geofences.make import NOON, SEA, place

EARTH = Geod(ellps="WGS84")
MARGIN_M = 20.0

circles = st.lists(
    st.tuples(st.floats(-1500.0, 1500.0), st.floats(-1500.0, 1500.0), st.floats(30.0, 400.0)),
    min_size=1,
    max_size=8,
)


def zones_of(drawn: list[tuple[float, float, float]]) -> ZoneSet:
    return ZoneSet(
        Zone(f"Z{number}", Restriction.PROHIBITED, (Volume(CircleShape(*place(east, north), radius)),))
        for number, (east, north, radius) in enumerate(drawn)
    )


def nearest_m(path: list[tuple[float, float]], drawn: list[tuple[float, float, float]]) -> float:
    """How near the path comes to any circle, by samples every 5 m along geodesics."""
    nearest = float("inf")
    for a, b in itertools.pairwise(path):
        azimuth, _, length = EARTH.inv(*a, *b)
        for step in range(int(length / 5.0) + 2):
            lon, lat, _ = EARTH.fwd(*a, azimuth, min(length, step * 5.0))
            for east, north, radius in drawn:
                nearest = min(nearest, EARTH.inv(lon, lat, *place(east, north))[2] - radius)
    return nearest


@settings(max_examples=30)
@given(drawn=circles)
def test_path_keeps_the_margin_from_every_circle(drawn: list[tuple[float, float, float]]) -> None:
    """Whatever is answered is safe; a refusal is only given where an end is blocked or enclosed."""
    start, goal = place(-2200.0, 0.0), place(2200.0, 0.0)
    found = path_around(zones_of(drawn), start, goal, 60.0, NOON, MARGIN_M, SEA, lambda: False)
    if isinstance(found, NoPath):
        assert found.why is NoPathWhy.NOT_CONFIRMED, (
            "neither end is near a circle, and circles enclose nothing"
        )
        raise AssertionError(found)
    assert (found[0], found[-1]) == (start, goal)
    assert nearest_m(found, drawn) >= MARGIN_M


@settings(max_examples=30)
@given(radius=st.floats(50.0, 1000.0), aside=st.floats(-0.9, 0.9))
def test_path_around_one_circle_is_as_short_as_the_taut_string(radius: float, aside: float) -> None:
    """Within 1 % of two tangents and an arc (worked out in the plane, which errs less over 5 km)."""
    reach = radius + MARGIN_M
    zones = zones_of([(0.0, aside * radius, radius)])
    start, goal = place(-2500.0, 0.0), place(2500.0, 0.0)
    found = path_around(zones, start, goal, 60.0, NOON, MARGIN_M, SEA, lambda: False)
    assert not isinstance(found, NoPath)
    flown = sum(EARTH.inv(*a, *b)[2] for a, b in itertools.pairwise(found))
    centre = abs(aside) * radius
    apart = math.hypot(2500.0, centre)
    turn = math.pi - 2.0 * (math.acos(reach / apart) + math.atan2(centre, 2500.0))
    taut = 2.0 * math.sqrt(apart**2 - reach**2) + reach * max(0.0, turn)
    assert taut * 0.999 <= flown <= taut * 1.01
