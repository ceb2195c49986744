"""A way around zones that block the straight flight, searched once for a stretch of time and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil, isfinite

from fleet.domain.fleet import SortieType
from fleet.feasibility.clearance import Clearance, clearance_at
from fleet.feasibility.context import Context
from fleet.feasibility.overground import highest_m
from fleet.protocol.values import Place
from geofences import NoPath, path_around
from geofences.geometry.geodesy import distance_m

BUCKET = timedelta(minutes=15)
"""Flights that depart within the same stretch share a detour; it avoids what applies at any time that they
need.
"""

MOST_STEPS = 300
"""Steps of one search; counted, not timed, so that the answer does not depend on the machine."""

_SPARE_M = 1.0

_SLOWEST_SHARE = 0.4
"""A detour is thought to be flown at this share of cruise speed at least (wind, and its extra length)."""


def detour(
    ctx: Context, asset_type: SortieType, alt_amsl_m: float, start: Place, end: Place, at: datetime
) -> tuple[Place, ...] | None:
    """The shortest way around, clear while a flight that departs at ``at`` is out; none where none was
    found.
    """
    begin, until = _times(ctx, asset_type, start, end, at)
    keeps = clearance_at(ctx, asset_type, alt_amsl_m, ((start.lon, start.lat), (end.lon, end.lat)))
    key = (
        "detour",
        alt_amsl_m,
        keeps.beside_m,
        keeps.above_m,
        keeps.ground,
        asset_type.turns_m,
        start.lon,
        start.lat,
        end.lon,
        end.lat,
        begin,
        until,
    )
    return ctx.memory.get(
        key, lambda: search_around(ctx, asset_type, keeps, alt_amsl_m, start, end, (begin, until), MOST_STEPS)
    )


def detour_over_ground(
    ctx: Context, asset_type: SortieType, alt_amsl_m: float, start: Place, end: Place, at: datetime
) -> tuple[tuple[Place, ...], float] | None:
    """The same, with the height at which it is flown: higher where the ground on the way around asks for it, which may
    make the way another one. None also where that ground is not known, or each way asks for a higher one.
    """
    height_m = alt_amsl_m
    for _ in range(MOST_CLIMBS):
        found = detour(ctx, asset_type, height_m, start, end, at)
        if found is None:
            return None
        over_m = highest_m(ctx, found) + asset_type.cruise_height_agl_m
        if over_m <= height_m:
            return found, height_m
        if not isfinite(over_m):
            return None
        height_m = over_m
    return None


MOST_CLIMBS = 4
"""So many heights are tried."""


def _times(
    ctx: Context, asset_type: SortieType, start: Place, end: Place, at: datetime
) -> tuple[datetime, datetime]:
    if not ctx.airspace_has_times:
        return _ANY_TIME, _ANY_TIME
    there_and_back_m = 2 * distance_m(start.lon, start.lat, end.lon, end.lat)
    longest_s = there_and_back_m / (asset_type.slowest_mps * _SLOWEST_SHARE) + asset_type.drop_s
    begin = _EPOCH + ((at - _EPOCH) // BUCKET) * BUCKET
    return begin, begin + (1 + ceil(longest_s / BUCKET.total_seconds())) * BUCKET


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANY_TIME = _EPOCH


def search_around(
    ctx: Context,
    asset_type: SortieType,
    keeps: Clearance,
    alt_amsl_m: float,
    start: Place,
    end: Place,
    during: tuple[datetime, datetime],
    steps: int,
) -> tuple[Place, ...] | None:
    """The shortest way around that is clear all the time between two moments, both ends with it; none where none was
    found in so many steps.
    """
    ground = keeps.ground
    found = path_around(
        ctx.airspace,
        (start.lon, start.lat),
        (end.lon, end.lat),
        alt_amsl_m,
        during[0],
        # The exact check afterwards uses the margin itself; a hair more keeps corners from touching it.
        keeps.beside_m + _SPARE_M,
        ctx.terrain,
        _after(steps),
        until=during[1],
        vertical_margin_m=keeps.above_m,
        held=ctx.held,
        turn_radius_m=asset_type.turns_m,
        time_margin_s=ctx.fleet.zone_time_margin_s,
        ground=None if ground is None else replace(ground, reach_m=ground.reach_m + _SPARE_M),
    )
    return None if isinstance(found, NoPath) else tuple(Place(lon=lon, lat=lat) for lon, lat in found)


def _after(steps: int) -> Callable[[], bool]:
    left = iter(range(steps))
    return lambda: next(left, None) is None
