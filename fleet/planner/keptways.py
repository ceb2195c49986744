"""Ways by streets of a day of too many places for a table of all: what was asked for once is kept, as much as there is
room for. Exact tours ask for their own stops again and again.

What is kept are squares: from the places of one tile, which lie together, to those of another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fleet.network.geodesic import lonlat
from fleet.planner.atlas import Ask, Tables
from fleet.planner.line import Ints
from fleet.planner.neighbours import tiles
from fleet.protocol.values import Place

KEPT = 128 * 2**20
"""Bytes of squares that are kept at most."""

SMALL = 200_000
"""So many ways asked for at once are looked for among what is kept: a larger table is asked for once, and would take
the room of what is asked for often."""

Square = npt.NDArray[np.int32]
"""Metres and seconds (the first axis) from each place of a tile to each of another; less than nothing where they are
not known. Nothing is farther than 32 bits hold."""


class _Spot(NamedTuple):
    """A place by the number of its tile, and its own among the tile's."""

    tile: int
    own: int


@dataclass(eq=False)
class KeptWays:
    """Ways between some of the places; ``ask`` has them from the network."""

    places: Sequence[Place]
    ask: Ask
    _squares: OrderedDict[tuple[int, int], Square] = field(default_factory=OrderedDict)
    size: int = 0
    """Bytes of what is kept."""

    def cross(self, starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        """From each of some places to each of others."""
        begin, end = self._spots(starts), self._spots(ends)
        if begin is None or end is None or not 0 < len(starts) * len(ends) <= SMALL:
            return self.ask(starts, ends)
        found = self._known(begin, end)
        missing = found[0] < 0
        if missing.any():
            # One table around all that is missing: the engine searches from each start and each end, so that a new
            # stop's row and column by themselves would take as long.
            rows, columns = np.flatnonzero(missing.any(axis=1)), np.flatnonzero(missing.any(axis=0))
            some = [starts[i] for i in rows.tolist()], [ends[i] for i in columns.tolist()]
            found[:, rows[:, None], columns] = self.ask(*some)
            self._keep(begin, end, found)
        return found[0], found[1]

    def _known(self, begin: Ints, end: Ints) -> Ints:
        found = np.full((2, begin.shape[1], end.shape[1]), -1, np.int64)
        for key, rows, columns in _parts(begin, end):
            square = self._squares.get(key)
            if square is not None:
                self._squares.move_to_end(key)
                found[:, rows[:, None], columns] = square[:, begin[1, rows][:, None], end[1, columns]]
        return found

    def _keep(self, begin: Ints, end: Ints, found: Ints) -> None:
        """Instead of those that have not been needed for longest, one by one: of places that lie far apart each way has
        a square of its own, which all together would take far more room."""
        for key, rows, columns in _parts(begin, end):
            square = self._squares.get(key)
            if square is None:
                start, to = (len(self._tiles[tile]) for tile in key)
                square = self._squares[key] = np.full((2, start, to), -1, np.int32)
                self.size += square.nbytes
            square[:, begin[1, rows][:, None], end[1, columns]] = found[:, rows[:, None], columns]
            while self.size > KEPT:
                self.size -= self._squares.popitem(last=False)[1].nbytes

    def _spots(self, places: Sequence[Place]) -> Ints | None:
        """Their tiles, and their numbers in these; none where one is not among the places."""
        found = [spot for place in places if (spot := self._spot_of.get(place)) is not None]
        return np.array(found, np.int64).reshape(-1, 2).T if len(found) == len(places) else None

    @cached_property
    def _spot_of(self) -> Mapping[Place, _Spot]:
        return {
            self.places[at]: _Spot(tile, own)
            for tile, some in enumerate(self._tiles)
            for own, at in enumerate(some.tolist())
        }

    @cached_property
    def _tiles(self) -> list[Ints]:
        return list(tiles(np.stack(lonlat(self.places)), np.arange(len(self.places))))


def _parts(begin: Ints, end: Ints) -> Iterator[tuple[tuple[int, int], Ints, Ints]]:
    """The pairs of tiles that occur, with the rows and columns of the places in them."""
    rows = [(tile, np.flatnonzero(begin[0] == tile)) for tile in np.unique(begin[0]).tolist()]
    columns = [(tile, np.flatnonzero(end[0] == tile)) for tile in np.unique(end[0]).tolist()]
    for start, some in rows:
        for to, others in columns:
            yield (start, to), some, others
