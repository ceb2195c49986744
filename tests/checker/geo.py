"""Geodesics on the WGS84 ellipsoid, straight from PROJ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from tests.checker.document import PathPoint

_WGS84 = Geod(ellps="WGS84")
STEP_M = 10.0
"""A path is sampled at least this densely, along the ground and in height."""

Floats = NDArray[np.float64]


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The geodesic distance between two (lon, lat) points."""
    return float(_WGS84.inv(a[0], a[1], b[0], b[1])[2])


def bearing_deg(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The azimuth of the geodesic at its start, clockwise from north."""
    return float(_WGS84.inv(a[0], a[1], b[0], b[1])[0])


def distances_m(lons: Floats, lats: Floats, centre: tuple[float, float]) -> Floats:
    """The geodesic distances of many points from one."""
    same = np.ones_like(lons)
    return np.asarray(_WGS84.inv(lons, lats, same * centre[0], same * centre[1])[2], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Samples:
    """A path as dense points: positions, heights in the plan's reference, and seconds after ``start``."""

    start: datetime
    lons: Floats
    lats: Floats
    alts_m: Floats
    seconds: Floats

    def moment(self, index: int) -> datetime:
        """The time of one sample."""
        return self.start + timedelta(seconds=float(self.seconds[index]))


def densify(path: tuple[PathPoint, ...]) -> Samples:
    """The path sampled every ``STEP_M``; time and height run evenly along each leg."""
    start = path[0].at
    legs = [_leg(a, b, start) for a, b in pairwise(path)]
    columns = [np.concatenate(column) for column in zip(*legs, strict=True)]
    return Samples(start, *columns)


def _leg(a: PathPoint, b: PathPoint, start: datetime) -> tuple[Floats, Floats, Floats, Floats]:
    azimuth, _, length = _WGS84.inv(a.lon, a.lat, b.lon, b.lat)
    count = 2 + math.ceil(max(length, abs(b.alt_m - a.alt_m)) / STEP_M)
    share = np.linspace(0.0, 1.0, count)
    same = np.ones(count)
    lons, lats, _ = _WGS84.fwd(same * a.lon, same * a.lat, same * azimuth, share * length)
    first, last = ((p.at - start).total_seconds() for p in (a, b))
    alts = a.alt_m + share * (b.alt_m - a.alt_m)
    return np.asarray(lons), np.asarray(lats), alts, first + share * (last - first)
