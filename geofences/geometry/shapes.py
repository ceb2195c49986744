"""Shapes as Shapely polygons in longitude and latitude: made, unwrapped across the antimeridian, and
judged.
"""

import itertools
import math
from functools import lru_cache

import numpy as np
import shapely
from shapely.geometry import Polygon

from geofences.errors import ShapeError, ZoneError, check_type
from geofences.geometry.geodesy import EARTH, METRES_PER_DEGREE_AT_LEAST, TURNS_DEG
from geofences.model.zone import CircleShape, PolygonShape, Ring, Zone

LARGEST_RADIUS_M = 500_000.0
CIRCLE_EXCESS_M = 0.2
"""How far a circle's polygon, which always contains the circle, may reach beyond it."""
MIN_SIDES, MAX_SIDES = 64, 2048


@lru_cache(maxsize=65_536)
def lonlat_polygon(shape: PolygonShape | CircleShape) -> Polygon:
    """The shape's polygon; longitudes may exceed 180 where it crosses the antimeridian.

    Raises `ShapeError` for what encloses nothing or something ambiguous.
    """
    if isinstance(shape, CircleShape):
        return _circle(shape)
    check_rings(shape)
    outer = _unwrap(shape.outer)
    return _judged(Polygon(outer, [_within(_unwrap(hole), outer) for hole in shape.holes]))


@lru_cache(maxsize=4_096)
def inner_polygon(shape: PolygonShape | CircleShape) -> Polygon:
    """The same of what must be stayed inside of: a circle's polygon lies within the circle.

    It is empty where the circle is too small to be drawn in degrees: nothing is inside.
    """
    if not isinstance(shape, CircleShape):
        return lonlat_polygon(shape)
    drawn = _around(shape, shape.radius_m, circle_sides(shape.radius_m))
    return drawn if shapely.is_valid(drawn) and drawn.area > 0.0 else Polygon()


def polygons_of(zone: Zone) -> list[Polygon]:
    """The polygons of a zone. Raises `ZoneError` for what is no zone, or a shape that can't be checked against."""
    check_type(zone, Zone, "zones")
    found = []
    for number, volume in enumerate(zone.volumes):
        try:
            found.append(lonlat_polygon(volume.shape))
        except (ShapeError, TypeError, ValueError) as error:
            raise ZoneError(f"volumes[{number}].shape", str(error), zone.zone_id) from error
    return found


def check_rings(shape: PolygonShape) -> None:
    """Raise `ShapeError` unless all rings are closed, have three different vertices, and lie on the globe."""
    for number, ring in enumerate((shape.outer, *shape.holes)):
        _check_ring(ring, "outer ring" if number == 0 else f"hole {number}")


def _check_ring(ring: Ring, what: str) -> None:
    for lon, lat in ring:
        check_position(lon, lat, what)
    if len(set(ring)) < 3:
        raise ShapeError(f"{what} has {len(set(ring))} different vertices, at least 3 are needed")
    if ring[0] != ring[-1]:
        raise ShapeError(f"{what} is not closed: its last vertex must repeat its first")


def check_position(lon: float, lat: float, what: str) -> None:
    """Raise `ShapeError` unless the position is on the globe; `what` names it in the message."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise ShapeError(f"{what} holds {lon}, {lat}, which is no position")
    if abs(lat) > 90.0:
        hint = " (longitude comes first: are they swapped?)" if abs(lon) <= 90.0 else ""
        raise ShapeError(f"{what} has latitude {lat}, outside -90 to 90{hint}")
    if abs(lon) > 180.0:
        raise ShapeError(f"{what} has longitude {lon}, outside -180 to 180")


def _unwrap(ring: Ring) -> Ring:
    """Take an edge that spans more than half the globe the short way; 360 degrees exactly is a world's
    edge.
    """
    turns = 0
    lons = [ring[0][0]]
    for (before, _), (lon, _) in itertools.pairwise(ring):
        step = lon - before
        if 180.0 < abs(step) < 360.0:
            turns -= int(math.copysign(1, step))
        lons.append(lon + 360.0 * turns)
    if turns:
        raise ShapeError("a ring encloses a pole, which longitude and latitude cannot express")
    return tuple((lon, lat) for lon, (_, lat) in zip(lons, ring, strict=True))


def _within(hole: Ring, outer: Ring) -> Ring:
    """The hole on the same turn of the globe as the outer ring."""
    west, east = min(lon for lon, _ in outer), max(lon for lon, _ in outer)
    for shift in TURNS_DEG:
        if all(west <= lon + shift <= east for lon, _ in hole):
            return tuple((lon + shift, lat) for lon, lat in hole) if shift else hole
    return hole


def _judged(polygon: Polygon) -> Polygon:
    if not shapely.is_valid(polygon):
        raise ShapeError(f"not a simple polygon: {shapely.is_valid_reason(polygon)}")
    if polygon.area == 0.0:
        raise ShapeError("the polygon encloses no area")
    return polygon


def _circle(circle: CircleShape) -> Polygon:
    check_position(circle.lon, circle.lat, "centre")
    if not 0.0 < circle.radius_m <= LARGEST_RADIUS_M:
        raise ShapeError(f"radius {circle.radius_m} m is not above 0 and at most {LARGEST_RADIUS_M:.0f} m")
    sides = circle_sides(circle.radius_m)
    bend_m = edge_bend_m(circle.lat, circle.radius_m, sides)
    return _judged(_around(circle, circle.radius_m / math.cos(math.pi / sides) + 0.02 + bend_m, sides))


def _around(circle: CircleShape, reach_m: float, sides: int) -> Polygon:
    bearings, reach = np.arange(sides) * (360.0 / sides), np.full(sides, reach_m)
    lon, lat, _ = EARTH.fwd(np.full(sides, circle.lon), np.full(sides, circle.lat), bearings, reach)
    vertices = tuple(zip(lon.tolist(), lat.tolist(), strict=True))
    return Polygon(_unwrap((*vertices, vertices[0])))


def edge_bend_m(lat: float, radius_m: float, sides: int) -> float:
    """By how much an edge of a polygon around a circle may lie nearer to its centre than the geodesic between its ends:
    edges are straight in longitude and latitude, which bends those on the pole's side away from the pole.
    """
    edge_m = 2.0 * math.pi * radius_m / sides
    to_pole_m = (90.0 - abs(lat)) * METRES_PER_DEGREE_AT_LEAST - radius_m
    if to_pole_m <= edge_m:
        return edge_m
    tangent = 1.0 / math.tan(to_pole_m / _LARGEST_CURVATURE_M)
    return min(edge_m, 1.09 * edge_m**2 * max(0.0, tangent) / (8.0 * _SMALLEST_CURVATURE_M))


_SMALLEST_CURVATURE_M, _LARGEST_CURVATURE_M = 6_335_000.0, 6_400_000.0
"""Radii of curvature of the ellipsoid."""


def circle_sides(radius_m: float) -> int:
    """Sides of a polygon drawn around a circle that reaches beyond it by at most `CIRCLE_EXCESS_M`.

    The excess at a corner is r (1 / cos(pi / n) - 1), about r pi^2 / (2 n^2).
    """
    sides = math.ceil(math.pi * math.sqrt(radius_m / (2.0 * CIRCLE_EXCESS_M)))
    return min(MAX_SIDES, max(MIN_SIDES, sides))
