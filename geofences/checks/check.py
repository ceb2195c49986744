"""Exact checks of points and paths in four dimensions against a zone set.

Sideways distances are measured on a local plane, heights as intervals above mean sea level, times against
each zone's applicability; all three must coincide at the same point of the path. A path that touches a zone
conflicts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Unpack

import numpy as np
from shapely.geometry.base import BaseGeometry

from geofences.checks.asked import STATUSES, UNKNOWN, is_even, legs_of, spans_beside, statuses
from geofences.checks.ground import Floors, everywhere, protecting
from geofences.checks.heights import inside_height
from geofences.checks.result import (
    CheckResult,
    Conflict,
    Status,
    Why,
    joined,
    overall,
    unknown_why,
    why_blocked,
)
from geofences.checks.rules import Asked, Rules, rules_of
from geofences.errors import PathError
from geofences.geometry.extent import where_of
from geofences.geometry.planar import lines
from geofences.geometry.track import MOST_WITHIN_S, Track, Waypoint, by_cell, track_of
from geofences.model.altitude import Terrain, UnknownTerrain
from geofences.model.refused import missed_in_the_air, named
from geofences.model.spans import Span, Spans, Sure, difference, intersection, union
from geofences.zones.overlap import WHOLE, inside_throughout, inside_times, sideways
from geofences.zones.zoneset import Area, ZoneSet, ZoneVolume

NOT_KNOWN_WHICH = "not known which"
"""In place of a zone's id."""


def check_path(
    zone_set: ZoneSet, path: Sequence[Waypoint], terrain: Terrain, **asked: Unpack[Asked]
) -> CheckResult:
    """Check a path, from waypoint to waypoint along geodesics with height and time changing evenly.

    What it is held to (`margin_m`, `vertical_margin_m`, `held`, `areas`, `time_margin_s`, `ground`) is said in `Rules`.
    The caller passes the whole trip: out, loiter, drop, return, and the legs to alternates (rule E15).

    Raises `PathError` for a path that cannot be checked and `ValueError` for margins outside 0 to 10 km, or 0 to a day.
    """
    return check_by(zone_set, path, terrain, rules_of(**asked))


def check_point(zone_set: ZoneSet, point: Waypoint, terrain: Terrain, **asked: Unpack[Asked]) -> CheckResult:
    """Check one position at one time: a path that stands still. See `check_path`."""
    return check_by(zone_set, (point,), terrain, rules_of(**asked))


def check_by(zone_set: ZoneSet, path: Sequence[Waypoint], terrain: Terrain, rules: Rules) -> CheckResult:
    """`check_path` by rules that are made already."""
    track = track_of(path)
    conflicts = joined(_stretches(zone_set, track, terrain, rules))
    return CheckResult(overall(conflicts), conflicts, zone_set.version, terrain.said, rules)


def code_of(zone_set: ZoneSet, track: Track, piece: int, terrain: Terrain, rules: Rules) -> int:
    """The code (see `STATUSES`) of one piece of a path by itself, worked out with all its stretches."""
    return STATUSES.index(overall(_stretches(zone_set, track.only(piece), terrain, rules)))


def fallen_on_at(zone_set: ZoneSet, point: Waypoint, terrain: Terrain, rules: Rules) -> list[Conflict]:
    """What falls from a place may hit, from whatever height, by the rules' `ground`."""
    return list(_falls(zone_set, track_of([point]), terrain, rules))


def fallen_on(
    below: ZoneSet, path: Sequence[Waypoint], terrain: Terrain, rules: Rules, reach_m: float
) -> list[Conflict]:
    """Where what falls off a path may hit one of the zones `below`, whatever their heights; of a lower limit above sea,
    ellipsoid or pressure counts whether the ground within reach may be as high (see `protecting`).
    """
    return list(_fallen_on(below, track_of(path), terrain, rules, reach_m))


def code_on_the_ground(below: ZoneSet, track: Track, piece: int, terrain: Terrain, rules: Rules) -> int:
    """`code_of` for what falls off a piece, by rules whose margin is how far that may get."""
    found = _fallen_on(below, track.only(piece), terrain, rules, rules.margin_m)
    return STATUSES.index(overall(found))


def _fallen_on(
    below: ZoneSet, track: Track, terrain: Terrain, rules: Rules, reach_m: float
) -> Iterator[Conflict]:
    floors = Floors.of(below, terrain, reach_m)
    for one in _stretches(everywhere(below), track, UnknownTerrain(), rules.on_the_ground(reach_m), floors):
        # What is blocked is so because something may fall on it; what was not evaluated stays that.
        yield replace(one, why=Why.GROUND_RISK) if one.status is Status.BLOCKED else one


def _stretches(
    zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules, floors: Floors | None = None
) -> Iterator[Conflict]:
    missing = (rules.areas or frozenset()) - {zone.zone_id for zone in zone_set.operating_areas}
    for area in sorted(missing):
        for piece in range(len(track.alt0)):
            yield _conflict(track, piece, (0.0, 1.0), area, Why.NO_SUCH_OPERATING_AREA, Status.BLOCKED)
    lacks = missed_in_the_air(zone_set.missing, rules.areas)
    if lacks:
        for piece in range(len(track.alt0)):
            yield _conflict(track, piece, (0.0, 1.0), named(lacks), Why.ZONE_REFUSED, Status.UNKNOWN)
    widest = replace(rules, time_margin_s=_most_late_s(track, rules))
    codes, left = statuses(zone_set, legs_of(track), terrain, widest)
    for piece in np.flatnonzero(codes).tolist():
        found = list(_entered(zone_set, track, piece, terrain, rules, floors))
        yield from found
        if left[piece] or (
            not found
            and not _may_be_clear(zone_set, track, piece, int(codes[piece]), terrain, widest, floors)
        ):  # whatever was found may not be all
            yield _conflict(track, piece, (0.0, 1.0), NOT_KNOWN_WHICH, Why.NOT_CONFIRMED, Status.UNKNOWN)
    if zone_set.operating_areas and (rules.areas is None or rules.areas):
        yield from _not_inside(zone_set, track, terrain, rules)
    yield from _falls(zone_set, track, terrain, rules)


def _falls(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> Iterator[Conflict]:
    if rules.ground is not None:
        below = protecting(zone_set, rules.ground.protects, terrain)
        yield from _fallen_on(below, track, terrain, rules, rules.ground.reach_m)


def _most_late_s(track: Track, rules: Rules) -> float:
    found = rules.time_margin_s + track.most_within_s
    if found > MOST_WITHIN_S:
        raise PathError(f"times may be wrong by {MOST_WITHIN_S:.0f} s in all, got {found:g} s")
    return found


def _not_inside(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> Iterator[Conflict]:
    """The stretches outside the operating areas."""
    for cell, members in by_cell(track.start, track.end):
        plane, inside = cell.plane, zone_set.area_maps(cell, rules.margin_m, rules.areas)
        drawn = lines(plane.to_xy(track.start[members]), plane.to_xy(track.end[members]))
        for line, piece in zip(drawn, members.tolist(), strict=True):
            allowed = [_allowed(one, area, line, piece, track, terrain, rules) for one, area in inside]
            yield from _left(allowed, piece, track, zone_set, rules)


def _may_be_clear(
    zone_set: ZoneSet,
    track: Track,
    piece: int,
    code: int,
    terrain: Terrain,
    widest: Rules,
    floors: Floors | None,
) -> bool:
    """Whether a piece that the compiled check calls not clear, and of which no stretch was found, may be so.

    The compiled check does not see uneven ground, nor floors, and takes all times for as uncertain as the most
    uncertain one. The stretches must find the piece too where they know no more than that.
    """
    even, exact = is_even(terrain), track.most_within_s == 0.0
    if exact and floors is None and (even or code != UNKNOWN):
        return False
    blind = terrain if even else UnknownTerrain()
    return any(True for _ in _entered(zone_set, track, piece, blind, widest))


def _entered(
    zone_set: ZoneSet,
    track: Track,
    piece: int,
    terrain: Terrain,
    rules: Rules,
    floors: Floors | None = None,
) -> Iterator[Conflict]:
    """The stretches of one piece inside zones that block."""
    for number, spans in spans_beside(zone_set, track.start[piece], track.end[piece], rules):
        owner = zone_set.volumes[number]
        if floors is not None:
            reached = floors.reached(number, track, piece)
            height = Sure(reached, reached)
        else:
            height = inside_height(
                owner.volume, track, piece, terrain, rules.vertical_margin_m, rules.margin_m
            )
        times = inside_times(
            owner.zone, where_of(owner.zone, owner.volume), track, piece, rules.time_margin_s
        )
        if height.possible and times.possible:
            yield from _met(owner, piece, track, Sure(spans, spans), height, times)


def _met(
    owner: ZoneVolume, piece: int, track: Track, beside: Sure, height: Sure, times: Sure
) -> Iterator[Conflict]:
    met = beside.meet(height).meet(times)
    zone = owner.zone
    for span in met.certain:
        yield _conflict(track, piece, span, zone.zone_id, why_blocked(zone), Status.BLOCKED)
    if_timed = intersection(intersection(beside.certain, height.certain), times.possible)
    for why, spans in unknown_why(difference(met.possible, met.certain), if_timed):
        for span in spans:
            yield _conflict(track, piece, span, zone.zone_id, why, Status.UNKNOWN)


class Allowed(NamedTuple):
    """Where a piece is inside an operating area, and where it surely were if it were known when that applies."""

    inside: Sure
    if_timed: Spans


def _allowed(
    owner: Area,
    area: BaseGeometry,
    line: BaseGeometry,
    piece: int,
    track: Track,
    terrain: Terrain,
    rules: Rules,
) -> Allowed:
    """Where a piece is inside one operating area."""
    height = inside_height(owner.volume, track, piece, terrain, -rules.vertical_margin_m, rules.margin_m)
    beside = sideways(line, area)
    times = inside_throughout(owner.zone, owner.where, track, piece, rules.time_margin_s)
    placed = Sure(beside, beside).meet(height)
    return Allowed(placed.meet(times), intersection(placed.certain, times.possible))


def _left(
    allowed: list[Allowed], piece: int, track: Track, zone_set: ZoneSet, rules: Rules
) -> Iterator[Conflict]:
    """Stretches outside all operating areas."""
    surely_out = difference(WHOLE, union(*(one.inside.possible for one in allowed)))
    maybe_out = difference(difference(WHOLE, union(*(one.inside.certain for one in allowed))), surely_out)
    if_timed = union(*(one.if_timed for one in allowed))
    wanted = rules.areas or {zone.zone_id for zone in zone_set.operating_areas}
    name = ", ".join(sorted(wanted))
    marked: tuple[tuple[Spans, Why, Status], ...] = (
        (surely_out, Why.OUTSIDE_OPERATING_AREA, Status.BLOCKED),
        *((spans, why, Status.UNKNOWN) for why, spans in unknown_why(maybe_out, if_timed)),
    )
    for spans, why, status in marked:
        for span in spans:
            yield _conflict(track, piece, span, name, why, status)


def _conflict(track: Track, piece: int, span: Span, zone_id: str, why: Why, status: Status) -> Conflict:
    low, high = span
    return Conflict(
        zone_id,
        why,
        status,
        track.along(piece, low),
        track.along(piece, high),
        track.time(piece, low),
        track.time(piece, high),
    )
