"""Distances on the WGS 84 ellipsoid, and planes in metres for small regions of it.

Positions are longitude, latitude in degrees everywhere (rule E2). A local azimuthal-equidistant plane errs by
0 to 3 ppm within 25 km of its centre; a straight line in longitude and latitude strays from the geodesic by
0.4 m over 5 km and by 7 m over 20 km, hence legs are densified.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import Geod, Transformer
from pyproj.enums import TransformDirection

Floats = npt.NDArray[np.float64]

EARTH = Geod(ellps="WGS84")
"""The ellipsoid on which all distances are measured."""

DENSIFY_OVER_M = 5_000.0
"""Legs longer than this are cut into equal pieces along the geodesic."""

TURNS_DEG = (0.0, -360.0, 360.0)
"""What is added to longitudes to find what lies across the antimeridian."""

METRES_PER_DEGREE_AT_LEAST = 110_574.0
"""One degree of latitude on the ellipsoid is nowhere shorter (at the equator); nor is one of longitude there."""

_FLATTEST_M = 6_335_000.0
"""The smallest radius of curvature of the ellipsoid."""

METRES_PER_DEGREE = 111_195.0
"""One degree of a great circle on the mean sphere: for search windows only, never for an answer."""


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """An azimuthal-equidistant plane in metres around a centre: x to the east, y to the north."""

    lon: float
    lat: float

    def to_xy(self, lonlat: npt.ArrayLike) -> Floats:
        """Project an array of shape (n, 2) of longitude, latitude to metres."""
        points = np.asarray(lonlat, dtype=np.float64)
        x, y = _projection(self.lon, self.lat).transform(points[:, 0], points[:, 1])
        return np.column_stack((x, y))

    def to_lonlat(self, xy: npt.ArrayLike) -> Floats:
        """The inverse of `to_xy`."""
        points = np.asarray(xy, dtype=np.float64)
        inverse = TransformDirection.INVERSE
        lon, lat = _projection(self.lon, self.lat).transform(points[:, 0], points[:, 1], direction=inverse)
        return np.column_stack((lon, lat))


@lru_cache(maxsize=1024)
def _projection(lon: float, lat: float) -> Transformer:
    # A Transformer keeps its state by thread, so that one may serve many; it costs half a millisecond.
    return Transformer.from_pipeline(f"+proj=aeqd +lon_0={lon!r} +lat_0={lat!r} +ellps=WGS84")


def distance_m(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Length of the geodesic between two positions."""
    return float(EARTH.inv(lon, lat, to_lon, to_lat)[2])


def bearing_deg(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Direction in which the geodesic leaves the first position, clockwise from true north, 0 to 360."""
    return float(EARTH.inv(lon, lat, to_lon, to_lat)[0]) % 360.0


def destination(lon: float, lat: float, bearing: float, distance: float) -> tuple[float, float]:
    """The position `distance` metres along the geodesic that leaves at `bearing` degrees from north."""
    to_lon, to_lat, _ = EARTH.fwd(lon, lat, bearing, distance)
    return float(to_lon), float(to_lat)


def distances_m(start: Floats, end: Floats) -> Floats:
    """Length of the geodesic between each row of two (n, 2) arrays."""
    return np.asarray(EARTH.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2], dtype=np.float64)


def bulge_m(length_m: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """How far a geodesic strays at the most from the box of its ends in longitude and latitude; `lat` is that of the
    end that is nearer to a pole. (From the straight line between them, at the same share, a few per cent more.)

    The sagitta of that line, its geodesic curvature being sin a (1 + cos² a) tan(lat) / R at the azimuth a; where that
    is more, near the poles, half its length, as no point of it is farther from an end.
    """
    length = np.asarray(length_m, dtype=np.float64)
    steepest = np.radians(np.minimum(np.abs(lat) + length / 2.0 / METRES_PER_DEGREE_AT_LEAST, 90.0))
    return np.asarray(np.minimum(1.09 * length**2 * np.tan(steepest) / (8.0 * _FLATTEST_M), length / 2.0))


def on_every_turn(boxes: Floats) -> Floats:
    """Boxes (n, 4: west, south, east, north) once for each turn of the globe: all of one turn, then of the next."""
    turns = np.array([[turn, 0.0, turn, 0.0] for turn in TURNS_DEG])
    return np.asarray((boxes[None, :, :] + turns[:, None, :]).reshape(-1, 4))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Legs cut into pieces short enough for a plane; arrays of one length, in path order.

    `leg` is the index of the leg; `u0`, `u1` the fractions of the leg where the piece starts and ends;
    `start` and `end` its end points (m, 2); `leg_m` the geodesic length of each *leg*.
    """

    leg: npt.NDArray[np.intp]
    u0: Floats
    u1: Floats
    start: Floats
    end: Floats
    leg_m: Floats


def densify(start: Floats, end: Floats, longest_m: float = DENSIFY_OVER_M) -> Pieces:
    """Cut each leg (row of `start` to row of `end`) that is longer than `longest_m` along its geodesic."""
    bearing, _, length = EARTH.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    leg_m = np.asarray(length, dtype=np.float64)
    if leg_m.size == 0 or leg_m.max() <= longest_m:
        count = len(leg_m)
        return Pieces(np.arange(count), np.zeros(count), np.ones(count), start, end, leg_m)
    parts = np.maximum(1, np.ceil(leg_m / longest_m)).astype(np.intp)
    leg = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts)
    u0, u1 = number / parts[leg], (number + 1) / parts[leg]
    direction = np.asarray(bearing, dtype=np.float64)
    piece_start = _along(start, direction, leg_m, leg, u0)
    piece_end = _along(start, direction, leg_m, leg, u1)
    last = u1 == 1.0
    piece_end[last] = end[leg[last]]
    return Pieces(leg, u0, u1, piece_start, piece_end, leg_m)


def _along(
    start: Floats, bearing: Floats, leg_m: Floats, leg: npt.NDArray[np.intp], fraction: Floats
) -> Floats:
    lon, lat, _ = EARTH.fwd(start[leg, 0], start[leg, 1], bearing[leg], leg_m[leg] * fraction)
    return np.column_stack((lon, lat))
