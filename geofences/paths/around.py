"""The shortest path around zones at one height.

The search goes over tangents of obstacles on one plane (`search`, `taut`); what is found is checked by `check_path`
before it is returned.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Unpack

import numpy as np

from geofences.checks.check import check_by
from geofences.checks.result import CheckResult
from geofences.checks.rules import AskedBeside, Rules, rules_of
from geofences.geometry.geodesy import Floats, distance_m, distances_m
from geofences.geometry.planar import Cell, cell_of
from geofences.geometry.track import Waypoint, judge_path
from geofences.model.altitude import Terrain
from geofences.model.moments import utc
from geofences.model.zone import Position
from geofences.paths.fillets import drawn, rounded
from geofences.paths.obstacles import Layer, obstacles_of
from geofences.paths.search import NoPath, NoPathWhy, shortest_way
from geofences.paths.turning import flown_way, judge_radius
from geofences.zones.zoneset import ZoneSet

ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of places that are judged by themselves."""

LONGEST_M = 16_000.0
"""Start and goal may be this far apart: a longer path does not fit on one plane together with its detours."""


def path_around(
    zone_set: ZoneSet,
    start: Position,
    goal: Position,
    alt_amsl_m: float,
    at: datetime,
    margin_m: float,
    terrain: Terrain,
    stop: Callable[[], bool],
    *,
    until: datetime | None = None,
    turn_radius_m: float = 0.0,
    **asked: Unpack[AskedBeside],
) -> list[Position] | NoPath:
    """The shortest path from start to goal that stays clear at one height, during `at` to `until` (default:
    at `at`).

    A zone that may be there (an unknown height or time) is avoided too. With a turn radius, corners become arcs, given
    as points whose chords stray at most 0.05 m from them; both arcs and chords are clear. `stop` is asked between the
    steps of the search. `time_margin_s` is by how much its times may be wrong (see `check_path`). Raises `PathError`
    for positions or times that cannot be checked and `ValueError` for margins and radii outside 0 to 10 km.
    """
    judge_radius(turn_radius_m)
    rules = rules_of(margin_m=margin_m, **asked)
    layer = Layer(alt_amsl_m, utc(at, "at"), utc(at if until is None else until, "until"))
    _judge(start, goal, layer)
    if distance_m(*start, *goal) > LONGEST_M:
        straight = checked(zone_set, [start, goal], layer, terrain, rules)
        return [start, goal] if straight.is_clear else NoPath(NoPathWhy.TOO_FAR, _met(straight))
    air = obstacles_of(zone_set, middle_cell(start, goal), layer, terrain, rules)
    ends = air.plane.to_xy([start, goal])

    def along(points: Floats) -> list[Position]:
        between = air.plane.to_lonlat(points[1:-1]).tolist() if len(points) > 2 else []
        return [start, *((lon, lat) for lon, lat in between), goal]

    def judged(points: Floats) -> CheckResult:
        return checked(zone_set, along(points), layer, terrain, rules)

    if turn_radius_m > 0.0:
        found = flown_way(air, ends, turn_radius_m, stop, judged)
        return found if isinstance(found, NoPath) else along(found)
    found = shortest_way(air, ends[0], ends[1], stop)
    if isinstance(found, NoPath):
        return found
    result = judged(found)
    if result.is_clear:
        return along(found)
    return NoPath(NoPathWhy.NOT_CONFIRMED, _met(result))


def with_turns(path: Sequence[Position], turn_radius_m: float) -> list[Position] | None:
    """A path with arcs of a radius in place of its corners, as points whose chords stray at most 0.05 m from them; None
    where arcs have no room. Both ends stay. It is not checked against any zones.

    Raises `PathError` for positions that are none and `ValueError` for radii outside 0 to 10 km.
    """
    judge_radius(turn_radius_m)
    judge_path([Waypoint(*one, 0.0, ANY_TIME) for one in path])
    if turn_radius_m == 0.0 or len(path) < 3:
        return list(path)
    plane = middle_cell(path[0], path[-1]).plane
    curve = rounded(plane.to_xy(path), turn_radius_m)
    if curve.misfits:
        return None
    between = plane.to_lonlat(drawn(curve, turn_radius_m)[0][1:-1]).tolist()
    return [path[0], *((lon, lat) for lon, lat in between), path[-1]]


def _judge(start: Position, goal: Position, layer: Layer) -> None:
    judge_path([Waypoint(*start, layer.alt_amsl_m, layer.at), Waypoint(*goal, layer.alt_amsl_m, layer.until)])


def _met(result: CheckResult) -> tuple[str, ...]:
    return tuple(sorted({one.zone_id for one in result.conflicts}))


def checked(
    zone_set: ZoneSet, path: list[Position], layer: Layer, terrain: Terrain, rules: Rules
) -> CheckResult:
    """The exact check of a path at one height."""
    return check_by(zone_set, _flown(path, layer), terrain, rules)


def _flown(path: list[Position], layer: Layer) -> list[Waypoint]:
    """Waypoints with times spread evenly over the distance."""
    lonlat = np.array(path)
    reached = np.concatenate(([0.0], np.cumsum(distances_m(lonlat[:-1], lonlat[1:]))))
    share = (reached / reached[-1] if reached[-1] > 0.0 else reached).tolist()
    return [
        Waypoint(lon, lat, layer.alt_amsl_m, layer.at + (layer.until - layer.at) * part)
        for (lon, lat), part in zip(path, share, strict=True)
    ]


def middle_cell(start: Position, goal: Position) -> Cell:
    """The cell on whose plane a trip is looked at."""
    step = (goal[0] - start[0] + 180.0) % 360.0 - 180.0
    return cell_of(start[0] + step / 2.0, (start[1] + goal[1]) / 2.0)
