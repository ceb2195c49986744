"""Ways that no plan has: home before its time, or on to an alternate. How fast they are flown nobody has worked out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from geofences import Waypoint
from geofences.geometry.geodesy import distance_m
from geofences.geometry.track import MOST_WITHIN_S

UPWARD_MPS = 3.0
"""How fast an aircraft is thought to climb and to sink on such a way."""

SLOWEST, FASTEST = 0.5, 1.5
"""Over ground an aircraft is at least and at most so many times as fast as it flies: a wind of half its airspeed may be
against it or behind it. As much is allowed for climb and descent."""

Spot = tuple[float, float, float]
"""Longitude, latitude, metres above mean sea level."""


def straight_on(start: Waypoint, spots: Iterable[Spot], cruise_mps: float) -> tuple[Waypoint, ...]:
    """From spot to spot at cruise speed in still air."""
    path = [start]
    for lon, lat, height_m in spots:
        last = path[-1]
        seconds = max(
            distance_m(last.lon, last.lat, lon, lat) / cruise_mps,
            abs(height_m - last.alt_amsl_m) / UPWARD_MPS,
        )
        path.append(Waypoint(lon, lat, height_m, last.at + timedelta(seconds=seconds)))
    return tuple(path)


def in_any_wind(path: Sequence[Waypoint]) -> tuple[Waypoint, ...]:
    """The same, at all times at which it may be flown from its first waypoint on: between the fastest and the slowest
    that it may be, which lie the farther apart the farther it leads. Not beyond half a day to either side: one that
    leads so far begins at a position that can't be, and no battery carries it."""
    begin = path[0].at
    return tuple(
        _spread(point, begin + (point.at - begin) / FASTEST, begin + (point.at - begin) / SLOWEST)
        for point in path
    )


def _spread(point: Waypoint, first: datetime, last: datetime) -> Waypoint:
    within_s = min((last - first).total_seconds() / 2, MOST_WITHIN_S / 2)  # the rest is for margins of time
    return replace(point, at=first + (last - first) / 2, within_s=within_s)
