"""``fleet network``: streets from an OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli import network_reach
from fleet.cli.options import Json
from fleet.cli.output import BadInput, note, show, table
from fleet.network.build import LABELS, PROFILES, build
from fleet.network.errors import NetworkError
from fleet.network.manifest import Manifest, ProfileName, check_whole, read_manifest

app = typer.Typer(no_args_is_help=True)

app.command("reach")(network_reach.command)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `fleet network build` has made.")]


@app.command("build")
def build_streets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An extract of OpenStreetMap (.osm.pbf).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the streets go; NAME.streets here unless told."),
    ] = None,
    profiles: Annotated[
        str,
        typer.Option("--profiles", metavar="LIST", help="Whose streets, separated by commas."),
    ] = ",".join(PROFILES),
    as_json: Json = False,
) -> None:
    """Build streets from an extract, once: later calls do nothing until the extract changes."""
    folder = _beside(file) if out is None else out
    try:
        made = build(file, folder, _profiles(profiles), progress=note)
    except NetworkError as error:
        raise BadInput(str(error)) from error
    show(_data(made, folder), _text(made, folder), as_json=as_json)


@app.command("show")
def show_streets(folder: Folder, as_json: Json = False) -> None:
    """Say from which extract a folder of streets is, and what it is for."""
    try:
        made = read_manifest(folder)
        check_whole(folder, made)
    except NetworkError as error:
        raise BadInput(str(error)) from error
    show(_data(made, folder), _text(made, folder), as_json=as_json)


def _profiles(said: str) -> list[ProfileName]:
    words = [word.strip() for word in said.split(",") if word.strip()]
    found = [name for name in PROFILES if name in words]
    strange = [word for word in words if word not in PROFILES]
    if strange or not found:
        raise BadInput(f"--profiles: must be some of {','.join(PROFILES)} (found {said!r})")
    return found


def _beside(file: Path) -> Path:
    stem = file.name
    for suffix in (".osm.pbf", ".pbf", ".osm"):
        stem = stem.removesuffix(suffix)
    return Path(f"{stem}.streets")


def _data(made: Manifest, folder: Path) -> dict[str, object]:
    said = made.model_dump(mode="json", exclude={"files"})
    return {"folder": str(folder), "version": made.version, **said}


def _text(made: Manifest, folder: Path) -> str:
    rows: list[tuple[str, str, str]] = [
        (name, LABELS[name], f"{b.west:.4f},{b.south:.4f} to {b.east:.4f},{b.north:.4f}")
        for name, b in ((name, built.box) for name, built in made.profiles.items())
    ]
    if made.tiles is not None:
        rows.append(("tiles", "sidewalk robots, closed streets, areas", f"by {made.tiles.engine}"))
    return "\n".join(
        (
            f"{folder}: streets of {made.source} ({made.source_sha256[:8]}), by {made.engine}",
            table(("profile", "for", "longitude,latitude"), rows),
            made.attribution,
        )
    )
