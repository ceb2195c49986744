"""The shortest path among obstacles on one plane: which part of it to look at, from both ends, until told to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from geofences.geometry.geodesy import Floats
from geofences.paths.corners import Corners
from geofences.paths.obstacles import Obstacles
from geofences.paths.taut import ENCLOSED, FOUND, Tautening
from geofences.paths.wallgrid import wall_grid

PAD_M, APART_M = 0.15, 0.25
"""Lines stay this much farther away than the margin, and corners lie so much farther out: another plane, on which the
path is checked afterwards, may err by 0.1 m. A gap of less than 0.3 m between two margins counts as none."""

PORTION = 128
"""Steps of the search between two questions whether to stop; one in four is done from the goal, so that a goal that is
enclosed is known without all the world around it being searched."""

SPARE_M = 1.0
"""More room than this at an end is of no use: neither of the paddings needs more."""

LIMIT_M = 22_000.0
"""Nothing farther from the middle of a plane is looked at: zones are cut off there."""

FIRST_LOOK = 0.3
"""At first only so much of the trip's length is looked at to all sides, 1 km at least."""


class NoPathWhy(StrEnum):
    """Why there is no path."""

    START_BLOCKED = "start_blocked"
    GOAL_BLOCKED = "goal_blocked"
    ENCLOSED = "enclosed"
    TOO_FAR = "too_far"
    STOPPED = "stopped"
    NOT_CONFIRMED = "not_confirmed"
    TOO_TIGHT = "too_tight"
    """There is a path, but none was found on which the turns have room."""


@dataclass(frozen=True, slots=True)
class NoPath:
    """No path, why, and the zones that stand in the way. STOPPED says nothing about whether there is one."""

    why: NoPathWhy
    zones: tuple[str, ...] = ()


class _Area(NamedTuple):
    """A rectangle on the plane."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, other: _Area) -> bool:
        """Whether another lies in it."""
        return (
            self.west <= other.west
            and self.south <= other.south
            and self.east >= other.east
            and self.north >= other.north
        )


EVERYTHING = _Area(-LIMIT_M, -LIMIT_M, LIMIT_M, LIMIT_M)


def shortest_way(air: Obstacles, start: Floats, goal: Floats, stop: Callable[[], bool]) -> Floats | NoPath:
    """Points from start to goal on the plane. `stop` is asked between portions of the search, and once at least."""
    spare = math.inf
    for end, why in ((start, NoPathWhy.START_BLOCKED), (goal, NoPathWhy.GOAL_BLOCKED)):
        inside, to_wall = _standing(air, end)
        if inside:
            return NoPath(why, air.named(inside))
        spare = min(spare, to_wall)
    pad, apart = min(PAD_M, spare / 2.0), min(APART_M, spare * 0.75)
    area = _around(start, goal, max(1_000.0, FIRST_LOOK * math.dist(start, goal)))
    while True:
        found = _within(air, area, start, goal, stop, pad, apart)
        if isinstance(found, NoPath):
            if found.why is NoPathWhy.STOPPED or area == EVERYTHING:
                return found
            area = EVERYTHING
            continue
        needed = _clipped(_ellipse(start, goal, float(np.hypot(*np.diff(found, axis=0).T).sum())))
        if area.holds(needed):
            return found
        area = needed


def _standing(air: Obstacles, point: Floats) -> tuple[list[int], float]:
    """The obstacles that a point is in or too near to, and how far it is from the reach of the others: `SPARE_M` where
    that is more.
    """
    beyond = air.reaches + SPARE_M
    (west, south, east, north), (px, py) = air.boxes.T, point.tolist()
    near = (west - beyond <= px) & (east + beyond >= px) & (south - beyond <= py) & (north + beyond >= py)
    rows = np.flatnonzero(near[air.owners])
    if not len(rows):
        return [], SPARE_M
    # Sums over rows of two are slow: by columns.
    x, y, to_x, to_y, reach = (air.edges[rows] - (px, py, px, py, 0.0)).T
    dx, dy = to_x - x, to_y - y
    share = np.clip(-(x * dx + y * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
    spare, owners = np.hypot(x + share * dx, y + share * dy) - reach, air.owners[rows]
    up = (y > 0.0) != (to_y > 0.0)
    crossed = x[up] - y[up] * dx[up] / dy[up] > 0.0
    crossings = np.bincount(owners[up][crossed], minlength=len(air.names))
    inside = set(np.flatnonzero(crossings % 2).tolist()) | set(owners[spare <= 0.0].tolist())
    return sorted(inside), min(SPARE_M, float(spare.min()))


def _within(
    air: Obstacles,
    area: _Area,
    start: Floats,
    goal: Floats,
    stop: Callable[[], bool],
    pad: float,
    apart: float,
) -> Floats | NoPath:
    """The shortest path that does not leave an area."""
    reach = air.reaches + pad
    boxes = air.boxes + np.column_stack((-reach, -reach, reach, reach))
    low, high = boxes[:, :2] <= (area.east, area.north), boxes[:, 2:] >= (area.west, area.south)
    near = (low.all(axis=1) & high.all(axis=1))[air.owners]
    edges = air.edges[near].copy()
    edges[:, 4] += pad
    grid = wall_grid(edges, air.owners[near].astype(np.int32), area)

    ends = [start.tolist(), goal.tolist()]
    there, back = (
        Tautening(
            grid,
            begin,
            end,
            Corners(lambda number: air.outline(number, apart), ends, apart - pad),
            len(air.names),
        )
        for begin, end in (ends, ends[::-1])
    )
    while not stop():
        for search, portion in ((there, PORTION), (back, PORTION // 4)):
            state = search.advance(portion)
            if state == ENCLOSED:
                return NoPath(NoPathWhy.ENCLOSED, air.named(search.met()))
            if state == FOUND:
                path = np.array(search.path())
                return path if search is there else path[::-1]
    return NoPath(NoPathWhy.STOPPED)


def _around(start: Floats, goal: Floats, more_m: float) -> _Area:
    low, high = np.minimum(start, goal) - more_m, np.maximum(start, goal) + more_m
    return _clipped(_Area(*low.tolist(), *high.tolist()))


def _ellipse(start: Floats, goal: Floats, length_m: float) -> _Area:
    """The rectangle around all points that a path of this length may touch, with a metre to spare."""
    middle, apart = (start + goal) / 2.0, goal - start
    # Half the extent on an axis is half the hypotenuse of the ellipse's axes as seen from it.
    half = np.sqrt(np.maximum(length_m**2 - (apart[::-1]) ** 2, 0.0)) / 2.0 + 1.0
    return _Area(*(middle - half).tolist(), *(middle + half).tolist())


def _clipped(area: _Area) -> _Area:
    low, high = np.clip(area[:2], -LIMIT_M, LIMIT_M), np.clip(area[2:], -LIMIT_M, LIMIT_M)
    return _Area(*low.tolist(), *high.tolist())
