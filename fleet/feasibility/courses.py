"""Other ways to make the same flight: higher, or by way of a point beside where another one is."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.domain.fleet import Separation, SortieType
from fleet.feasibility.context import Context
from fleet.feasibility.overground import box_around
from fleet.feasibility.trip import Trip
from fleet.protocol.values import Place
from geofences import Encounter
from geofences.geometry.geodesy import bearing_deg, destination, distance_m

BESIDE_TIMES = (1.5, 3.0)
"""How far beside it is flown, in distances that flights keep: one is just enough where both fly the same way."""


def other_heights(ctx: Context, kind: SortieType, rule: Separation, trip: Trip) -> Iterator[float]:
    """The heights above ground, in steps of what flights keep in height, up to the highest that is permitted over the
    lowest ground that the terrain allows along the way."""
    low, high = ctx.terrain.ground_within(box_around((p.lon, p.lat) for p in trip.path))
    height_m = kind.cruise_height_agl_m + rule.vertical_m + CLEAR_M
    while height_m + (high - low) <= rule.max_height_agl_m:
        yield height_m
        height_m += rule.vertical_m + CLEAR_M


CLEAR_M = 0.5
"""By so much more than flights must keep is a height changed: touching counts as meeting."""


def sidesteps(trip: Trip, met: Encounter, rule: Separation) -> Iterator[Place]:
    """Points to either side of where it meets another; none where that is over the site or the drop, which no way
    around leads past."""
    start, drop = trip.path[0], trip.path[trip.drop_index]
    ends_m = [distance_m(met.lon, met.lat, end.lon, end.lat) for end in (start, drop)]
    if min(ends_m) <= 2 * rule.lateral_m:
        return
    along = bearing_deg(start.lon, start.lat, drop.lon, drop.lat)
    for times in BESIDE_TIMES:
        for side in (90.0, -90.0):
            lon, lat = destination(met.lon, met.lat, along + side, times * rule.lateral_m)
            yield Place(lon=lon, lat=lat)
