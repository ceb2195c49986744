"""NOAA's vertical grids, `.gtx`, as PROJ's `egm96_15.gtx`: how high the geoid lies above the ellipsoid.

A header of 40 bytes (south, west, step in latitude, step in longitude as doubles; rows, columns), then floats, row by
row from the south; all big-endian; -88.8888 where nothing is known.
"""

import math
import struct
from pathlib import Path

import numpy as np

from geofences.errors import GridFileError
from geofences.terrain.extremes import Extremes, Grid
from geofences.terrain.files.mapped import (
    HIGHEST_GEOID_M,
    LOWEST_GEOID_M,
    judge_place,
    judge_range,
    mapped,
    start_of,
)
from geofences.terrain.raster import Lattice, Raster

VOID = np.float32(-88.8888)
MOST_POSTS = 1_000_000

_HEADER = struct.Struct(">4d2i")


def read_gtx(path: Path) -> Raster:
    """A grid of undulations. Raises `GridFileError` that names the file and the field."""
    start = start_of(path, _HEADER.size)
    if len(start) < _HEADER.size:
        raise GridFileError(str(path), "header", f"must be {_HEADER.size} bytes, found {len(start)}")
    south, west, step_lat, step_lon, rows, cols = _HEADER.unpack(start)
    _judge(path, south, west, step_lat, step_lon, rows, cols)
    values = mapped(path, ">f4", rows, cols, offset=_HEADER.size)[::-1]
    if np.isnan(values).any():
        raise GridFileError(str(path), "values", "not a number is among them")
    extremes = Extremes(_voids_lowest(values))
    judge_range(path, *extremes.above(-math.inf), LOWEST_GEOID_M, HIGHEST_GEOID_M, "undulations")
    lattice = Lattice(west, south + (rows - 1) * step_lat, step_lon, step_lat, rows, cols)
    return Raster(lattice, extremes, void=-math.inf)


def _judge(
    path: Path, south: float, west: float, step_lat: float, step_lon: float, rows: int, cols: int
) -> None:
    for name, count in (("rows", rows), ("columns", cols)):
        if not 2 <= count <= MOST_POSTS:
            raise GridFileError(
                str(path), name, f"must be 2 to {MOST_POSTS}, found {count}; is it big-endian?"
            )
    for name, step in (("step in latitude", step_lat), ("step in longitude", step_lon)):
        if not 1e-6 <= step <= 90.0:
            raise GridFileError(str(path), name, f"must be above 0 and at most 90 degrees, found {step:g}")
    judge_place(path, west, south, west + (cols - 1) * step_lon, south + (rows - 1) * step_lat)


def _voids_lowest(values: Grid) -> Grid:
    """The values as they are in the file, or, where some are void, copied with these below all others."""
    void = np.isclose(values, VOID, rtol=0.0, atol=1e-4)
    return np.where(void, np.float32(-np.inf), values).astype(np.float32) if void.any() else values
