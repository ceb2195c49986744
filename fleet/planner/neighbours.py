"""Which stops are near each other, in way and time: where strings are taken out, and beside whom a stop is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fleet.planner.routing import Case

BREADTH = 60
"""Stops that are held near each one: with fewer, tight windows leave too few places (1000 stops of Gehring and
Homberger, ten seconds: 2.2 % from the best known with 60, 2.7 with 40, 3.5 with 30)."""

WAITING = 0.2
"""What a second of waiting counts against one of driving, as PyVRP weighs it; one of being late counts whole."""

ROWS = 512
"""Rows that are worked out at a time: memory grows with the number of stops, not with its square."""

Floats = npt.NDArray[np.float64]


def near(case: Case, breadth: int = BREADTH) -> npt.NDArray[np.int32]:
    """For each stop the others that are near it, nearest first: of the way between two, what must be waited or is too
    late there, in the better of the two orders."""
    count = len(case.stops)
    breadth = min(breadth, count - 1)
    found = np.zeros((count, max(breadth, 0)), np.int32)
    for first in range(0, count if breadth > 0 else 0, ROWS):
        rows = np.arange(first, min(first + ROWS, count))
        far = _apart(case, rows)
        far[np.arange(len(rows)), rows] = np.inf
        nearest = np.argpartition(far, breadth - 1, axis=1)[:, :breadth]
        nearest.sort(axis=1)  # so that equally far ones come in one order, whatever the partition left
        order = np.argsort(np.take_along_axis(far, nearest, axis=1), axis=1, kind="stable")
        found[rows] = np.take_along_axis(nearest, order, axis=1)
    return found


def _apart(case: Case, rows: npt.NDArray[np.int64]) -> Floats:
    """How far the stops of some rows are from all, in the legs' unit of duration."""
    places = np.array([stop.place for stop in case.stops])
    opens, closes, service = (
        np.array([getattr(stop, name) for stop in case.stops]) for name in ("opens", "closes", "service")
    )
    there = case.legs.durations(places[rows], places)
    back = case.legs.durations(places, places[rows]).T
    onward = _order(there, opens[rows, None], closes[rows, None], service[rows, None], opens, closes)
    other = _order(back, opens, closes, service, opens[rows, None], closes[rows, None])
    return np.minimum(onward, other)


def _order(
    leg: Floats, opens: Floats, closes: Floats, service: Floats, to_opens: Floats, to_closes: Floats
) -> Floats:
    """What it is worth to go from one stop to another: the leg, and what is waited and late at least."""
    waits = np.maximum(to_opens - (closes + service + leg), 0.0)
    late = np.maximum(opens + service + leg - to_closes, 0.0)
    return np.asarray(leg + WAITING * waits + late)
