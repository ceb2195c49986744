"""Which stops are near each other, in way and time: where strings are taken out, and beside whom a stop is put back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fleet.planner.legs import Straight

if TYPE_CHECKING:
    from fleet.planner.routing import Case

BREADTH = 60
"""Stops that are held near each one: with fewer, tight windows leave too few places (1000 stops of Gehring and
Homberger, ten seconds: 2.2 % from the best known with 60, 2.7 with 40, 3.5 with 30)."""

WAITING = 0.2
"""What a second of waiting counts against one of driving, as PyVRP weighs it; one of being late counts whole."""

ROWS = 512
"""Rows that are worked out at a time: memory grows with the number of stops, not with its square."""

ALL = 4096
"""With up to so many stops, and where legs are looked up, every other stop is looked at."""

TILE, CANDIDATES = 64, 8
"""Else those of the same tile of at most so many stops, and of enough tiles nearby that there are at least so many
times as many as are held."""

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Columns:
    """Place, window (s) and service (s) of some stops."""

    place: Indexes
    opens: Floats
    closes: Floats
    service: Floats

    def of(self, some: Indexes) -> _Columns:
        """Those of some of them."""
        return _Columns(self.place[some], self.opens[some], self.closes[some], self.service[some])


def near(case: Case, breadth: int = BREADTH) -> npt.NDArray[np.int32]:
    """For each stop the others that are near it, nearest first: of the way between two, what must be waited or is too
    late there, in the better of the two orders. Of many stops along straight lines, those that lie far from it are not
    looked at, however well their windows suit."""
    count = len(case.stops)
    breadth = min(breadth, count - 1)
    found = np.zeros((count, max(breadth, 0)), np.int32)
    if breadth <= 0:
        return found
    names = ("opens", "closes", "service")
    times = (np.array([getattr(stop, name) for stop in case.stops], np.float64) for name in names)
    columns = _Columns(np.array([stop.place for stop in case.stops]), *times)
    for rows, others in _looked_at(case, columns.place, breadth):
        far = _apart(case, columns.of(rows), columns.of(others))
        far[rows[:, None] == others] = np.inf
        nearest = np.argpartition(far, breadth - 1, axis=1)[:, :breadth]
        nearest.sort(axis=1)  # so that equally far ones come in one order, whatever the partition left
        order = np.argsort(np.take_along_axis(far, nearest, axis=1), axis=1, kind="stable")
        found[rows] = others[np.take_along_axis(nearest, order, axis=1)]
    return found


def _looked_at(case: Case, places: Indexes, breadth: int) -> Iterator[tuple[Indexes, Indexes]]:
    """Stops, and those among which their neighbours are."""
    count = len(places)
    if count <= ALL or not isinstance(case.legs, Straight):
        for first in range(0, count, ROWS):
            yield np.arange(first, min(first + ROWS, count)), np.arange(count)
        return
    xy = np.stack((case.legs.x[places], case.legs.y[places]))
    tiles = list(_tiles(xy, np.arange(count)))
    low = np.array([xy[:, tile].min(axis=1) for tile in tiles]).T
    high = np.array([xy[:, tile].max(axis=1) for tile in tiles]).T
    for number, tile in enumerate(tiles):
        yield tile, _around(tiles, low, high, number, CANDIDATES * breadth)


def _tiles(xy: Floats, stops: Indexes) -> Iterator[Indexes]:
    """Stops that lie together, by halving again and again across the longer side."""
    if len(stops) <= TILE:
        yield np.sort(stops)
        return
    axis = int(np.argmax(np.ptp(xy[:, stops], axis=1)))
    order = stops[np.argsort(xy[axis, stops], kind="stable")]
    yield from _tiles(xy, order[: len(order) // 2])
    yield from _tiles(xy, order[len(order) // 2 :])


def _around(tiles: list[Indexes], low: Floats, high: Floats, number: int, least: int) -> Indexes:
    """The stops of a tile and of those nearest to it, at least so many."""
    gap = np.maximum(np.maximum(low - high[:, [number]], low[:, [number]] - high), 0.0)
    middle = (low + high - (low + high)[:, [number]]) / 2.0
    order = np.lexsort((np.hypot(*middle), np.hypot(*gap)))
    count = min(len(order), -(-2 * least // TILE))  # a tile is at least half full
    return np.sort(np.concatenate([tiles[k] for k in order[:count]]))


def _apart(case: Case, rows: _Columns, others: _Columns) -> Floats:
    """How far some stops are from others, in the legs' unit of duration."""
    there = case.legs.durations(rows.place, others.place)
    back = case.legs.durations(others.place, rows.place).T
    down = (rows.opens[:, None], rows.closes[:, None], rows.service[:, None])
    across = (others.opens, others.closes, others.service)
    onward = _order(there, *down, *across[:2])
    other = _order(back, *across, *down[:2])
    return np.minimum(onward, other)


def _order(
    leg: Floats, opens: Floats, closes: Floats, service: Floats, to_opens: Floats, to_closes: Floats
) -> Floats:
    """What it is worth to go from one stop to another: the leg, and what is waited and late at least."""
    waits = np.maximum(to_opens - (closes + service + leg), 0.0)
    late = np.maximum(opens + service + leg - to_closes, 0.0)
    return np.asarray(leg + WAITING * waits + late)
