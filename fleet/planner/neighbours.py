"""Which stops are near each other, in way and time: where strings are taken out, and beside whom a stop is put back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fleet.planner.kernels.nearest import Times
from fleet.planner.legs import Straight

if TYPE_CHECKING:
    from fleet.planner.routing import Rowed

BREADTH = 60
"""Stops that are held near each one by the search for routes: with fewer, tight windows leave too few places (1000
stops of Gehring and Homberger, ten seconds: 2.2 % from the best known with 60, 2.7 with 40, 3.5 with 30)."""

WAITING = 0.2
"""What a second of waiting counts against one of driving, as PyVRP weighs it; one of being late counts whole."""


ALL = 4096
"""With up to so many stops, unless the case says fewer, and where legs are looked up, every other stop is looked at."""

TILE = 64
"""Else those of the same tile of at most so many stops, and of enough tiles nearby that there are at least so many
times as many as are held as the case says."""

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


def near(case: Rowed, breadth: int) -> npt.NDArray[np.int32]:
    """For each stop the others that are near it, nearest first: of the way between two, what must be waited or is too
    late there, in the better of the two orders. Of many stops along straight lines, those that lie far from it are not
    looked at, however well their windows suit."""
    rows = case.rows
    count = len(rows)
    breadth = min(breadth, count - 1)
    found = np.full((count, max(breadth, 0)), -1, np.int32)
    if breadth <= 0:
        return found
    times = Times(
        case.legs.metric(),
        rows.place.astype(np.int32),
        opens=np.ascontiguousarray(rows.opens, np.float64),
        closes=np.ascontiguousarray(rows.closes, np.float64),
        service=np.ascontiguousarray(rows.service, np.float64),
        waiting=WAITING,
    )
    far = np.zeros(breadth)
    for some, others in _looked_at(case, breadth):
        times.nearest(some.astype(np.int32), others.astype(np.int32), found, far)
    return found


def _looked_at(case: Rowed, breadth: int) -> Iterator[tuple[Indexes, Indexes]]:
    """Stops, and those among which their neighbours are."""
    places, legs = case.rows.place, case.legs
    count = len(places)
    if count <= min(ALL, case.all_asked) or not isinstance(legs, Straight):
        yield np.arange(count), np.arange(count)
        return
    xy = np.stack((legs.x[places], legs.y[places]))
    parts = list(tiles(xy, np.arange(count)))
    low, high = bounds(parts, xy)
    for number, part in enumerate(parts):
        yield part, around(parts, low, high, number, case.candidates * breadth)


def tiles(xy: Floats, stops: Indexes, most: int = TILE) -> Iterator[Indexes]:
    """Stops that lie together, by halving again and again across the longer side."""
    if len(stops) <= most:
        yield np.sort(stops)
        return
    axis = int(np.argmax(np.ptp(xy[:, stops], axis=1)))
    order = stops[np.argsort(xy[axis, stops], kind="stable")]
    yield from tiles(xy, order[: len(order) // 2], most)
    yield from tiles(xy, order[len(order) // 2 :], most)


def bounds(parts: list[Indexes], xy: Floats) -> tuple[Floats, Floats]:
    """The south-western and the north-eastern corner of each tile."""
    low = np.array([xy[:, part].min(axis=1) for part in parts]).T
    return low, np.array([xy[:, part].max(axis=1) for part in parts]).T


def around(parts: list[Indexes], low: Floats, high: Floats, number: int, least: int) -> Indexes:
    """The stops of a tile and of those nearest to it, at least so many, the nearest tiles first."""
    gap = np.maximum(np.maximum(low - high[:, [number]], low[:, [number]] - high), 0.0)
    middle = (low + high - (low + high)[:, [number]]) / 2.0
    order = np.lexsort((np.hypot(*middle), np.hypot(*gap)))
    count = min(len(order), -(-2 * least // TILE))  # a tile is at least half full
    return np.concatenate([parts[k] for k in order[:count]])
