"""Grids side by side as one: seams, the antimeridian, and what no grid covers.

Where grids overlap, what any of them allows is possible. A box that no grids together cover wholly is not known.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geofences.model.altitude import ANYTHING, Bounds, Box, Floats, Interval
from geofences.terrain.raster import Raster

Bools = npt.NDArray[np.bool_]

TURNS = (-360.0, 0.0, 360.0)
FEW = 96
"""Up to so many rectangles are looked through one by one: quicker than arrays."""

_LONGITUDES = np.array([1.0, 0.0, 1.0, 0.0])


class Mosaic:
    """Some rasters, asked as one. Each stands three times, a turn of the globe apart: boxes cross the antimeridian."""

    def __init__(self, rasters: Sequence[Raster]) -> None:
        self.rasters = tuple(rasters)
        placed = [(one, turn) for one in self.rasters for turn in _turns(one)]
        self._owner = [one for one, _ in placed]
        self._turn = [turn for _, turn in placed]
        self._cover = [_turned(one.covers, turn) for one, turn in placed]
        self._touch = [_turned(one.touches, turn) for one, turn in placed]
        self._shift = np.array(self._turn)[:, None] * _LONGITUDES
        self._covers, self._touches = np.array(self._cover), np.array(self._touch)

    def within(self, box: Box) -> Interval:
        """Bounds over the box; `ANYTHING` where a part of it is not covered, or a post that it needs is void."""
        return self._asked(box, smooth=False)

    def interpolated(self, box: Box) -> Interval:
        """The same of what linear interpolation says, which is tighter; for values that are smooth, as undulations."""
        return self._asked(box, smooth=True)

    def _asked(self, box: Box, *, smooth: bool) -> Interval:
        asked = _first_turn(box)
        touched = self._touched(asked)
        if not is_covered(asked, [self._cover[each] for each in touched]):
            return ANYTHING
        # Where values stand for cells, what lies between two tiles cannot be interpolated within one of them.
        smooth = smooth and (
            len(touched) == 1 or all(self._owner[each].lattice.reach == 0.0 for each in touched)
        )
        found = [
            _answer(self._owner[each], _turned(asked, -self._turn[each]), smooth=smooth) for each in touched
        ]
        return Interval(min(one.low for one in found), max(one.high for one in found))

    def _touched(self, box: Box) -> list[int]:
        """Which rasters have a say in a box; of many, by arrays."""
        if len(self._touch) > FEW:
            return np.flatnonzero(_overlap(self._touches, np.array(box))).tolist()
        return [number for number, one in enumerate(self._touch) if _meet(one, box)]

    def within_many(self, boxes: Floats) -> Bounds:
        """The same for boxes (n, 4). Those that only one raster touches are asked together."""
        asked = on_first_turn(boxes)
        low, high = np.full(len(asked), ANYTHING.low), np.full(len(asked), ANYTHING.high)
        touched, inside = np.zeros(len(asked), np.intp), np.full(len(asked), -1)
        for each in np.flatnonzero(_overlap(self._touches, _around(asked))).tolist():
            touched += _overlap(asked, self._touches[each])
            inside[_contains(self._covers[each], asked)] = each
        alone = (touched == 1) & (inside >= 0)
        for each in np.unique(inside[alone]).tolist():
            mine = np.flatnonzero(alone & (inside == each))
            low[mine], high[mine] = self._owner[each].within_many(asked[mine] - self._shift[each])
        for number in np.flatnonzero((touched > 0) & ~alone).tolist():
            low[number], high[number] = self.within(Box(*asked[number].tolist()))
        return Bounds(low, high)


def _turns(raster: Raster) -> tuple[float, ...]:
    return (0.0,) if raster.lattice.goes_around else TURNS


def _answer(raster: Raster, box: Box, *, smooth: bool) -> Interval:
    return raster.interpolated(box) if smooth else raster.within(box)


def _turned(box: Box, by: float) -> Box:
    return Box(box.west + by, box.south, box.east + by, box.north)


def _first_turn(box: Box) -> Box:
    """One box, as `on_first_turn`."""
    if -180.0 <= box.west <= box.east <= 180.0:
        return box
    return Box(*on_first_turn(np.array([box], dtype=np.float64))[0].tolist())


def on_first_turn(boxes: Floats) -> Floats:
    """The boxes with their west in -180 to 180; an east that is west of it is beyond the antimeridian."""
    west, east = boxes[:, 0], boxes[:, 2]
    if bool(np.all((west >= -180.0) & (west <= east) & (east <= 180.0))):
        return boxes
    width = np.where(east < west, east - west + 360.0, east - west)
    first = np.where(width >= 360.0, -180.0, west - 360.0 * np.floor((west + 180.0) / 360.0))
    turned = np.column_stack((first, boxes[:, 1], first + np.minimum(width, 360.0), boxes[:, 3]))
    there = (west >= -180.0) & (west <= east) & (east <= 180.0)
    return np.where(there[:, None], boxes, turned)


def is_covered(box: Box, covers: Sequence[Box]) -> bool:
    """Whether rectangles together cover all of a box: what one of them leaves must be covered by the others."""
    for number, one in enumerate(covers):
        if _meet(one, box):
            rest = covers[number + 1 :]
            return all(is_covered(part, rest) for part in _left_over(box, one))
    return False


def _left_over(box: Box, cover: Box) -> list[Box]:
    """The up to four parts of a box that a rectangle which touches it leaves uncovered."""
    south, north = max(box.south, cover.south), min(box.north, cover.north)
    parts = []
    if box.north > cover.north:
        parts.append(box._replace(south=cover.north))
    if box.south < cover.south:
        parts.append(box._replace(north=cover.south))
    if box.west < cover.west:
        parts.append(Box(box.west, south, cover.west, north))
    if box.east > cover.east:
        parts.append(Box(cover.east, south, box.east, north))
    return parts


def _meet(one: Box, other: Box) -> bool:
    """Whether two rectangles have a point in common; borders count."""
    return (
        one.west <= other.east
        and other.west <= one.east
        and one.south <= other.north
        and other.south <= one.north
    )


def _around(boxes: Floats) -> Floats:
    """The rectangle around some boxes; one that holds nothing around none."""
    if not len(boxes):
        return np.array([np.inf, np.inf, -np.inf, -np.inf])
    return np.concatenate((boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)))


def _overlap(some: Floats, others: Floats) -> Bools:
    """Which rectangles have a point in common; borders count."""
    return np.asarray(
        (some[..., 0] <= others[..., 2])
        & (others[..., 0] <= some[..., 2])
        & (some[..., 1] <= others[..., 3])
        & (others[..., 1] <= some[..., 3])
    )


def _contains(outer: Floats, inner: Floats) -> Bools:
    return np.asarray(
        (outer[0] <= inner[:, 0])
        & (outer[1] <= inner[:, 1])
        & (inner[:, 2] <= outer[2])
        & (inner[:, 3] <= outer[3])
    )
