"""The table of all ways by streets, from plan to plan: of a day that is planned again the next plan asks only for the
ways from places that are new, and to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fleet.network.base import Network
from fleet.planner.line import Ints
from fleet.protocol.values import Place

Tables = tuple[Ints, Ints]
"""Metres and seconds from each of some places (rows) to each of others (columns)."""

Ask = Callable[[Sequence[Place], Sequence[Place]], Tables]


class _Table(NamedTuple):
    """Of which network, of which places by their numbers, and the ways."""

    network: Network
    number: Mapping[Place, int]
    ways: Tables


class Atlas:
    """All ways between the places of the last plan, and of no others: never more than one plan has.

    A way depends on its two ends and the network alone, so what is taken over is what would be answered again. Threads
    may share one: at worst two that ask at once both ask the network.
    """

    def __init__(self) -> None:
        self._last: _Table | None = None

    def between(self, places: Sequence[Place], network: Network, ask: Ask) -> Tables:
        """All ways between places of which none occurs twice; ``ask`` has them from the network."""
        last = self._last
        if last is None or last.network != network:
            ways = ask(places, places)
        elif list(last.number) == list(places):
            return last.ways
        else:
            ways = _extended(last, places, ask)
        self._last = _Table(network, {place: i for i, place in enumerate(places)}, ways)
        return ways


def _extended(last: _Table, places: Sequence[Place], ask: Ask) -> Tables:
    was = np.array([last.number.get(place, -1) for place in places], np.int64)
    old, new = np.flatnonzero(was >= 0), np.flatnonzero(was < 0)
    everywhere, tables = np.arange(len(places)), np.zeros((2, len(places), len(places)), np.int64)
    for table, known in zip(tables, last.ways, strict=True):
        table[np.ix_(old, old)] = known[np.ix_(was[old], was[old])]
    for rows, columns in ((new, everywhere), (old, new)):
        if len(rows) and len(columns):
            found = ask([places[i] for i in rows.tolist()], [places[i] for i in columns.tolist()])
            for table, asked in zip(tables, found, strict=True):
                table[np.ix_(rows, columns)] = asked
    return tables[0], tables[1]
