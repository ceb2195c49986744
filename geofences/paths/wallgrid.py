"""Edges of obstacles in the plane, each with a reach within which nothing may come, and a grid of squares over them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofences.geometry.geodesy import Floats

Ints = npt.NDArray[np.int32]

LARGEST = 1 << 18
"""Squares of a grid at most."""


@dataclass(frozen=True, slots=True, eq=False)
class WallGrid:
    """`edges` holds five numbers for each: both ends and the reach; `owners` the obstacle of each. The edges that may
    come near square `number` are `items[first[number]:first[number + 1]]`; squares count in rows from the south-west.
    """

    edges: Floats
    owners: Ints
    first: Ints
    items: Ints
    west: float
    south: float
    step_m: float
    columns: int
    rows: int


def wall_grid(edges: Floats, owners: Ints, box: tuple[float, float, float, float]) -> WallGrid:
    """A grid over a box (west, south, east, north) for edges (n, 5). Edges beyond the box are left out."""
    west, south, east, north = box
    step = _step(edges, east - west, north - south)
    columns, rows = (max(1, int(np.ceil(side / step))) for side in (east - west, north - south))
    pieces, number = _pieces(edges, step)
    reach = pieces[:, 4]
    low = np.minimum(pieces[:, :2], pieces[:, 2:4]) - reach[:, None]
    high = np.maximum(pieces[:, :2], pieces[:, 2:4]) + reach[:, None]
    there = (low < (east, north)).all(axis=1) & (high > (west, south)).all(axis=1)
    from_square = (
        np.floor((low[there] - (west, south)) / step).astype(np.intp).clip(0, (columns - 1, rows - 1))
    )
    to_square = (
        np.floor((high[there] - (west, south)) / step).astype(np.intp).clip(0, (columns - 1, rows - 1))
    )
    square, which = _spread(from_square, to_square, columns)
    order = np.argsort(square, kind="stable")
    first = np.zeros(columns * rows + 1, dtype=np.int32)
    np.cumsum(np.bincount(square, minlength=columns * rows), out=first[1:])
    items = number[there][which[order]].astype(np.int32)
    return WallGrid(
        np.ascontiguousarray(edges).ravel(), owners, first, items, west, south, step, columns, rows
    )


def _step(edges: Floats, wide_m: float, high_m: float) -> float:
    """Squares about as large as an edge with its reach, and not too many of them."""
    typical = 100.0
    if len(edges):
        typical = float(np.median(np.hypot(*(edges[:, 2:4] - edges[:, :2]).T) + 2.0 * edges[:, 4]))
    return max(typical, 10.0, math.sqrt(wide_m * high_m / LARGEST), max(wide_m, high_m) / 4096)


def _pieces(edges: Floats, step: float) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Edges cut to the length of a square, so that a slanting one does not fill the box around it."""
    span = edges[:, 2:4] - edges[:, :2]
    parts = np.maximum(1, np.ceil(np.hypot(*span.T) / step)).astype(np.intp)
    number = np.repeat(np.arange(len(edges)), parts)
    if len(number) == len(edges):
        return edges, number
    place = (np.arange(len(number)) - np.repeat(np.cumsum(parts) - parts, parts))[:, None]
    begin = edges[number, :2] + span[number] * (place / parts[number, None])
    end = edges[number, :2] + span[number] * ((place + 1) / parts[number, None])
    return np.column_stack((begin, end, edges[number, 4])), number


def _spread(
    low: npt.NDArray[np.intp], high: npt.NDArray[np.intp], columns: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """All squares of each range of columns and rows, and the number of the range."""
    wide, tall = (high - low + 1).T
    which = np.repeat(np.arange(len(low)), wide * tall)
    place = np.arange(len(which)) - np.repeat(np.cumsum(wide * tall) - wide * tall, wide * tall)
    row, column = np.divmod(place, wide[which])
    return (low[which, 1] + row) * columns + low[which, 0] + column, which
