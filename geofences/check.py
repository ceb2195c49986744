"""Exact checks of points and paths in four dimensions against a zone set.

Sideways distances are measured on a local plane, heights as intervals above mean sea level, times against
each zone's applicability; all three must coincide at the same point of the path. A path that touches a zone
conflicts.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from geofences.altitude import Terrain
from geofences.heights import inside_height
from geofences.overlap import WHOLE, inside_times, sideways
from geofences.planar import Geometries, LocalMap, lines
from geofences.result import WHY_BLOCKED, CheckResult, Conflict, Status, Why, joined, overall
from geofences.spans import Span, Spans, Sure, difference, union
from geofences.track import Track, Waypoint, by_cell, track_of
from geofences.zoneset import ZoneSet, ZoneVolume


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a path besides the zones: margins in metres, approvals held, areas to stay inside
    of.
    """

    margin_m: float
    vertical_margin_m: float
    held: frozenset[str]
    areas: frozenset[str] | None

    def __post_init__(self) -> None:
        if not (0.0 <= self.margin_m <= 10_000.0 and 0.0 <= self.vertical_margin_m <= 10_000.0):
            raise ValueError(f"margins must be 0 to 10000 m, got {self.margin_m}, {self.vertical_margin_m}")


def check_path(
    zone_set: ZoneSet,
    path: Sequence[Waypoint],
    terrain: Terrain,
    *,
    margin_m: float = 0.0,
    vertical_margin_m: float = 0.0,
    held: Collection[str] = frozenset(),
    areas: Collection[str] | None = None,
) -> CheckResult:
    """Check a path, from waypoint to waypoint along geodesics with height and time changing evenly.

    `held` are the ids of zones whose approval the operator holds. `areas` are the ids of the operating
    areas of which the path must stay in the union; None means all that the set has, an empty collection
    none. The caller passes the whole trip: out, loiter, drop, return, and the legs to alternates (rule E15).

    Raises `PathError` for a path that cannot be checked and `ValueError` for margins outside 0 to 10 km.
    """
    rules = Rules(margin_m, vertical_margin_m, frozenset(held), None if areas is None else frozenset(areas))
    track = track_of(path)
    conflicts = joined(_stretches(zone_set, track, terrain, rules))
    return CheckResult(overall(conflicts), conflicts, zone_set.version)


def check_point(
    zone_set: ZoneSet,
    point: Waypoint,
    terrain: Terrain,
    *,
    margin_m: float = 0.0,
    vertical_margin_m: float = 0.0,
    held: Collection[str] = frozenset(),
    areas: Collection[str] | None = None,
) -> CheckResult:
    """Check one position at one time: a path that stands still. See `check_path`."""
    return check_path(
        zone_set,
        (point,),
        terrain,
        margin_m=margin_m,
        vertical_margin_m=vertical_margin_m,
        held=held,
        areas=areas,
    )


def _stretches(zone_set: ZoneSet, track: Track, terrain: Terrain, rules: Rules) -> Iterator[Conflict]:
    missing = (rules.areas or frozenset()) - {zone.zone_id for zone in zone_set.operating_areas}
    for area in sorted(missing):
        for piece in range(len(track.alt0)):
            yield _conflict(track, piece, (0.0, 1.0), area, Why.NO_SUCH_OPERATING_AREA, Status.BLOCKED)
    bounded = bool(zone_set.operating_areas) and (rules.areas is None or bool(rules.areas))
    for cell, members in by_cell(track.start, track.end):
        here = zone_set.local_map(cell, rules.margin_m)
        drawn = lines(here.plane.to_xy(track.start[members]), here.plane.to_xy(track.end[members]))
        pieces = members.tolist()
        yield from _entered(zone_set, here, drawn, pieces, track, terrain, rules)
        if bounded:
            inside = zone_set.area_maps(cell, rules.margin_m, rules.areas)
            for line, piece in zip(drawn, pieces, strict=True):
                allowed = [_allowed(one, area, line, piece, track, terrain, rules) for one, area in inside]
                yield from _left(allowed, piece, track, zone_set, rules)


def _entered(
    zone_set: ZoneSet,
    here: LocalMap,
    drawn: Geometries,
    pieces: list[int],
    track: Track,
    terrain: Terrain,
    rules: Rules,
) -> Iterator[Conflict]:
    """Stretches inside zones that block."""
    for line, polygon in here.tree.query(drawn, predicate="intersects").T.tolist():
        owner = zone_set.volumes[here.owners[polygon]]
        if not owner.zone.blocks(rules.held):
            continue
        piece = pieces[line]
        height = inside_height(owner.volume, track, piece, terrain, rules.vertical_margin_m, rules.margin_m)
        times = inside_times(owner.zone, owner.volume, track, piece)
        if height.possible and times.possible:
            beside = sideways(drawn[line], here.polygons[polygon])
            yield from _met(owner, piece, track, Sure(beside, beside), height, times)


def _met(
    owner: ZoneVolume, piece: int, track: Track, beside: Sure, height: Sure, times: Sure
) -> Iterator[Conflict]:
    met = beside.meet(height).meet(times)
    zone = owner.zone
    for span in met.certain:
        yield _conflict(track, piece, span, zone.zone_id, WHY_BLOCKED[zone.restriction], Status.BLOCKED)
    why = Why.HEIGHT_UNKNOWN if height.certain != height.possible else Why.TIME_UNKNOWN
    for span in difference(met.possible, met.certain):
        yield _conflict(track, piece, span, zone.zone_id, why, Status.UNKNOWN)


def _allowed(
    owner: ZoneVolume,
    area: BaseGeometry,
    line: BaseGeometry,
    piece: int,
    track: Track,
    terrain: Terrain,
    rules: Rules,
) -> Sure:
    """Where a piece is inside one operating area."""
    height = inside_height(owner.volume, track, piece, terrain, -rules.vertical_margin_m, rules.margin_m)
    beside = sideways(line, area)
    return Sure(beside, beside).meet(height).meet(inside_times(owner.zone, owner.volume, track, piece))


def _left(
    allowed: list[Sure], piece: int, track: Track, zone_set: ZoneSet, rules: Rules
) -> Iterator[Conflict]:
    """Stretches outside all operating areas."""
    surely_out = difference(WHOLE, union(*(one.possible for one in allowed)))
    maybe_out = difference(difference(WHOLE, union(*(one.certain for one in allowed))), surely_out)
    wanted = rules.areas or {zone.zone_id for zone in zone_set.operating_areas}
    name = ", ".join(sorted(wanted))
    marked: tuple[tuple[Spans, Why, Status], ...] = (
        (surely_out, Why.OUTSIDE_OPERATING_AREA, Status.BLOCKED),
        (maybe_out, Why.HEIGHT_UNKNOWN, Status.UNKNOWN),
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
