"""A leg of a sortie, and how far along it something is: in metres, in time, in energy."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime

from fleet.dispatch.monitor.track import Track
from fleet.feasibility.underway import STANDS_M
from fleet.protocol.values import Waypoint


@dataclass(frozen=True, slots=True)
class Way:
    """One leg of a sortie, out or back. ``left_wh`` is what it is expected to take from each point of its path on, in
    Wh: as planned, or more where the wind that is known now asks for more. ``slower`` is how many times longer than by
    the path's own times it is then expected to take."""

    step_id: str
    path: tuple[Waypoint, ...]
    track: Track
    left_wh: tuple[float, ...]
    slower: float = 1.0

    @property
    def planned_wh(self) -> float:
        """What all of it is expected to take."""
        return self.left_wh[0]

    def left_at(self, reached: Reached) -> float:
        """What it still takes from there on, in Wh."""
        before, after = self.left_wh[reached.index : reached.index + 2]
        return before + reached.share * (after - before)

    def due_at(self, reached: Reached) -> datetime | None:
        """When it was to be there by the path's own times; none where these are not given."""
        before, after = (p.at for p in self.path[reached.index : reached.index + 2])
        return None if before is None or after is None else before + reached.share * (after - before)

    def reached(self, along: float, alt_amsl_m: float | None) -> Reached:
        """Where on the path a place is that lies so far along its track. Above the path's ends the height counts; all
        of a climb or a descent is still ahead where that is not known.
        """
        marks = self.track.along_m
        ahead = bisect_left(marks, along - OVERHEAD_M)
        near = ahead + 1 < len(marks) and marks[ahead] <= along + OVERHEAD_M
        if near and marks[ahead + 1] - marks[ahead] < STANDS_M:
            share = _risen(self.path[ahead], self.path[ahead + 1], alt_amsl_m)
            return Reached(ahead, share, upright=True)
        index = max(ahead - 1, 0)
        length_m = marks[index + 1] - marks[index]
        return Reached(index, min(1.0, (along - marks[index]) / length_m) if length_m > 0 else 1.0)


@dataclass(frozen=True, slots=True)
class Reached:
    """A place on a path: the index of the point before it, and the share of the way to the next one that is behind.
    ``upright``: that way leads straight up or down."""

    index: int
    share: float
    upright: bool = False


OVERHEAD_M = 10.0
"""So near to a point along the way an asset counts as above it: the error of a position."""


def _risen(low: Waypoint, high: Waypoint, alt_amsl_m: float | None) -> float:
    """The share of a climb or a descent that is behind at a height."""
    rise_m = high.alt_amsl_m - low.alt_amsl_m
    if rise_m == 0:
        return 1.0
    return 0.0 if alt_amsl_m is None else min(1.0, max(0.0, (alt_amsl_m - low.alt_amsl_m) / rise_m))
