"""Esri ASCII grids, `.asc`, in degrees: a head of names and numbers, then rows of values from the north.

`xllcorner` and `yllcorner` say that a value stands for a cell, `xllcenter` and `yllcenter` where the first post is. A
text cannot be mapped: it is read into memory, as 32-bit floats.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geofences.errors import GridFileError
from geofences.terrain.extremes import Extremes, Floats, Grid
from geofences.terrain.files.mapped import (
    HIGHEST_GEOID_M,
    HIGHEST_GROUND_M,
    LOWEST_GEOID_M,
    LOWEST_GROUND_M,
    judge_place,
    judge_range,
    size_of,
    start_of,
)
from geofences.terrain.raster import Lattice, Raster

LONGEST_HEAD = 4_096
USUAL_VOID = -9999.0
ROUNDING_M = 0.001
"""What 32 bits leave of a height errs by less."""

_CHUNK = 1 << 22
_REQUIRED = ("ncols", "nrows", "cellsize")
_KNOWN = frozenset(_REQUIRED) | {"xllcorner", "yllcorner", "xllcenter", "yllcenter", "nodata_value"}


def read_terrain_asc(path: Path) -> Raster:
    """A grid of ground heights. Raises `GridFileError` that names the file and the field, or row and column."""
    return _read(path, LOWEST_GROUND_M, HIGHEST_GROUND_M, "heights")


def read_geoid_asc(path: Path) -> Raster:
    """A grid of undulations. Raises as `read_terrain_asc`."""
    return _read(path, LOWEST_GEOID_M, HIGHEST_GEOID_M, "undulations")


@dataclass(frozen=True, slots=True)
class _Head:
    lattice: Lattice
    void: float
    length: int


def _read(path: Path, least: float, most: float, what: str) -> Raster:
    head = _head(path)
    extremes = Extremes(_values(path, head))
    judge_range(path, *extremes.above(-math.inf), least, most, what)
    return Raster(head.lattice, extremes, void=-math.inf, error_m=ROUNDING_M)


def _head(path: Path) -> _Head:
    said, length = _said(path)
    for name in _REQUIRED:
        if name not in said:
            raise GridFileError(str(path), name, "is missing in the head")
    rows, cols, step = _count(path, said, "nrows"), _count(path, said, "ncols"), said["cellsize"]
    if rows * cols > size_of(path):
        raise GridFileError(
            str(path), "nrows and ncols", f"the file is too short for {rows} rows of {cols} values"
        )
    if not 1e-6 <= step <= 90.0:
        raise GridFileError(str(path), "cellsize", f"must be above 0 and at most 90 degrees, found {step:g}")
    (west, half_x), (south, half_y) = _first(path, said, "xll"), _first(path, said, "yll")
    if half_x != half_y:
        raise GridFileError(str(path), "xllcorner, yllcorner", "both must be corners or both centers")
    west, south = west + half_x * step, south + half_x * step
    north = south + (rows - 1) * step
    judge_place(path, west, south, west + (cols - 1) * step, north)
    return _Head(
        Lattice(west, north, step, step, rows, cols, half_x), said.get("nodata_value", USUAL_VOID), length
    )


def _said(path: Path) -> tuple[dict[str, float], int]:
    """The numbers of the head by name in lower case, and where the values begin."""
    said: dict[str, float] = {}
    length = 0
    for line in start_of(path, LONGEST_HEAD).splitlines(keepends=True):
        words = line.removeprefix(b"\xef\xbb\xbf").split()
        if words and not words[0][:1].isalpha():
            break
        length += len(line)
        if words:
            name = words[0].decode("latin-1").lower()
            if name not in _KNOWN or len(words) != 2:
                raise GridFileError(
                    str(path), name[:40], f"is not known; a head has {', '.join(sorted(_KNOWN))}"
                )
            said[name] = _number(path, name, words[1])
    return said, length


def _number(path: Path, name: str, word: bytes) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise GridFileError(str(path), name, f"must be a number, found {word[:40].decode('latin-1')!r}")
    return value


def _count(path: Path, said: dict[str, float], name: str) -> int:
    value = said[name]
    if not (value.is_integer() and value >= 2):
        raise GridFileError(str(path), name, f"must be a whole number of 2 or more, found {value:g}")
    return int(value)


def _first(path: Path, said: dict[str, float], name: str) -> tuple[float, float]:
    """The place of the first column or row, and how far inside it the post is, in steps."""
    for ending, half in (("corner", 0.5), ("center", 0.0)):
        if name + ending in said:
            return said[name + ending], half
    raise GridFileError(str(path), f"{name}corner", "is missing in the head")


def _values(path: Path, head: _Head) -> Grid:
    """The values, voids below all others."""
    rows, cols = head.lattice.rows, head.lattice.cols
    values = np.empty(rows * cols, np.float32)
    count = 0
    for numbers in _numbers(path, head):
        if count + len(numbers) > len(values):
            raise GridFileError(str(path), "values", f"there are more than {rows} rows of {cols}")
        values[count : count + len(numbers)] = np.where(numbers == head.void, -np.inf, numbers)
        count += len(numbers)
    if count < len(values):
        raise GridFileError(str(path), "values", f"{rows} rows of {cols} are {len(values)}, found {count}")
    return values.reshape(rows, cols)


def _numbers(path: Path, head: _Head) -> Iterator[Floats]:
    with path.open("rb") as file:
        file.seek(head.length)
        rest, count = b"", 0
        while chunk := file.read(_CHUNK):
            whole, rest = _whole_words(rest + chunk)
            numbers = _parsed(path, head, whole, count)
            count += len(numbers)
            yield numbers
        yield _parsed(path, head, rest.split(), count)


def _whole_words(text: bytes) -> tuple[list[bytes], bytes]:
    """The words of a text but for the last, which may go on."""
    words = text.split()
    if not words or text[-1:].isspace():
        return words, b""
    return words[:-1], words[-1]


def _parsed(path: Path, head: _Head, words: list[bytes], before: int) -> Floats:
    try:
        numbers = np.array(words, dtype=np.float64)
    except ValueError:
        numbers = np.array([_lenient(word) for word in words])
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        row, col = divmod(before + int(bad[0]), head.lattice.cols)
        word = words[int(bad[0])][:40].decode("latin-1")
        raise GridFileError(
            str(path), f"row {row + 1}, column {col + 1}", f"must be a number, found {word!r}"
        )
    return numbers


def _lenient(word: bytes) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan
