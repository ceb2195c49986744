# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Of some stops those that are nearest to each of others, in way and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.columns import TABLE

if TYPE_CHECKING:
    from fleet.planner.kernels.columns import Floats, Indexes, Metric


class Times:
    """Place, window (s) and service (s) of stops, as columns, and what a second of waiting between two counts."""

    def __init__(
        self, metric: Metric, place: Indexes, opens: Floats, closes: Floats, service: Floats, waiting: float
    ) -> None:
        self.metric, self.place, self.waiting = metric, place, waiting
        self.opens, self.closes, self.service = opens, closes, service

    def nearest(self, rows: Indexes, others: Indexes, found: Indexes, far: Floats) -> None:
        """Write for each of the rows the nearest of the others but itself into `found`, which is filled up with -1, the
        nearest first; of equally far ones the one with the lower number. `far` is as wide as `found`, for what lies
        between."""
        with cython.nogil:
            for k in range(rows.shape[0]):
                self._nearest(rows[k], others, found, far)

    def _nearest(self, row: int, others: Indexes, found: Indexes, far: Floats) -> None:
        held, breadth, table = 0, far.shape[0], self.metric.kind == TABLE
        for k in range(others.shape[0]):
            other = others[k]
            if other == row:
                continue
            there = self.metric.distance(self.place[row], self.place[other])
            there = self.metric.duration(self.place[row], self.place[other], there)
            back = there
            if table:
                back = self.metric.duration(self.place[other], self.place[row], 0.0)
            if held == breadth and min(there, back) > far[held - 1]:
                continue
            apart = min(self._order(row, other, there), self._order(other, row, back))
            i = held if held < breadth else breadth - 1
            if held == breadth and not self._before(apart, other, far[i], found[row, i]):
                continue
            while i > 0 and self._before(apart, other, far[i - 1], found[row, i - 1]):
                far[i], found[row, i] = far[i - 1], found[row, i - 1]
                i -= 1
            far[i], found[row, i] = apart, other
            held = held + 1 if held < breadth else breadth
        for k in range(held, breadth):
            found[row, k] = -1

    def _before(self, apart: float, stop: int, other: float, than: int) -> bool:
        """Whether a stop comes before another: it is nearer, or as near with a lower number."""
        return apart < other or (apart == other and stop < than)

    def _order(self, stop: int, then: int, leg: float) -> float:
        """What it is worth to go from one stop to another (s): the leg, and what is waited and late at least."""
        waits = self.opens[then] - (self.closes[stop] + self.service[stop] + leg)
        late = self.opens[stop] + self.service[stop] + leg - self.closes[then]
        return leg + self.waiting * (waits if waits > 0.0 else 0.0) + (late if late > 0.0 else 0.0)
