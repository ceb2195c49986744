"""A place at a height that nobody knows: everything above it and below it at once."""

from collections.abc import Collection

from geofences.checks.asked import spans_beside
from geofences.checks.heights import inside_height
from geofences.checks.result import CheckResult, Conflict, Status, Why, in_order, overall, why_blocked
from geofences.checks.rules import Rules, rules_of
from geofences.geometry.extent import where_of
from geofences.geometry.planar import lines
from geofences.geometry.track import Track, Waypoint, by_cell, track_of
from geofences.model.altitude import Terrain
from geofences.model.refused import missed_in_the_air, named
from geofences.model.spans import NOWHERE, Spans, Sure, difference, union
from geofences.model.zone import Held, Zone
from geofences.zones.overlap import WHOLE, inside_throughout, inside_times, sideways
from geofences.zones.zoneset import ZoneSet

LOWEST_M, HIGHEST_M = -1_000.0, 100_000.0
"""Nothing flies lower or higher. A zone without limits reaches beyond both."""


def check_column(
    zone_set: ZoneSet,
    point: Waypoint,
    terrain: Terrain,
    *,
    margin_m: float = 0.0,
    held: Collection[Held] = frozenset(),
    areas: Collection[str] | None = None,
    time_margin_s: float = 0.0,
) -> CheckResult:
    """Check a place at a time at every height; that of the point does not count.

    BLOCKED where it is forbidden at all of them by one zone, or lies outside of the operating areas at all of them;
    UNKNOWN where that depends on the height. Otherwise as `check_point`, whose errors it raises.
    """
    rules = rules_of(margin_m, 0.0, held, areas, time_margin_s)
    track = track_of([_at(point, LOWEST_M), _at(point, HIGHEST_M)])
    found = [*_zones(zone_set, track, terrain, rules), *_areas(zone_set, track, terrain, rules)]
    lacks = missed_in_the_air(zone_set.missing, rules.areas)
    if lacks:
        found.append((named(lacks), Why.ZONE_REFUSED, Status.UNKNOWN))
    at = point.at
    conflicts = in_order(
        dict.fromkeys(Conflict(zone_id, why, status, 0.0, 0.0, at, at) for zone_id, why, status in found)
    )
    return CheckResult(overall(conflicts), conflicts, zone_set.version, terrain.said, rules)


_Found = tuple[str, Why, Status]


def _at(point: Waypoint, height_m: float) -> Waypoint:
    return Waypoint(point.lon, point.lat, height_m, point.at, point.within_s)


def _zones(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> list[_Found]:
    by_zone: dict[Zone, list[tuple[Sure, Sure]]] = {}
    for number, _ in spans_beside(zone_set, track.start[0], track.end[0], rules):
        zone, volume = zone_set.volumes[number]
        times = inside_times(zone, where_of(zone, volume), track, 0, rules.time_margin_s)
        if times.possible:
            height = inside_height(volume, track, 0, terrain, 0.0, rules.margin_m)
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
    allowed = _allowed(zone_set, track, terrain, rules)
    name = ", ".join(sorted(rules.areas or known))
    if not allowed.possible:
        found.append((name, Why.OUTSIDE_OPERATING_AREA, Status.BLOCKED))
    elif difference(WHOLE, allowed.certain):
        found.append((name, Why.HEIGHT_UNKNOWN, Status.UNKNOWN))
    return found


def _allowed(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> Sure:
    """At which of the heights some operating area holds."""
    certain: list[Spans] = []
    possible: list[Spans] = []
    for cell, _ in by_cell(track.start, track.end):
        (here,) = lines(cell.plane.to_xy(track.start), cell.plane.to_xy(track.end))
        for area, polygon in zone_set.area_maps(cell, rules.margin_m, rules.areas):
            if sideways(here, polygon) == NOWHERE:
                continue
            height = inside_height(area.volume, track, 0, terrain, 0.0, rules.margin_m)
            inside = height.meet(inside_throughout(area.zone, area.where, track, 0, rules.time_margin_s))
            certain.append(inside.certain)
            possible.append(inside.possible)
    return Sure(union(*certain), union(*possible))
