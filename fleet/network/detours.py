"""Vans' ways around closed streets: the routing engine on tables without them, held against those of the whole map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from fleet.network.engine import SAME_M, Engine, Floats, Snap, opened
from fleet.protocol.values import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class _Twin(Snap):
    """A spot on an open street, as the engine of the whole map sees it besides."""

    whole: Snap


@cache
def opened_around(folder: Path, around: Path, apart: tuple[Place, Place]) -> DetourEngine:
    """The engine on a profile's tables and those without its closed streets, once for each process."""
    return DetourEngine(opened(folder, apart), opened(around, apart))


class DetourEngine:
    """Answers as ``Engine`` does, around closed streets."""

    def __init__(self, whole: Engine, around: Engine) -> None:
        self._whole, self._around = whole, around

    def snaps(self, places: Sequence[Place]) -> list[Snap]:
        """The spots on streets nearest to the places. One on a closed street stays there, and has no way: the next
        street would be another door's."""
        both = zip(self._whole.snaps(places), self._around.snaps(places), strict=True)
        return [
            _Twin(spot.lon, spot.lat, spot.away_m, spot.spot, spot.barred, whole=whole)
            if spot.away_m <= whole.away_m + SAME_M
            else replace(whole, barred="shut")
            for whole, spot in both
        ]

    def table(self, starts: Sequence[Snap], ends: Sequence[Snap]) -> tuple[Floats, Floats]:
        """Seconds and metres from each of some spots to each of others; not a number where there is no way.

        The engine takes the way of the least weight, in which alleys and private roads weigh more than their time:
        where the way around uses those it may be the faster one. It counts as slow as the way that is closed: nobody
        gains by a closure.
        """
        seconds, metres = np.full((2, len(starts), len(ends)), np.nan)
        rows, columns = ([k for k, spot in enumerate(spots) if spot.leads] for spots in (starts, ends))
        if rows and columns:
            begin, end = [starts[k] for k in rows], [ends[k] for k in columns]
            took, far = self._around.table(begin, end)
            before, _ = self._whole.table(_whole(begin), _whole(end))
            seconds[np.ix_(rows, columns)] = np.maximum(took, before)
            metres[np.ix_(rows, columns)] = far
        return seconds, metres

    def shape(self, start: Snap, end: Snap) -> list[Place] | None:
        """The points along the way between two spots; none where there is no way."""
        return self._around.shape(start, end) if start.leads and end.leads else None


def _whole(spots: Sequence[Snap]) -> list[Snap]:
    return [spot.whole for spot in spots if isinstance(spot, _Twin)]
