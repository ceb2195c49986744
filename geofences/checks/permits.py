"""Permits to drive: areas on sidewalks and streets in which robots may be, how fast, how heavy, how many, and when.

The model is that of MDS 2.0's policies: rules of speed, count and time by area. A stretch of a way needs at least one
permit area that applies then; of all that apply, the strictest term holds. Heights do not count on the ground.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from geofences.checks.result import CheckResult, Conflict, Driven, Status, Why, joined, overall
from geofences.checks.rules import rules_of
from geofences.geometry.extent import where_of
from geofences.geometry.geodesy import TURNS_DEG
from geofences.geometry.planar import REACH_M, TOLERANCE_M, Geometries, lines, to_plane
from geofences.geometry.shapes import inner_polygon, lonlat_polygon
from geofences.geometry.track import Track, Waypoint, by_cell, track_of
from geofences.model.altitude import Box
from geofences.model.applicability import Extent
from geofences.model.refused import missed_on_the_ground, named
from geofences.model.spans import NOWHERE, Spans, Sure, difference, union
from geofences.model.zone import Permit, Restriction, Surface, Zone
from geofences.zones.overlap import WHOLE, inside_throughout, inside_times, sideways
from geofences.zones.zoneset import ZoneSet

SPEED_SLACK = 1.001
"""Times have whole microseconds and ways are sketched: a speed is above a limit when it is so by a thousandth."""

ANY_TERMS = Permit()
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def check_drive(
    zone_set: ZoneSet,
    path: Sequence[Waypoint],
    surface: Surface,
    weight_kg: float,
    *,
    time_margin_s: float = 0.0,
) -> CheckResult:
    """Check a robot's way in time against the permit areas: BLOCKED outside of them, and where it is too fast or heavy.

    `surface` is what it drives on; `weight_kg` its own weight and that of its load. How many may be there at once is
    for whoever knows the others: `permits_met`. UNKNOWN where the set lacks a permit area.
    `time_margin_s`, by how much its times may be wrong (besides what the
    waypoints say): a permit must hold at all moments at which the robot may be there, its terms count at any of them.
    Raises `PathError` for a path that cannot be checked and `ValueError` for a margin outside 0 to a day.
    """
    track = track_of(path)
    areas = _for(zone_set, surface)
    rules = rules_of(time_margin_s=time_margin_s)
    found = joined([*_stretches(areas, track, weight_kg, time_margin_s), *_unknown_terms(zone_set, track)])
    return CheckResult(
        overall(found), found, zone_set.version, rules=rules, driven=Driven(surface, weight_kg)
    )


class PermitsMet(NamedTuple):
    """The permit areas that a way passes through; `missing` are the names of those that the set lacks, of which nobody
    knows where they are.
    """

    zones: tuple[Zone, ...]
    missing: tuple[str, ...]


def permits_met(zone_set: ZoneSet, path: Sequence[Waypoint], surface: Surface) -> PermitsMet:
    """The permit areas that a way passes through, whenever they apply."""
    track = track_of(path)
    met = {one.zone: None for one in _meetings(_for(zone_set, surface), track)}
    zones = tuple(sorted(met, key=lambda zone: (zone.zone_id, zone.content_hash())))
    return PermitsMet(zones, missed_on_the_ground(zone_set.missing))


def speed_limits(
    zone_set: ZoneSet, points: Sequence[tuple[float, float]], surface: Surface
) -> tuple[float, ...]:
    """The speed in m/s that may be driven on each leg between positions: the lowest of all areas that it touches at
    whatever hour; infinite where none limits it. 0 everywhere where the set lacks permit areas: that of one of them may
    be any.
    """
    if missed_on_the_ground(zone_set.missing):
        return (0.0,) * max(0, len(points) - 1)
    still = [Waypoint(lon, lat, 0.0, _ANY_DAY) for lon, lat in points]
    limits = [math.inf] * max(0, len(points) - 1)
    for number in range(len(limits)):
        for zone in permits_met(zone_set, still[number : number + 2], surface).zones:
            most = _terms(zone).max_speed_mps
            limits[number] = limits[number] if most is None else min(limits[number], most)
    return tuple(limits)


def _for(zone_set: ZoneSet, surface: Surface) -> tuple[Zone, ...]:
    fits = (surface, Surface.ANY)
    return tuple(
        zone
        for zone in zone_set.zones
        if zone.restriction is Restriction.PERMIT_AREA and _terms(zone).surface in fits
    )


def _terms(zone: Zone) -> Permit:
    return zone.permit or ANY_TERMS


class _Meeting(NamedTuple):
    """An area and a piece that meet: where the piece is in it, as fractions of it; and where it surely is, since
    circles are drawn around themselves.
    """

    zone: Zone
    where: Extent
    piece: int
    beside: Spans
    within: Spans


def _meetings(areas: Iterable[Zone], track: Track) -> Iterator[_Meeting]:
    for cell, members in by_cell(track.start, track.end):
        drawn = lines(cell.plane.to_xy(track.start[members]), cell.plane.to_xy(track.end[members]))
        window = cell.window(REACH_M + 10.0)
        for zone in areas:
            for volume in zone.volumes:
                polygon = lonlat_polygon(volume.shape)
                if not _near(polygon.bounds, window):
                    continue
                flat = to_plane(polygon, window, cell.plane)
                inner = to_plane(inner_polygon(volume.shape), window, cell.plane)
                where = where_of(zone, volume)
                for line, piece in _touching(drawn, members.tolist(), flat):
                    yield _Meeting(zone, where, piece, sideways(line, flat), sideways(line, inner))


def _near(bounds: tuple[float, float, float, float], window: Box) -> bool:
    west, south, east, north = bounds
    beside = any(west + turn <= window.east and east + turn >= window.west for turn in TURNS_DEG)
    return beside and south <= window.north and north >= window.south


def _touching(
    drawn: Geometries, pieces: Sequence[int], area: BaseGeometry
) -> Iterator[tuple[BaseGeometry, int]]:
    for line, piece, meets in zip(drawn, pieces, shapely.intersects(area, drawn).tolist(), strict=True):
        if meets:
            yield line, piece


def _stretches(
    areas: tuple[Zone, ...], track: Track, weight_kg: float, margin_s: float
) -> Iterator[Conflict]:
    inside: dict[int, list[Sure]] = {}
    for zone, where, piece, spans, within in _meetings(areas, track):
        beside = Sure(spans, spans)
        permitted = Sure(within, within).meet(inside_throughout(zone, where, track, piece, margin_s))
        inside.setdefault(piece, []).append(permitted)
        met = beside.meet(inside_times(zone, where, track, piece, margin_s))
        for why in _broken(_terms(zone), _speed_mps(track, piece), weight_kg):
            yield from _conflicts(track, piece, met.certain, zone.zone_id, why, Status.BLOCKED)
            left = difference(met.possible, met.certain)
            yield from _conflicts(track, piece, left, zone.zone_id, Why.TIME_UNKNOWN, Status.UNKNOWN)
    every = ", ".join(sorted({zone.zone_id for zone in areas})) or "no permit area"
    for piece in range(len(track.alt0)):
        yield from _outside(track, piece, inside.get(piece, []), every)


def _unknown_terms(zone_set: ZoneSet, track: Track) -> Iterator[Conflict]:
    """Everywhere: a permit area that was refused may be there too, with terms of its own."""
    lacks = missed_on_the_ground(zone_set.missing)
    for piece in range(len(track.alt0)) if lacks else ():
        yield from _conflicts(track, piece, WHOLE, named(lacks), Why.ZONE_REFUSED, Status.UNKNOWN)


def _outside(track: Track, piece: int, inside: list[Sure], areas: str) -> Iterator[Conflict]:
    surely = difference(WHOLE, union(*(one.possible for one in inside)) if inside else NOWHERE)
    maybe = difference(WHOLE, union(*(one.certain for one in inside)) if inside else NOWHERE)
    surely = _without_seams(track, piece, surely)
    yield from _conflicts(track, piece, surely, areas, Why.OUTSIDE_PERMIT, Status.BLOCKED)
    yield from _conflicts(track, piece, difference(maybe, surely), areas, Why.TIME_UNKNOWN, Status.UNKNOWN)


def _without_seams(track: Track, piece: int, spans: Spans) -> Spans:
    """Spans that are more than the rounding between two areas that share an edge."""
    metres = track.along1[piece] - track.along0[piece]
    return tuple(one for one in spans if (one[1] - one[0]) * metres > TOLERANCE_M or metres <= TOLERANCE_M)


def _broken(terms: Permit, speed_mps: float, weight_kg: float) -> Iterator[Why]:
    """Which terms are not kept."""
    if terms.max_speed_mps is not None and speed_mps > terms.max_speed_mps * SPEED_SLACK:
        yield Why.ABOVE_PERMIT_SPEED
    if terms.max_weight_kg is not None and not weight_kg <= terms.max_weight_kg:
        yield Why.ABOVE_PERMIT_WEIGHT


def _speed_mps(track: Track, piece: int) -> float:
    metres, seconds = track.along1[piece] - track.along0[piece], track.time1[piece] - track.time0[piece]
    return metres / seconds if seconds > 0.0 else math.inf if metres > 0.0 else 0.0


def _conflicts(
    track: Track, piece: int, spans: Spans, zone_id: str, why: Why, status: Status
) -> Iterator[Conflict]:
    for low, high in spans:
        where = track.along(piece, low), track.along(piece, high)
        yield Conflict(zone_id, why, status, *where, track.time(piece, low), track.time(piece, high))
