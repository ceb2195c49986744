"""``fleet energy airframes``: which there are, and where each figure of one comes from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleet.cli.airframes import airframe_option
from fleet.cli.options import Json
from fleet.cli.output import show, table
from fleet.energy.airframe import Airframe
from fleet.energy.catalog import airframe_names

HEADER = ("name", "empty_kg", "payload_kg", "cruise_mps", "pack_wh", "calibrated by")


def airframes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE]", help="One of them, or a file (TOML); all unless told."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the built-in airframes, or show the figures of one with the source of each."""
    if name is None:
        frames = [airframe_option("NAME", one) for one in airframe_names()]
        said = [_figures(frame) | {"calibrated": frame.calibrated} for frame in frames]
        show({"airframes": said}, table(HEADER, [_line(frame) for frame in frames]), as_json=as_json)
    else:
        frame = airframe_option("NAME", name)
        show(_figures(frame) | {"calibrated": frame.calibrated}, _page(frame), as_json=as_json)


def _figures(frame: Airframe) -> dict[str, Any]:
    found: dict[str, Any] = frame.model_dump(mode="json", exclude_defaults=True)
    return found


def _line(frame: Airframe) -> tuple[object, ...]:
    return (
        frame.name,
        frame.empty_mass_kg,
        frame.max_payload_kg,
        frame.cruise_mps,
        frame.pack_wh,
        "nobody: wide margin" if frame.residual is None else frame.sources["residual"],
    )


def _page(frame: Airframe) -> str:
    figures = _figures(frame)
    sources = figures.pop("sources")
    rows = [(name, _said(value), sources.get(name, "")) for name, value in figures.items() if name != "name"]
    missing = "" if frame.calibrated else "\nnever calibrated: gets the wide margin"
    return f"{frame.name}\n\n{table(('figure', 'value', 'source'), rows)}{missing}"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name} ({_said(one)})" if isinstance(one, dict) else f"{name} {_said(one)}"
            for name, one in value.items()
        )
    return str(value)
