"""A place at a height that nobody knows: everything above it and below it at once."""

from typing import Unpack

from geofences.checks.asked import spans_beside
from geofences.checks.check import fallen_on_at
from geofences.checks.heights import inside_height
from geofences.checks.result import CheckResult, Conflict, Status, Why, in_order, overall, why_blocked
from geofences.checks.rules import Asked, Rules, rules_of
from geofences.geometry.extent import where_of
from geofences.geometry.planar import lines
from geofences.geometry.track import Track, Waypoint, by_cell, track_of
from geofences.model.altitude import Terrain
from geofences.model.refused import missed_in_the_air, named
from geofences.model.spans import NOWHERE, Spans, Sure, difference, intersection, union
from geofences.model.zone import Zone
from geofences.zones.overlap import WHOLE, inside_throughout, inside_times, sideways
from geofences.zones.zoneset import ZoneSet

LOWEST_M, HIGHEST_M = -1_000.0, 100_000.0
"""Nothing flies lower or higher. A zone without limits reaches beyond both."""


def check_column(zone_set: ZoneSet, point: Waypoint, terrain: Terrain, **asked: Unpack[Asked]) -> CheckResult:
    """Check a place at a time at every height; that of the point does not count.

    BLOCKED where it is forbidden at all of them by one zone, lies outside of the operating areas at all of them, or
    what falls from any height may hit what a zone protects; UNKNOWN where that depends on the height. Otherwise as
    `check_point`, whose errors it raises.
    """
    rules = rules_of(**asked)
    track = track_of([_at(point, LOWEST_M), _at(point, HIGHEST_M)])
    found = [*_zones(zone_set, track, terrain, rules), *_areas(zone_set, track, terrain, rules)]
    lacks = missed_in_the_air(zone_set.missing, rules.areas)
    if lacks:
        found.append((named(lacks), Why.ZONE_REFUSED, Status.UNKNOWN))
    at = point.at
    conflicts = [Conflict(zone_id, why, status, 0.0, 0.0, at, at) for zone_id, why, status in found]
    if rules.ground is not None:  # the same at every height
        conflicts += fallen_on_at(zone_set, point, terrain, rules)
    every = in_order(dict.fromkeys(conflicts))
    return CheckResult(overall(every), every, zone_set.version, terrain.said, rules)


_Found = tuple[str, Why, Status]


def _at(point: Waypoint, height_m: float) -> Waypoint:
    return Waypoint(point.lon, point.lat, height_m, point.at, point.within_s)


def _zones(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> list[_Found]:
    by_zone: dict[Zone, list[tuple[Sure, Sure]]] = {}
    for number, _ in spans_beside(zone_set, track.start[0], track.end[0], rules):
        zone, volume = zone_set.volumes[number]
        times = inside_times(zone, where_of(zone, volume), track, 0, rules.time_margin_s)
        if times.possible:
            height = inside_height(volume, track, 0, terrain, rules.vertical_margin_m, rules.margin_m)
            by_zone.setdefault(zone, []).append((height, height.meet(times)))
    found = [(zone, _why(zone, met)) for zone, met in by_zone.items()]
    return [(zone.zone_id, *each) for zone, each in found if each is not None]


def _why(zone: Zone, met: list[tuple[Sure, Sure]]) -> tuple[Why, Status] | None:
    """What a zone says of a column that its volumes meet."""
    if union(*(one.certain for _, one in met)) == WHOLE:
        return why_blocked(zone), Status.BLOCKED
    if not union(*(one.possible for _, one in met)):
        return None
    everywhere = union(*(height.certain for height, _ in met)) == WHOLE
    return (Why.TIME_UNKNOWN if everywhere else Why.HEIGHT_UNKNOWN), Status.UNKNOWN


def _areas(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> list[_Found]:
    known = {zone.zone_id for zone in zone_set.operating_areas}
    missing = sorted((rules.areas or frozenset()) - known)
    found = [(one, Why.NO_SUCH_OPERATING_AREA, Status.BLOCKED) for one in missing]
    if not known or rules.areas == frozenset():
        return found
    allowed, if_timed = _allowed(zone_set, track, terrain, rules)
    name = ", ".join(sorted(rules.areas or known))
    if not allowed.possible:
        found.append((name, Why.OUTSIDE_OPERATING_AREA, Status.BLOCKED))
    elif difference(WHOLE, allowed.certain):
        why = Why.TIME_UNKNOWN if if_timed == WHOLE else Why.HEIGHT_UNKNOWN
        found.append((name, why, Status.UNKNOWN))
    return found


def _allowed(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> tuple[Sure, Spans]:
    """At which of the heights some operating area holds, and at which one surely would if its times were known."""
    certain, possible, if_timed = list[Spans](), list[Spans](), list[Spans]()
    for cell, _ in by_cell(track.start, track.end):
        (here,) = lines(cell.plane.to_xy(track.start), cell.plane.to_xy(track.end))
        for area, polygon in zone_set.area_maps(cell, rules.margin_m, rules.areas):
            if sideways(here, polygon) == NOWHERE:
                continue
            height = inside_height(area.volume, track, 0, terrain, -rules.vertical_margin_m, rules.margin_m)
            times = inside_throughout(area.zone, area.where, track, 0, rules.time_margin_s)
            inside = height.meet(times)
            certain.append(inside.certain)
            possible.append(inside.possible)
            if_timed.append(intersection(height.certain, times.possible))
    return Sure(union(*certain), union(*possible)), union(*if_timed)
