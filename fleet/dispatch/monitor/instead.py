"""What a way takes that no plan has: home before its time, or on to another place; by the wind that is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from fleet.dispatch.monitor.battery import Burden, Energy, is_handed_over
from fleet.dispatch.monitor.track import Plane, Track
from fleet.dispatch.monitor.way import Way
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility.underway import Flown, flown_in
from fleet.protocol.values import Waypoint as WirePoint
from geofences import Waypoint
from geofences.geometry.geodesy import distance_m


def flown_on(kind: SortieType, path: Sequence[Waypoint], budget: Energy, burden: Burden) -> Flown:
    """What it takes from each point of a path on, in Wh and s, with what is on board. Where the weather is not known,
    for each metre up, along or down what the dearest of the mission's own ways takes, whose energy holds a climb and a
    descent; then as long as by the path's own times."""
    sky = budget.sky
    flown = None if sky is None else flown_in(kind, path, sky, payload_kg=burden.payload_kg)
    return _by_metre(path, budget) if flown is None else flown


def _by_metre(path: Sequence[Waypoint], budget: Energy) -> Flown:
    legs = [
        _metres(distance_m(a.lon, a.lat, b.lon, b.lat), b.alt_amsl_m - a.alt_amsl_m, budget.rise)
        for a, b in pairwise(path)
    ]
    left_wh = tuple(accumulate((budget.per_m_wh * metres for metres in reversed(legs)), initial=0.0))[::-1]
    return Flown(left_wh, tuple((point.at - path[0].at).total_seconds() for point in path))


def _metres(along_m: float, rise_m: float, rise: float) -> float:
    """In the air straight to the next point; on the ground along it, with what a climb is worth."""
    return along_m + rise * max(0.0, rise_m) if rise else math.hypot(along_m, rise_m)


def way_instead(
    record: MissionRecord,
    kind: SortieType,
    path: Sequence[Waypoint],
    doing: str,
    plane: Plane,
    budget: Energy | None,
) -> Way | None:
    """The way of one that breaks its trip off, with what it takes; none for who stops or comes down where it is, and
    where its mission says nothing of energy.

    Where the wind that is known forbids it, it counts by the metre, as where none is known: it flies it all the same,
    the verdict on the weather says so, and how it gets along tells the rest (its pace).
    """
    if doing not in ("returning", "diverting") or len(path) < 2 or budget is None:
        return None
    burden = budget.back if is_handed_over(record) else budget.out
    flown = flown_on(kind, path, budget, burden)
    left_wh, at_s = flown if math.isfinite(flown.left_wh[0]) else _by_metre(path, budget)
    points = tuple(
        _timed(point, path[0].at, budget.pace * seconds) for point, seconds in zip(path, at_s, strict=True)
    )
    return Way(doing, points, Track.of(plane, points), left_wh)


def _timed(point: Waypoint, begins: datetime, seconds: float) -> WirePoint:
    at = begins + timedelta(seconds=seconds)
    return WirePoint(lon=point.lon, lat=point.lat, alt_amsl_m=point.alt_amsl_m, at=at)
