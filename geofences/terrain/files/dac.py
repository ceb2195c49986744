"""The NGA's `WW15MGH.DAC`: EGM96's undulations in centimetres at every quarter of a degree.

721 rows from the north pole to the south pole of 1440 columns from 0 to 359.75 degrees east, big-endian, no header.
"""

from pathlib import Path

from geofences.terrain.extremes import Extremes
from geofences.terrain.files.mapped import (
    HIGHEST_GEOID_M,
    LOWEST_GEOID_M,
    judge_byte_order,
    judge_range,
    mapped,
)
from geofences.terrain.raster import Lattice, Raster

ROWS, COLS = 721, 1440
STEP_DEG = 0.25
METRES = 0.01


def read_dac(path: Path) -> Raster:
    """The world's undulations. Raises `GridFileError` that names the file and what is wrong with it."""
    values = mapped(path, ">i2", ROWS, COLS)
    judge_byte_order(path, values)
    extremes = Extremes(values)
    low, high = extremes.all
    judge_range(path, low * METRES, high * METRES, LOWEST_GEOID_M, HIGHEST_GEOID_M, "undulations")
    return Raster(Lattice(0.0, 90.0, STEP_DEG, STEP_DEG, ROWS, COLS), extremes, scale=METRES)
