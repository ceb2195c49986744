"""Zones around one cell of the globe, as polygons in metres on the cell's plane, widened by a margin.

The globe is divided into cells of about 22 km. A cell's plane is exact to 3 ppm for everything that lies in
the cell or within `REACH_M` of it. Zones are clipped to that window while still in longitude and latitude
(so that a zone which spans the world needs no plane of its own), their edges densified, projected, and
widened.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geofences.geometry.geodesy import METRES_PER_DEGREE, TURNS_DEG, Floats, LocalPlane
from geofences.model.altitude import Box

CELL_DEG = 0.2
REACH_M = 12_000.0
TOLERANCE_M = 0.05
"""Zones are widened by this much more than the margin: it covers the errors of plane and densified edges."""

EDGE_STEP_DEG = 0.01
"""Edges of zones are densified to this step: their straight line in degrees strays 0.02 m over it."""

QUADRANT_SEGMENTS = 16
_CIRCUMSCRIBED = 1.0 / math.cos(math.pi / (4 * QUADRANT_SEGMENTS))
"""Rounded corners are drawn around the true arc, never inside it (0.12 % of the margin too far at most)."""

Geometries = npt.NDArray[np.object_]


class Cell(NamedTuple):
    """One cell of the globe, by row (south to north) and column (west to east)."""

    row: int
    column: int
    columns: int

    @property
    def plane(self) -> LocalPlane:
        """The plane around the middle of the cell."""
        return LocalPlane(-180.0 + (self.column + 0.5) * 360.0 / self.columns, _row_middle(self.row))

    def window(self, beyond_m: float) -> Box:
        """The cell and everything within `beyond_m` of it."""
        plane, half = self.plane, CELL_DEG / 2.0 + beyond_m / METRES_PER_DEGREE * 1.02
        south, north = max(-90.0, plane.lat - half), min(90.0, plane.lat + half)
        narrowest = math.cos(math.radians(max(abs(south), abs(north))))
        reach_lon = beyond_m / METRES_PER_DEGREE * 1.02 / max(narrowest, 1e-6)
        half_lon = min(180.0, 180.0 / self.columns + reach_lon)
        return Box(plane.lon - half_lon, south, plane.lon + half_lon, north)


def cell_of(lon: float, lat: float) -> Cell:
    """The cell that a position lies in."""
    row = min(round(180.0 / CELL_DEG) - 1, max(0, math.floor((lat + 90.0) / CELL_DEG)))
    columns = max(1, math.floor(360.0 * math.cos(math.radians(_row_middle(row))) / CELL_DEG))
    column = math.floor((lon + 180.0) % 360.0 / 360.0 * columns) % columns
    return Cell(row, column, columns)


def _row_middle(row: int) -> float:
    return -90.0 + (row + 0.5) * CELL_DEG


@dataclass(frozen=True, slots=True, eq=False)
class LocalMap:
    """Polygons around a cell, not widened, and a tree over them; `owners[i]` says which volume `polygons[i]` is.

    Geometries here are never prepared: a prepared one used by two threads crashes the interpreter.
    """

    plane: LocalPlane
    polygons: Geometries
    owners: npt.NDArray[np.intp]
    tree: shapely.STRtree


def to_plane(polygon: Polygon, window: Box, plane: LocalPlane) -> BaseGeometry:
    """The part of a polygon in longitude and latitude that lies in the window, in metres on the plane."""
    parts = [_clipped(polygon, window, shift) for shift in TURNS_DEG]
    found = [part for part in parts if part is not None and not part.is_empty]
    if not found:
        return Polygon()
    dense = [shapely.segmentize(part, EDGE_STEP_DEG) for part in found]
    flat = [shapely.transform(part, plane.to_xy) for part in dense]
    return flat[0] if len(flat) == 1 else shapely.union_all([shapely.make_valid(part) for part in flat])


def _clipped(polygon: Polygon, window: Box, shift: float) -> BaseGeometry | None:
    west, south, east, north = polygon.bounds
    west, east = west + shift, east + shift
    if west > window.east or east < window.west or south > window.north or north < window.south:
        return None
    moved = shapely.transform(polygon, lambda xy: xy + np.array((shift, 0.0))) if shift else polygon
    if west >= window.west and east <= window.east and south >= window.south and north <= window.north:
        return moved
    return shapely.intersection(moved, shapely.box(*window))


def widen(geometry: BaseGeometry, margin_m: float) -> BaseGeometry:
    """Everything within the margin of a planar geometry, and never less."""
    reach = (margin_m + TOLERANCE_M) * _CIRCUMSCRIBED
    return shapely.buffer(geometry, reach, quad_segs=QUADRANT_SEGMENTS)


def narrow(geometry: BaseGeometry, margin_m: float) -> BaseGeometry:
    """What is deeper than the margin inside a planar geometry, and never more."""
    reach = (margin_m + TOLERANCE_M) * _CIRCUMSCRIBED
    return shapely.buffer(geometry, -reach, quad_segs=QUADRANT_SEGMENTS)


def lines(start: Floats, end: Floats) -> Geometries:
    """A line from each row of `start` to the same row of `end`; a point where they are the same."""
    made: Geometries = shapely.linestrings(np.stack((start, end), axis=1))
    still = np.abs(end - start).max(axis=1, initial=0.0) < 1e-6
    if still.any():
        made[still] = shapely.points(start[still])
    return made
