"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.output import BadInput
from fleet.intake.cells import CellError, moment
from fleet.protocol.values import Place

ORDERS = typer.Option("--orders", metavar="FILE", help="Orders (CSV).")
DEPOTS = typer.Option("--depots", metavar="FILE", help="Depots and launch sites (CSV).")
LOCKERS = typer.Option("--lockers", metavar="FILE", help="Parcel lockers (CSV).")
"""Files of a day, which some commands need and others take only together."""

FleetFile = Annotated[
    Path | None, typer.Option("--fleet", metavar="FILE", help="Fleet (TOML); else the default fleet.")
]
WeatherFile = Annotated[Path | None, typer.Option("--weather", metavar="FILE", help="Weather (CSV).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
ZoneFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--zones", metavar="FILE", help="Zones as ED-269, ED-318, GeoJSON, FAA grid or OpenAir; repeatable."
    ),
]
EnergyTracks = Annotated[
    Path | None,
    typer.Option(
        "--energy",
        metavar="FILE",
        help="What earlier days have taught of each asset (`fleet energy residuals --tracks`).",
    ),
]
Streets = Annotated[
    Path | None,
    typer.Option(
        "--network", metavar="DIR", help="Streets (`fleet network build`); before the fleet file's."
    ),
]
Tolerant = Annotated[
    bool, typer.Option("--tolerant", help="Take a zone file's sound zones and list the others.")
]


def run_name(value: str | None) -> str | None:
    """The name of a run: that of a folder in ``--root``. Raises ``BadInput`` for what would lead elsewhere."""
    if value is not None and (value in ("", ".", "..") or "/" in value or not value.isprintable()):
        raise BadInput(f"--name: must be the plain name of a folder (found {value!r})")
    return value


MAX_SEED = 2**32 - 1
"""The solver's generator takes no larger one."""


def processors() -> int:
    """How many processors there are for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_budget(seconds: float | None, iterations: int | None, *, prefix: str = "--") -> None:
    """Raises ``BadInput`` for what is no budget of a search, by the names that its options have behind ``prefix``."""
    if seconds is not None and iterations is not None:
        raise BadInput(f"give {prefix}seconds or {prefix}iterations, not both")
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise BadInput(f"{prefix}seconds: must not be negative (found {seconds:g})")
    if iterations is not None and iterations < 0:
        raise BadInput(f"{prefix}iterations: must not be negative (found {iterations})")


def moment_option(name: str, value: str) -> datetime:
    """An option's time; raises ``BadInput`` when it is none or states no offset from UTC."""
    try:
        return moment(value)
    except CellError as error:
        raise BadInput(f"{name}: {error} (found {value!r})") from None


def place_option(name: str, value: str) -> Place:
    """An option's place; raises ``BadInput`` when it is none."""
    try:
        lon, lat = (float(one) for one in value.split(","))
        return Place(lon=lon, lat=lat)
    except ValueError:
        raise BadInput(f"{name}: must be LON,LAT in degrees (found {value!r})") from None


def given_options(context: typer.Context) -> dict[str, str]:
    """The options that were given on the command line: by their parameters, their names there."""
    named = {each.name: each.opts[0] for each in context.command.params if each.name}
    sources = {name: context.get_parameter_source(name) for name in named}
    return {
        name: named[name]
        for name, source in sources.items()
        if source is not None and source.name == "COMMANDLINE"
    }
