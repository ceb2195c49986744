"""Where an aircraft could land if it can't get home: the nearest other places from the drop with a free way to
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import isfinite
from typing import NamedTuple

import numpy as np

from fleet.domain.fleet import SortieType
from fleet.domain.sites import Site
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.clearance import clearance_at
from fleet.feasibility.context import Context
from fleet.feasibility.overground import box_of, highest_m
from fleet.feasibility.shape import TripShape, surely_clear
from fleet.feasibility.unplanned import in_any_wind, straight_on
from fleet.protocol.mission import Alternate
from fleet.protocol.values import Place
from geofences import Waypoint
from geofences.geometry.geodesy import distances_m

MOST_TRIED = 3
"""So many of the nearest places are looked at; one farther away would cost more energy than home does."""

MOST_SENT = 4
"""So many of the nearest go with a mission."""


class Landing(NamedTuple):
    """An alternate, how far it is from the drop in m, and how high its ground is at least, in m above the sea."""

    alternate: Alternate
    distance_m: float
    ground_m: float


def free_alternates(
    ctx: Context, asset_type: SortieType, shape: TripShape, home: Site, leave_at: datetime
) -> Iterable[Landing]:
    """The landing places to which the straight way from the drop is free then, the nearest first."""
    for place, distance_m in near_drop(ctx, asset_type, shape, home):
        ground_m = lowest_ground_m(ctx, place.place)
        if isfinite(ground_m) and _free(ctx, asset_type, shape, place, ground_m, leave_at):
            yield Landing(place, distance_m, ground_m)


def lowest_ground_m(ctx: Context, place: Place) -> float:
    """How high the ground of a landing place is at least, in m above the sea."""
    return ctx.terrain.ground_within(box_of(place, place)).low


def near_drop(
    ctx: Context, asset_type: SortieType, shape: TripShape, home: Site
) -> tuple[tuple[Alternate, float], ...]:
    """The nearest landing places other than home, with their distance from the drop; none beyond the type's
    radius.
    """
    drop = shape.out.points[-1]
    return alternates_near(ctx, asset_type, drop, home.site_id)[:MOST_TRIED]


def alternates_near(
    ctx: Context, asset_type: SortieType, drop: Place, home_id: str
) -> tuple[tuple[Alternate, float], ...]:
    """The landing places other than home, the nearest to a drop first, with their distance from it in m; none beyond
    the type's radius, and ``MOST_SENT`` at most. One answer for the trip's energy and for what goes with its mission.
    """
    key = ("alternates", home_id, asset_type.max_radius_m, drop.lon, drop.lat)
    return ctx.memory.get(key, lambda: tuple(_nearest(ctx, asset_type, drop, home_id)))


def landing_places(ctx: Context) -> tuple[Alternate, ...]:
    """Sites with drone pads and lockers with a drone port, in the order of their ids."""
    return ctx.memory.get(("landing places",), lambda: tuple(_landing_places(ctx)))


def _landing_places(ctx: Context) -> Iterable[Alternate]:
    for site_id, site in sorted(ctx.sites.items()):
        if site.drone_pads:
            yield Alternate(place_id=site_id, place=site.place, kind="site")
    for locker_id, locker in sorted(ctx.lockers.items()):
        if locker.drone_port:
            yield Alternate(place_id=locker_id, place=locker.place, kind="locker_port")


def _nearest(
    ctx: Context, asset_type: SortieType, drop: Place, home_id: str
) -> Iterable[tuple[Alternate, float]]:
    places = [one for one in landing_places(ctx) if one.place_id != home_id]
    if not places:
        return
    there = np.array([(one.place.lon, one.place.lat) for one in places])
    away_m = distances_m(np.broadcast_to((drop.lon, drop.lat), there.shape), there)
    reach_m = asset_type.max_radius_m or np.inf
    for index in np.argsort(away_m, kind="stable")[:MOST_SENT].tolist():
        if away_m[index] <= reach_m:
            yield places[index], float(away_m[index])


def _free(
    ctx: Context,
    asset_type: SortieType,
    shape: TripShape,
    to: Alternate,
    ground_m: float,
    leave_at: datetime,
) -> bool:
    drop, end = shape.out.points[-1], to.place
    if highest_m(ctx, (drop, end)) + asset_type.keeps_up_m > shape.cruise_amsl_m:
        return False
    ends = ((drop.lon, drop.lat), (end.lon, end.lat))
    keeps = clearance_at(ctx, asset_type, shape.cruise_amsl_m, ends)
    key = ("hop", keeps.beside_m, keeps.ground, drop.lon, drop.lat, to.place_id)
    if ctx.memory.get(key, lambda: surely_clear(ctx, drop, end, keeps)):
        return True
    over, down = (end.lon, end.lat, shape.cruise_amsl_m), (end.lon, end.lat, ground_m)
    start = Waypoint(drop.lon, drop.lat, shape.cruise_amsl_m, leave_at)
    return is_clear(ctx, asset_type, in_any_wind(straight_on(start, (over, down), asset_type.cruise_mps)))
