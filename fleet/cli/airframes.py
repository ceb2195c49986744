"""The option that names an airframe: a built-in one, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.output import BadInput
from fleet.energy.airframe import Airframe, parse_figures
from fleet.energy.catalog import airframe, airframe_names
from fleet.energy.errors import VehicleFileError
from fleet.intake.suggest import did_you_mean
from fleet.intake.tables import read_text

AirframeName = Annotated[
    str, typer.Option("--airframe", metavar="NAME|FILE", help="A built-in airframe, or a file (TOML).")
]
WindMps = Annotated[float | None, typer.Option("--wind-mps", help="Wind; calm air unless told.")]
WindFromDeg = Annotated[
    float | None,
    typer.Option("--wind-from-deg", help="Where it blows from; against every leg unless told."),
]
TemperatureC = Annotated[
    float | None,
    typer.Option("--temperature-c", help="Of the air flown in, and the pack; standard air unless told."),
]
WarmestC = Annotated[
    float | None,
    typer.Option(
        "--warmest-c",
        help="As warm as the air may be instead, at which it is thinnest; the pack stays as told.",
    ),
]


def airframe_option(option: str, value: str) -> Airframe:
    """The airframe; what ends in ``.toml`` or names a folder is a file. Raises ``BadInput`` or ``IntakeError``."""
    if value.endswith(".toml") or "/" in value:
        try:
            return parse_figures(Airframe, read_text(Path(value)), value)
        except VehicleFileError as error:
            raise BadInput(str(error)) from None
    names = airframe_names()
    if value not in names:
        raise BadInput(
            f"{option}: there is no built-in airframe of this name, only {', '.join(names)}"
            f"{did_you_mean(value, names)}; a file ends in .toml (found {value!r})"
        )
    return airframe(value)
