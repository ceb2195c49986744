"""``fleet zones``: look at zones, check a path against them, close and open areas of a running day.

What is done with files alone (``show``, ``convert``, ``diff``) is in ``zone_files``, pictures are in ``zone_drawing``,
places to land at in ``zone_landings``;
what is done to a running day (``preview``, ``apply``, ``add``, ``remove``) is in ``zone_changes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli import (
    flight_options,
    ground_options,
    operator_options,
    zone_changes,
    zone_drawing,
    zone_files,
    zone_landings,
)
from fleet.cli.day import Day, Root
from fleet.cli.options import Json, Tolerant, ZoneFiles, moment_option, run_name
from fleet.cli.output import BadInput, ExitCode, clock, note, show, table, warn
from fleet.cli.zone_paths import DEFAULT_SPEED_MPS, places, speeds_option, waypoints
from fleet.cli.zone_runs import zones_in_force
from fleet.hub.rundir import ROOT
from fleet.intake.escapes import one_line
from fleet.intake.zones import ZonesRead
from fleet.protocol.values import Place
from geofences.checks.result import CheckResult, Conflict, Status, Why
from geofences.model.altitude import NO_TERRAIN, Limit
from geofences.model.zone import Zone
from geofences.zones.describe import limit_text

app = typer.Typer(no_args_is_help=True)
app.command("show")(zone_files.show_zones)
app.command("convert")(zone_files.convert)
app.command("diff")(zone_files.diff)
app.command("draw")(zone_drawing.draw)
app.command("landings")(zone_landings.landings)
app.command("preview")(zone_changes.preview)
app.command("apply")(zone_changes.apply)
app.command("add")(zone_changes.add)
app.command("remove")(zone_changes.remove)

EXIT_CODES = {Status.CLEAR: ExitCode.OK, Status.BLOCKED: ExitCode.NO, Status.UNKNOWN: ExitCode.UNKNOWN}


@app.command("check")
def check(
    path: Annotated[
        str,
        typer.Option(
            "--path", metavar="POINTS", help='"lon,lat,alt_amsl lon,lat,alt_amsl …"; one alone is a position.'
        ),
    ],
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When the path begins: ISO 8601 with offset.")
    ],
    zones: ZoneFiles = None,
    speed_mps: Annotated[
        str,
        typer.Option(
            "--speed-mps", metavar="V[,V…]", help="Speed along the path, or one for each leg between points."
        ),
    ] = f"{DEFAULT_SPEED_MPS:g}",
    fleet: operator_options.FleetFile = None,
    vehicle: operator_options.Vehicles = None,
    hold: operator_options.Held = None,
    area: operator_options.Areas = None,
    drive: operator_options.Drives = None,
    weight_kg: operator_options.Weight = None,
    time_margin_s: operator_options.TimeMargin = 0.0,
    terrain: ground_options.GroundText = None,
    terrain_datum: ground_options.GridDatum = None,
    terrain_error_m: ground_options.GridError = None,
    canopy_m: ground_options.Canopy = 0.0,
    geoid: ground_options.GeoidFile = None,
    geoid_error_m: ground_options.GeoidError = None,
    buffer: flight_options.Buffer = None,
    falls_on: flight_options.FallsOn = None,
    uncertainty: flight_options.Errors = None,
    tolerant: Tolerant = False,
    as_json: Json = False,
) -> None:
    """Check a path, or a position: exit code 0 when it is clear, 1 when it is blocked, 3 when that can't be known."""
    speeds, margin_s = speeds_option(speed_mps), operator_options.time_margin(time_margin_s)
    points = list(waypoints(path, moment_option("--at", at), speeds))
    ground = ground_options.ground(terrain, terrain_datum, terrain_error_m, canopy_m, geoid, geoid_error_m)
    read = _read(zones, tolerant=tolerant, near=places(points))
    ours = operator_options.operator(read.zones, fleet, vehicle, hold, area)
    if drive is None and weight_kg is not None:
        raise BadInput("--weight-kg: needs --drive, as only robots on the ground have permits")
    volumes, counted = None, []
    if drive is None:
        below = ground_options.told_of_points_below(points, ground.terrain)
        if below is not None:
            warn(below)
        rules = flight_options.flight_rules(
            buffer, uncertainty, falls_on, points, max(speeds), ground.terrain, ours.zones
        )
        result = flight_options.checked(
            ours.zones, points, ground.terrain, rules, ours.held, ours.areas, margin_s
        )
        volumes = rules.said()
        counted = ours.counted(
            lambda some: (
                flight_options.checked(some, points, ground.terrain, rules, ours.held, None).conflicts
            )
        )
    else:
        flying = {"--buffer": buffer, "--uncertainty": uncertainty, "--falls-on": falls_on, "--area": area}
        given = [name for name, value in flying.items() if value is not None]
        result = operator_options.driven(ours.zones, points, drive, weight_kg, given, margin_s)
    status = _status(result)
    for one in counted:
        note(operator_options.told_of_count(one))
    answer = {
        **_answer(status, result),
        "zones": len(ours.zones),
        "terrain": ground.said,
        "volumes": volumes,
        "counts_for": counted,
    }
    show(answer, _answer_text(status, result, len(ours.zones)), as_json=as_json)
    raise typer.Exit(EXIT_CODES[status])


@app.command("list")
def list_zones(
    zones: ZoneFiles = None,
    tolerant: Tolerant = False,
    name: Annotated[
        str | None,
        typer.Option("--name", help="The zones in force in this run, instead of files.", callback=run_name),
    ] = None,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """List the zones of files, or those in force in a run, with what was remarked in reading them."""
    if name is None:
        read = _read(zones, tolerant=tolerant, instead=", or --name for those in force in a run")
    elif zones:
        raise BadInput("give --zones or --name, not both")
    else:
        read = zones_in_force(Day.named(name, root))
    rows = [_described(zone) for zone in read.zones.zones]
    data = {
        "zones_version": read.zones.version,
        "zones": rows,
        "refused": [{"file": each.file, "zone": each.field, "why": each.message} for each in read.refused],
    }
    header = ("zone", "name", "restriction", "lower", "upper", "remarks")
    lines = [[row[name] or "" for name in header[:-1]] + ["; ".join(row["remarks"])] for row in rows]
    text = f"{table(header, lines)}\n{_count(len(rows))}, {read.zones.version}"
    show(data, text, as_json=as_json)


def _read(
    zones: list[Path] | None, *, tolerant: bool, instead: str = "", near: Sequence[Place] = ()
) -> ZonesRead:
    if not zones:
        raise BadInput(f"--zones: give at least one zone file{instead}")
    return zone_files.read_files(zones, tolerant=tolerant, near=near)


def _status(result: CheckResult) -> Status:
    """The answer; where it is unknown for no other reason than zones that were refused, or ground of which no height
    is given, that is told."""
    why = {one.why for one in result.conflicts}
    if why == {Why.ZONE_REFUSED}:
        note("unknown, since zones were refused: what was asked is clear of the others")
    if why == {Why.HEIGHT_UNKNOWN} and result.terrain == NO_TERRAIN.said:
        note("unknown, since zones are limited above ground: give its height with --terrain")
    return result.status


def _answer(status: Status, result: CheckResult) -> dict[str, Any]:
    """With all that is needed to have it again."""
    return {
        "status": status.value,
        "zones_version": result.zones_version,
        "margins": _margins(result),
        "driven": _driven(result),
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


def _margins(result: CheckResult) -> dict[str, Any]:
    rules = result.rules
    return {
        "beside_m": round(rules.margin_m, 3),
        "above_m": round(rules.vertical_margin_m, 3),
        "time_s": rules.time_margin_s,
        "grow_mps": list(result.grows_mps),
        "held": rules.held_ids,
        "areas": None if rules.areas is None else sorted(rules.areas),
        "below_m": round(result.below_m, 3),
        "below_version": result.below_version,
    }


def _driven(result: CheckResult) -> dict[str, Any] | None:
    """What a robot's way was held to; none of what flies."""
    driven = result.driven
    return None if driven is None else {"surface": driven.surface.value, "weight_kg": driven.weight_kg}


def _answer_text(status: Status, result: CheckResult, count: int) -> str:
    header = ("zone", "why", "status", "from_m", "to_m", "entered", "left")
    rows = [
        [*(_conflict(one)[name] for name in header[:5]), clock(one.entered_at), clock(one.left_at)]
        for one in result.conflicts
    ]
    rests_on = [f"{_count(count)}, {result.zones_version}"]
    if result.terrain:  # a robot's way on the ground has neither heights nor margins
        rests_on += [f"terrain: {result.terrain}", f"margins: {result.rules.said}"]
    if result.driven is not None:
        rests_on.append(f"driven: {result.driven.said}, {result.rules.time_margin_s:g} s early or late")
    if any(result.grows_mps):
        rests_on.append("growing by {:g} m/s beside, {:g} m/s above and below".format(*result.grows_mps))
    return "\n".join([status.value, *([table(header, rows)] if rows else []), *map(one_line, rests_on)])


def _count(zones: int) -> str:
    return f"{zones} zone{'' if zones == 1 else 's'}"


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
    stated = dict.fromkeys(limit_text(each) for each in limits if each is not None)
    return ", ".join(stated) or None
