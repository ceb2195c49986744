"""Where in a van's tour its driver has his break: every place of it is scheduled at once, and the shortest tour counts.

The model is that of the searches (``kernels/breaks.py``): a break begins in a window and takes some time, behind a
stop, on the way or before the next one. On a leg it is so much more way, which ends no earlier than a break that begins
when the window opens, and which is left by when it closes. A tour that is over by then needs none, nor does one that
begins when a break at the depot is over: the driver has it there, in nobody's time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fleet.planner.line import Bools, Ints, Line
from fleet.planner.spans import Span

AT_DEPOT = 2
"""The first rows of a table of places: the break after the tour, and before it; then come the legs."""


@dataclass(frozen=True)
class Break:
    """How long it is, and between which times it begins, in planner seconds."""

    lasts_s: int
    opens_s: int
    closes_s: int

    def rested_s(self, free_s: int | None) -> int:
        """From when on a driver has had it at the depot who is there since ``free_s`` (none: from the beginning); one
        who is there only since the window closed may have been on his way for all of it."""
        there_s = self.opens_s if free_s is None else free_s
        return max(self.opens_s, min(there_s, self.closes_s)) + self.lasts_s

    def had_between(self, routes: Iterable[Span]) -> bool:
        """Whether a driver has had it at the depot before, or between, the routes of his shift: in their order, and
        none on its way."""
        home_s: int | None = None
        for begin_s, end_s in sorted(routes):
            if self.rested_s(home_s) <= begin_s:
                return True
            home_s = end_s if home_s is None else max(home_s, end_s)
        return False


@dataclass(frozen=True)
class Places:
    """A tour without its break, and its schedules with it: a row for each place, a column for each node."""

    plain: Line
    rest: Break
    rested_s: int

    @cached_property
    def best(self) -> tuple[Line, int | None]:
        """The shortest tour that holds, and on which leg the break is (none: at the depot). Where none holds, one with
        it on the last leg that is reached in time, which does not hold either."""
        holds = (self._begin_s <= self._late_s).all(axis=1)
        if self.plain.begin_s[0] >= self.rested_s:
            row = 1  # he has had it at the depot, whatever else does not hold
        elif holds.any():
            row = int(np.argmin(np.where(holds, self._lasts_s, np.iinfo(np.int64).max)))
        else:
            leave = self.plain.leave_s[:-1]
            row = AT_DEPOT + max(0, int((leave <= self.rest.closes_s).sum()) - 1)
        return self._line(row), None if row < AT_DEPOT else row - AT_DEPOT

    def fits(self, to_s: Ints, from_s: Ints, early: int, late: int, service: int) -> Bools:
        """For a stop on each leg, whether all windows hold with the break anywhere (as ``Line.delays``)."""
        leave, rows = self._begin_s + self.plain.service_s, self._rows
        start = np.maximum(leave[:, :-1] + to_s, early)
        done = start + service
        fits = (start <= late) & (done + from_s <= self._latest_s[:, 1:])
        # On the leg of the break itself the stop is before it or behind it.
        fits[rows] = self._fits_beside(leave[rows], to_s, from_s, early, late, service)
        in_time = np.logical_and.accumulate(self._begin_s <= self._late_s, axis=1)
        anywhere: Bools = (fits & in_time[:, :-1]).any(axis=0)
        return anywhere

    def _fits_beside(
        self, leave: Ints, to_s: Ints, from_s: Ints, early: int, late: int, service: int
    ) -> Bools:
        rest, before_s = self.rest, self._latest_s[:, 1:][self._rows]
        first = np.maximum(np.maximum(leave + to_s, rest.opens_s) + rest.lasts_s, early)
        fits: Bools = (leave <= rest.closes_s) & (first <= late) & (first + service + from_s <= before_s)
        start = np.maximum(leave + to_s, early)
        done = start + service
        there = np.maximum(done + from_s, rest.opens_s) + rest.lasts_s
        behind = (start <= late) & (done <= rest.closes_s) & (there <= before_s)
        fits |= behind
        return fits

    @property
    def _rows(self) -> tuple[Ints, Ints]:
        """Row and leg of each break that is on a leg."""
        legs = np.arange(len(self.plain.travel_s))
        return AT_DEPOT + legs, legs

    @cached_property
    def _travel_s(self) -> Ints:
        travel = np.tile(self.plain.travel_s, (AT_DEPOT + len(self.plain.travel_s), 1))
        travel[self._rows] += self.rest.lasts_s
        return travel

    @cached_property
    def _early_s(self) -> Ints:
        early = np.tile(self.plain.early_s, (len(self._travel_s), 1))
        early[1, 0] = max(early[1, 0], self.rested_s)
        rows, legs = self._rows
        early[rows, legs + 1] = np.maximum(early[rows, legs + 1], self.rest.opens_s + self.rest.lasts_s)
        return early

    @cached_property
    def _late_s(self) -> Ints:
        late = np.tile(self.plain.late_s, (len(self._travel_s), 1))
        late[0, -1] = min(late[0, -1], self.rest.closes_s)
        late[self._rows] = np.minimum(
            late[self._rows], self.rest.closes_s - self.plain.service_s[self._rows[1]]
        )
        return late

    @cached_property
    def _begin_s(self) -> Ints:
        """As ``Line.begin_s``, row by row."""
        begin, service = self._early_s.copy(), self.plain.service_s
        for node in range(1, begin.shape[1]):
            there = begin[:, node - 1] + service[node - 1] + self._travel_s[:, node - 1]
            begin[:, node] = np.maximum(begin[:, node], there)
        return begin

    @cached_property
    def _latest_s(self) -> Ints:
        """As ``Line.latest_s``, row by row."""
        return self._backward(self._late_s[:, -1])

    @property
    def _lasts_s(self) -> Ints:
        """How long each tour takes that begins as late as it may without ending any later."""
        end = self._begin_s[:, -1]
        latest = self._backward(np.minimum(self._late_s[:, -1], end))[:, 0]
        lasts: Ints = end - np.maximum(self._early_s[:, 0], latest)
        return lasts

    def _backward(self, end: Ints) -> Ints:
        latest, service = self._late_s.copy(), self.plain.service_s
        latest[:, -1] = end
        for node in range(latest.shape[1] - 2, -1, -1):
            there = latest[:, node + 1] - self._travel_s[:, node] - service[node]
            latest[:, node] = np.minimum(latest[:, node], there)
        return latest

    def _line(self, row: int) -> Line:
        plain = self.plain
        bounds = self._travel_s[row], self._early_s[row], self._late_s[row]
        return Line(*bounds, plain.service_s, plain.load, plain.capacity)
