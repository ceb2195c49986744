"""The shortest path around zones at one height: a lazy visibility graph.

Only obstacles that the path found so far violates take part: their corners become nodes, and the search is
repeated until the path violates none. What is found is checked by `check_path` before it is returned.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.altitude import Box, Terrain, lower_amsl, upper_amsl
from geofences.check import Rules, check_path
from geofences.geodesy import Floats, LocalPlane, distance_m, distances_m
from geofences.overlap import place_of
from geofences.planar import REACH_M, Cell, Geometries, cell_of, lines, to_plane
from geofences.result import Status
from geofences.spans import intersection
from geofences.track import Waypoint
from geofences.visibility import Corners, Exhausted, corners_of, shortest
from geofences.zone import Position
from geofences.zoneset import ZoneSet, ZoneVolume

LONGEST_M = 16_000.0
"""Start and goal may be this far apart: a longer path does not fit on one plane together with its detours."""

OUTSIDE = "outside the operating areas"


class NoPathWhy(StrEnum):
    """Why there is no path."""

    START_BLOCKED = "start_blocked"
    GOAL_BLOCKED = "goal_blocked"
    ENCLOSED = "enclosed"
    TOO_FAR = "too_far"
    STOPPED = "stopped"
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True)
class NoPath:
    """No path, why, and the zones that stand in the way. STOPPED says nothing about whether there is one."""

    why: NoPathWhy
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flight:
    """At which height and during which times a path is to be flown."""

    alt_amsl_m: float
    at: datetime
    until: datetime

    def along(self, path: list[Position]) -> list[Waypoint]:
        """Waypoints with times spread evenly over the distance."""
        lonlat = np.array(path)
        reached = np.concatenate(([0.0], np.cumsum(distances_m(lonlat[:-1], lonlat[1:]))))
        share = (reached / reached[-1] if reached[-1] > 0.0 else reached).tolist()
        return [
            Waypoint(lon, lat, self.alt_amsl_m, self.at + (self.until - self.at) * part)
            for (lon, lat), part in zip(path, share, strict=True)
        ]


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
    vertical_margin_m: float = 0.0,
    held: Collection[str] = frozenset(),
    areas: Collection[str] | None = None,
    max_searches: int = 1_000,
) -> list[Position] | NoPath:
    """The shortest path from start to goal that stays clear at one height, during `at` to `until` (default:
    at `at`).

    A zone that may be there (an unknown height or time) is avoided too. `stop` is asked between the steps
    of the search. Raises `PathError` for positions or times that cannot be checked.
    """
    rules = Rules(margin_m, vertical_margin_m, frozenset(held), None if areas is None else frozenset(areas))
    flight = Flight(alt_amsl_m, at, at if until is None else until)

    def check(path: list[Position]) -> tuple[Status, tuple[str, ...]]:
        found = check_path(
            zone_set,
            flight.along(path),
            terrain,
            margin_m=margin_m,
            vertical_margin_m=vertical_margin_m,
            held=rules.held,
            areas=rules.areas,
        )
        return found.status, tuple(sorted({one.zone_id for one in found.conflicts}))

    straight, _ = check([start, goal])
    if distance_m(*start, *goal) > LONGEST_M:
        return [start, goal] if straight is Status.CLEAR else NoPath(NoPathWhy.TOO_FAR)
    air = obstacles_near(zone_set, start, goal, flight, terrain, rules)
    found = _search(air, start, goal, stop, max_searches)
    if isinstance(found, NoPath):
        return found
    status, zones = check(found)
    return found if status is Status.CLEAR else NoPath(NoPathWhy.NOT_CONFIRMED, zones)


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """What is to be avoided on one plane, by name, with a tree over it; no corner outside `window` is a
    node.
    """

    plane: LocalPlane
    window: Box
    polygons: Geometries
    names: tuple[str, ...]
    tree: shapely.STRtree

    def hit_by(self, drawn: Geometries) -> npt.NDArray[np.intp]:
        """Pairs (line, polygon), one in each column."""
        found: npt.NDArray[np.intp] = self.tree.query(drawn, predicate="intersects")
        return found

    def named(self, numbers: Collection[int]) -> tuple[str, ...]:
        """The names of some polygons."""
        return tuple(sorted({self.names[number] for number in numbers}))


def obstacles_near(
    zone_set: ZoneSet, start: Position, goal: Position, flight: Flight, terrain: Terrain, rules: Rules
) -> Obstacles:
    """The widened zones around start and goal that may be active at the flight's height and times."""
    cell = _middle_cell(start, goal)
    window = cell.window(REACH_M)
    here = zone_set.local_map(cell, rules.margin_m)
    taken = [
        number
        for number, owner in enumerate(here.owners.tolist())
        if _in_the_way(zone_set.volumes[owner], flight, terrain, window, rules)
    ]
    polygons: list[BaseGeometry] = list(here.polygons[taken])
    names = [zone_set.volumes[here.owners[number]].zone.zone_id for number in taken]
    if zone_set.operating_areas and rules.areas != frozenset():
        polygons.append(_outside(zone_set, cell, flight, terrain, window, rules))
        names.append(OUTSIDE)
    array = np.array(polygons, dtype=object)
    return Obstacles(here.plane, window, array, tuple(names), shapely.STRtree(array))


def _middle_cell(start: Position, goal: Position) -> Cell:
    step = (goal[0] - start[0] + 180.0) % 360.0 - 180.0
    return cell_of(start[0] + step / 2.0, (start[1] + goal[1]) / 2.0)


def _in_the_way(owner: ZoneVolume, flight: Flight, terrain: Terrain, window: Box, rules: Rules) -> bool:
    if not owner.zone.blocks(rules.held):
        return False
    level, volume = (terrain.ground_within(window), terrain.undulation_within(window)), owner.volume
    lowest = lower_amsl(volume.lower, *level).low - rules.vertical_margin_m
    highest = upper_amsl(volume.upper, *level).high + rules.vertical_margin_m
    if not lowest <= flight.alt_amsl_m <= highest:
        return False
    times = flight.at.timestamp(), flight.until.timestamp()
    return bool(intersection(owner.zone.applicability.active(*times, *place_of(volume)).possible, (times,)))


def _outside(
    zone_set: ZoneSet, cell: Cell, flight: Flight, terrain: Terrain, window: Box, rules: Rules
) -> BaseGeometry:
    """Everything but the operating areas that surely hold at the flight's height and during all its times."""
    level = terrain.ground_within(window), terrain.undulation_within(window)
    times = flight.at.timestamp(), flight.until.timestamp()
    inside = [
        area
        for (zone, volume), area in zone_set.area_maps(cell, rules.margin_m, rules.areas)
        if lower_amsl(volume.lower, *level).high + rules.vertical_margin_m
        <= flight.alt_amsl_m
        <= upper_amsl(volume.upper, *level).low - rules.vertical_margin_m
        and (times,) == intersection(zone.applicability.active(*times, *place_of(volume)).certain, (times,))
    ]
    everything = to_plane(shapely.box(*cell.window(REACH_M + 1_000.0)), cell.window(2 * REACH_M), cell.plane)
    return shapely.difference(everything, shapely.union_all(inside))


def _search(
    air: Obstacles, start: Position, goal: Position, stop: Callable[[], bool], max_searches: int
) -> list[Position] | NoPath:
    """Search among the corners of the active obstacles; activate what the found path violates; repeat."""
    ends = air.plane.to_xy([start, goal])
    for end, why in zip(ends, (NoPathWhy.START_BLOCKED, NoPathWhy.GOAL_BLOCKED), strict=True):
        inside = air.tree.query(shapely.points(end), predicate="intersects").tolist()
        if inside:
            return NoPath(why, air.named(inside))
    active = np.zeros(len(air.polygons), dtype=np.bool_)
    corners = Corners.none()
    for _ in range(max_searches):
        try:
            found = shortest(ends, corners, lambda drawn: _blocked(air, drawn, active), stop)
        except Exhausted:
            return NoPath(NoPathWhy.STOPPED)
        if found is None:
            return NoPath(NoPathWhy.ENCLOSED, air.named(np.flatnonzero(active).tolist()))
        violated = np.unique(air.hit_by(lines(found[:-1], found[1:]))[1])
        if not len(violated):
            return _positions(air, found, start, goal)
        if active[violated].all():  # the search promised to avoid them: never try the same again
            return NoPath(NoPathWhy.NOT_CONFIRMED, air.named(violated.tolist()))
        violated = violated[~active[violated]]
        active[violated] = True
        corners = corners.joined(*(_corners_inside(air, number) for number in violated.tolist()))
    return NoPath(NoPathWhy.STOPPED)


def _blocked(air: Obstacles, drawn: Geometries, active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which lines meet an active obstacle."""
    blocked = np.zeros(len(drawn), dtype=np.bool_)
    if active.any():
        line, polygon = air.hit_by(drawn)
        blocked[line[active[polygon]]] = True
    return blocked


def _corners_inside(air: Obstacles, number: int) -> Corners:
    # Zones are cut off at the window of the map: a corner out there may be none of the zone's own.
    corners = corners_of(air.polygons[number])
    lonlat = air.plane.to_lonlat(corners.at)
    offset = (lonlat[:, 0] - air.plane.lon + 180.0) % 360.0 - 180.0
    half = (air.window.east - air.window.west) / 2.0
    inside = (np.abs(offset) < half) & (lonlat[:, 1] > air.window.south) & (lonlat[:, 1] < air.window.north)
    return corners.only(inside)


def _positions(air: Obstacles, found: Floats, start: Position, goal: Position) -> list[Position]:
    between = air.plane.to_lonlat(found[1:-1]).tolist() if len(found) > 2 else []
    return [start, *((lon, lat) for lon, lat in between), goal]
