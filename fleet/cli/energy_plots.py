"""``fleet energy plot``: prediction against a flight log, as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.airframes import airframe_option
from fleet.cli.energy_logs import LogFile
from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json
from fleet.cli.output import BadInput, show
from fleet.energy.errors import InvalidInput
from fleet.energy.logs import read_log
from fleet.energy.plots import errors_svg, trips_svg
from fleet.energy.split import split_of
from fleet.intake.tables import read_text


class Picture(StrEnum):
    """What is drawn."""

    TRIPS = "trips"
    ERRORS = "errors"


def plot(
    log: LogFile,
    airframe: Annotated[
        list[str],
        typer.Option(
            "--airframe", metavar="NAME|FILE", help="A model; may come again. The last one's margin is drawn."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.svg", help="Where the picture goes.")],
    picture: Annotated[
        Picture,
        typer.Option("--picture", help="Energy of trips, or the share of flights within an error."),
    ] = Picture.TRIPS,
    held_out: Annotated[
        float | None,
        typer.Option(
            "--held-out", help="Only this share of the flights, those that a calibration holds out."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw what was measured against what models predict, as SVG."""
    check_out("--out", out, log, *map(Path, airframe))
    frames = {frame.name: frame for frame in (airframe_option("--airframe", name) for name in airframe)}
    read = read_log(read_text(log), str(log))
    try:
        only = None if held_out is None else split_of(read.flights, held_out).held_out
        drawn = (trips_svg if picture is Picture.TRIPS else errors_svg)(frames, read, only)
    except InvalidInput as error:
        if error.field == "share":
            raise BadInput(f"--held-out: must be {error.expected} (found {error.value})") from None
        raise BadInput(f"{log}: {error}") from None
    write_out(out, drawn)
    show({"out": str(out)}, f"drawn: {out}", as_json=as_json)
