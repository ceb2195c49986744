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


Segment = tuple[float, float, float, float, float, float, float]
"""One stretch of a track, in metres: where it begins, how far it leads east and north, the square of its length, the
length up to it and its own."""


@dataclass(frozen=True, slots=True)
class Track:
    """A path over ground: points in metres and the length up to each. It is asked of with every sample, so that what
    the answer needs is worked out beforehand."""

    points: tuple[tuple[float, float], ...]
    along_m: tuple[float, ...]
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, plane: Plane, path: Sequence[Waypoint]) -> Track:
        """The path's track on the plane."""
        points = tuple(plane.xy(p.lon, p.lat) for p in path)
        along = [0.0]
        for a, b in pairwise(points):
            along.append(along[-1] + math.dist(a, b))
        segments = (
            _segment(a, b, *stretch)
            for (a, b), stretch in zip(pairwise(points), pairwise(along), strict=True)
        )
        return cls(points, tuple(along), tuple(segments))

    @property
    def length_m(self) -> float:
        """The whole length."""
        return self.along_m[-1]

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """The nearest point of the track: how far along it lies, and how far away."""
        best_along, best_square = 0.0, math.inf
        for east, north, dx, dy, square, along, length in self.segments:
            px, py = x - east, y - north
            share = 0.0 if square == 0 else (px * dx + py * dy) / square
            if share < 0:
                share = 0.0
            elif share > 1:
                share = 1.0
            px -= share * dx
            py -= share * dy
            away = px * px + py * py
            if away < best_square:
                best_along, best_square = along + share * length, away
        return best_along, math.sqrt(best_square)


def _segment(a: tuple[float, float], b: tuple[float, float], along: float, until: float) -> Segment:
    dx, dy = b[0] - a[0], b[1] - a[1]
    return a[0], a[1], dx, dy, dx * dx + dy * dy, along, until - along
