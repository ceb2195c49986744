"""Distances and durations between places as the compiled search takes them: straight lines, or a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from math import isfinite
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fleet.planner.kernels import columns

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


TABLE = 3
"""The kernel's number for distances that are looked up; the others are in `Rounding`."""


class BadCase(ValueError):
    """A case that makes no sense, and where."""


class Rounding(IntEnum):
    """What becomes of the length of a straight line, by the kernel's numbers."""

    NONE = 0
    TENTHS = 1
    """Ten times as long, cut to a whole number: what is published for Gehring and Homberger's instances."""
    NEAREST = 2
    """To the nearest whole number, as CVRPLIB counts."""


class Legs(Protocol):
    """From places to places, by their numbers."""

    @property
    def places(self) -> int:
        """How many places there are."""

    def metric(self) -> columns.Metric:
        """The form that the compiled search reads."""

    def metres(self, start: Indexes, end: Indexes) -> Floats:
        """Distances from each of some places to each of others."""

    def durations(self, start: Indexes, end: Indexes) -> Floats:
        """Durations (s) from each of some places to each of others."""


@dataclass(frozen=True, eq=False)
class Straight:
    """Straight lines between points of a plane, and one speed."""

    x: Floats
    y: Floats
    rounding: Rounding = Rounding.NONE
    seconds_per_metre: float = 1.0

    def __post_init__(self) -> None:
        sound = np.ndim(self.x) == 1 and np.shape(self.x) == np.shape(self.y)
        if not sound or not np.all(np.isfinite([self.x, self.y])):
            raise BadCase("legs: x and y must be as many finite numbers")
        if not (isfinite(self.seconds_per_metre) and self.seconds_per_metre >= 0.0):
            raise BadCase("legs: seconds_per_metre must be a number from 0")

    @property
    def places(self) -> int:
        """How many points there are."""
        return len(self.x)

    def metric(self) -> columns.Metric:
        """The points and the rounding; nothing that grows with their square."""
        none = np.zeros((1, 1))
        x, y = (np.ascontiguousarray(values, np.float64) for values in (self.x, self.y))
        return columns.Metric(int(self.rounding), x, y, self.seconds_per_metre, none, none)

    def metres(self, start: Indexes, end: Indexes) -> Floats:
        """Distances, rounded."""
        across, up = self.x[start][:, None] - self.x[end], self.y[start][:, None] - self.y[end]
        line = np.sqrt(across * across + up * up)
        if self.rounding is Rounding.TENTHS:
            return np.floor(10.0 * line)
        if self.rounding is Rounding.NEAREST:
            return np.floor(line + 0.5)
        return np.asarray(line)

    def durations(self, start: Indexes, end: Indexes) -> Floats:
        """Distances at the one speed."""
        return self.metres(start, end) * self.seconds_per_metre

    def part(self, places: Indexes) -> Straight:
        """Some of the points."""
        return replace(self, x=self.x[places], y=self.y[places])


@dataclass(frozen=True, eq=False)
class Table:
    """Distances (m) and durations (s) from each place (row) to each (column), as they were looked up."""

    of_metres: Floats
    of_seconds: Floats

    def __post_init__(self) -> None:
        for name, table in (("metres", self.of_metres), ("seconds", self.of_seconds)):
            if np.shape(table) != (len(self.of_metres),) * 2:
                raise BadCase(f"legs: {name} must have as many rows as columns, and the other table as well")
            if not np.all(np.isfinite(table)) or np.any(np.asarray(table) < 0.0):
                raise BadCase(
                    f"legs: {name} must be finite numbers from 0; what can't be reached is very far"
                )

    @property
    def places(self) -> int:
        """How many rows there are."""
        return len(self.of_metres)

    def metric(self) -> columns.Metric:
        """The tables themselves."""
        metres, seconds = (np.ascontiguousarray(t, np.float64) for t in (self.of_metres, self.of_seconds))
        return columns.Metric(TABLE, np.zeros(1), np.zeros(1), 0.0, metres, seconds)

    def metres(self, start: Indexes, end: Indexes) -> Floats:
        """Distances of the table."""
        return np.asarray(self.of_metres[np.ix_(start, end)], np.float64)

    def durations(self, start: Indexes, end: Indexes) -> Floats:
        """Durations of the table."""
        return np.asarray(self.of_seconds[np.ix_(start, end)], np.float64)


LookUp = Callable[[Indexes, Indexes], tuple[Floats, Floats]]
"""Metres and seconds from each of some places to each of others."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Places of which a table of all legs would be too large: legs are looked up when a part is cut out, for that part.
    `x`, `y`: where they lie in a plane, about, which says what is parted from what."""

    x: Floats
    y: Floats
    look_up: LookUp

    @property
    def places(self) -> int:
        """How many there are."""
        return len(self.x)

    def metric(self) -> columns.Metric:
        """A table of all, however large."""
        return self.part(np.arange(self.places)).metric()

    def metres(self, start: Indexes, end: Indexes) -> Floats:
        """Distances as they are looked up."""
        return self.look_up(start, end)[0]

    def durations(self, start: Indexes, end: Indexes) -> Floats:
        """Durations as they are looked up."""
        return self.look_up(start, end)[1]

    def part(self, places: Indexes) -> Table:
        """All legs between some of the places."""
        return Table(*self.look_up(places, places))


Parted = Straight | Measured
"""What a part can be cut out of."""
