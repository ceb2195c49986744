"""Volumes as the arrays that the compiled checks walk: vertices, chunks of edges, a tree of boxes, limits."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon

from geofences.geometry.geodesy import EARTH, Floats
from geofences.kernels.kernel import Kernel
from geofences.model.altitude import ANYTHING, Datum, Interval, Limit, lower_amsl, upper_amsl
from geofences.model.zone import Volume

Indexes = npt.NDArray[np.int32]

EDGE_STEP_DEG = 0.01
"""Longer edges are cut: the chord of one of this length strays 0.025 m from the straight line in degrees."""

CHUNK = 8
"""Edges that share a box."""

FAN = 16
"""Children of a node of the tree, as in the kernel."""


class Flat(NamedTuple):
    """Volumes as arrays, all but the tree; `chunk_at`, boxes and limits are in the order in which they were given."""

    lonlat: Floats
    xyz: Floats
    chunks: Indexes
    chunk_box: Floats
    chunk_at: Indexes
    boxes: Floats
    limits: Floats
    above_ground: npt.NDArray[np.uint8]

    def followed_by(self, more: "Flat") -> "Flat":
        """These volumes and then others: as if all had been flattened together, for the price of a copy."""
        return Flat(
            np.vstack((self.lonlat, more.lonlat)),
            np.vstack((self.xyz, more.xyz)),
            np.vstack((self.chunks, more.chunks + np.int32(len(self.lonlat)))),
            np.vstack((self.chunk_box, more.chunk_box)),
            np.vstack((self.chunk_at, more.chunk_at + np.int32(len(self.chunks)))),
            np.vstack((self.boxes, more.boxes)),
            np.vstack((self.limits, more.limits)),
            np.vstack((self.above_ground, more.above_ground)),
        )


def flatten(volumes: Sequence[Volume], polygons: Sequence[Polygon]) -> Flat:
    """The volumes as arrays; `polygons` are theirs, in longitude and latitude."""
    shapes = np.array(polygons, dtype=object)
    boxes = shapely.bounds(shapes).reshape(-1, 4)
    # In memory volumes lie as they will in the tree: what is near on the ground is near there too.
    order = _tiled(boxes)
    lonlat, ring, shape_of_ring = _vertices(shapes[order])
    first, last, ring_of_chunk = _chunks(ring)
    chunk_at = np.empty((len(shapes), 2), dtype=np.int32)
    chunk_at[order] = _rows(shape_of_ring[ring_of_chunk], len(shapes))
    return Flat(
        lonlat,
        _on_ellipsoid(lonlat),
        np.column_stack((first, last)).astype(np.int32),
        _chunk_boxes(lonlat, first, last),
        chunk_at,
        boxes,
        *_limits(volumes),
    )


def compiled(flat: Flat) -> Kernel:
    """What checks walk: the arrays, and a tree over the boxes."""
    edges = (flat.lonlat, flat.xyz, flat.chunks, flat.chunk_box, flat.chunk_at)
    return Kernel(*edges, *_tree(flat.boxes), flat.limits, flat.above_ground)


def _vertices(shapes: npt.NDArray[np.object_]) -> tuple[Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """All vertices, the ring of each, and which of the shapes each ring is of."""
    rings, shape_of_ring = shapely.get_rings(shapely.segmentize(shapes, EDGE_STEP_DEG), return_index=True)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    return np.ascontiguousarray(lonlat), ring, shape_of_ring


def _chunks(ring: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], ...]:
    """First and last vertex of each chunk, and its ring. A ring's last vertex repeats its first."""
    begins = np.flatnonzero(np.diff(ring, prepend=-1))
    edges = np.diff(np.append(begins, len(ring))) - 1
    counts = -(-edges // CHUNK)
    ring_of_chunk = np.repeat(np.arange(len(begins)), counts)
    number = np.arange(len(ring_of_chunk)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = begins[ring_of_chunk] + number * CHUNK
    return first, np.minimum(first + CHUNK, (begins + edges)[ring_of_chunk]), ring_of_chunk


def _chunk_boxes(lonlat: Floats, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]) -> Floats:
    if len(first) == 0:
        return np.empty((0, 4))
    # `reduceat` takes what lies between one index and the next; every second of these stretches is a chunk.
    bounds = np.column_stack((first, last + 1)).ravel()
    padded = np.vstack((lonlat, lonlat[-1:]))
    low, high = np.minimum.reduceat(padded, bounds)[::2], np.maximum.reduceat(padded, bounds)[::2]
    return np.ascontiguousarray(np.hstack((low, high)))


def _rows(owner: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """The first row of each owner, and the row after its last, among rows sorted by owner."""
    ends = np.searchsorted(owner, np.arange(count + 1))
    return np.column_stack((ends[:-1], ends[1:]))


def _on_ellipsoid(lonlat: Floats) -> Floats:
    """Earth-centred coordinates in metres."""
    lon, lat = np.radians(lonlat).T
    normal = EARTH.a / np.sqrt(1.0 - EARTH.es * np.sin(lat) ** 2)
    flat = normal * np.cos(lat)
    return np.column_stack((flat * np.cos(lon), flat * np.sin(lon), normal * (1.0 - EARTH.es) * np.sin(lat)))


def _tree(boxes: Floats) -> tuple[Indexes, Floats, Indexes]:
    """A tree packed by sorting (sort-tile-recursive): first row and size of each level, the leaves' first; all
    boxes; and which volume each leaf is. The children of a node are the `FAN` rows that its number stands for.
    """
    order = _tiled(boxes)
    levels, rows = [boxes[order]], [(0, len(boxes))]
    while len(levels[-1]) > FAN:
        below, starts = levels[-1], np.arange(0, len(levels[-1]), FAN)
        low = np.minimum.reduceat(below[:, :2], starts)
        levels.append(np.hstack((low, np.maximum.reduceat(below[:, 2:], starts))))
        rows.append((sum(rows[-1]), len(starts)))
    return (
        np.array(rows, dtype=np.int32),
        np.ascontiguousarray(np.vstack(levels)),
        order.astype(np.int32),
    )


def _tiled(boxes: Floats) -> npt.NDArray[np.intp]:
    middle = boxes[:, :2] + boxes[:, 2:]
    tiles = max(1, math.ceil(math.sqrt(len(boxes) / FAN)))
    by_lon = np.argsort(middle[:, 0], kind="stable")
    column = np.empty(len(boxes), dtype=np.intp)
    column[by_lon] = np.arange(len(boxes)) // (tiles * FAN)
    return np.lexsort((middle[:, 1], column))


def _limits(volumes: Sequence[Volume]) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Bounds of the lower and of the upper limit, and which of the two lie so high above the ground."""
    lower = [_bounds(one.lower, lower_amsl(one.lower, ANYTHING)) for one in volumes]
    upper = [_bounds(one.upper, upper_amsl(one.upper, ANYTHING)) for one in volumes]
    bounds = [(*low[0], *high[0]) for low, high in zip(lower, upper, strict=True)]
    limits = np.array(bounds, dtype=np.float64).reshape(-1, 4)
    above = np.array([(low[1], high[1]) for low, high in zip(lower, upper, strict=True)], dtype=np.uint8)
    return limits, above.reshape(-1, 2)


def _bounds(limit: Limit | None, anywhere: Interval) -> tuple[Interval, bool]:
    """The limit's bounds, and whether the ground's height is still to be added: only where it matters."""
    if limit is not None and limit.datum is Datum.AGL and anywhere == ANYTHING:
        return Interval(limit.value_m, limit.value_m), True
    return anywhere, False
