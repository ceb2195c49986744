"""Limits that follow the ground and the geoid along a path."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geofences import Datum, Interval, Limit, Status, Terrain, UnknownTerrain, Waypoint, ZoneSet, check_path
from geofences.checks.heights import part_boxes, widened
from geofences.geometry.geodesy import METRES_PER_DEGREE, bulge_m
from geofences.geometry.track import track_of
from geofences.model.altitude import ANYTHING, Box
from tests.unit.geofences.make import HOME, agl, path, square, zone

EARTH = Geod(ellps="WGS84")


class Slope(Terrain):
    """Ground that rises by 100 m in each km to the north of home; sea level lies 50 to 52 m above the ellipsoid."""

    def __init__(self, step_m: float) -> None:
        self._step_m = step_m
        self.asked: list[Box] = []

    def ground_within(self, box: Box) -> Interval:
        self.asked.append(box)
        return Interval(*((lat - HOME[1]) * METRES_PER_DEGREE / 10.0 for lat in (box.south, box.north)))

    def undulation_within(self, box: Box) -> Interval:
        return Interval(50.0, 52.0)

    @property
    def step_m(self) -> float:
        return self._step_m


UPHILL = path((0, 0, 80), (0, 2000, 280))


@pytest.mark.parametrize(("step_m", "status"), [(100.0, Status.CLEAR), (math.inf, Status.UNKNOWN)])
def test_a_path_that_follows_the_ground_is_seen_to_do_so(step_m: float, status: Status) -> None:
    """Always 80 m above ground: over a zone that reaches 60 m up. In one part the whole slope leaves it open."""
    zones = ZoneSet([zone(square(0, 1000, 3000), upper=agl(60))])
    assert check_path(zones, UPHILL, Slope(step_m)).status is status


def test_where_the_ground_comes_near_the_stretch_is_named() -> None:
    """Level at 180 m over the slope: 60 m above ground at 1.2 km, and inside from there on."""
    zones = ZoneSet([zone(square(0, 1000, 3000), upper=agl(60))])
    result = check_path(zones, path((0, 0, 180), (0, 2000, 180)), Slope(20.0))
    sure = [one for one in result.conflicts if one.status is Status.BLOCKED]
    assert len(sure) == 1
    assert 1200 <= sure[0].from_m <= 1240
    assert sure[0].to_m == pytest.approx(2000.0)
    open_ones = [one for one in result.conflicts if one.status is Status.UNKNOWN]
    assert len(open_ones) == 1
    assert 1160 <= open_ones[0].from_m <= 1200


def test_a_margin_is_asked_for_on_the_ground_too() -> None:
    """The vehicle may be 300 m further up the slope, where the ground is 30 m higher."""
    zones = ZoneSet([zone(square(0, 1000, 3000), upper=agl(60))])
    assert check_path(zones, UPHILL, Slope(50.0), margin_m=300.0).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("up", "status"), [(47.0, Status.BLOCKED), (49.0, Status.UNKNOWN), (50.5, Status.CLEAR)]
)
def test_limit_above_the_ellipsoid_needs_the_geoid(up: float, status: Status) -> None:
    """100 m above the ellipsoid is 48 to 50 m above mean sea level; without a geoid nothing is known."""
    zones = ZoneSet([zone(square(0, 0, 100), upper=Limit(100.0, Datum.WGS84))])
    assert check_path(zones, path((0, 0, up)), Slope(50.0)).status is status
    assert check_path(zones, path((0, 0, up)), UnknownTerrain()).status is Status.UNKNOWN


def test_what_does_not_depend_on_the_place_asks_nothing() -> None:
    """Limits above sea level, pressure heights and the ground itself as the lower limit."""
    terrain = Slope(50.0)
    limits = Limit(100.0, Datum.AMSL), Limit(600.0, Datum.FL)
    check_path(
        ZoneSet([zone(square(0, 0, 100), lower=agl(0), upper=each) for each in limits]), UPHILL, terrain
    )
    assert terrain.asked == []


def test_terrain_need_only_say_what_is_in_one_box() -> None:
    """The rest has an answer that is safe."""

    class Least(Terrain):
        def ground_within(self, box: Box) -> Interval:
            return Interval(box.south, box.north)

    least = Least()
    low, high = least.ground_within_many(np.array([[0.0, 1.0, 2.0, 3.0], [0.0, -1.0, 2.0, 5.0]]))
    assert (low.tolist(), high.tolist()) == ([1.0, -1.0], [3.0, 5.0])
    assert least.undulation_within(Box(0, 0, 1, 1)) == ANYTHING
    assert least.step_m == math.inf
    assert len(least.ground_within_many(np.empty((0, 4))).low) == 0


@pytest.mark.parametrize("lat", [0.0, 41.0, -63.0, 80.0])
@pytest.mark.parametrize("lon", [0.0, 179.97])
def test_boxes_hold_the_geodesic_and_all_around_it(lon: float, lat: float) -> None:
    """Wherever along the leg, and 200 m beside it to any side."""
    noon = path((0, 0, 0))[0].at
    to_lon, to_lat, _ = EARTH.fwd(lon, lat, 67.0, 4_900.0)
    track = track_of([Waypoint(lon, lat, 0.0, noon), Waypoint(to_lon, to_lat, 0.0, noon)])
    marks, boxes = part_boxes(track, 0, 400.0, 200.0)
    assert len(boxes) == 13
    for low, high, box in zip(marks, marks[1:], boxes.tolist(), strict=False):
        for share in (low, (low + high) / 2, high):
            on = EARTH.fwd(lon, lat, 67.0, 4_900.0 * share)[:2]
            for bearing in range(0, 360, 30):
                x, y, _ = EARTH.fwd(*on, bearing, 200.0)
                x += 360.0 * round((box[0] - x) / 360.0)
                assert box[0] <= x <= box[2]
                assert box[1] <= y <= box[3]


@given(
    st.one_of(st.floats(-89.999, 89.999), st.floats(89.9, 89.999)),
    st.floats(-180.0, 180.0),
    st.floats(0.0, 360.0),
    st.sampled_from((100.0, 4_900.0, 100_000.0)),
    st.floats(0.0, 1.0),
)
def test_no_geodesic_strays_farther_than_is_said(
    lat: float, lon: float, bearing: float, length_m: float, share: float
) -> None:
    """From the straight line in longitude and latitude, at the same share of both; near the poles too."""
    to_lon, to_lat, _ = EARTH.fwd(lon, lat, bearing, length_m)
    at_lon, at_lat, _ = EARTH.fwd(lon, lat, bearing, length_m * share)
    straight_lon = lon + ((to_lon - lon + 180.0) % 360.0 - 180.0) * share
    steepest = max(abs(lat), abs(to_lat))
    if steepest < 89.0:
        away = EARTH.inv(at_lon, at_lat, straight_lon, lat + (to_lat - lat) * share)[2]
        assert away <= bulge_m(length_m, steepest) * 1.001 + 0.001
    # The box of both ends, made so much larger, holds it wherever that is.
    lons = sorted((lon, lon + (to_lon - lon + 180.0) % 360.0 - 180.0))
    ends = np.array([[lons[0], min(lat, to_lat), lons[1], max(lat, to_lat)]])
    west, south, east, north = widened(ends, float(bulge_m(length_m, steepest)) + 0.1)[0].tolist()
    assert south <= at_lat <= north
    assert east - west >= 360.0 or any(west <= at_lon + turn <= east for turn in (-360.0, 0.0, 360.0))


def test_ground_at_a_pole_counts_for_a_leg_across_it() -> None:
    """Its ends lie 2.4 km from the pole: their box alone does not reach it."""
    noon = path((0, 0, 0))[0].at
    to_lon, to_lat, _ = EARTH.fwd(0.0, 89.978, 0.0, 4_900.0)
    track = track_of([Waypoint(0.0, 89.978, 0.0, noon), Waypoint(to_lon, to_lat, 0.0, noon)])
    _, boxes = part_boxes(track, 0, 400.0, 0.0)
    assert float(np.max(boxes[:, 3])) == 90.0


def test_a_box_that_reaches_a_pole_goes_all_around() -> None:
    """Every longitude is near there."""
    assert widened(np.array([[10.0, 89.8, 10.1, 89.95]]), 100.0).tolist()[0][::2] == [-180.0, 180.0]
    assert widened(np.array([[10.0, 89.8, 10.1, 89.9999]]), 100.0)[0, 3] == 90.0
