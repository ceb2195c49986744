"""Points of a plane by the square cell that they lie in: who is near a place, without looking at everyone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


class Cells:
    """Points sorted by cell; cells of a row lie behind each other, so that a strip of a row is one slice."""

    def __init__(self, points: Floats, size: float) -> None:
        self.points, self.size = points, size
        self.low = points.min(axis=0, initial=0.0)
        cell = self._cell(points)
        self.across, self.up = cell.max(axis=0, initial=0) + 1
        code = cell[:, 1] * self.across + cell[:, 0]
        self.order = np.argsort(code, kind="stable")
        self.begins = np.searchsorted(code[self.order], np.arange(self.across * self.up + 1))

    def _cell(self, points: Floats) -> Indexes:
        """Column and row of points, also of such as lie outside."""
        return np.floor((points - self.low) / self.size).astype(np.int64)

    def within(self, low: Floats, high: Floats) -> Indexes:
        """The points of all cells that a box touches, in the order of their numbers."""
        (left, first), (right, last) = self._cell(low), self._cell(high)
        left, right = max(int(left), 0), min(int(right), int(self.across) - 1)
        rows = range(max(int(first), 0), min(int(last), int(self.up) - 1) + 1) if left <= right else ()
        strips = [
            self.order[self.begins[row * self.across + left] : self.begins[row * self.across + right + 1]]
            for row in rows
        ]
        return np.sort(np.concatenate(strips)) if strips else np.zeros(0, np.int64)

    def around(self, centre: Floats, reach: float) -> Indexes:
        """The points that are not farther away than the reach."""
        some = self.within(centre - reach, centre + reach)
        return np.asarray(some[np.hypot(*(self.points[some] - centre).T) <= reach])

    def blocks(self) -> Iterator[Indexes]:
        """The points of each cell that has some."""
        for first, beyond in zip(self.begins[:-1].tolist(), self.begins[1:].tolist(), strict=True):
            if first < beyond:
                yield self.order[first:beyond]


def nearest(points: Floats, others: Floats, count: int, reach: float) -> tuple[Indexes, Floats]:
    """For each point the nearest of others within reach, and how far they are; -1 and endless where there are fewer."""
    found = np.full((len(points), count), -1)
    far = np.full((len(points), count), np.inf)
    among = Cells(others, reach)
    for some in Cells(points, 3.0 * reach).blocks():
        corner = points[some]
        near = among.within(corner.min(axis=0) - reach, corner.max(axis=0) + reach)
        apart = np.hypot(*(corner[:, None] - others[near][None]).transpose(2, 0, 1))
        order = np.argsort(apart, axis=1, kind="stable")[:, :count]
        metres = np.take_along_axis(apart, order, axis=1)
        kept = metres <= reach
        width = order.shape[1]
        found[some, :width] = np.where(kept, near[order], -1)
        far[some, :width] = np.where(kept, metres, np.inf)
    return found, far
