"""Legs by streets of very many places, only as far as neighbours need them: each place has those to places that lie
near it, and to depots and from there, as the streets have them. All others are estimated, with a margin, so that a
search seldom takes them. What a van drives in the end is asked for exactly, tour by tour (`tours.tour_of`)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fleet.planner.legs import Floats, Indexes, LookUp
from fleet.planner.nearways import stretch
from fleet.planner.neighbours import around, bounds, tiles
from fleet.planner.problem import NO_WAY_S

NEAR = 288
"""Places near each one to which its legs are asked for, at least: those of its tile and of the eight next to that."""

DEAR = 0.9
"""Estimates are stretched until so large a share of the depots' legs is no longer than estimated."""

KEPT = 256 * 2**20
"""Bytes of legs that are kept at most, beside those of the depots: of some 60,000 to 90,000 places."""


class _Block(NamedTuple):
    """The legs from places that lie together to those around them, in metres and seconds: whole numbers, which half as
    wide floats hold as well (up to 16 million)."""

    ends: Indexes
    metres: npt.NDArray[np.float32]
    seconds: npt.NDArray[np.float32]

    @property
    def size(self) -> int:
        """In bytes."""
        return self.ends.nbytes + self.metres.nbytes + self.seconds.nbytes


@dataclass
class _Blocks:
    """Blocks by the numbers of their tiles: those needed last, as many as there is room for."""

    size: int = 0
    _by_tile: OrderedDict[int, _Block] = field(default_factory=OrderedDict)

    def needed(self, number: int) -> _Block | None:
        """A tile's, if it is still kept."""
        block = self._by_tile.get(number)
        if block is not None:
            self._by_tile.move_to_end(number)
        return block

    def keep(self, number: int, block: _Block) -> None:
        """Instead of those that have not been needed for longest."""
        self._by_tile[number] = block
        self.size += block.size
        while self.size > KEPT:
            self.size -= self._by_tile.popitem(last=False)[1].size


@dataclass(frozen=True, eq=False)
class Vicinity:
    """Of the places, which lie at ``xy`` (m), the first are depots. ``ask`` has legs as the streets have them, which is
    dear, ``guess`` without."""

    xy: Floats
    depots: int
    ask: LookUp
    guess: LookUp

    def look_up(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        """Metres and seconds from each of some places to each of others, no place twice among these."""
        tables = self._estimated(start, end)
        for number in np.unique(self._tile_of[start]).tolist():
            self._fill(tables, start, end, number)
        self._fill_depots(tables, start, end)
        return tables

    def _estimated(self, start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        metres, seconds = self.guess(start, end)
        cut_off = self._cut_off[start][:, None] | self._cut_off[end]
        longer_m, longer_s = self._stretch
        metres, seconds = np.rint(metres * longer_m), np.ceil(seconds * longer_s)
        metres[cut_off] = seconds[cut_off] = NO_WAY_S
        return metres, seconds

    def _fill(self, tables: tuple[Floats, Floats], start: Indexes, end: Indexes, number: int) -> None:
        """Put in what is known of the legs from one tile's places."""
        block, rows = self._block(number), np.flatnonzero(self._tile_of[start] == number)
        at = np.minimum(np.searchsorted(block.ends, end), len(block.ends) - 1)
        known = np.flatnonzero(block.ends[at] == end)
        there = np.ix_(rows, known)
        own = np.ix_(np.searchsorted(self._tiles[number], start[rows]), at[known])
        for table, asked in zip(tables, (block.metres, block.seconds), strict=True):
            table[there] = asked[own]

    def _fill_depots(self, tables: tuple[Floats, Floats], start: Indexes, end: Indexes) -> None:
        rows, columns = np.flatnonzero(start < self.depots), np.flatnonzero(end < self.depots)
        for table, out, back in zip(tables, *self._depot_legs, strict=True):
            table[rows] = out[np.ix_(start[rows], end)]
            table[:, columns] = back[np.ix_(start, end[columns])]

    def _block(self, number: int) -> _Block:
        """The legs of one tile, asked for where they are not kept."""
        block = self._blocks.needed(number)
        if block is None:
            ends = np.sort(around(self._tiles, *self._bounds, number, NEAR))
            metres, seconds = self.ask(self._tiles[number], ends)
            block = _Block(ends, metres.astype(np.float32), seconds.astype(np.float32))
            self._blocks.keep(number, block)
        return block

    @cached_property
    def _blocks(self) -> _Blocks:
        return _Blocks()

    @cached_property
    def _tiles(self) -> list[Indexes]:
        return list(tiles(self.xy, np.arange(self.xy.shape[1])))

    @cached_property
    def _bounds(self) -> tuple[Floats, Floats]:
        return bounds(self._tiles, self.xy)

    @cached_property
    def _tile_of(self) -> Indexes:
        found = np.empty(self.xy.shape[1], np.int64)
        for number, tile in enumerate(self._tiles):
            found[tile] = number
        return found

    @cached_property
    def _depot_legs(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """From all depots to all places, and from these to those."""
        depots, places = np.arange(self.depots), np.arange(self.xy.shape[1])
        return self.ask(depots, places), self.ask(places, depots)

    @cached_property
    def _cut_off(self) -> npt.NDArray[np.bool_]:
        """The places that no depot's vans come to, or come home from."""
        (_, out), (_, back) = self._depot_legs
        return np.asarray((out >= NO_WAY_S).all(axis=0) | (back >= NO_WAY_S).all(axis=1))

    @cached_property
    def _stretch(self) -> tuple[float, float]:
        """By how much estimates of metres and seconds are too short."""
        depots, places = np.arange(self.depots), np.arange(self.xy.shape[1])
        return stretch(self.guess(depots, places), self._depot_legs[0], NO_WAY_S, DEAR)
