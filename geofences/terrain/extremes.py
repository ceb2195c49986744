"""The lowest and the highest of all values in a rectangle of a grid, exactly, in microseconds.

Above the grid stand coarser ones, made once: the extremes of blocks of 8 x 8, of 64 x 64 and so on. A small rectangle
is looked through; of a large one the whole blocks inside are, one grid up, and its rim of less than a block.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]

BLOCK = 8
"""Rows and columns of a block."""

SMALL = 2_048
"""Rectangles of up to so many values are looked through as they are: faster than taking them apart."""

AT_ONCE = 32
"""Rectangles of up to so many rows and columns are looked through together, many at a time."""

_GATHERED = 1 << 20
"""How many values are brought together at a time."""

_SLICES = 16
_ROWS_AT_ONCE = 64 * BLOCK
"""How much of a file is brought into memory at once."""


class Rectangles(NamedTuple):
    """Rows and columns of some rectangles of a grid, the last ones included; arrays of one length."""

    row0: Whole
    row1: Whole
    col0: Whole
    col1: Whole

    def only(self, which: Whole) -> "Rectangles":
        """Some of them."""
        return Rectangles(*(each[which] for each in self))


class Extremes:
    """Exact extremes over rectangles of a two-dimensional array, which may be a mapped file."""

    def __init__(self, values: Grid) -> None:
        self.values = np.asarray(
            values
        )  # a mapped file as a plain array: the same memory, and quicker to slice
        self._levels: list[tuple[Grid, Grid]] = [(self.values, self.values)]
        while self._levels[-1][0].size > SMALL:
            self._levels.append(_blocks(*self._levels[-1]))

    @property
    def all(self) -> tuple[float, float]:
        """The lowest and the highest of all values."""
        return self.within(0, self.values.shape[0] - 1, 0, self.values.shape[1] - 1)

    def above(self, void: float) -> tuple[float, float]:
        """The same of all values above `void`; 0 and 0 where there are none."""
        low, high = self.all
        if low > void:
            return low, high
        lows = [part[part > void].min(initial=high) for part in np.array_split(self.values, _SLICES)]
        return (float(min(lows)), high) if high > void else (0.0, 0.0)

    def within(self, row0: int, row1: int, col0: int, col1: int) -> tuple[float, float]:
        """The lowest and the highest of rows `row0` to `row1` and columns `col0` to `col1`, the last ones included."""
        low, high = math.inf, -math.inf
        for lows, highs in self._parts(0, row0, row1 + 1, col0, col1 + 1):
            low, high = min(low, float(lows.min())), max(high, float(highs.max()))
        return low, high

    def within_many(self, rectangles: "Rectangles") -> tuple[Floats, Floats]:
        """The same for many rectangles at once."""
        low, high = np.empty(len(rectangles.row0)), np.empty(len(rectangles.row0))
        side = np.maximum(rectangles.row1 - rectangles.row0, rectangles.col1 - rectangles.col0) + 1
        size = 1
        while size < AT_ONCE:
            size *= 2
            alike = np.flatnonzero((side <= size) & (side > size // 2 if size > 2 else True))
            for chunk in np.split(alike, range(_GATHERED // size**2, len(alike), _GATHERED // size**2)):
                low[chunk], high[chunk] = self._gathered(rectangles.only(chunk), size)
        for number in np.flatnonzero(side > AT_ONCE).tolist():
            low[number], high[number] = self.within(*(int(each[number]) for each in rectangles))
        return low, high

    def _gathered(self, wanted: "Rectangles", size: int) -> tuple[Floats, Floats]:
        """For rectangles of at most `size` rows and columns; the last ones stand for what is beyond them."""
        steps = np.arange(size)
        rows = np.minimum(wanted.row0[:, None] + steps, wanted.row1[:, None])
        cols = np.minimum(wanted.col0[:, None] + steps, wanted.col1[:, None])
        values = np.asarray(self.values[rows[:, :, None], cols[:, None, :]], dtype=np.float64)
        return values.min(axis=(1, 2)), values.max(axis=(1, 2))

    def _parts(self, level: int, row0: int, row1: int, col0: int, col1: int) -> Iterator[tuple[Grid, Grid]]:
        """Arrays that together hold the extremes of a rectangle of one level; ends are not included."""
        lows, highs = self._levels[level]
        inner = _whole_blocks(row0, row1), _whole_blocks(col0, col1)
        (top, bottom), (left, right) = inner
        few = (row1 - row0) * (col1 - col0) <= SMALL or level + 1 == len(self._levels)
        if few or top >= bottom or left >= right:
            yield lows[row0:row1, col0:col1], highs[row0:row1, col0:col1]
            return
        yield from self._parts(level + 1, top, bottom, left, right)
        top, bottom, left, right = (each * BLOCK for each in (top, bottom, left, right))
        rims = (
            (row0, top, col0, col1),
            (bottom, row1, col0, col1),
            (top, bottom, col0, left),
            (top, bottom, right, col1),
        )
        for first, last, start, end in rims:
            if first < last and start < end:
                yield lows[first:last, start:end], highs[first:last, start:end]


def _whole_blocks(first: int, end: int) -> tuple[int, int]:
    """The numbers of the blocks that lie in a range as a whole; the end is not included."""
    return -(-first // BLOCK), end // BLOCK


def _blocks(lows: Grid, highs: Grid) -> tuple[Grid, Grid]:
    """The extremes of each block. What is left at the end of a row or column is no whole block and left out."""
    rows, cols = lows.shape[0] // BLOCK, lows.shape[1] // BLOCK
    native = lows.dtype.newbyteorder("=")
    low, high = np.empty((rows, cols), native), np.empty((rows, cols), native)
    for first in range(0, rows * BLOCK, _ROWS_AT_ONCE):
        part = slice(first, min(first + _ROWS_AT_ONCE, rows * BLOCK))
        into = slice(part.start // BLOCK, part.stop // BLOCK)
        low[into] = _reduced(lows[part], cols, native).min(axis=(1, 3))
        high[into] = _reduced(highs[part], cols, native).max(axis=(1, 3))
    return low, high


def _reduced(values: Grid, cols: int, native: np.dtype[Any]) -> Grid:
    return values[:, : cols * BLOCK].astype(native).reshape(-1, BLOCK, cols, BLOCK)
