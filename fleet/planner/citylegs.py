"""A city's legs by van, as the network knows them: a table of all, or of many places one for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fleet.network.geodesic import Estimates, GeodesicNetwork, lonlat
from fleet.planner.floors import METRES_PER_DEGREE
from fleet.planner.legs import Floats, Indexes, LookUp, Measured, Table
from fleet.planner.problem import Problem
from fleet.planner.vicinity import Vicinity
from fleet.protocol.values import Place

AT_A_TIME = 512
"""Places from which legs are asked at a time: what the network works with is far larger than what is kept."""


@dataclass(frozen=True, eq=False)
class CityLegs:
    """Of the places the first are depots; `loading`: how long a van loads at each (s)."""

    problem: Problem
    loading: tuple[int, ...]
    places: Sequence[Place]

    @cached_property
    def ways(self) -> Table | Measured:
        """What driving takes."""
        return self._by(self._driven)

    @cached_property
    def loaded(self) -> Table | Measured:
        """The same with loading: each trip begins with it, so that the ways on from a depot take so much longer."""
        return self._by(self._with_loading)

    def _by(self, look_up: LookUp) -> Table | Measured:
        if not self.problem.keeps_legs:
            return Measured(*self._plane, look_up)
        everywhere = np.arange(len(self.places))
        return Table(*look_up(everywhere, everywhere))

    @cached_property
    def _plane(self) -> tuple[Floats, Floats]:
        """About where the places lie, in metres."""
        lon, lat = lonlat(self.places)
        narrow = np.cos(np.radians(lat.mean())) if len(lat) else 1.0
        return lon * narrow * METRES_PER_DEGREE, lat * METRES_PER_DEGREE

    def _driven(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        return self._asked(start, end) if self._vicinity is None else self._vicinity.look_up(start, end)

    @cached_property
    def _vicinity(self) -> Vicinity | None:
        """Of streets, which take their time, only what neighbours need; none of estimates, or where all are kept."""
        if self.problem.keeps_legs or self.problem.snapshot.context.network.version is None:
            return None
        return Vicinity(np.stack(self._plane), len(self.loading), self._asked, self._guessed)

    def _guessed(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        """As without streets."""
        starts, ends = ([self.places[at] for at in some.tolist()] for some in (start, end))
        found = GeodesicNetwork().cross(starts, ends, "drive")
        return found.distance_m, found.duration_s

    @cached_property
    def _estimates(self) -> Estimates | None:
        """Where legs are estimated and not kept; the problem's own rounding is the same (`Problem.cross`)."""
        estimated = isinstance(self.problem.snapshot.context.network, GeodesicNetwork)
        return Estimates(self.places, "drive") if estimated and not self.problem.keeps_legs else None

    def _asked(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        if self._estimates is not None:
            found = self._estimates.table(start, end)
            return np.rint(found.distance_m, out=found.distance_m), np.ceil(
                found.duration_s, out=found.duration_s
            )
        starts = [self.places[at] for at in start.tolist()]
        ends = [self.places[at] for at in end.tolist()]
        metres, seconds = np.empty((2, len(starts), len(ends)))
        for first in range(0, len(starts), AT_A_TIME):
            some = slice(first, first + AT_A_TIME)
            legs = self.problem.roughly(starts[some], ends)
            metres[some], seconds[some] = legs.metres, legs.seconds
        return metres, seconds

    def _with_loading(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        depots = len(self.loading)
        metres, seconds = self._driven(start, end)
        load_s = np.array([*self.loading, 0.0])[np.minimum(start, depots)]
        rows = np.flatnonzero(load_s)
        seconds[rows] += load_s[rows, None] * (end >= depots)
        return metres, seconds
