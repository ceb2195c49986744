"""Where an aircraft is due at a moment, worked out so far beforehand that each sample can be held against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from fleet.protocol.messages import Telemetry
from geofences import Waypoint
from geofences.geometry.geodesy import METRES_PER_DEGREE


class _Leg(NamedTuple):
    """From when until when (Unix seconds), where it begins, what that grows by each second, and how far away the
    aircraft may be, squared."""

    starts: float
    ends: float
    lon: float
    lat: float
    height_m: float
    east: float
    north: float
    up: float
    square: float


@dataclass(frozen=True, slots=True)
class Timetable:
    """The legs of a path, in the order of their times."""

    legs: tuple[_Leg, ...]
    east_m: float

    @classmethod
    def of(cls, path: Sequence[Waypoint], within_m: float, within_s: float) -> Timetable:
        """Of a path from which an aircraft may be so far away, and early or late by so much."""
        legs = tuple(_leg(a, b, within_m, within_s) for a, b in pairwise(path) if a.at < b.at)
        return cls(legs, METRES_PER_DEGREE * math.cos(math.radians(path[0].lat)))

    def agrees(self, sample: Telemetry, now_s: float) -> bool:
        """Whether an aircraft surely is where it is due. No says nothing: it may be beside it, early or late by a
        little."""
        for leg in self.legs:
            if leg.starts <= now_s <= leg.ends:
                past = now_s - leg.starts
                x = (sample.lon - leg.lon - past * leg.east) * self.east_m
                y = (sample.lat - leg.lat - past * leg.north) * METRES_PER_DEGREE
                z = 0.0 if sample.alt_amsl_m is None else sample.alt_amsl_m - leg.height_m - past * leg.up
                return x * x + y * y + z * z <= leg.square
        return False


def _leg(a: Waypoint, b: Waypoint, within_m: float, within_s: float) -> _Leg:
    seconds = (b.at - a.at).total_seconds()
    east, north, up = (
        (y - x) / seconds for x, y in ((a.lon, b.lon), (a.lat, b.lat), (a.alt_amsl_m, b.alt_amsl_m))
    )
    east_m = METRES_PER_DEGREE * math.cos(math.radians(a.lat))
    speed = math.hypot(east * east_m, north * METRES_PER_DEGREE, up)
    least = min(within_m, speed * within_s) if speed > 0 else within_m
    return _Leg(
        a.at.timestamp(), b.at.timestamp(), a.lon, a.lat, a.alt_amsl_m, east, north, up, least * least
    )
