"""One grid of values over longitudes and latitudes: which posts a box needs, and what they bound.

Values stand at posts. Between posts the true value is taken to lie between those of the four around it, give or take
the error that whoever uses the grid declares; a box needs every post of every cell that it touches.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geofences.model.altitude import ANYTHING, Bounds, Box, Floats, Interval
from geofences.terrain.extremes import Extremes, Rectangles, Whole

SLACK = 0.01
"""In steps: headers round, so that tiles that should touch are a hair apart; a box may end on a grid's very edge."""

MOST_MARKS = 4_096
"""Interpolation looks at up to so many places; of a larger box the posts' extremes are answered."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the posts are: row 0 is the northernmost, column 0 the westernmost; steps in degrees.

    `reach` is how many steps beyond its outermost posts the grid speaks: half a step where a value stands for a cell.
    """

    west: float
    north: float
    step_lon: float
    step_lat: float
    rows: int
    cols: int
    reach: float = 0.0

    @property
    def goes_around(self) -> bool:
        """Whether the first column follows the last: the grid goes around the globe without repeating a column."""
        return abs(self.cols * self.step_lon - 360.0) < SLACK * self.step_lon

    def reaches(self, steps: float) -> Box:
        """The rectangle up to so many steps beyond the outermost posts; every longitude where it goes around."""
        lat, lon = steps * self.step_lat, steps * self.step_lon
        north, south = self.north + lat, self.north - (self.rows - 1) * self.step_lat - lat
        if self.goes_around:
            return Box(-math.inf, south, math.inf, north)
        return Box(self.west - lon, south, self.west + (self.cols - 1) * self.step_lon + lon, north)


class _Range(NamedTuple):
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Values at the posts of a lattice: `offset + scale * stored`. `void` is the stored value, below all others, of a
    post of which nothing is known.
    """

    lattice: Lattice
    extremes: Extremes
    scale: float = 1.0
    offset: float = 0.0
    void: float | None = None
    error_m: float = 0.0
    """By which the file says that interpolation between its posts may err."""

    @property
    def covers(self) -> Box:
        """Where it speaks."""
        return self.lattice.reaches(self.lattice.reach + SLACK)

    @property
    def touches(self) -> Box:
        """Where its posts have a say: where values stand for cells, between its last post and the next tile's first."""
        return self.lattice.reaches((1.0 if self.lattice.reach else 0.0) + SLACK)

    def within(self, box: Box) -> Interval:
        """Bounds over the part of the box that it touches, on the turn of the globe of its own longitudes."""
        low, high = math.inf, -math.inf
        rows = self._rows(box)
        for cols in self._cols(box):
            lowest, highest = self.extremes.within(*rows, *cols)
            low, high = min(low, lowest), max(high, highest)
        if low > high or (self.void is not None and low <= self.void):
            return ANYTHING
        low, high = self.offset + self.scale * low, self.offset + self.scale * high
        return Interval(low - self.error_m, high + self.error_m)

    def interpolated(self, box: Box) -> Interval:
        """Bounds of what linear interpolation between posts says: tighter than `within`, for values that are smooth.

        Within one cell it has its extremes at the corners of whatever rectangle is asked about.
        """
        one = self.lattice
        y = np.clip(
            _marks((one.north - box.north) / one.step_lat, (one.north - box.south) / one.step_lat),
            0,
            one.rows - 1,
        )
        x = _marks((box.west - one.west) / one.step_lon, (box.east - one.west) / one.step_lon)
        x = x % one.cols if one.goes_around else np.clip(x, 0, one.cols - 1)
        if y.size * x.size > MOST_MARKS:
            return self.within(box)
        row, col = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
        down, right = np.ceil(y).astype(np.intp), np.ceil(x).astype(np.intp) % one.cols
        corners = [self._stored(rows, cols) for rows in (row, down) for cols in (col, right)]
        if self.void is not None and min(float(np.min(each)) for each in corners) <= self.void:
            return ANYTHING
        part_y, part_x = (y - row)[:, None], (x - col)[None, :]
        top = corners[0] + (corners[1] - corners[0]) * part_x
        bottom = corners[2] + (corners[3] - corners[2]) * part_x
        values = self.offset + self.scale * (top + (bottom - top) * part_y)
        return Interval(float(np.min(values)) - self.error_m, float(np.max(values)) + self.error_m)

    def _stored(self, rows: Whole, cols: Whole) -> Floats:
        return np.asarray(self.extremes.values[rows[:, None], cols[None, :]], dtype=np.float64)

    def within_many(self, boxes: Floats) -> Bounds:
        """The same for boxes (n, 4)."""
        one = self.lattice
        rows = np.array([(one.north - boxes[:, 3]) / one.step_lat, (one.north - boxes[:, 1]) / one.step_lat])
        cols = np.array([(boxes[:, 0] - one.west) / one.step_lon, (boxes[:, 2] - one.west) / one.step_lon])
        if one.goes_around:
            cols -= one.cols * np.floor(cols[0] / one.cols)
        row0, row1 = _all_clipped(rows, one.rows)
        col0, col1 = _all_clipped(cols, one.cols)
        bounds = self._scaled(*self.extremes.within_many(Rectangles(row0, row1, col0, col1)))
        for number in np.flatnonzero(one.goes_around & (np.ceil(cols[1]) >= one.cols)).tolist():
            bounds.low[number], bounds.high[number] = self.within(Box(*boxes[number].tolist()))
        return bounds

    def _scaled(self, low: Floats, high: Floats) -> Bounds:
        unknown = np.zeros(len(low), np.bool_) if self.void is None else low <= self.void
        low, high = self.offset + self.scale * low, self.offset + self.scale * high
        low, high = low - self.error_m, high + self.error_m
        low[unknown], high[unknown] = ANYTHING
        return Bounds(low, high)

    def _rows(self, box: Box) -> _Range:
        one = self.lattice
        return _clipped(
            (one.north - box.north) / one.step_lat, (one.north - box.south) / one.step_lat, one.rows
        )

    def _cols(self, box: Box) -> Iterator[_Range]:
        one = self.lattice
        first, last = (box.west - one.west) / one.step_lon, (box.east - one.west) / one.step_lon
        if not one.goes_around:
            yield _clipped(first, last, one.cols)
            return
        start, count = math.floor(first), math.ceil(last) - math.floor(first) + 1
        if count >= one.cols:
            yield _Range(0, one.cols - 1)
            return
        start %= one.cols
        yield _Range(start, min(start + count, one.cols) - 1)
        if start + count > one.cols:
            yield _Range(0, start + count - one.cols - 1)


def _marks(first: float, last: float) -> Floats:
    """Both ends, in steps, and all whole steps between them."""
    return np.array([first, *range(math.floor(first) + 1, math.ceil(last)), last])


def _all_clipped(steps: Floats, count: int) -> tuple[Whole, Whole]:
    first, last = np.clip((np.floor(steps[0]), np.ceil(steps[1])), 0, count - 1).astype(np.intp)
    return first, last


def _clipped(first: float, last: float, count: int) -> _Range:
    """The posts of all cells between two places in steps, as far as there are posts."""
    return _Range(min(max(math.floor(first), 0), count - 1), min(max(math.ceil(last), 0), count - 1))
