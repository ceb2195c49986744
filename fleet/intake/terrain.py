"""The ground that an operator states: an assumption, ``flat:HEIGHT±ERROR`` in metres AMSL, or grid files.

A grid file says neither what its heights are above nor by how much they err: the operator does (``[terrain]`` of the
fleet file). What comes of it is ``Ground``: what checks ask, and in which words decisions say what they rested on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fleet.intake.errors import FieldError, IntakeError
from fleet.protocol.values import NonNegative, Value
from geofences.errors import GridFileError
from geofences.model.altitude import Datum, FlatTerrain, Terrain, UnknownTerrain
from geofences.terrain import Geoid, GridGeoid, GridTerrain, WithGeoid, read_geoid, read_terrain

UNKNOWN = "unknown"
"""How a fleet file says that nothing is assumed about the ground."""

_FLAT = re.compile(r"flat:\s*([+-]?\d+(?:\.\d+)?)\s*(?:±|\+-|\+/-)\s*(\d+(?:\.\d+)?)")


class TerrainFiles(Value):
    """Grid files of ground and geoid, and what no such file says by itself. Paths are as they were written."""

    grid: str | None = None
    """A file of heights, or a folder of tiles."""
    datum: Literal["AMSL", "WGS84"] | None = None
    """What the grid's heights are above: mean sea level, or the ellipsoid (then a geoid is needed)."""
    error_m: NonNegative | None = None
    """By how much the ground may be higher or lower than the grid says."""
    canopy_m: NonNegative = 0
    """How much lower still, where the grid shows roofs and treetops."""
    geoid: str | None = None
    """A file of undulations; with it heights above the ellipsoid can be evaluated."""
    geoid_error_m: NonNegative | None = None
    """By how much undulations interpolated from the file may err."""

    def missing(self) -> tuple[str, str] | None:
        """A key that must be stated and is not, and why; none where all is said."""
        return next(((key, why) for key, is_missing, why in self._needs() if is_missing), None)

    def _needs(self) -> tuple[tuple[str, bool, str], ...]:
        grid, geoid = self.grid is not None, self.geoid is not None
        return (
            (
                "grid",
                not (grid or geoid),
                "is missing: name a grid of heights (grid), a geoid (geoid) or both",
            ),
            (
                "datum",
                grid and self.datum is None,
                'must say what the grid\'s heights are above, "AMSL" or "WGS84"',
            ),
            ("error_m", grid and self.error_m is None, "must say by how much the grid's heights may err"),
            ("geoid_error_m", geoid and self.geoid_error_m is None, "must say by how much the geoid may err"),
            (
                "geoid",
                self.datum == "WGS84" and not geoid,
                "is missing: heights above the ellipsoid need one",
            ),
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of heights, and in which words a decision says that it rests on it (none: on nothing)."""

    terrain: Terrain
    said: str | None


def parse_terrain(text: str) -> FlatTerrain:
    """From ``flat:120±15`` or ``flat:120+-15``; raises ``ValueError`` with what to write."""
    match = _FLAT.fullmatch(text.strip())
    if not match:
        raise ValueError("must be like flat:120±15 (metres above mean sea level; +- serves for ±)")
    return FlatTerrain(float(match[1]), float(match[2]))


def ground_of(assumption: str | None, files: TerrainFiles | None = None, folder: Path = Path()) -> Ground:
    """What is known under an assumption and from files, whose paths are relative to ``folder``; without both, nothing.

    A grid takes the assumption's place. Raises ``ValueError`` as ``parse_terrain``, ``IntakeError`` for a file.
    """
    geoid = None if files is None else _geoid(files, folder)
    grid = None if files is None else _grid(files, folder, geoid)
    if grid is not None:
        return Ground(grid, "; ".join([_grid_said(grid), *_geoid_said(geoid)]))
    terrain: Terrain = UnknownTerrain() if assumption is None else parse_terrain(assumption)
    if geoid is not None:
        terrain = WithGeoid(terrain, geoid)
    return Ground(terrain, "; ".join([*([assumption] if assumption else []), *_geoid_said(geoid)]) or None)


def _geoid(files: TerrainFiles, folder: Path) -> GridGeoid | None:
    if files.geoid is None or files.geoid_error_m is None:
        return None
    try:
        return read_geoid(folder / files.geoid, error_m=files.geoid_error_m)
    except GridFileError as error:
        raise _as_intake(error) from error


def _grid(files: TerrainFiles, folder: Path, geoid: Geoid | None) -> GridTerrain | None:
    if files.grid is None or files.datum is None or files.error_m is None:
        return None
    datum, canopy_m = Datum(files.datum), files.canopy_m
    try:
        return read_terrain(
            folder / files.grid, datum=datum, error_m=files.error_m, canopy_m=canopy_m, geoid=geoid
        )
    except GridFileError as error:
        raise _as_intake(error) from error


def _as_intake(error: GridFileError) -> IntakeError:
    return IntakeError([FieldError(error.file, None, error.field, None, error.message)])


def _grid_said(grid: GridTerrain) -> str:
    canopy = f", up to {grid.canopy_m:g} m of roofs and trees" if grid.canopy_m else ""
    return f"grid {grid.grids.said} {grid.datum.value} ±{grid.error_m:g} m{canopy}"


def _geoid_said(geoid: GridGeoid | None) -> list[str]:
    return [] if geoid is None else [f"geoid {geoid.grids.said} ±{geoid.error_m:g} m"]
