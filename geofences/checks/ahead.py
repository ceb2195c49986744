"""What a vehicle under way needs to know: when it would breach, and how near the nearest zone is."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Unpack

import shapely

from geofences.checks.check import check_path
from geofences.checks.result import Conflict
from geofences.checks.rules import Asked, several
from geofences.errors import PathError
from geofences.geometry.geodesy import destination
from geofences.geometry.planar import REACH_M, cell_of
from geofences.geometry.shapes import check_position
from geofences.geometry.track import Waypoint, judge_path
from geofences.model.altitude import Terrain
from geofences.model.zone import Held
from geofences.zones.zoneset import ZoneSet

BEYOND_M = 10.0
"""So much more is drawn around a cell than is looked at."""

AROUND_M = 40_000_000.0
"""Once around the globe, and the farthest that is looked ahead."""

LEG_M = 5_000_000.0
"""A leg leads the shortest way between its ends: one beyond half the globe would lead the other way round."""


class Velocity(NamedTuple):
    """Speed over ground to the east and north, and climb, in metres a second."""

    east_mps: float
    north_mps: float
    up_mps: float = 0.0


@dataclass(frozen=True, slots=True)
class Breach:
    """The first conflict ahead, and in how many seconds it begins (0: now). It may be of status UNKNOWN."""

    after_s: float
    conflict: Conflict


@dataclass(frozen=True, slots=True)
class NearestZone:
    """The nearest zone that may block, and the sideways distance to it (0: inside)."""

    zone_id: str
    distance_m: float


def time_to_breach(
    zone_set: ZoneSet,
    position: Waypoint,
    velocity: Velocity,
    horizon_s: float,
    terrain: Terrain,
    **asked: Unpack[Asked],
) -> Breach | None:
    """The first conflict within the horizon if the vehicle flies straight on (along the geodesic) as it does now; None
    if there is none. Raises `PathError` for a position that cannot be checked, and for a horizon in which it would be
    farther away than once around the globe or beyond the calendar; `ValueError` for what is no number.
    """
    if not (math.isfinite(horizon_s) and horizon_s >= 0.0 and all(map(math.isfinite, velocity))):
        raise ValueError(f"horizon and velocity must be finite, got {horizon_s} s, {velocity}")
    result = check_path(zone_set, _straight_on(position, velocity, horizon_s), terrain, **asked)
    if not result.conflicts:
        return None
    first = min(result.conflicts, key=lambda one: one.entered_at)
    return Breach(max(0.0, (first.entered_at - position.at).total_seconds()), first)


def _straight_on(position: Waypoint, velocity: Velocity, horizon_s: float) -> list[Waypoint]:
    """The way ahead, cut so short that between two of its waypoints no other way is shorter."""
    judge_path((position,))
    reach_m = math.hypot(velocity.east_mps, velocity.north_mps) * horizon_s
    if not reach_m <= AROUND_M:
        raise PathError(
            f"in {horizon_s:g} s it would be {reach_m:g} m away, more than once around the globe: "
            "ask for a shorter time"
        )
    count = max(1, math.ceil(reach_m / LEG_M))
    shares = (number / count for number in range(1, count + 1))
    return [position, *(_after(position, velocity, horizon_s * share) for share in shares)]


def _after(position: Waypoint, velocity: Velocity, seconds: float) -> Waypoint:
    bearing = math.degrees(math.atan2(velocity.east_mps, velocity.north_mps))
    reach = math.hypot(velocity.east_mps, velocity.north_mps) * seconds
    lon, lat = destination(position.lon, position.lat, bearing, reach)
    alt = position.alt_amsl_m + velocity.up_mps * seconds
    try:
        at = position.at + timedelta(seconds=seconds)
    except OverflowError:
        raise PathError(f"the horizon, {seconds:g} s from {position.at}, is beyond the calendar") from None
    return Waypoint(lon, lat, alt, at, position.within_s)


def distance_to_nearest(
    zone_set: ZoneSet,
    lon: float,
    lat: float,
    *,
    within_m: float = REACH_M,
    held: Collection[Held] = frozenset(),
) -> NearestZone | None:
    """The nearest zone that may block, at any height and time, within `within_m` (at most 12 km). Where zones are that
    the set lacks (`ZoneSet.missing`) nobody knows.
    """
    if not 0.0 <= within_m <= REACH_M:
        raise ValueError(f"within_m must be 0 to {REACH_M:.0f}, got {within_m}")
    check_position(lon, lat, "position")
    here = zone_set.plain_map(cell_of(lon, lat), REACH_M + BEYOND_M)
    point = shapely.points(here.plane.to_xy([(lon, lat)]))[0]
    blocking = zone_set.blocking(several(held, "held"))
    near = [
        NearestZone(
            zone_set.volumes[here.owners[number]].zone.zone_id,
            float(shapely.distance(point, here.polygons[number])),
        )
        for number in here.tree.query(point, predicate="dwithin", distance=within_m).tolist()
        if blocking[here.owners[number]]
    ]
    return min(near, key=lambda one: (one.distance_m, one.zone_id), default=None)
