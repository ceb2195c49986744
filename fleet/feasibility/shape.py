"""A trip's shape: where it leads, whichever way the wind blows; worked out once for a site and a place,
then kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from math import isfinite
from types import MappingProxyType

import numpy as np

from fleet.domain.fleet import SortieType
from fleet.domain.sites import Site
from fleet.feasibility.airspace import ask_path, checked, judged
from fleet.feasibility.clearance import Clearance, clearance_at, clearance_of, traits
from fleet.feasibility.context import Context
from fleet.feasibility.detour import detour_over_ground
from fleet.feasibility.gaps import no_way
from fleet.feasibility.overground import NO_TERRAIN, box_of, highest_m
from fleet.feasibility.slopes import profile_of
from fleet.feasibility.verdict import Verdict, feasible, infeasible, unknown
from fleet.kinds import kind_of
from fleet.network.base import Leg, Profile
from fleet.protocol.values import Place, Reason
from geofences import Status, Surface, Waypoint, segments_hit, speed_limits, with_turns
from geofences.geometry.geodesy import EARTH
from geofences.model.refused import missed_on_the_ground

DRAWN_OFF = 1.01
"""A line that is left simpler, on an earth a little larger, is off by less than that from what is said of its way."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way over ground: its points, and the length and bearing of each leg between them.

    ``length_m`` may be longer than the legs together, where the points only sketch the way. ``limits_mps`` are the
    speeds that permits allow on each leg; empty where no permit limits any.
    """

    points: tuple[Place, ...]
    legs_m: tuple[float, ...]
    bearings_deg: tuple[float, ...]
    length_m: float
    limits_mps: tuple[float, ...] = ()
    leg: Leg | None = None
    """What the street network knows of it; none in the air."""
    ground_m: tuple[float, ...] = ()
    """How high the ground is at each point, in metres above the sea; empty where it is not known, is level, or does not
    count, as in the air."""

    def reversed(self) -> Way:
        """The same way back."""
        turned = tuple((bearing + 180.0) % 360.0 for bearing in reversed(self.bearings_deg))
        leg = None if self.leg is None else self.leg.reversed()
        legs_m, limits_mps, ground_m = self.legs_m[::-1], self.limits_mps[::-1], self.ground_m[::-1]
        return Way(self.points[::-1], legs_m, turned, self.length_m, limits_mps, leg, ground_m)


@dataclass(frozen=True, slots=True)
class TripShape:
    """Out and back without times: the ways, and the heights above mean sea level of ground and cruise.

    ``back`` is the way out the other way round. Of a trip on the ground all heights are the ground's, 0
    where that is not known: nothing depends on it there.
    """

    out: Way
    back: Way
    site_ground_m: float
    drop_ground_m: float
    cruise_amsl_m: float
    assumptions: frozenset[str]
    airspace: Verdict | None = None
    """Whether the air along the way is free, where that never changes; none where it depends on the time."""

    @property
    def up_m(self) -> float:
        """Height of the cruise above the site."""
        return self.cruise_amsl_m - self.site_ground_m

    @property
    def down_m(self) -> float:
        """Height of the cruise above the drop."""
        return self.cruise_amsl_m - self.drop_ground_m

    @property
    def highest_m(self) -> float:
        """The greatest height of the cruise above where it begins and where it drops."""
        return max(self.up_m, self.down_m)

    @property
    def out_m(self) -> float:
        """Length of the way out."""
        return self.out.length_m

    @property
    def back_m(self) -> float:
        """Length of the way back."""
        return self.back.length_m


def sortie_shape(
    ctx: Context, asset_type: SortieType, site: Site, place: Place, at: datetime
) -> TripShape | Verdict:
    """The shape of a trip from the site to a place and back, around what is blocked at ``at``; kept in the
    context.

    A verdict where there is none: no way, or the ground's height is not known. Zones that come and go are
    checked exactly for each trip by the question "airspace", not here.
    """
    return _SHAPERS[kind_of(asset_type.kind).profile](ctx, asset_type, site.place, place, at)


def by_way_of(ctx: Context, kind: SortieType, shape: TripShape, via: Sequence[Place]) -> TripShape | Verdict:
    """A flight between the same places by way of other points, with the type's turns, as high as the ground there asks;
    whether that air is free is still to be checked.
    """
    corners = [(p.lon, p.lat) for p in (shape.out.points[0], *via, shape.out.points[-1])]
    flown = with_turns(corners, kind.turns_m)
    if flown is None:
        return infeasible(_no_room(kind))
    way = way_of([Place(lon=lon, lat=lat) for lon, lat in flown])
    over_m = highest_m(ctx, way.points) + kind.cruise_height_agl_m
    if not isfinite(over_m):
        return unknown(NO_TERRAIN)
    height_m = max(shape.cruise_amsl_m, over_m)
    return replace(shape, out=way, back=way.reversed(), cruise_amsl_m=height_m, airspace=None)


def _no_room(kind: SortieType) -> Reason:
    return Reason(
        code="turn_too_wide",
        detail=f"{kind.type_id} turns too wide to fly by way of the points beside",
        limit=round(kind.turns_m, 1),
        unit="m",
        source=f"type {kind.type_id} of the fleet file",
    )


def way_of(points: Sequence[Place], length_m: float | None = None) -> Way:
    """A way along geodesics from point to point, ``length_m`` long if that is known better."""
    lon = [p.lon for p in points]
    lat = [p.lat for p in points]
    bearings, _, legs = EARTH.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    total = sum(legs)
    return Way(
        tuple(points),
        tuple(legs),
        tuple(b % 360.0 for b in bearings),
        total if length_m is None else length_m,
    )


# Through the air


def _fly(ctx: Context, asset_type: SortieType, start: Place, end: Place, at: datetime) -> TripShape | Verdict:
    flies = asset_type.cruise_height_agl_m, asset_type.turns_m, traits(ctx, asset_type)
    flown = (*flies, start.lon, start.lat, end.lon, end.lat)
    straight = ctx.memory.get(("straight", *flown), lambda: _straight(ctx, asset_type, start, end))
    if isinstance(straight, Verdict) or straight.airspace is not None:
        return straight
    if ctx.airspace_has_times:
        return _free_way(ctx, asset_type, straight, at)
    return ctx.memory.get(("free", *flown), lambda: _settled(ctx, asset_type, straight, at))


def _free_way(ctx: Context, asset_type: SortieType, straight: TripShape, at: datetime) -> TripShape | Verdict:
    """The straight way unless it is surely blocked then, else a way around."""
    path = sketch(asset_type, straight, at)
    keeps = clearance_of(ctx, asset_type, path)
    result = checked(ctx, path, keeps)
    if result.status is not Status.BLOCKED:
        return straight
    start, end = straight.out.points
    found = detour_over_ground(ctx, asset_type, straight.cruise_amsl_m, start, end, at)
    if found is None:
        return judged(result, keeps.around("the straight flight, around which no way was found,"))
    around, height_m = found
    way = ctx.memory.get(("way", around), lambda: way_of(around))
    return replace(straight, out=way, back=way.reversed(), cruise_amsl_m=height_m)


def _settled(ctx: Context, asset_type: SortieType, straight: TripShape, at: datetime) -> TripShape | Verdict:
    """The same where no zone depends on the time: then the answer of the exact check holds for good."""
    shape = _free_way(ctx, asset_type, straight, at)
    if isinstance(shape, Verdict):
        return shape
    path = sketch(asset_type, shape, at)
    return replace(shape, airspace=ask_path(ctx, asset_type, path, "the flight"))


def _straight(ctx: Context, asset_type: SortieType, start: Place, end: Place) -> TripShape | Verdict:
    ground = ctx.terrain.ground_within(box_of(start, end))
    if not (isfinite(ground.low) and isfinite(ground.high)):
        return unknown(NO_TERRAIN)
    way = way_of((start, end))
    cruise_amsl_m = ground.high + asset_type.cruise_height_agl_m
    keeps = clearance_at(ctx, asset_type, cruise_amsl_m, ((start.lon, start.lat), (end.lon, end.lat)))
    return TripShape(
        out=way,
        back=way.reversed(),
        site_ground_m=ground_at(ctx, start),
        drop_ground_m=ground_at(ctx, end),
        cruise_amsl_m=cruise_amsl_m,
        assumptions=_terrain_assumption(ctx) | keeps.assumptions(asset_type.type_id),
        airspace=feasible() if surely_clear(ctx, start, end, keeps) else None,
    )


def surely_clear(ctx: Context, start: Place, end: Place, keeps: Clearance) -> bool:
    """Whether no zone lies along a straight flight at any height and time."""
    if ctx.airspace.operating_areas:
        return False  # these may have heights and times, which only the exact check looks at
    a, b = np.array([[start.lon, start.lat]]), np.array([[end.lon, end.lat]])
    keeps_m, ground, terrain = keeps.beside_m, keeps.ground, ctx.terrain
    hit = segments_hit(ctx.airspace, a, b, keeps_m, held=ctx.held, ground=ground, terrain=terrain)
    return not bool(hit[0])


def sketch(asset_type: SortieType, shape: TripShape, at: datetime) -> tuple[Waypoint, ...]:
    """A flight of this shape at still-air speed: good enough to choose between the straight way and a
    detour.
    """
    there = at + timedelta(seconds=shape.out_m / asset_type.cruise_mps)
    away = there + timedelta(seconds=asset_type.drop_s)
    home = away + timedelta(seconds=shape.back_m / asset_type.cruise_mps)
    site, drop = shape.out.points[0], shape.out.points[-1]
    return (
        Waypoint(site.lon, site.lat, shape.site_ground_m, at),
        *_at_cruise(shape.out, shape.cruise_amsl_m, at, there),
        Waypoint(drop.lon, drop.lat, shape.drop_ground_m, there),
        *_at_cruise(shape.back, shape.cruise_amsl_m, away, home),
        Waypoint(site.lon, site.lat, shape.site_ground_m, home),
    )


def _at_cruise(way: Way, alt_amsl_m: float, start: datetime, end: datetime) -> Iterable[Waypoint]:
    for point, reached_m in zip(way.points, accumulate(way.legs_m, initial=0.0), strict=True):
        share = reached_m / way.length_m if way.length_m else 0.0
        yield Waypoint(point.lon, point.lat, alt_amsl_m, start + (end - start) * min(share, 1.0))


def ground_at(ctx: Context, place: Place) -> float:
    """How high the ground is there, halfway between what it is at least and at most; not a number where neither is
    known.
    """
    low, high = ctx.terrain.ground_within(box_of(place, place))
    return (low + high) / 2


def _terrain_assumption(ctx: Context) -> frozenset[str]:
    stated = ctx.fleet.assumptions.terrain
    return frozenset() if stated is None else frozenset({f"terrain {stated}"})


# Over ground


def _drive(
    profile: Profile, ctx: Context, asset_type: SortieType, start: Place, end: Place, at: datetime
) -> TripShape | Verdict:
    del asset_type, at  # a way over ground is the same for all types and times
    key = (profile, start.lon, start.lat, end.lon, end.lat)
    return ctx.memory.get(key, lambda: _ground_shape(ctx, start, end, profile))


def _ground_shape(ctx: Context, start: Place, end: Place, profile: Profile) -> TripShape | Verdict:
    leg = ctx.network.leg(start, end, profile)
    points = ctx.network.path(start, end, profile)
    if leg is None or points is None:
        return no_way(ctx.network.gap(start, end, profile))
    slopes = profile_of(ctx.terrain, points)
    points, heights = (points, ()) if slopes is None else slopes
    drawn = way_of(points)
    leg = _as_drawn(leg, drawn.length_m)
    way = replace(drawn, length_m=leg.distance_m, leg=leg, ground_m=heights)
    if profile == "roll" and ctx.permits is not None and not missed_on_the_ground(ctx.permits.missing):
        # Where some are missing no speed is known to be allowed: the permits' question names them, and says UNKNOWN.
        limits = speed_limits(ctx.permits, [(p.lon, p.lat) for p in points], Surface.SIDEWALK)
        if 0.0 in limits:
            return infeasible(_STANDSTILL)
        way = replace(way, limits_mps=limits)
    assumed = frozenset() if ctx.network.assumption is None else frozenset({ctx.network.assumption})
    low, high = ctx.terrain.ground_within(box_of(start, end))
    ground = (low + high) / 2 if isfinite(low) and isfinite(high) else 0.0
    return TripShape(way, way.reversed(), ground, ground, ground, assumed)


def _as_drawn(leg: Leg, drawn_m: float) -> Leg:
    """As long as the way that is shown and driven, and lasting as much longer: the engine of tiles may answer a table's
    question by a way that it does not draw, a quarter shorter."""
    if drawn_m <= leg.distance_m * DRAWN_OFF or leg.distance_m <= 0.0:
        return leg
    return replace(leg, distance_m=drawn_m, duration_s=leg.duration_s * drawn_m / leg.distance_m)


_STANDSTILL = Reason(
    code="above_permit_speed",
    detail="the way passes a permit area in which nothing may move",
    limit=0.0,
    unit="m/s",
    source="permit areas",
)

Shaper = Callable[[Context, SortieType, Place, Place, datetime], TripShape | Verdict]

_SHAPERS: Mapping[str, Shaper] = MappingProxyType(
    {"air": _fly, "walk": partial(_drive, "roll"), "drive": partial(_drive, "drive")}
)
