"""The parts under the checks: geodesy, spans, shapes."""

import math

import numpy as np
import pytest

from geofences import CircleShape, FlatTerrain, PolygonShape, ShapeError
from geofences.geometry.geodesy import LocalPlane, bearing_deg, densify, destination, distance_m
from geofences.geometry.planar import cell_of
from geofences.geometry.shapes import circle_sides, lonlat_polygon
from geofences.model.spans import difference, intersection, linear_at_least, linear_at_most, union
from tests.unit.geofences.make import EARTH


def test_plane_measures_as_the_ellipsoid_does() -> None:
    """Within 25 km of the centre: 3 ppm, and back again."""
    plane, rng = LocalPlane(-8.6, 41.15), np.random.default_rng(7)
    ends = [
        [destination(-8.6, 41.15, *one) for one in rng.uniform((0, 0), (360, 25e3), (200, 2))] for _ in "ab"
    ]
    a, b = np.array(ends[0]), np.array(ends[1])
    flat = np.hypot(*(plane.to_xy(a) - plane.to_xy(b)).T)
    true = np.array(EARTH.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2])
    assert np.abs(flat / true - 1.0).max() < 4e-6
    assert np.abs(plane.to_lonlat(plane.to_xy(a)) - a).max() < 1e-9


def test_distance_bearing_and_destination_agree() -> None:
    """There and measured."""
    there = destination(-8.6, 41.15, 200.0, 5000.0)
    assert distance_m(-8.6, 41.15, *there) == pytest.approx(5000.0)
    assert bearing_deg(-8.6, 41.15, *there) == pytest.approx(200.0)


def test_long_legs_are_cut_along_the_geodesic() -> None:
    """Into equal pieces that meet; short legs stay."""
    start, end = np.array([(-8.6, 41.1), (0.0, 0.0)]), np.array([(-8.6, 41.2), (0.001, 0.0)])
    pieces = densify(start, end)
    assert pieces.leg.tolist() == [0, 0, 0, 1]
    assert pieces.u1[:3].tolist() == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert np.abs(pieces.start[1:3] - pieces.end[:2]).max() < 1e-12
    assert pieces.end[2].tolist() == end[0].tolist()
    assert (
        np.diff([distance_m(*a, *b) for a, b in zip(pieces.start[:3], pieces.end[:3], strict=True)]).max()
        < 1e-6
    )


@pytest.mark.parametrize("lat", [-90.0, -89.95, -45.0, 0.0, 60.0, 89.95, 90.0])
@pytest.mark.parametrize("lon", [-180.0, -0.01, 0.0, 179.999, 180.0])
def test_every_position_lies_near_the_middle_of_its_cell(lon: float, lat: float) -> None:
    """Poles and the antimeridian included."""
    plane = cell_of(lon, lat).plane
    assert distance_m(lon, lat, plane.lon, plane.lat) < 18_000


@pytest.mark.parametrize("radius", [5.0, 800.0, 40_000.0])
def test_circle_polygon_contains_the_circle(radius: float) -> None:
    """Every corner outside it, every side not inside it, and not by much."""
    ring = np.array(lonlat_polygon(CircleShape(25.0, 60.0, radius)).exterior.coords)
    for points in (ring, (ring[1:] + ring[:-1]) / 2.0):
        reach = [distance_m(25.0, 60.0, *one) for one in points]
        assert radius <= min(reach)
        assert max(reach) < radius + 0.5
    assert circle_sides(1e9) == 2048


def test_ring_around_a_pole_is_refused() -> None:
    """Longitude and latitude cannot express it."""
    with pytest.raises(ShapeError, match="pole"):
        lonlat_polygon(PolygonShape(((0.0, 80.0), (120.0, 80.0), (-120.0, 80.0), (0.0, 80.0))))
    with pytest.raises(ShapeError, match="pole"):
        lonlat_polygon(CircleShape(0.0, 89.99, 5000.0))


def test_spans() -> None:
    """Closed intervals: a common end counts, a cut leaves no dust."""
    assert union([(2, 3), (0, 1)], [(1, 1.5)]) == ((0, 1.5), (2, 3))
    assert intersection(((0, 1), (2, 3)), ((1, 2),)) == ((1, 1), (2, 2))
    assert difference(((0, 4),), ((1, 2), (4, 5))) == ((0, 1), (2, 4))
    assert linear_at_least(0.0, 10.0, 4.0) == ((0.4, 1.0),)
    assert linear_at_most(0.0, 10.0, 4.0) == ((0.0, 0.4),)
    assert linear_at_least(0.0, 0.0, -math.inf) == ((0.0, 1.0),)
    assert linear_at_most(0.0, 0.0, -math.inf) == ()


@pytest.mark.parametrize(("height", "error"), [(math.nan, 0.0), (0.0, -1.0), (0.0, math.inf)])
def test_terrain_must_be_declared_in_numbers(height: float, error: float) -> None:
    """An error that is no error bound is no assumption."""
    with pytest.raises(ValueError, match="flat terrain"):
        FlatTerrain(height, error)
