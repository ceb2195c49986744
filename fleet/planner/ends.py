"""What the ways of any route count for at the least, place by place.

A way has two ends, and each counts for a part of it, so that the ends of all places of a route count for its ways. At a
stop the end of a way to another stop counts half of it: two of these ends are at each stop, and lead to places where a
van stops too (the bound of the two shortest edges for the travelling salesman: Lawler et al., The Traveling Salesman
Problem, 1985). At the site of a van the end of the first and of the last way counts for as much as is left of every way
there (a node's potential: Held and Karp, The traveling-salesman problem and minimum spanning trees, 1970), and that at
the stop for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.planner.nearways import Legs
from fleet.planner.problem import Problem
from fleet.planner.stop import Late, in_time, never
from fleet.protocol.values import Place

ROWS = 256
"""So many rows of the table of legs are looked at at once."""

Floats = NDArray[np.float64]

Measure = Callable[[Legs], Floats]
"""What legs count for, in several units: the first axis."""

Named = tuple[Hashable, Place]
"""A place by its key. Several may have the same one: no way between them counts."""


class End(NamedTuple):
    """What an end at a stop counts for: of a way to or from a site at the least, and of those to or from its nearest
    stops, the nearest first. Any other is no less than the last of these."""

    at_site: float
    near: tuple[tuple[Hashable, float], ...]


@dataclass(frozen=True)
class Ends:
    """By key and unit: what one end of a way counts for at a site, and at a stop."""

    sites: dict[Hashable, tuple[float, ...]]
    stops: dict[Hashable, tuple[End, ...]]


def ends(
    problem: Problem,
    stops: Sequence[Named],
    sites: Sequence[Named],
    measure: Measure,
    most: int,
    late: Late = never,
) -> Ends:
    """The ends at all stops, with so many of their nearest ones at the most, and at all sites. Raises ``TimeUp`` when
    it is late before all are found: all ways between stops are looked at, some millions."""
    of = _Table(problem, stops, sites, measure)
    if not of.keys or not sites:
        return Ends({key: (0.0,) * of.units for key, _ in sites}, {})
    to_sites, nearest = of.to_sites(), list(of.nearest(most, late))
    halves = np.array([[far[0] if len(far) else np.inf for _, far in each] for each in nearest]).T
    left = (to_sites - np.minimum(halves, to_sites.min(axis=1) / 2)[:, None, :]).min(axis=2)
    at_site = (to_sites - left[:, :, None]).min(axis=1)
    found = {
        key: tuple(
            End(
                float(at_site[unit, i]),
                tuple((of.keys[j], float(half)) for j, half in zip(*each, strict=True)),
            )
            for unit, each in enumerate(nearest[i])
        )
        for i, key in enumerate(of.keys)
    }
    return Ends({key: tuple(left[:, s].tolist()) for s, (key, _) in enumerate(sites)}, found)


class _Table:
    """The least ways between places of different keys, whichever way round."""

    def __init__(
        self, problem: Problem, stops: Sequence[Named], sites: Sequence[Named], measure: Measure
    ) -> None:
        self.problem, self.measure = problem, measure
        self.keys = list(dict.fromkeys(key for key, _ in stops))
        number = {key: i for i, key in enumerate(self.keys)}
        rows = sorted(range(len(stops)), key=lambda i: number[stops[i][0]])
        self._own = np.array([number[stops[i][0]] for i in rows], dtype=np.int64)
        self._places = [stops[i][1] for i in rows]
        self._sites = [place for _, place in sites]
        self._first = np.searchsorted(self._own, np.arange(len(self.keys) + 1))

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.measure(self.problem.at_least([], [])))

    def _between(self, some: Sequence[Place], others: Sequence[Place]) -> Floats:
        out, back = self.problem.at_least(some, others), self.problem.at_least(others, some)
        return np.minimum(self.measure(out), self.measure(back).transpose(0, 2, 1))

    def to_sites(self) -> Floats:
        """By unit and site, to each stop."""
        table = self._between(self._sites, self._places)
        least: Floats = np.minimum.reduceat(table, self._first[:-1], axis=2)
        return least

    def nearest(self, most: int, late: Late) -> Iterator[list[tuple[list[int], list[float]]]]:
        """For each stop, in each unit: its nearest ones, and half of the ways there."""
        for begin in in_time(range(0, len(self.keys), ROWS), late):
            end = min(begin + ROWS, len(self.keys))
            lo, hi = self._first[begin], self._first[end]
            table = np.minimum.reduceat(
                self._between(self._places[lo:hi], self._places), self._first[:-1], axis=2
            )
            table = np.minimum.reduceat(table, self._first[begin:end] - lo, axis=1) / 2
            table[:, np.arange(end - begin), np.arange(begin, end)] = np.inf
            for i in range(end - begin):
                yield [_least(row, most) for row in table[:, i]]


def _least(row: Floats, most: int) -> tuple[list[int], list[float]]:
    nearest = np.argpartition(row, most)[: most + 1] if most + 1 < len(row) else np.arange(len(row))
    order = nearest[np.argsort(row[nearest], kind="stable")]
    order = order[np.isfinite(row[order])]
    return order.tolist(), row[order].tolist()
