"""``fleet zones draw``: zones and paths as a picture."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.day import Day, Root
from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json, Tolerant, moment_option, run_name
from fleet.cli.output import BadInput, note, show
from fleet.cli.zone_files import read_files
from fleet.cli.zone_paths import DEFAULT_SPEED_MPS, places, point_of, terrain_option, waypoints
from fleet.cli.zone_runs import zones_in_force
from fleet.hub.rundir import ROOT
from fleet.intake import cells
from fleet.intake.zones import ZonesRead
from fleet.protocol.values import Place
from geofences import Terrain, Waypoint, ZoneSet, check_path
from geofences.drawing import Drawn, Pen
from geofences.drawing import draw as drawn
from geofences.drawing.view import window_within
from geofences.model.altitude import Box

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE…", help="Zone files in any format that is read.")
]
NO_TIME = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""Where no time is given a path has none: it is drawn, and not checked."""

_SMALLEST_M, _LARGEST_M = 50.0, 5_000_000.0


def draw(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.svg", help="Where the picture goes, an SVG.")],
    files: Files = None,
    paths: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="POINTS", help='"lon,lat,alt_amsl lon,lat,alt_amsl …"; repeatable.'),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When paths begin, and for which time zones are drawn."),
    ] = None,
    height_m: Annotated[
        float | None,
        typer.Option(
            "--height-m", metavar="M", help="For which height above mean sea level zones are drawn."
        ),
    ] = None,
    around: Annotated[
        str | None,
        typer.Option("--around", metavar="LON,LAT,M", help="What is shown: so many metres around a place."),
    ] = None,
    speed_mps: Annotated[
        float, typer.Option("--speed-mps", help="Speed along the paths.")
    ] = DEFAULT_SPEED_MPS,
    terrain: Annotated[
        str | None,
        typer.Option("--terrain", metavar="flat:H±E", help="Ground height and its error; else unknown."),
    ] = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The heading.")] = "",
    tolerant: Tolerant = False,
    name: Annotated[
        str | None,
        typer.Option("--name", help="The zones in force in this run, instead of files.", callback=run_name),
    ] = None,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Draw zones, and paths with what they meet, into an SVG that every browser shows (and prints)."""
    check_out("--out", out)
    if out.suffix.lower() != ".svg":
        raise BadInput(f"--out: must end in .svg, the one format that is drawn (found {str(out)!r})")
    moment = None if at is None else moment_option("--at", at)
    ground = terrain_option(terrain)
    window = None if around is None else _window(around)
    ways = [list(waypoints(text, moment or NO_TIME, speed_mps)) for text in paths or ()]
    near = [place for way in ways for place in places(way)]
    read = _read(files, name, root, tolerant=tolerant, near=near)
    shown = [_checked(read.zones, way, ground, is_timed=moment is not None) for way in ways]
    pen = Pen(title or _named(files, name), moment, _height(height_m), ground, window)
    try:
        picture = drawn(read.zones, shown, pen)
    except ValueError as error:
        raise BadInput(f"{error}; name a zone file with zones, a --path or what is --around") from error
    write_out(out, picture)
    if ways and moment is None:
        note("paths are drawn and not checked: a zone may hold at some times only; give --at")
    statuses = [None if one.result is None else one.result.status.value for one in shown]
    data = {
        "out": str(out),
        "zones": len(read.zones),
        "zones_version": read.zones.version,
        "paths": statuses,
        "refused": [{"file": each.file, "zone": each.field, "why": each.message} for each in read.refused],
    }
    checked = "".join(f", path {status}" for status in statuses if status is not None)
    show(data, f"{len(read.zones)} zones drawn into {out}{checked}", as_json=as_json)


def _read(
    files: list[Path] | None, name: str | None, root: Path, *, tolerant: bool, near: list[Place]
) -> ZonesRead:
    if bool(files) == (name is not None):
        raise BadInput("give zone files, or --name for the zones in force in a run, and not both")
    if files:
        return read_files(files, tolerant=tolerant, near=near)
    assert name is not None
    return zones_in_force(Day.named(name, root))


def _named(files: list[Path] | None, name: str | None) -> str:
    return f"zones in force in {name}" if name is not None else ", ".join(file.name for file in files or ())


def _checked(zones: ZoneSet, way: list[Waypoint], ground: Terrain, *, is_timed: bool) -> Drawn:
    return Drawn(tuple(way), check_path(zones, way, ground) if is_timed else None)


def _height(height_m: float | None) -> float | None:
    if height_m is not None and not -1_000 <= height_m <= 100_000:
        raise BadInput(f"--height-m: must be from -1000 to 100000 (found {height_m:g})")
    return height_m


def _window(text: str) -> Box:
    radius = ("metres", cells.within(_SMALLEST_M, _LARGEST_M))
    lon, lat, radius_m = point_of("--around", text, third=radius)
    return window_within(lon, lat, radius_m)
