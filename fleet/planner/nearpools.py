"""The drones and robots that are near enough to be asked about each parcel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fleet.feasibility import order_columns, prefilter_sorties
from fleet.planner.line import Ints
from fleet.planner.problem import Pool, Problem

Floats = NDArray[np.float64]

POOLS_PER_PARCEL = 2
"""The nearest pools of each type that are asked exactly."""

FARTHER = 1.6
"""A pool that lies more than so many times as far as the nearest one is not asked."""


def near_pools(problem: Problem, orders: Sequence[int]) -> dict[int, list[Pool]]:
    """For each of these parcels, by type, the nearest pools that the sieve leaves: one, and others that are hardly
    farther."""
    columns, at = order_columns([problem.orders[order] for order in orders]), problem.snapshot.at
    types = sorted({pool.type.type_id for pool in problem.pools})
    found = [(np.zeros(0, np.int64), np.zeros(0), np.zeros((2, 0), np.int64))]
    for pool in problem.pools:
        kept = prefilter_sorties(problem.snapshot.context, columns, pool.type, pool.site, at)
        rows = np.flatnonzero(kept)
        if problem.snapshot.standing:
            stands = [problem.standing(orders[row]) in (None, pool.site.site_id) for row in rows.tolist()]
            rows = rows[np.array(stands, bool)]
        place = pool.site.place
        away = np.hypot(columns.lon[rows] - place.lon, columns.lat[rows] - place.lat)
        names = np.repeat([[types.index(pool.type.type_id)], [pool.index]], len(rows), axis=1)
        found.append((rows, away, names))
    near: dict[int, list[Pool]] = {order: [] for order in orders}
    row, away, (kind, index) = (np.concatenate(column, axis=-1) for column in zip(*found, strict=True))
    for at_row, at_pool in _nearest_of_each_type(row, away, kind, index):
        near[orders[at_row]].append(problem.pools[at_pool])
    return near


def _nearest_of_each_type(row: Ints, away: Floats, kind: Ints, index: Ints) -> Iterator[tuple[int, int]]:
    """Of pairs of a parcel (row) and a pool (index), with the pool's type and how far it is: parcel by parcel, of each
    type the nearest pool and others that are hardly farther."""
    turn = np.lexsort((index, away, kind, row))
    row, away, kind, index = row[turn], away[turn], kind[turn], index[turn]
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (kind[1:] != kind[:-1])
    begins = np.flatnonzero(first)
    begin = begins[np.cumsum(first) - 1] if len(row) else begins
    kept = np.arange(len(row)) - begin < POOLS_PER_PARCEL
    kept &= away <= FARTHER * away[begin]
    yield from zip(row[kept].tolist(), index[kept].tolist(), strict=True)
