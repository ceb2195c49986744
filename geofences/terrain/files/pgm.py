"""GeographicLib's geoids, `.pgm` such as `egm2008-5.pgm`: 16-bit big-endian, scaled, the whole world.

The head is that of a portable grey map; its comments say `Offset` and `Scale` in metres, `Origin` (always 90N 0E), and
`MaxBilinearError`, by which interpolation between the posts errs at most; that error is part of each answer.
"""

import re
from pathlib import Path

from geofences.errors import GridFileError
from geofences.terrain.extremes import Extremes
from geofences.terrain.files.mapped import HIGHEST_GEOID_M, LOWEST_GEOID_M, judge_range, mapped, start_of
from geofences.terrain.raster import Lattice, Raster

LONGEST_HEAD = 65_536
MOST_COLS = 100_000

_HEAD = re.compile(rb"P5\s+((?:#[^\n]*\n\s*)*)(\d{1,9})\s+((?:#[^\n]*\n\s*)*)(\d{1,9})\s+(\d{1,9})\s")
_COMMENT = re.compile(rb"#\s*(\w+)[ \t]+([^\n]*)")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


def read_pgm(path: Path) -> Raster:
    """The world's undulations. Raises `GridFileError` that names the file and the field."""
    match = _HEAD.match(start_of(path, LONGEST_HEAD))
    if not match:
        raise GridFileError(str(path), "head", "is no head of a binary grey map (P5, width, height, 65535)")
    cols, rows, most = int(match[2]), int(match[4]), int(match[5])
    _judge(path, rows, cols, most)
    said = {
        key.decode(): text.decode("latin-1").strip() for key, text in _COMMENT.findall(match[1] + match[3])
    }
    offset, scale = _number(path, said, "Offset"), _number(path, said, "Scale")
    error = _number(path, said, "MaxBilinearError", least=0.0)
    if said.get("Origin", "90N 0E") != "90N 0E":
        raise GridFileError(str(path), "Origin", f"must be 90N 0E, found {said['Origin']!r}")
    if scale <= 0.0:
        raise GridFileError(str(path), "Scale", f"must be above 0, found {scale:g}")
    extremes = Extremes(mapped(path, ">u2", rows, cols, offset=match.end()))
    low, high = (offset + scale * each for each in extremes.all)
    judge_range(path, low, high, LOWEST_GEOID_M, HIGHEST_GEOID_M, "undulations")
    step = 360.0 / cols
    return Raster(Lattice(0.0, 90.0, step, step, rows, cols), extremes, scale, offset, error_m=error)


def _judge(path: Path, rows: int, cols: int, most: int) -> None:
    if most != 65_535:
        raise GridFileError(str(path), "grey values", f"must be 16 bits (65535), found {most}")
    if not 4 <= cols <= MOST_COLS or cols % 2 or rows != cols // 2 + 1:
        raise GridFileError(
            str(path),
            "width and height",
            f"must be 2 n columns and n + 1 rows from pole to pole, found {cols} and {rows}",
        )


def _number(path: Path, said: dict[str, str], name: str, least: float = -1e6) -> float:
    text = said.get(name)
    if text is None:
        raise GridFileError(str(path), name, "is missing among the head's comments")
    if not _NUMBER.fullmatch(text) or not least <= float(text) <= 1e6:
        raise GridFileError(str(path), name, f"must be a number, found {text[:40]!r}")
    return float(text)
