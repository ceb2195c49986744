"""The room that is swept by straight ways from a part of a path to one point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.model.altitude import Interval
from geofences.model.spans import Span

XY = tuple[float, float]

TOUCH_M = 1e-6

FLAT_M2 = 1e-3
"""A triangle of half this area is drawn as a line."""

Indices = npt.NDArray[np.intp]
NOTHING: Indices = np.empty(0, dtype=np.intp)


class Verdict(IntEnum):
    """Of all the ways in a region: all are clear, some may be, none is."""

    CLEAR = 0
    MIXED = 1
    BLOCKED = 2


@dataclass(frozen=True)
class Region:
    """Where ways from a part of a path (its ends are `begin`) to one point lead on the plane: between two heights, at
    distances from where they begin that are flown at speeds between two, leaving between two times (Unix seconds).
    """

    begin: tuple[XY, XY]
    to: XY
    heights: Interval
    leave: Interval
    speeds: Interval
    passed: Interval | None = None
    """The heights that each way passes all of, where it leads up or down; without, each is flown at one height."""

    def window(self, part: BaseGeometry) -> Span:
        """When a part of it may be flown through."""
        begin = line(*self.begin)
        away = shapely.distance(begin, shapely.points(shapely.get_coordinates(part)))
        nearest = float(shapely.distance(begin, part))
        farthest = float(away.max()) + math.dist(*self.begin)  # a way may begin at its other end
        low = self.leave.low + nearest / self.speeds.high
        return low, self.leave.high + farthest / self.speeds.low

    @cached_property
    def shape(self) -> BaseGeometry:
        """All of it, on the plane."""
        return fan(*self.begin, self.to)

    @cached_property
    def sides(self) -> tuple[BaseGeometry, BaseGeometry]:
        """The outermost ways, one and the same where all are."""
        first, other = self.begin
        side = line(first, self.to)
        return side, side if first == other else line(other, self.to)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        xs, ys = zip(*self.begin, self.to, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


def spot(at: XY) -> BaseGeometry:
    """A place."""
    return shapely.points(*at)


def line(a: XY, b: XY) -> BaseGeometry:
    """What lies straight between two places, which may be one."""
    return spot(a) if a == b else shapely.linestrings((a, b))


def fan(a: XY, b: XY, to: XY) -> BaseGeometry:
    """What lies on the straight ways from all points between two to a third."""
    if a == b:
        return line(a, to)
    wide = abs((b[0] - a[0]) * (to[1] - a[1]) - (b[1] - a[1]) * (to[0] - a[0]))
    if wide > FLAT_M2:
        return shapely.polygons((a, b, to))
    return shapely.multipoints((a, b, to)).convex_hull


def triangle(a: XY, b: XY, to: XY, heights: Interval, leave: Interval, speeds: Interval) -> Region:
    """The straight ways from all points between two to a third."""
    return Region((a, b), to, heights, leave, speeds)


def leg(a: XY, b: XY, heights: Interval, leave: Interval, speeds: Interval) -> Region:
    """One straight way."""
    return Region((a, a), b, heights, leave, speeds)


def upright(at: XY, low_m: float, tops: Interval, times: Interval) -> Region:
    """Straight down at one place, from a height between two."""
    still = Interval(1.0, 1.0)  # nothing is flown sideways
    heights, passed = Interval(low_m, tops.high), Interval(low_m, tops.low)
    return Region((at, at), at, heights, times, still, passed)
