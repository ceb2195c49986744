"""Ways by streets between all places of a plan, asked for as neighbours need them: those between places that lie near
each other, and between all places and the depots, are the streets' own. All others are estimated, with a margin, until
somebody takes one: a tour is driven on true ways alone (``settle``).

What must not be guessed too long has a bound that asks for no ways (``least``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleet.network.base import FASTEST_MPS
from fleet.network.geodesic import EARTH_RADIUS_M, Estimates, lonlat
from fleet.planner.line import Ints
from fleet.planner.neighbours import tiles
from fleet.protocol.values import Place

TOGETHER = 128
"""Places that lie together ask for their ways at once, so many at most."""

NEAR = 320
"""To so many places those ways lead, to themselves among them: the nearest. As the engine searches from each start and
to each end, larger tables have more ways for each search, and more that nobody needs."""

DEAR = 0.99
"""Estimates are stretched until so large a share of the depots' ways is no longer than estimated: a search finds just
those that are too short, whose parcels then find no place. With 0.9 a plan of 1,500 places left 100 and 125 parcels
instead of 41 (decision 24)."""

AT_A_TIME = 256
"""Rows that are estimated at a time: fractions take as much room as what is kept."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Tables = tuple[Ints, Ints]
Ask = Callable[[Ints, Ints], Tables]
"""Metres and seconds from each of some places (rows), by their numbers, to each of others (columns)."""


@dataclass(frozen=True, eq=False)
class NearWays:
    """Metres and seconds from each place (row) to each (column), and which of them are the streets' own."""

    metres: Ints
    seconds: Ints
    true: Bools
    guess: Estimates
    ask: Ask

    def rough(self, rows: Ints, columns: Ints) -> Tables:
        """As they are known or estimated."""
        picked = np.ix_(rows, columns)
        return self.metres[picked], self.seconds[picked]

    def exact(self, rows: Ints, columns: Ints) -> Tables:
        """The streets' own; those that nobody asked for before are asked for."""
        missing = ~self.true[np.ix_(rows, columns)]
        if missing.any():
            self._learn(rows[missing.any(axis=1)], columns[missing.any(axis=0)])
        return self.rough(rows, columns)

    def least(self, rows: Ints, columns: Ints) -> Legs:
        """What they take at the least: those not asked for as the crow flies, faster than any van. Asks for none."""
        picked = np.ix_(rows, columns)
        straight, true = self.guess.straight_m(rows, columns), self.true[picked]
        metres = np.where(true, self.metres[picked], straight.astype(np.int64))
        seconds = np.where(true, self.seconds[picked], (straight / FASTEST_MPS).astype(np.int64))
        return Legs(metres, seconds, bounds=~true)

    def settle(self, starts: Ints, ends: Ints) -> Tables:
        """The streets' own from each start to its own end."""
        far = ~self.true[starts, ends]
        if far.any():
            self._learn(np.unique(starts[far]), np.unique(ends[far]))
        return self.metres[starts, ends], self.seconds[starts, ends]

    def _learn(self, rows: Ints, columns: Ints) -> None:
        picked = np.ix_(rows, columns)
        self.metres[picked], self.seconds[picked] = self.ask(rows, columns)
        self.true[picked] = True


@dataclass(frozen=True, eq=False)
class Part:
    """Which ways between some of the places, by their numbers there, are estimated."""

    ways: NearWays
    places: Ints
    estimated: Bools

    @classmethod
    def of(cls, ways: NearWays, places: Ints) -> Part:
        """Those between these places."""
        return cls(ways, places, ~ways.true[np.ix_(places, places)])


@dataclass(frozen=True)
class Legs:
    """Many-to-many legs in whole metres and (rounded up) seconds."""

    metres: Ints
    seconds: Ints
    part: Part | None = None
    """Which of them are estimated; none where all are the network's own."""
    bounds: Bools | None = None
    """Which of them are no ways but what they take at the least, in metres and in seconds each; none where none are."""

    def settle(self, starts: Ints, ends: Ints) -> bool:
        """Put right what is estimated from each start to its own end; whether anything was."""
        part = self.part
        far = None if part is None else part.estimated[starts, ends]
        if part is None or far is None or not far.any():
            return False
        start, end = starts[far], ends[far]
        self.metres[start, end], self.seconds[start, end] = part.ways.settle(
            part.places[start], part.places[end]
        )
        part.estimated[start, end] = False
        return True


def near_ways(places: Sequence[Place], depots: Ints, ask: Ask, no_way: int) -> NearWays:
    """What neighbours and depots need is asked for. ``no_way`` stands for ways that don't exist."""
    everywhere, guess = np.arange(len(places)), Estimates(places, "drive")
    out, back, known = ask(depots, everywhere), ask(everywhere, depots), guess.table(depots, everywhere)
    longer_m, longer_s = stretch((known.distance_m, known.duration_s), out, no_way, DEAR)
    metres, seconds = np.empty((2, len(places), len(places)), np.int64)
    for first in range(0, len(places), AT_A_TIME):
        rows = everywhere[first : first + AT_A_TIME]
        guessed = guess.table(rows, everywhere)
        metres[rows] = np.rint(guessed.distance_m * longer_m)
        seconds[rows] = np.ceil(guessed.duration_s * longer_s)
    alone = (out[1] >= no_way).all(axis=0) | (back[1] >= no_way).all(axis=1)
    for table in (metres, seconds):
        table[alone], table[:, alone] = no_way, no_way
    ways = NearWays(metres, seconds, np.zeros(metres.shape, np.bool_), guess, ask)
    for rows, columns in ((depots, everywhere), (everywhere, depots), *blocks(plane(places))):
        ways.exact(rows, columns)
    return ways


def plane(places: Sequence[Place]) -> Floats:
    """About where the places lie, in metres, also where the antimeridian lies between them."""
    lon, lat = lonlat(places)
    east = (lon - lon[0] + 180.0) % 360.0 - 180.0
    narrow = np.cos(np.radians(np.abs(lat).max()))
    return np.radians(np.stack((east * narrow, lat))) * EARTH_RADIUS_M


def blocks(xy: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Places that lie together, and those near them."""
    for rows in tiles(xy, np.arange(xy.shape[1]), TOGETHER):
        low, high = (edge(xy[:, rows], axis=1, keepdims=True) for edge in (np.min, np.max))
        gap = np.hypot(*np.maximum(np.maximum(low - xy, xy - high), 0.0))
        yield rows, np.sort(np.argsort(gap, kind="stable")[:NEAR])


def stretch(
    guessed: tuple[Floats, Floats], known: tuple[Floats, Floats] | Tables, no_way: int, share: float
) -> tuple[float, float]:
    """So many times as long estimates of metres and seconds must be that such a share of the ways that are known is no
    longer."""
    fits = (guessed[0] > 0) & (known[1] < no_way) & (known[0] > 0)
    if not fits.any():
        return 1.0, 1.0
    metres, seconds = (np.quantile(k[fits] / g[fits], share) for k, g in zip(known, guessed, strict=True))
    return float(metres), float(seconds)
