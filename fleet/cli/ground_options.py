"""The options that say what is known of the ground and of the geoid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from fleet.cli.output import BadInput
from fleet.intake.terrain import Ground, TerrainFiles, ground_of, parse_terrain
from geofences.geometry.track import Waypoint
from geofences.model.altitude import Box, Terrain

GroundText = Annotated[
    str | None,
    typer.Option(
        "--terrain",
        metavar="flat:H±E|PATH",
        help="Ground height and its error, or a grid file (.hgt, .asc) or folder of them; without it, it is unknown.",
    ),
]
GridDatum = Annotated[
    Literal["AMSL", "WGS84"] | None,
    typer.Option("--terrain-datum", help="What a grid's heights are above; never guessed."),
]
GridError = Annotated[
    float | None, typer.Option("--terrain-error-m", metavar="M", help="By how much a grid's heights may err.")
]
Canopy = Annotated[
    float,
    typer.Option(
        "--canopy-m", metavar="M", help="How much lower the ground may be than a grid of roofs and treetops."
    ),
]
GeoidFile = Annotated[
    Path | None,
    typer.Option(
        "--geoid",
        metavar="PATH",
        help="A grid of undulations (.gtx, .pgm, .dac, .asc), for heights above the ellipsoid.",
    ),
]
GeoidError = Annotated[
    float | None, typer.Option("--geoid-error-m", metavar="M", help="By how much the geoid may err.")
]

_OPTIONS = {
    "grid": "--terrain",
    "datum": "--terrain-datum",
    "error_m": "--terrain-error-m",
    "geoid": "--geoid",
    "geoid_error_m": "--geoid-error-m",
}


def ground(
    text: str | None,
    datum: Literal["AMSL", "WGS84"] | None,
    error_m: float | None,
    canopy_m: float,
    geoid: Path | None,
    geoid_error_m: float | None,
) -> Ground:
    """What the options say. Raises ``BadInput`` that names the option, ``IntakeError`` for a file."""
    for name, value in (
        ("--terrain-error-m", error_m),
        ("--canopy-m", canopy_m),
        ("--geoid-error-m", geoid_error_m),
    ):
        if value is not None and not 0.0 <= value < float("inf"):
            raise BadInput(f"{name}: must be 0 or more (found {value:g})")
    grid = text if text is not None and _is_path(text) else None
    files = TerrainFiles(
        grid=grid,
        datum=datum,
        error_m=error_m,
        canopy_m=canopy_m,
        geoid=None if geoid is None else str(geoid),
        geoid_error_m=geoid_error_m,
    )
    if grid is None and geoid is None:
        return ground_of(_assumed(text))
    missing = files.missing()
    if missing:
        raise BadInput(f"{_OPTIONS[missing[0]]}: {missing[1]}")
    return ground_of(None if grid else _assumed(text), files)


def told_of_points_below(points: Sequence[Waypoint], terrain: Terrain) -> str | None:
    """What to tell whoever gives heights below the ground, such as heights above it; none where no point surely is."""
    for number, point in enumerate(points, start=1):
        ground = terrain.ground_within(Box(point.lon, point.lat, point.lon, point.lat))
        if point.alt_amsl_m < ground.low:
            height = f"{point.alt_amsl_m:g} m above mean sea level"
            return (
                f"--path, point {number}: {height} is below the ground there, "
                f"which is at {ground.low:.0f} to {ground.high:.0f} m; was a height above ground meant?"
            )
    return None


def _is_path(text: str) -> bool:
    """Whether this names a file rather than states a height: it is there, or it looks like one."""
    return not text.startswith("flat:") and (Path(text).exists() or "/" in text or "." in text)


def _assumed(text: str | None) -> str | None:
    """A stated height, read here so that an error names the option."""
    if text is None:
        return None
    try:
        parse_terrain(text)
    except ValueError as error:
        raise BadInput(f"--terrain: {error}, or a grid file (found {text!r})") from None
    return text
