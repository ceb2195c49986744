"""Readers of grid files, one file for each format; the format is told by the name's ending."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from geofences.errors import GridFileError
from geofences.terrain.files.asc import read_geoid_asc, read_terrain_asc
from geofences.terrain.files.dac import read_dac
from geofences.terrain.files.gtx import read_gtx
from geofences.terrain.files.hgt import read_hgt
from geofences.terrain.files.pgm import read_pgm
from geofences.terrain.raster import Raster

Reader = Callable[[Path], Raster]

TERRAIN: Mapping[str, Reader] = {".hgt": read_hgt, ".asc": read_terrain_asc}
"""Formats of ground heights."""

GEOID: Mapping[str, Reader] = {
    ".gtx": read_gtx,
    ".pgm": read_pgm,
    ".dac": read_dac,
    ".asc": read_geoid_asc,
}
"""Formats of undulations."""

PACKED = frozenset({".zip", ".gz", ".bz2", ".xz"})

_CHUNK = 1 << 20


class Hashed(NamedTuple):
    """A file's name and the SHA-256 of its bytes, hexadecimal."""

    name: str
    sha256: str


def grid_files(path: Path, formats: Mapping[str, Reader]) -> list[Path]:
    """The file, or those of a folder that have one of the formats, by name. Raises `GridFileError`."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.is_file() and each.suffix.lower() in formats)
    if not found:
        raise GridFileError(str(path), "folder", f"holds no grid file ({_endings(formats)})")
    return found


def read_raster(path: Path, formats: Mapping[str, Reader]) -> Raster:
    """One grid file. Raises `GridFileError` that names the file, the field and what is wrong with it."""
    read = formats.get(path.suffix.lower())
    if read is None:
        packed = "; unpack it first" if path.suffix.lower() in PACKED else ""
        raise GridFileError(str(path), "name", f"must end in {_endings(formats)}{packed}")
    return read(path)


def hashed(path: Path) -> Hashed:
    """What a file is called and holds. Raises `GridFileError` where it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError as error:
        raise GridFileError(str(path), "file", f"cannot be read: {error.strerror}") from error
    return Hashed(path.name, found.hexdigest())


def _endings(formats: Mapping[str, Reader]) -> str:
    return ", ".join(sorted(formats))
