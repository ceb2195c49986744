"""What the readers of grids share: files that are mapped rather than copied, and judgements of what they hold."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geofences.errors import GridFileError
from geofences.terrain.extremes import Grid

LOWEST_GROUND_M, HIGHEST_GROUND_M = -1_000.0, 9_000.0
"""No ground is lower (the Dead Sea: -430 m; the deepest mines: -700 m) or higher (8849 m); sea floors are no ground."""

LOWEST_GEOID_M, HIGHEST_GEOID_M = -120.0, 100.0
"""Nowhere is the geoid lower (-107 m, south of India) or higher (86 m, New Guinea)."""

_SAMPLE_ROWS = 256
_NOISE_TIMES = 16.0


def size_of(path: Path) -> int:
    """Bytes of a file. Raises `GridFileError` where it cannot be read."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise GridFileError(str(path), "file", f"cannot be read: {error.strerror}") from error


def start_of(path: Path, count: int) -> bytes:
    """The first bytes of a file, at most so many. Raises `GridFileError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise GridFileError(str(path), "file", f"cannot be read: {error.strerror}") from error


def mapped(path: Path, dtype: str, rows: int, cols: int, *, offset: int = 0) -> Grid:
    """The values from `offset` to the end of a file. Raises `GridFileError` where there are more or fewer of them."""
    kind = np.dtype(dtype)
    size, wanted = size_of(path), offset + rows * cols * kind.itemsize
    if size != wanted:
        raise GridFileError(
            str(path), "size", f"{wanted} bytes are needed for {rows} rows of {cols} values, found {size}"
        )
    return np.memmap(path, kind, "r", offset, (rows, cols))


def judge_range(path: Path, low: float, high: float, least: float, most: float, what: str) -> None:
    """Refuse values that are none of what the file should hold."""
    if not (least <= low <= high <= most):
        raise GridFileError(
            str(path), "values", f"{what} of {least:g} to {most:g} m are possible, found {low:g} to {high:g}"
        )


def judge_place(path: Path, west: float, south: float, east: float, north: float) -> None:
    """Refuse posts that are off the globe."""
    if not (-90.001 <= south < north <= 90.001):
        raise GridFileError(
            str(path), "latitudes", f"must lie within -90 to 90, found {south:g} to {north:g}"
        )
    if not (-360.001 <= west < east <= 540.001 and east - west <= 360.001):
        raise GridFileError(
            str(path), "longitudes", f"must lie within a turn of -180 to 360, found {west:g} to {east:g}"
        )


def judge_byte_order(path: Path, values: Grid) -> None:
    """Refuse values that are noise as they are read, and smooth with their bytes swapped."""
    step = max(1, values.shape[0] // _SAMPLE_ROWS)
    sample: npt.NDArray[Any] = np.asarray(values[::step])
    if _roughness(sample) > _NOISE_TIMES * _roughness(sample.view(sample.dtype.newbyteorder())):
        raise GridFileError(
            str(path),
            "values",
            "its bytes are in the wrong order: numbers are to be big-endian (most significant first)",
        )


def _roughness(values: npt.NDArray[Any]) -> float:
    """How much neighbours in a row differ."""
    return float(np.abs(np.diff(values.astype(np.float64), axis=1)).mean())
