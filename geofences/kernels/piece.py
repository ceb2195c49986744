# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""One straight piece of a path, and the plane on which its surroundings are looked at. Compiled; see `kernel.py`."""

from __future__ import annotations

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from math import atan2, cos, sin, sqrt

EQUATOR_M = 6378137.0
POLAR_M = 6356752.314245179
E2 = 0.0066943799901413165
"""Square of the ellipsoid's first eccentricity (WGS 84)."""

LATITUDE_M = 110_500.0
"""Metres in a degree, taken short: for boxes that are searched, never for an answer."""

STILL_M = 1e-6
"""A piece shorter than this is a point."""

RADIAN = 0.017453292519943295


class Piece:
    """One piece under examination: its plane, its box, how high and when; and what was found so far."""

    def __init__(self) -> None:
        self.status, self.waits, self.any_time = 0, False, False
        self.lon, self.lat, self.length, self.reach, self.turn = 0.0, 0.0, 0.0, 0.0, 0.0
        self.west, self.south, self.east, self.north = 0.0, 0.0, 0.0, 0.0
        self.at_lon, self.at_lat = 0.0, 0.0
        self.x, self.y, self.z = 0.0, 0.0, 0.0
        self.along_x, self.along_y, self.along_z = 0.0, 0.0, 0.0
        self.across_x, self.across_y, self.across_z = 0.0, 0.0, 0.0
        self.alt0, self.alt1, self.time0, self.time1 = 0.0, 0.0, 0.0, 0.0
        self.ground_low, self.ground_high = 0.0, 0.0
        self.low, self.high = 0.0, 0.0


def aim(piece: Piece, lon: float, lat: float, to_lon: float, to_lat: float, reach: float) -> None:
    """Set up plane and box of a piece, and forget what was found for the one before."""
    piece.status, piece.waits, piece.any_time, piece.reach = 0, False, False, reach
    if to_lon - lon > 180.0:
        to_lon -= 360.0
    elif to_lon - lon < -180.0:
        to_lon += 360.0
    piece.lon, piece.lat, piece.length = lon, lat, 0.0
    phi, theta = lat * RADIAN, lon * RADIAN
    sine, cosine = sin(phi), cos(phi)
    normal = EQUATOR_M / sqrt(1.0 - E2 * sine * sine)
    x, y, z = normal * cosine * cos(theta), normal * cosine * sin(theta), normal * (1.0 - E2) * sine
    piece.x, piece.y, piece.z = x, y, z
    dx, dy, dz = 0.0, 0.0, 0.0
    if to_lon != lon or to_lat != lat:
        phi, theta = to_lat * RADIAN, to_lon * RADIAN
        sine, cosine = sin(phi), cos(phi)
        normal = EQUATOR_M / sqrt(1.0 - E2 * sine * sine)
        dx, dy, dz = (
            normal * cosine * cos(theta) - x,
            normal * cosine * sin(theta) - y,
            normal * (1.0 - E2) * sine - z,
        )
    length = sqrt(dx * dx + dy * dy + dz * dz)
    # The ellipsoid's normal in the middle of the piece.
    up_x, up_y = (x + dx / 2.0) / (EQUATOR_M * EQUATOR_M), (y + dy / 2.0) / (EQUATOR_M * EQUATOR_M)
    up_z = (z + dz / 2.0) / (POLAR_M * POLAR_M)
    size = sqrt(up_x * up_x + up_y * up_y + up_z * up_z)
    up_x, up_y, up_z = up_x / size, up_y / size, up_z / size
    if length < STILL_M:  # a point: any direction on the plane will do
        if abs(up_x) < 0.7:
            dx, dy, dz = 0.0, up_z, -up_y
        else:
            dx, dy, dz = -up_z, 0.0, up_x
        size = sqrt(dx * dx + dy * dy + dz * dz)
        length = 0.0
    else:
        size = piece.length = length
    dx, dy, dz = dx / size, dy / size, dz / size
    piece.along_x, piece.along_y, piece.along_z = dx, dy, dz
    cross_x, cross_y, cross_z = dy * up_z - dz * up_y, dz * up_x - dx * up_z, dx * up_y - dy * up_x
    size = sqrt(cross_x * cross_x + cross_y * cross_y + cross_z * cross_z)
    piece.across_x, piece.across_y, piece.across_z = cross_x / size, cross_y / size, cross_z / size
    _enclose(piece, min(lon, to_lon), min(lat, to_lat), max(lon, to_lon), max(lat, to_lat), length)


def _enclose(piece: Piece, west: float, south: float, east: float, north: float, length: float) -> None:
    """The box of everything within reach. A geodesic bulges towards the pole by `geodesy.bulge_m`, which is not to be
    asked from here; what is taken for it is more.
    """
    beyond = (piece.reach + 0.01) * 1.001 / LATITUDE_M
    farthest = max(abs(south), abs(north)) + beyond + 0.01
    if farthest >= 89.5:
        piece.west, piece.east = -180.0, 180.0
        piece.south, piece.north = south - beyond, north + beyond
        if north > 0.0:
            piece.north = 90.0
        else:
            piece.south = -90.0
        return
    cosine = cos(farthest * RADIAN)
    beyond += length * length / (8.0 * 6.3e6 * cosine) / LATITUDE_M
    piece.south, piece.north = south - beyond, north + beyond
    piece.west, piece.east = west - beyond / cosine, east + beyond / cosine


def when(
    piece: Piece,
    alt0: float,
    alt1: float,
    time0: float,
    time1: float,
    ground_low: float,
    ground_high: float,
) -> None:
    """Heights and times (Unix seconds) at both ends of a piece, and the bounds of the ground below it."""
    piece.alt0, piece.alt1, piece.time0, piece.time1 = alt0, alt1, time0, time1
    piece.ground_low, piece.ground_high = ground_low, ground_high


def at_least(piece: Piece, at_start: float, at_end: float, floor: float) -> None:
    """From where to where a straight line of values is at or above a floor; empty: `low` above `high`."""
    piece.low, piece.high = 0.0, 1.0
    if at_start >= floor and at_end >= floor:
        return
    if at_start < floor and at_end < floor:
        piece.low, piece.high = 1.0, 0.0
        return
    crossing = min(1.0, max(0.0, (floor - at_start) / (at_end - at_start)))
    if at_end >= floor:
        piece.low = crossing
    else:
        piece.high = crossing


def surface(piece: Piece, metres: float) -> None:
    """Longitude (on the turn of the piece's start) and latitude of a point of the piece, by Bowring's formula."""
    x, y = piece.x + piece.along_x * metres, piece.y + piece.along_y * metres
    z = piece.z + piece.along_z * metres
    from_axis = sqrt(x * x + y * y)
    theta = atan2(z * EQUATOR_M, from_axis * POLAR_M)
    sine, cosine = sin(theta), cos(theta)
    second = (EQUATOR_M * EQUATOR_M - POLAR_M * POLAR_M) / POLAR_M
    piece.at_lat = (
        atan2(z + second * sine * sine * sine, from_axis - E2 * EQUATOR_M * cosine * cosine * cosine) / RADIAN
    )
    lon = atan2(y, x) / RADIAN
    if lon - piece.lon > 180.0:
        lon -= 360.0
    elif lon - piece.lon < -180.0:
        lon += 360.0
    piece.at_lon = lon
