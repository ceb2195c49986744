"""Ground heights and undulations from grid files, as what a check asks.

A provider is made by `read_terrain` and `read_geoid`. It is pickled as the path, the hash of what it holds and what was
declared: who unpickles it maps the same files, once in a process, and refuses them where they have changed.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from geofences.errors import GridFileError
from geofences.geometry.geodesy import METRES_PER_DEGREE
from geofences.model.altitude import ANYTHING, Bounds, Box, Datum, Floats, Interval, Terrain
from geofences.terrain.files import GEOID, TERRAIN, Hashed, Reader, grid_files, hashed, read_raster
from geofences.terrain.mosaic import Mosaic

STEP_POSTS = 4
"""Asking about parts of a path shorter than so many posts tells little more: each cell touched counts as a whole."""


class Geoid(Protocol):
    """A source of undulations. Implementations promise that the true one lies in the interval they answer."""

    def undulation_within(self, box: Box) -> Interval:
        """Bounds in metres of how high the geoid lies above the WGS 84 ellipsoid everywhere in the box."""
        ...

    @property
    def said(self) -> str:
        """What it is, with the hash of its file and its error."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """What some files hold, with their hashes: equal where the path, the formats and the bytes are."""

    path: Path
    purpose: str
    files: tuple[Hashed, ...]
    mosaic: Mosaic
    said: str
    """Name and hash, for whoever records what a decision rested on."""

    def _key(self) -> tuple[Path, str, tuple[Hashed, ...]]:
        return self.path, self.purpose, self.files

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grids) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        return _same_again, self._key()


_PURPOSES: Mapping[str, Mapping[str, Reader]] = {"terrain": TERRAIN, "geoid": GEOID}


def open_grids(path: Path, purpose: str) -> Grids:
    """The grids of a file or folder. Raises `GridFileError`."""
    formats = _PURPOSES[purpose]
    paths = grid_files(path, formats)
    mosaic = Mosaic([read_raster(each, formats) for each in paths])
    files = tuple(hashed(each) for each in paths)
    return Grids(path, purpose, files, mosaic, _said(path, files))


def _said(path: Path, files: tuple[Hashed, ...]) -> str:
    """A folder's hash is that of the lines which `sha256sum` writes for its files, in the order of their names."""
    if not path.is_dir():
        return f"{files[0].name} sha256:{files[0].sha256}"
    lines = "".join(f"{one.sha256}  {one.name}\n" for one in files)
    return f"{path.name} ({len(files)} files) sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


@lru_cache(maxsize=16)
def _same_again(path: Path, purpose: str, files: tuple[Hashed, ...]) -> Grids:
    found = open_grids(path, purpose)
    if found.files != files:
        raise GridFileError(
            str(path), "file", f"has changed since it was read: it was {files}, is {found.files}"
        )
    return found


@dataclass(frozen=True, slots=True)
class GridGeoid:
    """Undulations from a grid, interpolated linearly, give or take `error_m`: interpolation's error and the model's."""

    grids: Grids
    error_m: float

    def undulation_within(self, box: Box) -> Interval:
        """Bounds of the undulation; `ANYTHING` where the grid does not reach or says nothing."""
        low, high = self.grids.mosaic.interpolated(box)
        return Interval(low - self.error_m, high + self.error_m)

    @property
    def said(self) -> str:
        """File, hash and error."""
        return f"{self.grids.said} ± {self.error_m:g} m"


@dataclass(frozen=True, slots=True)
class GridTerrain(Terrain):
    """Ground heights from a grid, above mean sea level or above the ellipsoid (then a geoid is needed).

    The true ground lies at most `error_m` above what the grid says between its posts, and at most `error_m + canopy_m`
    below: a surface model such as SRTM's shows roofs and treetops.
    """

    grids: Grids
    datum: Datum
    error_m: float
    canopy_m: float = 0.0
    geoid: Geoid | None = None

    def ground_within(self, box: Box) -> Interval:
        """Bounds of the ground; `ANYTHING` where the grid does not reach, is void, or a geoid is missing."""
        low, high = self.grids.mosaic.within(box)
        up = self._lift(box)
        return Interval(low - self.error_m - self.canopy_m + up.low, high + self.error_m + up.high)

    def ground_within_many(self, boxes: Floats) -> Bounds:
        """The same for many boxes."""
        low, high = self.grids.mosaic.within_many(boxes)
        low, high = low - self.error_m - self.canopy_m, high + self.error_m
        if self.datum is Datum.WGS84:
            for number, box in enumerate(boxes.tolist()):
                up = self._lift(Box(*box))
                low[number], high[number] = low[number] + up.low, high[number] + up.high
        return Bounds(low, high)

    def undulation_within(self, box: Box) -> Interval:
        """What the geoid says; `ANYTHING` without one."""
        return ANYTHING if self.geoid is None else self.geoid.undulation_within(box)

    @property
    def step_m(self) -> float:
        """A few posts of the finest grid, north to south."""
        finest = min(one.lattice.step_lat for one in self.grids.mosaic.rasters)
        return STEP_POSTS * finest * METRES_PER_DEGREE

    @property
    def said(self) -> str:
        """Files, hash, datum and errors, and the same of the geoid."""
        canopy = f", {self.canopy_m:g} m of canopy" if self.canopy_m else ""
        geoid = "" if self.geoid is None else f", geoid {self.geoid.said}"
        return f"{self.grids.said} {self.datum.value} ± {self.error_m:g} m{canopy}{geoid}"

    def _lift(self, box: Box) -> Interval:
        """What makes a height of the grid one above mean sea level."""
        if self.datum is Datum.AMSL:
            return Interval(0.0, 0.0)
        low, high = self.undulation_within(box)
        return Interval(-high, -low)


@dataclass(frozen=True, slots=True)
class WithGeoid(Terrain):
    """Some terrain together with a geoid, so that heights above the ellipsoid can be evaluated."""

    terrain: Terrain
    geoid: Geoid

    def ground_within(self, box: Box) -> Interval:
        """What the terrain says."""
        return self.terrain.ground_within(box)

    def ground_within_many(self, boxes: Floats) -> Bounds:
        """What the terrain says."""
        return self.terrain.ground_within_many(boxes)

    def undulation_within(self, box: Box) -> Interval:
        """What the geoid says."""
        return self.geoid.undulation_within(box)

    @property
    def step_m(self) -> float:
        """The terrain's."""
        return self.terrain.step_m

    @property
    def said(self) -> str:
        """Both."""
        return f"{self.terrain.said}, geoid {self.geoid.said}"


def read_geoid(path: Path | str, *, error_m: float) -> GridGeoid:
    """A geoid from a grid file, whose undulations err by at most `error_m` (beyond what the file itself says).

    Raises `GridFileError` for the file, `ValueError` for the error.
    """
    _judge_error("error_m", error_m)
    return GridGeoid(open_grids(Path(path), "geoid"), error_m)


def read_terrain(
    path: Path | str, *, datum: Datum, error_m: float, canopy_m: float = 0.0, geoid: Geoid | None = None
) -> GridTerrain:
    """Terrain from a grid file or a folder of tiles, whose heights are above `datum` (`AMSL` or `WGS84`).

    No format says reliably what its heights are above, hence it is never guessed. Raises `GridFileError` for a file,
    `ValueError` for another datum, an error that is none, heights above the ellipsoid without a geoid.
    """
    _judge_error("error_m", error_m)
    _judge_error("canopy_m", canopy_m)
    if datum not in (Datum.AMSL, Datum.WGS84):
        raise ValueError(f"a grid's heights are AMSL or WGS84, got {datum}")
    if datum is Datum.WGS84 and geoid is None:
        raise ValueError(
            "heights above the ellipsoid (WGS84) need a geoid to be heights above mean sea level"
        )
    return GridTerrain(open_grids(Path(path), "terrain"), datum, error_m, canopy_m, geoid)


def _judge_error(name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"{name} must be a number of 0 or more, got {value}")
