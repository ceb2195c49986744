"""Grid files as tests need them, written byte by byte from what the formats say."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Rows = Sequence[Sequence[float]]


def hgt(
    path: Path,
    height: Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], object],
    posts: int = 1201,
) -> Path:
    """An SRTM tile, its heights a function of how far east and north (0..1) in the tile a post is."""
    along = np.linspace(0.0, 1.0, posts)
    values = np.broadcast_to(np.asarray(height(along[None, :], along[::-1, None])), (posts, posts))
    path.write_bytes(np.round(values).astype(">i2").tobytes())
    return path


def asc(path: Path, rows: Rows, *, west: float, south: float, step: float, kind: str = "corner") -> Path:
    """An Esri ASCII grid; rows from the north."""
    head = f"ncols {len(rows[0])}\nnrows {len(rows)}\nxll{kind} {west!r}\nyll{kind} {south!r}\n"
    body = "\n".join(" ".join(map(str, row)) for row in rows)
    path.write_text(f"{head}cellsize {step!r}\nNODATA_value -9999\n{body}\n", encoding="ascii")
    return path


def gtx(path: Path, rows: Rows, *, west: float, south: float, step: float) -> Path:
    """A GTX grid; rows from the north, as they are written from the south."""
    head = struct.pack(">4d2i", south, west, step, step, len(rows), len(rows[0]))
    path.write_bytes(head + b"".join(struct.pack(f">{len(row)}f", *row) for row in reversed(rows)))
    return path


def pgm(
    path: Path, rows: Rows, *, offset: float = -108.0, scale: float = 0.003, error: str = "0.140"
) -> Path:
    """A geoid as GeographicLib has them; rows from the north pole to the south pole, from 0 degrees east."""
    head = (
        "P5\n# Geoid file in PGM format for the GeographicLib::Geoid class\n# Description WGS84 EGM96\n"
        f"# MaxBilinearError {error}\n# Offset {offset}\n# Scale {scale}\n# Origin 90N 0E\n"
        f"{len(rows[0])}  {len(rows)}\n65535\n"
    )
    body = b"".join(struct.pack(f">{len(row)}H", *(round((v - offset) / scale) for v in row)) for row in rows)
    path.write_bytes(head.encode("ascii") + body)
    return path


def dac(path: Path, undulation: Callable[[int, int], float]) -> Path:
    """`WW15MGH.DAC`, its undulations a function of row (from the north) and column (from 0 degrees east)."""
    values = [[round(undulation(row, col) * 100) for col in range(1440)] for row in range(721)]
    path.write_bytes(np.array(values, ">i2").tobytes())
    return path
