"""``fleet energy range``: how far a drone may fly from a place and come back, as a shape for a map."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.airframes import TemperatureC, WarmestC, WindFromDeg, WindMps, airframe_option
from fleet.cli.day import Day, Root
from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json, place_option, run_name
from fleet.cli.output import BadInput, ExitCode, Unreachable, show
from fleet.energy.errors import InvalidInput
from fleet.feasibility.charge import SOC_STALE, SOC_UNKNOWN
from fleet.feasibility.estimate import RULE, Question
from fleet.feasibility.range import feature, range_area
from fleet.hub.rundir import DEFAULT_NAME, ROOT, RunDirError
from fleet.protocol.options import Status

EXIT_CODES = {Status.FEASIBLE: ExitCode.OK, Status.INFEASIBLE: ExitCode.NO, Status.UNKNOWN: ExitCode.UNKNOWN}
OF_AN_ASSET = "--{}: is not for an --asset, whose type, charge and weather are known"


def flight_range(
    payload_kg: Annotated[float, typer.Option("--payload-kg", help="Carried out, and not back.")],
    airframe: Annotated[
        str | None,
        typer.Option("--airframe", metavar="NAME|FILE", help="A built-in airframe, or a file (TOML)."),
    ] = None,
    asset: Annotated[
        str | None, typer.Option("--asset", metavar="ID", help="An asset of a run, as it is now.")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option("--from", metavar="LON,LAT", help="From where; an asset's own place unless told."),
    ] = None,
    speed_mps: Annotated[
        float | None, typer.Option("--speed-mps", help="Airspeed; the airframe's cruise speed unless told.")
    ] = None,
    height_m: Annotated[
        float | None, typer.Option("--height-m", help="Flight height; 60 unless told.")
    ] = None,
    wind_mps: WindMps = None,
    wind_from_deg: WindFromDeg = None,
    temperature_c: TemperatureC = None,
    warmest_c: WarmestC = None,
    site_amsl_m: Annotated[
        float, typer.Option("--site-amsl-m", help="Height of the ground above mean sea level.")
    ] = 0.0,
    soc: Annotated[
        float | None, typer.Option("--soc", help="State of charge; 1, or the asset's, unless told.")
    ] = None,
    reserve: Annotated[
        float | None, typer.Option("--reserve", help="Share of a full pack's usable energy that must stay.")
    ] = None,
    epsilon: Annotated[
        float | None, typer.Option("--epsilon", help="Accepted probability of touching the reserve.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.geojson", help="Where the shape goes.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the run.", callback=run_name)] = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """The area of flights out and straight back, as GeoJSON: exit code 0 where there is one, 1 where not, 3 unknown."""
    check_out("--out", out)
    told = {
        "speed-mps": speed_mps, "height-m": height_m, "wind-mps": wind_mps, "wind-from-deg": wind_from_deg,
        "temperature-c": temperature_c, "warmest-c": warmest_c, "reserve": reserve, "epsilon": epsilon,
    }  # fmt: skip
    if (airframe is None) == (asset is None):
        raise BadInput("--airframe, --asset: give one of them")
    try:
        if asset is not None:
            _refuse(told)
            made = _of_asset(Day.named(name, root), asset, place, payload_kg, soc, site_amsl_m)
        else:
            made = _of_airframe(str(airframe), place, payload_kg, soc, told | {"site-amsl-m": site_amsl_m})
    except InvalidInput as error:
        option = {"lon": "--from", "lat": "--from"}.get(error.field, f"--{error.field.replace('_', '-')}")
        raise BadInput(f"{option}: must be {error.expected} (found {error.value})") from None
    _tell(made, out, as_json=as_json)


def _refuse(told: dict[str, float | None]) -> None:
    """What an asset's type, the weather and the fleet's rules say already."""
    given = [option for option, value in told.items() if value is not None]
    if given:
        raise BadInput(OF_AN_ASSET.format(given[0]))


def _of_airframe(
    airframe: str, place: str | None, payload_kg: float, soc: float | None, told: dict[str, float | None]
) -> dict[str, Any]:
    if place is None:
        raise BadInput("--from: give the place, as LON,LAT")
    if told["wind-from-deg"] is not None and told["wind-mps"] is None:
        raise BadInput("--wind-from-deg: give --wind-mps too, how strong the wind is")
    frame, here = airframe_option("--airframe", airframe), place_option("--from", place)
    question = Question(
        payload_kg=payload_kg,
        out_m=0.0,
        speed_mps=_or(told["speed-mps"], frame.cruise_mps),
        height_m=_or(told["height-m"], 60.0),
        wind_mps=_or(told["wind-mps"], 0.0),
        wind_from_deg=told["wind-from-deg"],
        temperature_c=told["temperature-c"],
        warmest_c=told["warmest-c"],
        soc=_or(soc, 1.0),
        site_amsl_m=_or(told["site-amsl-m"], 0.0),
        reserve=_or(told["reserve"], RULE.fraction_of_usable),
        epsilon=_or(told["epsilon"], RULE.epsilon),
    )
    about = {
        "airframe": frame.name,
        "from": [here.lon, here.lat],
        "payload_kg": payload_kg,
        "soc": question.soc,
    }
    return feature(range_area(frame, question, here.lon, here.lat), **about)


def _of_asset(
    day: Day, asset_id: str, place: str | None, payload_kg: float, soc: float | None, ground_amsl_m: float
) -> dict[str, Any]:
    # They load the dispatcher and the solvers, which an airframe alone does not need.
    from fleet.app import read_setup
    from fleet.console.errors import NoSuchAsset
    from fleet.console.views.range import range_row
    from fleet.feasibility.charge import ToldCharge
    from fleet.weather.files import read_weather_file

    try:
        setup = read_setup(day.run)
    except RunDirError as error:
        raise Unreachable(str(error)) from error
    state, here = day.ledger().state, None if place is None else place_option("--from", place)
    at = day.now(lockstep=day.lockstep(), wall=datetime.now(UTC)) or setup.at
    weather = None if setup.files.weather is None else read_weather_file(setup.files.weather)
    try:
        return range_row(
            state,
            weather,
            asset_id,
            at,
            payload_kg=payload_kg,
            told=None if soc is None else ToldCharge(asset_id, soc),
            place=here,
            ground_amsl_m=ground_amsl_m,
        )
    except NoSuchAsset as error:
        raise BadInput(f"--asset: {error}") from None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _tell(made: dict[str, Any], out: Path | None, *, as_json: bool) -> None:
    if out is not None:
        write_out(out, json.dumps(made, indent=1) + "\n")
    show(made, _text(made, out), as_json=as_json)
    raise typer.Exit(EXIT_CODES[Status(made["properties"]["verdict"])])


def _text(made: dict[str, Any], out: Path | None) -> str:
    told = made["properties"]
    lines = [told["verdict"], *(f"  {reason['detail']}" for reason in told["reasons"])]
    if told["farthest_m"] is not None:
        lines.append(
            f"out and back {told['nearest_m']:.0f} to {told['farthest_m']:.0f} m from "
            f"{told['from'][0]:g}, {told['from'][1]:g}, with a margin of {told['margin_share']:.1%} ({told['tail']})"
        )
    if {SOC_UNKNOWN, SOC_STALE} & {reason["code"] for reason in told["reasons"]}:
        lines.append("to ask with a charge of your own, give --soc")
    lines += [f"assumes: {assumption}" for assumption in told["assumptions"]]
    lines.append(f"written to {out}" if out is not None else "as GeoJSON: --json, or --out FILE.geojson")
    return "\n".join(lines)
