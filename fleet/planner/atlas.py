"""The ways by streets between the places of a plan that were asked for, from plan to plan: of a day that is planned
again the next plan asks only for those that are new."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleet.network.base import Network
from fleet.planner.line import Ints
from fleet.protocol.values import Place

Tables = tuple[Ints, Ints]
"""Metres and seconds from each of some places (rows) to each of others (columns)."""

Ask = Callable[[Sequence[Place], Sequence[Place]], Tables]


@dataclass(frozen=True, eq=False)
class KnownWays:
    """What is known of the ways between some places by a network."""

    network: Network
    number: Mapping[Place, int]
    ways: npt.NDArray[np.int32]
    """Metres and seconds (the first axis), less than nothing where nobody has asked. Nothing is farther than 32 bits
    hold."""

    @classmethod
    def nothing(cls, network: Network, places: Sequence[Place]) -> KnownWays:
        """Of places of which none occurs twice."""
        number = {place: i for i, place in enumerate(places)}
        return cls(network, number, np.full((2, len(places), len(places)), -1, np.int32))

    def cross(self, rows: Ints, columns: Ints, ask: Ask) -> Tables:
        """From each of some places, by their numbers, to each of others; what is not known is asked for."""
        # Of a way that another thread is writing down, or copying, one of the two may be there alone.
        missing = (self.ways[:, rows[:, None], columns] < 0).any(axis=0)
        places = list(self.number)
        for some, others in _tables(missing):
            start, end = rows[some], columns[others]
            found = ask([places[i] for i in start.tolist()], [places[i] for i in end.tolist()])
            for table, asked in zip(self.ways, found, strict=True):
                table[np.ix_(start, end)] = asked
        metres, seconds = (table[np.ix_(rows, columns)].astype(np.int64) for table in self.ways)
        return metres, seconds

    def of(self, places: Sequence[Place]) -> KnownWays:
        """The same of other places, as far as it is known of these."""
        found, was = KnownWays.nothing(self.network, places), [self.number.get(place, -1) for place in places]
        old = np.flatnonzero(np.array(was, np.int64) >= 0)
        own = np.array(was, np.int64)[old]
        for table, known in zip(found.ways, self.ways, strict=True):
            table[np.ix_(old, old)] = known[np.ix_(own, own)]
        return found


class Atlas:
    """What was asked for between the places of the last plan, and of no others: 8 bytes for each pair of these.

    A way depends on its two ends and the network alone, so what is taken over is what would be answered again. Threads
    may share one: at worst two that ask at once both ask the network.
    """

    def __init__(self) -> None:
        self._last: KnownWays | None = None

    def known(self, places: Sequence[Place], network: Network) -> KnownWays:
        """What is known between places of which none occurs twice; what is asked for from now on is kept."""
        last = self._last
        if last is None or last.network != network:
            last = KnownWays.nothing(network, places)
        elif list(last.number) != list(places):
            last = last.of(places)
        self._last = last
        return last

    def between(self, places: Sequence[Place], network: Network, ask: Ask) -> Tables:
        """All ways between them; ``ask`` has them from the network."""
        everywhere = np.arange(len(places))
        return self.known(places, network).cross(everywhere, everywhere, ask)


def _tables(missing: npt.NDArray[np.bool_]) -> Iterator[tuple[Ints, Ints]]:
    """Rows and columns of tables that hold all that is missing: one from new places, of which nothing is known, and one
    around all else. The engine searches once from each start and each end of a table, so that few tables are asked for.
    """
    new = missing.all(axis=1)
    for rows in (new, ~new):
        part = missing[rows]
        if part.any():
            yield np.flatnonzero(rows)[part.any(axis=1)], np.flatnonzero(part.any(axis=0))
