"""A large city parted into tiles, by depot and then by area, each of which can be planned by itself.

What can't be parted belongs to one tile: a van's route with all its parcels, a group of machines with all its sorties,
a locker with its port. Round by round the lines are drawn elsewhere, so that what a border kept apart comes together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City
from fleet.planner.jointly import JointPlan
from fleet.planner.legs import Parted

MOST_DEPOTS = 24
"""Sets of vans in one tile at most: each becomes a skill, which are bits."""

TURN = 2.399963
"""The angle by which lines are turned from round to round (rad): the golden one, after which none comes again soon."""

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tiling:
    """How many tiles there are, and to which each parcel, group of machines and locker belongs."""

    count: int
    parcel: Indexes
    group: Indexes
    locker: Indexes


class Ground:
    """What of a city stays the same in all tilings.

    `yard`: of each parcel the set of vans that may bring it, where sets with a van in common are one. `home`: of each
    locker the one group of machines that may use its port, or -1: ports of several groups would tie their tiles
    together.
    """

    def __init__(self, city: City, legs: Parted) -> None:
        self.city = city
        self.xy = np.stack((legs.x[city.parcels.place], legs.y[city.parcels.place]), axis=1)
        self.yard, self.types = _yards(city)
        ways, lockers = city.sortie_ways, len(city.lockers.place)
        ported = np.flatnonzero(ways.locker >= 0)
        self.home = most(ways.locker[ported], ways.group[ported], lockers, len(city.groups.machines))
        self.middle = np.stack([_means(self.yard, column, len(self.types)) for column in self.xy.T], axis=1)
        self.weight = np.bincount(self.yard, minlength=len(self.types))
        self._order, self._begins = np.argsort(self.yard, kind="stable"), np.cumsum([0, *self.weight])

    def of_yard(self, yard: int) -> Indexes:
        """The parcels of a yard."""
        return self._order[self._begins[yard] : self._begins[yard + 1]]

    def tiling(self, plan: JointPlan | None, size: int, number: int) -> Tiling:
        """Tiles of at most about so many parcels, around what is planned; for each number the lines are others."""
        leaf, count = self._leaves(size, number)
        city, ways = self.city, self.city.sortie_ways
        group = np.maximum(most(ways.group, leaf[ways.parcel], len(city.groups.machines), count), 0)
        near = most(city.locker_ways.locker, leaf[city.locker_ways.parcel], len(city.lockers.place), count)
        locker = np.where(self.home >= 0, np.append(group, 0)[self.home], np.maximum(near, 0))
        if plan is None:
            return Tiling(count, leaf, group, locker)
        parcel = leaf.copy()
        for parcels, tiles in (_by_route(plan, leaf, count), _by_group(city, plan, group)):
            parcel[parcels] = tiles
        return Tiling(count, parcel, group, locker)

    def _leaves(self, size: int, number: int) -> tuple[Indexes, int]:
        """The tile in which each parcel lies by itself, and how many tiles there are."""
        angle = number * TURN
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        share = 0.5 if number == 0 else 0.4 + 0.2 * ((number * 0.618034) % 1.0)
        leaf, count = np.zeros(len(self.yard), np.int64), 0
        middle, some = self.middle @ turned, np.flatnonzero(self.weight)
        for yards in halved(middle, self.weight, some, (size, MOST_DEPOTS), share):
            parcels = np.concatenate([self.of_yard(yard) for yard in yards])
            xy, ones = self.xy[parcels] @ turned, np.ones(len(parcels), np.int64)
            for rows in halved(xy, ones, np.arange(len(parcels)), (size, size), share):
                leaf[parcels[rows]] = count
                count += 1
        return leaf, count


def halved(
    xy: Floats, weight: Indexes, rows: Indexes, limits: tuple[int, int], share: float
) -> Sequence[Indexes]:
    """Rows parted across their longer side until a part weighs no more than one limit and has no more rows than the
    other, or is one row; the first cut leaves a share on one side, the others a half."""
    if len(rows) == 1 or (weight[rows].sum() <= limits[0] and len(rows) <= limits[1]):
        return [rows]
    axis = int(np.argmax(np.ptp(xy[rows], axis=0)))
    order = rows[np.argsort(xy[rows, axis], kind="stable")]
    held = np.cumsum(weight[order])
    cut = int(np.clip(np.searchsorted(held, share * held[-1]), 1, len(order) - 1))
    return [
        *halved(xy, weight, order[:cut], limits, 0.5),
        *halved(xy, weight, order[cut:], limits, 0.5),
    ]


def most(of: Indexes, what: Indexes, count: int, kinds: int) -> Indexes:
    """For each number from 0 below the count, what comes most often beside it, the lower of two; -1 where nothing
    does."""
    found = np.full(count, -1)
    pairs, times = np.unique(of.astype(np.int64) * max(kinds, 1) + what, return_counts=True)
    number, kind = np.divmod(pairs, max(kinds, 1))
    order = np.lexsort((-kind, times))  # the last that is written stays
    found[number[order]] = kind[order]
    return found


def _means(of: Indexes, values: Floats, count: int) -> Floats:
    return np.bincount(of, values, count) / np.maximum(np.bincount(of, minlength=count), 1)


def _yards(city: City) -> tuple[Indexes, list[list[int]]]:
    """The yard of each parcel, and the types of van of each yard."""
    parcels = city.parcels
    depot = parcels.depot if parcels.depot is not None else np.full(len(parcels.place), -1)
    kinds, kind = np.unique(np.stack((parcels.needs, depot)), axis=1, return_inverse=True)
    needs, depots = kinds
    root = list(range(len(needs)))

    def top(number: int) -> int:
        while root[number] != number:
            number = root[number]
        return number

    serves = list[npt.NDArray[np.int64]]()
    for van in city.vans:
        able = np.flatnonzero(((needs & ~van.has) == 0) & ((depots < 0) | (depots == van.start)))
        serves.append(able)
        for other in able[1:]:
            low, high = sorted((top(int(able[0])), top(int(other))))
            root[high] = low
    yards, yard = np.unique([top(number) for number in range(len(needs))], return_inverse=True)
    types = list[list[int]]([] for _ in yards)
    for number, able in enumerate(serves):
        if len(able):
            types[int(yard[able[0]])].append(number)
    return yard[kind.ravel()], types


def _by_route(plan: JointPlan, leaf: Indexes, count: int) -> tuple[Indexes, Indexes]:
    """Parcels that vans bring, and the tile in which most of each one's route lie."""
    route, parcels = list[int](), list[int]()
    for number, each in enumerate(plan.routes):
        for stop in each.stops:
            parcels += stop.parcels
        route += [number] * (len(parcels) - len(route))
    some, of = np.array(parcels, np.int64), np.array(route, np.int64)
    return some, most(of, leaf[some], len(plan.routes), count)[of]


def _by_group(city: City, plan: JointPlan, group: Indexes) -> tuple[Indexes, Indexes]:
    """Parcels that machines bring, and their group's tile."""
    rows = np.array([sortie.way for sortie in plan.sorties], np.int64)
    return city.sortie_ways.parcel[rows], group[city.sortie_ways.group[rows]]
