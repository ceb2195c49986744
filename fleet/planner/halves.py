"""What the ways of any route count for at the least, place by place.

Each end of a way counts for a part of it, so that no way is less than its two ends count for: then what all places of a
route count for is no more than its ways are. A stop counts half of the least way on from it and half of the least way
there, from and to any other place (the bound of the two shortest edges for the travelling salesman: Lawler et al., The
Traveling Salesman Problem, 1985); the site of a van all of its first and last way that is not the stop's part, the
least there is (a node's potential: Held and Karp, The traveling-salesman problem and minimum spanning trees, 1970).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.planner.problem import Legs, Problem
from fleet.protocol.values import Place

ROWS = 256
"""So many rows of the table of legs are looked at at once."""

Floats = NDArray[np.float64]

Measure = Callable[[Legs], Floats]
"""What legs count for, in several units: the first axis."""

Named = tuple[Hashable, Place]
"""A place by its key. Several may have the same one: then no way between them counts."""


def halves(
    problem: Problem, stops: Sequence[Named], sites: Sequence[Named], measure: Measure
) -> dict[Hashable, tuple[float, ...]]:
    """By key, what a stop there, or a trip from there, counts for at the least in each unit."""
    onward, there = _of_stops(problem, stops, sites, measure)
    found: dict[Hashable, Any] = {}
    for i, (key, _) in enumerate(stops):
        least = (onward[:, i], there[:, i])
        known = found.get(key, least)
        found[key] = tuple(np.minimum(a, b) for a, b in zip(known, least, strict=True))
    places = [place for _, place in stops]
    for key, place in sites:
        out = measure(problem.cross([place], places))[:, 0, :] - there
        back = measure(problem.cross(places, [place]))[:, :, 0] - onward
        found[key] = tuple(each.min(axis=1) if places else np.zeros(len(each)) for each in (out, back))
    return {key: tuple((on + to).tolist()) for key, (on, to) in found.items()}


def _of_stops(
    problem: Problem, stops: Sequence[Named], sites: Sequence[Named], measure: Measure
) -> tuple[Floats, Floats]:
    """Half of the least way on from each stop, and half of the least one there."""
    of, count = [*stops, *sites], len(stops)
    numbers = {key: i for i, key in enumerate(dict.fromkeys(key for key, _ in of))}
    own = np.array([numbers[key] for key, _ in of])
    places = [place for _, place in of]
    onward: list[Floats] = []
    there: Floats | None = None
    for first in range(0, len(of), ROWS):
        rows = slice(first, first + ROWS)
        tables = measure(problem.cross(places[rows], places))
        tables[:, own[rows][:, None] == own[None, :]] = np.inf
        onward.append(tables.min(axis=2))
        least = tables.min(axis=1)
        there = least if there is None else np.minimum(there, least)
    if there is None:
        return np.zeros((0, 0)), np.zeros((0, 0))
    ends = np.concatenate(onward, axis=1), there
    on, to = (np.where(np.isfinite(each), each, 0.0)[:, :count] / 2 for each in ends)
    return on, to
