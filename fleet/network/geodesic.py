"""Travel without street data: great-circle distance, stretched and timed by what street networks do at that
distance.

Medians measured on real street networks, by band of the straight distance: a car drives 1.6 times as far
between 0.2 and 1 km, 1.5 times up to 3 km, 1.45 times up to 10 km, 1.35 times up to 30 km, and gets ahead,
as the crow flies, at 16, 22, 29 and 35 km/h; a walk is 1.3, 1.26 and 1.22 times as long in the first three
bands. A single leg is off by 9 to 24 % in a car and by 5 to 13 % on foot.

Between the bands' middles both curves are interpolated, and beyond the last one its slope goes on. They
rise everywhere and bend downwards only, so a farther point never takes less time and no detour is ever a
short cut (the triangle inequality holds).

The great circle is that of a sphere of the mean radius: within 0.6 % of the ellipsoid, far below the
figures above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.network.base import Gap, Leg, Legs, Matrix, Profile
from fleet.protocol.values import Place

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the WGS84 ellipsoid (IUGG)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising piecewise linear function through the origin and the knots, with the last slope beyond them."""

    knots: tuple[tuple[float, float], ...]

    def at(self, x: Floats) -> Floats:
        """The function's values."""
        xs = np.array([0.0, *(k[0] for k in self.knots)])
        ys = np.array([0.0, *(k[1] for k in self.knots)])
        slope = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
        beyond = np.maximum(x - xs[-1], 0.0) * slope
        result: Floats = np.interp(x, xs, ys) + beyond
        return result

    def into(self, x: Floats, values: Floats) -> None:
        """Write the function's values, of one that bends downwards only: the least of its lines' values, which is
        found sooner."""
        before = (0.0, 0.0)
        for number, knot in enumerate(self.knots):
            slope = (knot[1] - before[1]) / (knot[0] - before[0])
            if number == 0:
                np.multiply(x, slope, out=values)
            else:
                line = x * slope
                line += knot[1] - slope * knot[0]
                np.minimum(values, line, out=values)
            before = knot


@dataclass(frozen=True, slots=True)
class Travel:
    """How one profile turns straight distances into distance (m) and duration (s)."""

    distance: Curve
    duration: Curve


# The geometric middles of the bands 0.2 to 1, 1 to 3, 3 to 10 and 10 to 30 km.
_MIDDLES_M = tuple(1000 * (low * high) ** 0.5 for low, high in ((0.2, 1), (1, 3), (3, 10), (10, 30)))


def _travel(circuity: tuple[float, ...], crow_speeds_mps: tuple[float, ...]) -> Travel:
    middles = _MIDDLES_M[: len(circuity)]
    return Travel(
        distance=Curve(tuple((m, m * c) for m, c in zip(middles, circuity, strict=True))),
        duration=Curve(tuple((m, m / v) for m, v in zip(middles, crow_speeds_mps, strict=True))),
    )


WALKING_MPS = 5 / 3.6
"""Along the path, as the usual street routers assume for a person on foot."""

_FOOT_CIRCUITY = (1.3, 1.26, 1.22)

_ON_FOOT = _travel(_FOOT_CIRCUITY, tuple(WALKING_MPS / c for c in _FOOT_CIRCUITY))

TRAVEL: dict[Profile, Travel] = {
    "drive": _travel((1.6, 1.5, 1.45, 1.35), (16 / 3.6, 22 / 3.6, 29 / 3.6, 35 / 3.6)),
    "walk": _ON_FOOT,
    "roll": _ON_FOOT,
}


def great_circle_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Distance on the mean sphere by the haversine formula, element by element; degrees in, metres out."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_lat = (phi2 - phi1) / 2
    half_lon = np.radians(lon2 - lon1) / 2
    h = np.sin(half_lat) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lon) ** 2
    result: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))
    return result


def straight_m(start: Place, end: Place) -> float:
    """The great-circle distance between two points, in metres."""
    lons, lats = lonlat((start, end))
    return float(great_circle_m(lons[:1], lats[:1], lons[1:], lats[1:])[0])


def straight_table_m(starts: Sequence[Place], ends: Sequence[Place]) -> Floats:
    """The great-circle distances from some points to others, in metres."""
    lon, lat = lonlat(starts)
    to_lon, to_lat = lonlat(ends)
    return great_circle_m(lon[:, None], lat[:, None], to_lon[None, :], to_lat[None, :])


def lonlat(points: Sequence[Place]) -> tuple[Floats, Floats]:
    """The points' longitudes and latitudes as two arrays."""
    return (
        np.fromiter((p.lon for p in points), np.float64, len(points)),
        np.fromiter((p.lat for p in points), np.float64, len(points)),
    )


class Estimates:
    """Estimated ways between very many points, of which tables are asked for: to a millionth of a metre, or a second,
    what ``GeodesicNetwork.cross`` says, in a seventh of the time."""

    def __init__(self, points: Sequence[Place], profile: Profile) -> None:
        lon, lat = np.radians(lonlat(points))
        self._travel = TRAVEL[profile]
        self._at = np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
        """The points on a sphere of radius 1, by axis."""

    def straight_m(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
        """The great-circle distances from some points to others, by their numbers."""
        return _arcs_m(self._at[:, starts], self._at[:, ends])

    def table(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Matrix:
        """The ways from some points to others, by their numbers."""
        metres, seconds = np.empty((2, len(starts), len(ends)))
        to = self._at[:, ends]
        for first in range(0, len(starts), ROWS):
            rows = slice(first, first + ROWS)
            crow = _arcs_m(self._at[:, starts[rows]], to)
            self._travel.distance.into(crow, metres[rows])
            self._travel.duration.into(crow, seconds[rows])
        return Matrix(metres, seconds)


ROWS = 64
"""Rows of a table that are worked out at a time: what lies between is to stay in the processor's cache."""

SHORT = 0.01
"""Half a chord of a sphere of radius 1 (127 km on the earth's) below which three terms of the arc sine's series leave
out less than a tenth of a millionth of a millionth."""


def _arcs_m(starts: Floats, ends: Floats) -> Floats:
    """Great-circle distances (m) between points of a sphere of radius 1, from each chord."""
    squares = np.zeros((starts.shape[1], ends.shape[1]))
    for start, end in zip(starts, ends, strict=True):
        apart = start[:, None] - end
        apart *= apart
        squares += apart
    squares *= 0.25
    half: Floats = np.sqrt(squares)
    if np.any(squares > SHORT * SHORT):
        return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(half, 1.0)))
    series = squares * (3 / 40)
    series += 1 / 6
    series *= squares
    series += 1.0
    series *= half
    series *= 2 * EARTH_RADIUS_M
    return series


@dataclass(frozen=True, slots=True)
class GeodesicNetwork:
    """A ``Network`` that needs no data. A path is the straight line: right for a map, not for a turn list."""

    assumption: str | None = "streets: straight distance times circuity by band, crow-fly speeds by band"
    version: str | None = None
    credit: str | None = None

    def leg(self, start: Place, end: Place, profile: Profile) -> Leg:
        """The estimated way between two points; there always is one."""
        legs = self.legs((start,), (end,), profile)
        return Leg(float(legs.distance_m[0]), float(legs.duration_s[0]))

    def legs(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Legs:
        """The estimated ways, pair by pair, at once."""
        travel = TRAVEL[profile]
        crow = great_circle_m(*lonlat(starts), *lonlat(ends))
        return Legs(travel.distance.at(crow), travel.duration.at(crow))

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """All estimated ways from some points to others, at once."""
        travel = TRAVEL[profile]
        crow = straight_table_m(starts, ends)
        return Matrix(travel.distance.at(crow), travel.duration.at(crow))

    def matrix(self, points: Sequence[Place], profile: Profile) -> Matrix:
        """All estimated ways between the points, at once."""
        return self.cross(points, points, profile)

    def gap(self, start: Place, end: Place, profile: Profile) -> Gap | None:  # noqa: ARG002
        """None: there is always an estimate."""
        return None

    def path(self, start: Place, end: Place, profile: Profile) -> tuple[Place, ...]:  # noqa: ARG002
        """The straight line; its length is the crow's, not ``leg``'s."""
        return (start, end)
