"""``fleet zones landings``: where a drone could land from each part of a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli import ground_options
from fleet.cli.options import Json, Tolerant, ZoneFiles, moment_option
from fleet.cli.output import BadInput, ExitCode, note, show, table
from fleet.cli.zone_files import read_files
from fleet.cli.zone_paths import DEFAULT_SPEED_MPS, places, waypoints
from fleet.intake.sites import read_lockers, read_sites
from geofences import Diverting, GeofenceError, LandingSite, LandingStretch, landing_sites

Depots = Annotated[
    Path | None,
    typer.Option("--depots", metavar="FILE", help="Sites: those with drone pads are landed at."),
]
Lockers = Annotated[
    Path | None,
    typer.Option("--lockers", metavar="FILE", help="Parcel lockers: those with a drone port are landed at."),
]


def landings(
    path: Annotated[
        str, typer.Option("--path", metavar="POINTS", help='"lon,lat,alt_amsl lon,lat,alt_amsl …".')
    ],
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When the path begins: ISO 8601 with offset.")
    ],
    depots: Depots = None,
    lockers: Lockers = None,
    zones: ZoneFiles = None,
    speed_mps: Annotated[
        float, typer.Option("--speed-mps", help="Speed along the path, and the highest of a diversion.")
    ] = DEFAULT_SPEED_MPS,
    slowest_mps: Annotated[
        float | None, typer.Option("--slowest-mps", help="The lowest of a diversion; half of it unless told.")
    ] = None,
    range_m: Annotated[
        float, typer.Option("--range-m", metavar="M", help="Longer diversions count as none; 15000 at most.")
    ] = 5_000.0,
    margin_m: Annotated[
        float, typer.Option("--margin-m", metavar="M", help="How far from zones is flown.")
    ] = 0.0,
    terrain: ground_options.GroundText = None,
    terrain_datum: ground_options.GridDatum = None,
    terrain_error_m: ground_options.GridError = None,
    canopy_m: ground_options.Canopy = 0.0,
    tolerant: Tolerant = False,
    as_json: Json = False,
) -> None:
    """The nearest site with a clear way, from each part of a path: exit code 0 when there is one everywhere, else 1."""
    points = list(waypoints(path, moment_option("--at", at), speed_mps))
    ground = ground_options.ground(terrain, terrain_datum, terrain_error_m, canopy_m, None, None)
    if not zones:
        raise BadInput("--zones: give at least one zone file")
    read = read_files(zones, tolerant=tolerant, near=places(points))
    flying = Diverting(speed_mps / 2 if slowest_mps is None else slowest_mps, speed_mps, range_m)
    try:
        found = landing_sites(
            read.zones,
            points,
            list(_sites(depots, lockers)),
            ground.terrain,
            flying,
            lambda: False,
            margin_m=margin_m,
        )
    except (ValueError, GeofenceError) as error:
        raise BadInput(str(error)) from None
    if read.refused:
        note("unknown, since zones were refused")
    rows = [_said(one) for one in found]
    show(
        {"stretches": rows, "zones_version": read.zones.version, "terrain": ground.said},
        _as_table(rows),
        as_json=as_json,
    )
    raise typer.Exit(_code(found, whole=not read.refused))


def _code(found: Sequence[LandingStretch], *, whole: bool) -> ExitCode:
    if not whole:
        return ExitCode.UNKNOWN
    return ExitCode.NO if any(one.site_id is None for one in found) else ExitCode.OK


def _sites(depots: Path | None, lockers: Path | None) -> Iterator[LandingSite]:
    if depots is None and lockers is None:
        raise BadInput("--depots, --lockers: give at least one file of places to land at")
    for site in () if depots is None else read_sites(depots).sites:
        if site.drone_pads:
            yield LandingSite(site.site_id, site.place.lon, site.place.lat)
    for locker in () if lockers is None else read_lockers(lockers):
        if locker.drone_port:
            yield LandingSite(locker.locker_id, locker.place.lon, locker.place.lat)


def _said(one: LandingStretch) -> dict[str, Any]:
    return {
        "from_m": round(one.from_m, 1),
        "to_m": round(one.to_m, 1),
        "from_at": one.from_at.isoformat(),
        "to_at": one.to_at.isoformat(),
        "site": one.site_id,
        "least_m": None if one.least_m is None else round(one.least_m, 1),
        "most_m": None if one.most_m is None else round(one.most_m, 1),
        "via": [[round(lon, 7), round(lat, 7)] for lon, lat in one.via],
        "why": None if one.why is None else one.why.value,
        "zones": list(one.zones),
    }


def _as_table(rows: Sequence[dict[str, Any]]) -> str:
    header = ("from_m", "to_m", "site", "way_m", "how")
    lines = [[one["from_m"], one["to_m"], one["site"] or "none", _way(one), _how(one)] for one in rows]
    return table(header, lines)


def _way(one: dict[str, Any]) -> str:
    return "" if one["site"] is None else f"{one['least_m']:.0f} to {one['most_m']:.0f}"


def _how(one: dict[str, Any]) -> str:
    if one["site"] is not None:
        return f"around, by {len(one['via'])} points" if one["via"] else "straight"
    return " ".join([one["why"].replace("_", " "), *one["zones"]])
