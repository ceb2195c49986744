"""``fleet network reach``: how far one comes from a place in so many minutes, and who lies within."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json, place_option
from fleet.cli.output import BadInput, show, table, warn
from fleet.intake.closures import read_closures
from fleet.intake.orders import read_orders
from fleet.intake.sites import read_sites
from fleet.network.extent import outside, told_of_idle
from fleet.network.manifest import read_manifest
from fleet.network.reach import LEAST_MINUTES, MOST_MINUTES, Area, By, Question, areas, geojson, idle
from fleet.protocol.values import Place

MOST_AREAS = 12


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `fleet network build` made.")],
    minutes: Annotated[str, typer.Option("--minutes", metavar="LIST", help="Such as 5,10,15.")],
    start: Annotated[str | None, typer.Option("--from", metavar="LON,LAT", help="From this place.")] = None,
    depots: Annotated[
        Path | None, typer.Option("--depots", metavar="FILE", help="From each depot (CSV).")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who goes: van, robot or foot.")] = "robot",
    speed_kmh: Annotated[
        float | None, typer.Option("--speed-kmh", min=1, max=25, help="Of a robot or on foot; 5 unless told.")
    ] = None,
    closed: Annotated[
        list[Path] | None,
        typer.Option(
            "--closed", metavar="FILE", help="Polygons closed to vans and robots (GeoJSON); repeatable."
        ),
    ] = None,
    orders: Annotated[
        Path | None, typer.Option("--orders", metavar="FILE", help="Say which of these are reached (CSV).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the areas go (GeoJSON).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how far a van or a robot comes from a place or from each depot in so many minutes, as areas on the map."""
    check_out("--out", out)
    asked = _question(minutes, by, speed_kmh, closed or ())
    starts = _starts(start, depots)
    doors = None if orders is None else {each.order_id: each.place for each in read_orders(orders).orders}
    made = read_manifest(folder)
    asked = replace(asked, closed=read_closures(closed or (), partial(outside, made)))
    found = areas(folder, starts, asked, doors)
    for told in told_of_idle(idle(folder, asked)):
        warn(told)
    drawn = geojson(found, asked, made)
    for feature, area in zip(drawn["features"], found, strict=True):
        if doors is not None:
            feature["properties"]["orders"] = list(area.doors)
    if out is not None:
        write_out(out, json.dumps(drawn) + "\n")
    show(drawn, _text(found, None if doors is None else len(doors), out, drawn), as_json=as_json)


def _question(minutes: str, by: str, speed_kmh: float | None, closed: Sequence[Path]) -> Question:
    if by not in get_args(By):
        raise BadInput(f"--by: must be one of {', '.join(get_args(By))} (found {by!r})")
    if by == "van" and speed_kmh is not None:
        raise BadInput("--speed-kmh: is of a robot or on foot; a van keeps to its streets' speeds")
    if by == "foot" and closed:
        raise BadInput("--closed: is for vans and robots; people on foot pass (--by van or robot)")
    which: By = "van" if by == "van" else "robot" if by == "robot" else "foot"
    return Question(_minutes(minutes), which, speed_kmh)


def _minutes(said: str) -> tuple[float, ...]:
    try:
        found = tuple(sorted({float(one) for one in said.split(",")}))
    except ValueError:
        raise BadInput(f"--minutes: must be numbers with commas between (found {said!r})") from None
    if not all(LEAST_MINUTES <= one <= MOST_MINUTES for one in found) or len(found) > MOST_AREAS:
        raise BadInput(
            f"--minutes: up to {MOST_AREAS} numbers from {LEAST_MINUTES:g} to {MOST_MINUTES} (found {said!r})"
        )
    return found


def _starts(start: str | None, depots: Path | None) -> Mapping[str, Place]:
    if (start is None) == (depots is None):
        raise BadInput("give --from LON,LAT or --depots FILE, one of them")
    if start is not None:
        return {start: place_option("--from", start)}
    assert depots is not None
    return {site.site_id: site.place for site in read_sites(depots).sites}


def _text(found: Sequence[Area], orders: int | None, out: Path | None, drawn: dict[str, Any]) -> str:
    rows = [
        (area.start, f"{area.minutes:g}", *([f"{len(area.doors)} of {orders}"] if orders is not None else []))
        for area in found
    ]
    heads = ("from", "minutes", *(["orders"] if orders is not None else []))
    last = f"written to {out}" if out is not None else "as GeoJSON: --json, or --out FILE.geojson"
    return "\n".join((table(heads, rows), last, drawn["attribution"]))
