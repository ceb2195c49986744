"""``fleet zones``: look at zone files, and check a path against them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.options import Json, Tolerant, ZoneFiles, moment_option
from fleet.cli.output import BadInput, ExitCode, note, show, table, warn
from fleet.intake import cells
from fleet.intake.terrain import parse_terrain
from fleet.intake.zones import ZonesRead, read_zone_files
from geofences.altitude import Limit, Terrain, UnknownTerrain
from geofences.check import check_path
from geofences.geodesy import distance_m
from geofences.result import CheckResult, Conflict, Status
from geofences.track import Waypoint
from geofences.zone import Zone

app = typer.Typer(no_args_is_help=True)

EXIT_CODES = {Status.CLEAR: ExitCode.OK, Status.BLOCKED: ExitCode.NO, Status.UNKNOWN: ExitCode.UNKNOWN}
DEFAULT_SPEED_MPS = 10.0
_COORDINATES = (("lon", cells.within(-180, 180)), ("lat", cells.within(-90, 90)), ("alt_amsl", cells.number))


@app.command("check")
def check(
    path: Annotated[
        str,
        typer.Option("--path", metavar="POINTS", help='"lon,lat,alt_amsl lon,lat,alt_amsl …"'),
    ],
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When the path begins: ISO 8601 with offset.")
    ],
    zones: ZoneFiles = None,
    speed_mps: Annotated[
        float, typer.Option("--speed-mps", help="Speed along the path.")
    ] = DEFAULT_SPEED_MPS,
    terrain: Annotated[
        str | None,
        typer.Option(
            "--terrain", metavar="flat:H±E", help="Ground height and its error; without it, it is unknown."
        ),
    ] = None,
    tolerant: Tolerant = False,
    as_json: Json = False,
) -> None:
    """Check a path: exit code 0 when it is clear, 1 when it is blocked, 3 when that can't be known."""
    points = list(waypoints(path, moment_option("--at", at), speed_mps))
    ground = _terrain(terrain)
    read = _read(zones, tolerant=tolerant)
    result = check_path(read.zones, points, ground)
    status = _status(result, read)
    show(_answer(status, result), _answer_text(status, result), as_json=as_json)
    raise typer.Exit(EXIT_CODES[status])


@app.command("list")
def list_zones(zones: ZoneFiles = None, tolerant: Tolerant = False, as_json: Json = False) -> None:
    """List the zones of files, with what was remarked in reading them."""
    read = _read(zones, tolerant=tolerant)
    rows = [_described(zone) for zone in read.zones.zones]
    data = {
        "zones_version": read.zones.version,
        "zones": rows,
        "refused": [{"file": each.file, "zone": each.field, "why": each.message} for each in read.refused],
    }
    header = ("zone", "name", "restriction", "lower", "upper", "remarks")
    lines = [[row[name] or "" for name in header[:-1]] + ["; ".join(row["remarks"])] for row in rows]
    text = f"{table(header, lines)}\n{len(rows)} zones, {read.zones.version}"
    show(data, text, as_json=as_json)


def waypoints(text: str, at: datetime, speed_mps: float) -> Iterator[Waypoint]:
    """The points of ``--path`` with the times at which they are passed at a constant speed, climbs included.

    Raises ``BadInput`` for a point that is none, and for a speed that is not above 0.
    """
    if not (math.isfinite(speed_mps) and speed_mps > 0):
        raise BadInput(f"--speed-mps: must be above 0 (found {speed_mps:g})")
    points = [_point(number, word) for number, word in enumerate(text.split(), start=1)]
    if not points:
        raise BadInput("--path: is empty; write lon,lat,alt_amsl for each point")
    travelled_m = 0.0
    for here, before in zip(points, [points[0], *points], strict=False):
        travelled_m += math.hypot(distance_m(*before[:2], *here[:2]), here[2] - before[2])
        yield Waypoint(*here, at + timedelta(seconds=travelled_m / speed_mps))


def _point(number: int, word: str) -> tuple[float, float, float]:
    parts = word.split(",")
    if len(parts) != len(_COORDINATES):
        raise BadInput(f"--path, point {number}: must be lon,lat,alt_amsl (found {word!r})")
    values = []
    for (name, parse), part in zip(_COORDINATES, parts, strict=True):
        try:
            values.append(parse(part))
        except cells.CellError as error:
            raise BadInput(f"--path, point {number}: {name}: {error} (found {part!r})") from None
    lon, lat, alt_amsl_m = values
    return lon, lat, alt_amsl_m


def _terrain(text: str | None) -> Terrain:
    if text is None:
        return UnknownTerrain()
    try:
        return parse_terrain(text)
    except ValueError as error:
        raise BadInput(f"--terrain: {error} (found {text!r})") from None


def _read(zones: list[Path] | None, *, tolerant: bool) -> ZonesRead:
    if not zones:
        raise BadInput("--zones: give at least one zone file")
    read = read_zone_files(zones, tolerant=tolerant)
    for each in read.refused:
        warn(f"refused: {each}")
    return read


def _status(result: CheckResult, read: ZonesRead) -> Status:
    """The answer: what is clear of the zones that were taken may still meet one that was refused."""
    if read.refused and result.status is Status.CLEAR:
        note("unknown, since zones were refused: the path is clear of the others")
        return Status.UNKNOWN
    return result.status


def _answer(status: Status, result: CheckResult) -> dict[str, Any]:
    return {
        "status": status.value,
        "zones_version": result.zones_version,
        "conflicts": [_conflict(conflict) for conflict in result.conflicts],
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "zone": conflict.zone_id,
        "why": conflict.why.value,
        "status": conflict.status.value,
        "from_m": round(conflict.from_m, 1),
        "to_m": round(conflict.to_m, 1),
        "entered_at": conflict.entered_at.isoformat(),
        "left_at": conflict.left_at.isoformat(),
    }


def _answer_text(status: Status, result: CheckResult) -> str:
    header = ("zone", "why", "status", "from_m", "to_m")
    rows = [[_conflict(conflict)[name] for name in header] for conflict in result.conflicts]
    return "\n".join([status.value, *([table(header, rows)] if rows else []), result.zones_version])


def _described(zone: Zone) -> dict[str, Any]:
    return {
        "zone": zone.zone_id,
        "name": zone.name,
        "country": zone.country,
        "restriction": zone.restriction.value,
        "lower": _limits([volume.lower for volume in zone.volumes]),
        "upper": _limits([volume.upper for volume in zone.volumes]),
        "volumes": len(zone.volumes),
        "source": zone.source,
        "remarks": list(zone.flags),
    }


def _limits(limits: Sequence[Limit | None]) -> str | None:
    """The limits as text, such as ``120 m AGL``; none where no volume states one."""
    stated = dict.fromkeys(f"{each.value_m:g} m {each.datum}" for each in limits if each is not None)
    return ", ".join(stated) or None
