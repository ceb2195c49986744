"""Whom drones and robots are asked about on a very large day: those nearest to them, until what is possible would take
several times as long as the machines have. Whoever lies farther would hardly get a seat, and an exact answer about one
sortie takes about a millisecond, which is more than each of a hundred thousand parcels has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, radians

from fleet.planner.problem import Pool, Problem
from fleet.planner.ways import SortieWay

TIMES = 2.0
"""Sorties of so many times the machines' time are possible, of which the search chooses: windows don't suit all, and to
some a van comes by for less."""


class MachineTime:
    """What is left of the time (s) up to which each pool's machines are asked about parcels."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._left = [
            TIMES * len(pool.slots) * sum(end - begin for begin, end in pool.open) for pool in problem.pools
        ]

    def in_turn(self, near: Mapping[int, Sequence[Pool]]) -> list[int]:
        """Parcels with the pools near them in the order in which they are asked: whom it is dearest to leave first, of
        such as cost the same the nearest."""
        away = {order: min(self._away(order, pools), default=0.0) for order, pools in near.items()}
        return self._problem.dearest_first(sorted(near, key=away.__getitem__))

    def _away(self, order: int, pools: Iterable[Pool]) -> Iterator[float]:
        """How far a parcel is from each pool, in degrees of latitude squared."""
        to = self._problem.orders[order].place
        narrow = cos(radians(to.lat))
        for at in (pool.site.place for pool in pools):
            yield ((at.lon - to.lon) * narrow) ** 2 + (at.lat - to.lat) ** 2

    def free(self, pools: Iterable[Pool]) -> list[Pool]:
        """Those of the pools that have time left."""
        return [pool for pool in pools if self._left[pool.index] > 0.0]

    def take(self, ways: Iterable[SortieWay]) -> None:
        """Count what is possible for a parcel: of each pool's ways for it, to the door and to a locker's port, one."""
        longest = dict[int, int]()
        for way in ways:
            longest[way.pool] = max(way.cycle_s, longest.get(way.pool, 0))
        for pool, cycle_s in longest.items():
            self._left[pool] -= cycle_s
