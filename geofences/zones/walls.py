"""The blocking zones around one cell as rings in metres, not widened, and which of them are in the way of a flight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geofences.geometry.geodesy import Floats, LocalPlane, on_every_turn
from geofences.geometry.planar import EDGE_STEP_DEG, Cell, LocalMap, to_plane

Indices = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """Closed rings, one after the other, each with what is to be avoided on its left.

    Ring `number` is `points[first[number]:first[number + 1]]`, of obstacle `owners[number]`; rings of one obstacle
    follow each other.
    """

    points: Floats
    first: Indices
    owners: Indices

    def of(self, obstacle: int) -> list[Floats]:
        """The rings of one obstacle."""
        low, high = np.searchsorted(self.owners, (obstacle, obstacle + 1))
        return [self.points[self.first[number] : self.first[number + 1]] for number in range(low, high)]

    def edges(self) -> tuple[Floats, Indices]:
        """Both ends of every edge (n, 4), and the obstacle of each."""
        inside = np.ones(max(0, len(self.points) - 1), dtype=np.bool_)
        inside[self.first[1:-1] - 1] = False
        owners = np.repeat(self.owners, np.diff(self.first))
        return np.column_stack((self.points[:-1], self.points[1:]))[inside], owners[:-1][inside]

    def boxes(self, count: int) -> Floats:
        """West, south, east and north of so many obstacles; a box that meets nothing for one without rings."""
        found = np.tile((np.inf, np.inf, -np.inf, -np.inf), (count, 1))
        if len(self.owners):
            starts = self.first[:-1]
            np.minimum.at(found[:, :2], self.owners, np.minimum.reduceat(self.points, starts))
            np.maximum.at(found[:, 2:], self.owners, np.maximum.reduceat(self.points, starts))
        return found


def rings_of(flat: Sequence[BaseGeometry]) -> Rings:
    """The rings of planar geometries; lines and points that clipping left over enclose nothing and are dropped."""
    parts, owners = shapely.get_parts(np.array(flat, dtype=object), return_index=True)
    areal = np.isin(shapely.get_type_id(parts), (3, 6))
    parts, owners = parts[areal], owners[areal]
    parts, inner = shapely.get_parts(parts, return_index=True)
    return _turned(parts, owners[inner])


def _turned(polygons: npt.NDArray[np.object_], owners: Indices) -> Rings:
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.searchsorted(ring, np.arange(len(rings) + 1))
    hole = np.zeros(len(rings), dtype=np.bool_)
    hole[1:] = polygon[1:] == polygon[:-1]
    wrong = shapely.is_ccw(rings) == hole
    for number in np.flatnonzero(wrong).tolist():
        points[first[number] : first[number + 1]] = points[first[number] : first[number + 1]][::-1]
    return Rings(points, first, owners[polygon])


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """What stands around a cell: obstacle `number` is volume `volumes[number]` of the zone set."""

    plane: LocalPlane
    rings: Rings
    volumes: Indices
    edges: Floats
    owners: Indices
    boxes: Floats


def walls_around(cell: Cell, beyond_m: float, polygons: Sequence[Polygon], volumes: Sequence[int]) -> Walls:
    """Project polygons in longitude and latitude that come within `beyond_m` of the cell."""
    flat = flat_around(cell, beyond_m, polygons)
    kept = [number for number, one in enumerate(flat) if not one.is_empty]
    rings = rings_of([flat[number] for number in kept])
    return Walls(
        cell.plane,
        rings,
        np.array([volumes[number] for number in kept], dtype=np.intp),
        *rings.edges(),
        rings.boxes(len(kept)),
    )


def flat_around(cell: Cell, beyond_m: float, polygons: Sequence[Polygon]) -> list[BaseGeometry]:
    """Polygons in longitude and latitude as they lie on the plane of a cell; empty ones do not come near it.

    Those that lie in the window as they are go together: projecting one by one costs more than all at once."""
    window = cell.window(beyond_m)
    every = np.array(polygons, dtype=object)
    west, south, east, north = shapely.bounds(every).T if len(every) else np.empty((4, 0))
    whole = (west >= window.west) & (south >= window.south) & (east <= window.east) & (north <= window.north)
    flat = np.empty(len(every), dtype=object)
    flat[whole] = shapely.transform(shapely.segmentize(every[whole], EDGE_STEP_DEG), cell.plane.to_xy)
    for number in np.flatnonzero(~whole).tolist():
        flat[number] = to_plane(every[number], window, cell.plane)
    return list(flat)


def map_around(cell: Cell, beyond_m: float, polygons: Sequence[Polygon], numbers: Sequence[int]) -> LocalMap:
    """Polygons in longitude and latitude as a map of the cell; `numbers` are whose they are."""
    flat = flat_around(cell, beyond_m, polygons)
    kept = [(one, number) for one, number in zip(flat, numbers, strict=True) if not one.is_empty]
    drawn = np.array([one for one, _ in kept], dtype=object)
    owners = np.array([number for _, number in kept], dtype=np.intp)
    return LocalMap(cell.plane, drawn, owners, shapely.STRtree(drawn))


def index_of(polygons: Sequence[Polygon]) -> shapely.STRtree:
    """Plain bounding boxes in longitude and latitude, once for each turn of the globe."""
    bounds = np.array([polygon.bounds for polygon in polygons]).reshape(-1, 4)
    boxes = on_every_turn(bounds)
    return shapely.STRtree(shapely.box(boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]))
