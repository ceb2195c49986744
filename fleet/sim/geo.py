"""Points and straight lines on the ellipsoid's local radii: exact to 0.1 % over the tens of kilometres of a city."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from fleet.protocol.values import Place

_EQUATOR_M = 6_378_137.0
_ECCENTRICITY_SQ = 0.00669437999014


class Point(NamedTuple):
    """A position in degrees and metres above mean sea level."""

    lon: float
    lat: float
    alt_m: float

    @property
    def place(self) -> Place:
        """The same on the ground."""
        return Place(lon=self.lon, lat=self.lat)


def on_ground(place: Place, alt_m: float) -> Point:
    """A place at a height."""
    return Point(place.lon, place.lat, alt_m)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Length of a degree to the east and to the north (radii of curvature of WGS84)."""
    sin = math.sin(math.radians(lat))
    w = 1 - _ECCENTRICITY_SQ * sin * sin
    north = _EQUATOR_M * (1 - _ECCENTRICITY_SQ) / w**1.5
    east = _EQUATOR_M / math.sqrt(w) * math.cos(math.radians(lat))
    return math.radians(east), math.radians(north)


def offset_m(start: Point | Place, end: Point | Place) -> tuple[float, float]:
    """How far to the east and to the north."""
    east, north = metres_per_degree((start.lat + end.lat) / 2)
    return (end.lon - start.lon) * east, (end.lat - start.lat) * north


def distance_m(start: Point | Place, end: Point | Place) -> float:
    """Length of the straight way over ground."""
    return math.hypot(*offset_m(start, end))


def moved(start: Place, east_m: float, north_m: float) -> Place:
    """The place so far to the east and north."""
    east, north = metres_per_degree(start.lat)
    return Place(lon=start.lon + east_m / east, lat=start.lat + north_m / north)


def between(start: Point, end: Point, share: float) -> Point:
    """The point at ``share`` (0..1) of the straight way."""
    return Point(
        start.lon + (end.lon - start.lon) * share,
        start.lat + (end.lat - start.lat) * share,
        start.alt_m + (end.alt_m - start.alt_m) * share,
    )


@dataclass(frozen=True)
class Piece:
    """A movement at constant speed. ``metres`` is the length over ground as driven or flown.

    Each sample of telemetry on the way asks for its speed and its heading, which are worked out once.
    """

    start: Point
    end: Point
    begins: datetime
    ends: datetime
    metres: float

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return (self.ends - self.begins).total_seconds()

    def share(self, at: datetime) -> float:
        """How much of it lies behind at a moment, 0..1."""
        span = self.ends - self.begins
        return 1.0 if span <= timedelta(0) else min(1.0, max(0.0, (at - self.begins) / span))

    def point(self, at: datetime) -> Point:
        """Where the vehicle is at a moment."""
        return between(self.start, self.end, self.share(at))

    def cut(self, at: datetime) -> Piece:
        """The part that lies behind at a moment."""
        share = self.share(at)
        return Piece(self.start, self.point(at), self.begins, min(at, self.ends), self.metres * share)

    @cached_property
    def speed_mps(self) -> float:
        """Speed over ground."""
        return self.metres / self.seconds if self.seconds > 0 else 0.0

    @cached_property
    def heading_deg(self) -> float | None:
        """Direction over ground; none where it stands or goes straight up."""
        east, north = offset_m(self.start, self.end)
        if math.hypot(east, north) < 0.5:
            return None
        return math.degrees(math.atan2(east, north)) % 360.0
