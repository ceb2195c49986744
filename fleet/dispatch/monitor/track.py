"""How far along its path an asset is, and how far beside it: the path as a polyline on a local plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from fleet.protocol.values import Place, Waypoint

EARTH_M_PER_DEG = 111_320.0
"""Metres of one degree of latitude; good to 0.6 % anywhere, and the same plane serves path and sample."""


@dataclass(frozen=True, slots=True)
class Plane:
    """East and north in metres from an origin, for the few kilometres of one trip."""

    lon: float
    lat: float
    east_per_deg: float

    @classmethod
    def at(cls, place: Place | Waypoint) -> Plane:
        """The plane around a place."""
        return cls(place.lon, place.lat, EARTH_M_PER_DEG * math.cos(math.radians(place.lat)))

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """A point on the plane, in metres."""
        return (lon - self.lon) * self.east_per_deg, (lat - self.lat) * EARTH_M_PER_DEG


@dataclass(frozen=True, slots=True)
class Track:
    """A path over ground: points in metres and the length up to each."""

    points: tuple[tuple[float, float], ...]
    along_m: tuple[float, ...]

    @classmethod
    def of(cls, plane: Plane, path: Sequence[Waypoint]) -> Track:
        """The path's track on the plane."""
        points = tuple(plane.xy(p.lon, p.lat) for p in path)
        along = [0.0]
        for a, b in pairwise(points):
            along.append(along[-1] + math.dist(a, b))
        return cls(points, tuple(along))

    @property
    def length_m(self) -> float:
        """The whole length."""
        return self.along_m[-1]

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """The nearest point of the track: how far along it lies, and how far away."""
        best_along, best_away = 0.0, math.inf
        for i, (a, b) in enumerate(pairwise(self.points)):
            share, away = _nearest(a, b, x, y)
            if away < best_away:
                best_away = away
                best_along = self.along_m[i] + share * (self.along_m[i + 1] - self.along_m[i])
        return best_along, best_away


def _nearest(a: tuple[float, float], b: tuple[float, float], x: float, y: float) -> tuple[float, float]:
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    share = 0.0 if square == 0 else max(0.0, min(1.0, ((x - a[0]) * dx + (y - a[1]) * dy) / square))
    return share, math.hypot(x - a[0] - share * dx, y - a[1] - share * dy)
