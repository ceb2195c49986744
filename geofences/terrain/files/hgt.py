"""SRTM tiles, `.hgt`: one degree by one, named by their south-west corner, big-endian metres, -32768 where void.

1 arc second has 3601 x 3601 posts, 3 arc seconds 1201 x 1201; the outermost rows and columns are the neighbours' too.
"""

import math
import re
from pathlib import Path

from geofences.errors import GridFileError
from geofences.terrain.extremes import Extremes
from geofences.terrain.files.mapped import (
    HIGHEST_GROUND_M,
    LOWEST_GROUND_M,
    judge_byte_order,
    judge_range,
    mapped,
    size_of,
)
from geofences.terrain.raster import Lattice, Raster

POSTS = (3601, 1201)
VOID = -32768

_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})(?:\..*)?\.hgt", re.IGNORECASE)


def read_hgt(path: Path) -> Raster:
    """One tile. Raises `GridFileError` that names the file and what is wrong with it."""
    west, south = corner_of(path)
    posts = _posts(path)
    values = mapped(path, ">i2", posts, posts)
    judge_byte_order(path, values)
    extremes = Extremes(values)
    low, high = extremes.above(VOID)
    judge_range(path, low, high, LOWEST_GROUND_M, HIGHEST_GROUND_M, "heights")
    step = 1.0 / (posts - 1)
    return Raster(Lattice(west, south + 1.0, step, step, posts, posts), extremes, void=VOID)


def corner_of(path: Path) -> tuple[float, float]:
    """Longitude and latitude of the south-west corner that a name such as `N41W009.hgt` tells."""
    match = _NAME.fullmatch(path.name)
    if not match:
        raise GridFileError(str(path), "name", "must tell the south-west corner, like N41W009.hgt")
    lat = int(match[2]) * (1 if match[1] in "Nn" else -1)
    lon = int(match[4]) * (1 if match[3] in "Ee" else -1)
    if not (-90 <= lat <= 89 and -180 <= lon <= 179):
        raise GridFileError(str(path), "name", f"no tile begins at latitude {lat}, longitude {lon}")
    return float(lon), float(lat)


def _posts(path: Path) -> int:
    size = size_of(path)
    posts = math.isqrt(size // 2)
    if posts not in POSTS or posts * posts * 2 != size:
        known = " or ".join(f"{2 * each * each} ({each} x {each} posts)" for each in POSTS)
        raise GridFileError(str(path), "size", f"must be {known} bytes, found {size}")
    return posts
