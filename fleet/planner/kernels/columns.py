# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""What is to be served, with which vans, and how far places are from each other, as columns of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from math import floor, sqrt

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indexes = npt.NDArray[np.int32]
    Masks = npt.NDArray[np.int64]

STRAIGHT, TENTHS, NEAREST, TABLE = 0, 1, 2, 3
"""Straight lines as they are; ten times as long and cut to whole numbers; to the nearest whole number; a table."""


class Metric:
    """Distances and durations between places, by their numbers.

    Of `kind` `TABLE`, `metres` and `seconds` are asked, rows and columns being places; of any other, straight lines
    between `x` and `y`, and `seconds_per_metre`.
    """

    def __init__(
        self, kind: int, x: Floats, y: Floats, seconds_per_metre: float, metres: Floats, seconds: Floats
    ) -> None:
        self.kind, self.x, self.y, self.seconds_per_metre = kind, x, y, seconds_per_metre
        self.metres, self.seconds = metres, seconds

    if not cython.compiled:  # else in columns.pxd, so that who asks is spared a call

        def distance(self, start: int, end: int) -> float:
            """From one place to another."""
            if self.kind == TABLE:
                return self.metres[start, end]
            dx, dy = self.x[start] - self.x[end], self.y[start] - self.y[end]
            straight = sqrt(dx * dx + dy * dy)
            if self.kind == TENTHS:
                return floor(10.0 * straight)
            if self.kind == NEAREST:
                return floor(straight + 0.5)
            return straight

        def duration(self, start: int, end: int, distance: float) -> float:
            """From one place to another, whose distance is known already."""
            if self.kind == TABLE:
                return self.seconds[start, end]
            return distance * self.seconds_per_metre


class Stops:
    """What must be served, as columns: place, window of the begin of service (s), service (s), load, when it is there
    (s), price of leaving it out, skills as bits, how far it is from where vans start; and for each the stops that are
    near, nearest first, filled up with -1.

    `windows`: whether some have a window that is felt; `released`: whether some are not there from the beginning.
    """

    def __init__(
        self,
        place: Indexes,
        opens: Floats,
        closes: Floats,
        service: Floats,
        weight: Floats,
        volume: Floats,
        release: Floats,
        penalty: Floats,
        needs: Masks,
        radius: Floats,
        near: Indexes,
        windows: bool,
    ) -> None:
        self.count = len(place)
        self.place, self.opens, self.closes, self.service = place, opens, closes, service
        self.weight, self.volume, self.release, self.penalty = weight, volume, release, penalty
        self.needs, self.radius, self.near, self.windows = needs, radius, near, windows
        self.released = bool(np.any(np.asarray(release) > 0.0))


class Vans:
    """Types of van as columns: places of start and end, how many there are, how many trips each makes, capacity, price
    of a used van, of a metre and of a second, shift (s), longest trip (s), how far one trip leads (m) and how much of
    that each second under way takes (m), skills as bits, how long a driver's break is (s; 0: none) and between which
    times it begins (s).

    Types with the same number in `alike` differ in their numbers, capacities and prices only.
    """

    def __init__(
        self,
        start: Indexes,
        end: Indexes,
        vans: Indexes,
        trips: Indexes,
        weight: Floats,
        volume: Floats,
        fixed: Floats,
        per_metre: Floats,
        per_second: Floats,
        opens: Floats,
        closes: Floats,
        longest: Floats,
        reach: Floats,
        drain: Floats,
        has: Masks,
        break_s: Floats,
        break_opens: Floats,
        break_closes: Floats,
    ) -> None:
        self.count = len(start)
        self.start, self.end, self.vans, self.trips = start, end, vans, trips
        self.weight, self.volume = weight, volume
        self.fixed, self.per_metre, self.per_second = fixed, per_metre, per_second
        self.opens, self.closes, self.longest, self.has = opens, closes, longest, has
        self.reach, self.drain = reach, drain
        self.break_s, self.break_opens, self.break_closes = break_s, break_opens, break_closes
        self.breaks = bool(np.any(np.asarray(break_s) > 0.0))
        same = start, end, opens, closes, longest, reach, drain, has, break_s, break_opens, break_closes
        rows = np.array(same, np.float64).reshape(len(same), -1)
        self.alike = np.unique(rows, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int32)

    def far(self, kind: int, metres: float, span: float) -> bool:
        """Whether a trip of so many metres and seconds leads farther than a van of a type may go."""
        return metres + self.drain[kind] * span > self.reach[kind]
