"""``fleet energy speed``: which airspeed goes farthest in a wind, and which is in time with the least energy."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleet.cli.airframes import AirframeName, WindMps, airframe_option
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, show, table
from fleet.energy.air import CALM, Wind, air_density
from fleet.energy.errors import InvalidInput
from fleet.energy.sortie import SortiePlan
from fleet.energy.speed import Speed, Way, at_speed, range_speed, timely_speed

ENERGY_ALONE = "energy alone, without margin: battery and reserve are asked by fleet energy estimate"
NAMES = {"range": "farthest", "cruise": "the airframe's own", "in_time": "in time with the least"}


def speed(
    airframe: AirframeName,
    payload_kg: Annotated[float, typer.Option("--payload-kg", help="Carried out, and not back.")],
    out_m: Annotated[float, typer.Option("--out-m", help="How far it is to the drop, and back.")],
    height_m: Annotated[float, typer.Option("--height-m", help="Flight height above the launch site.")],
    bearing_deg: Annotated[
        float, typer.Option("--bearing-deg", help="Where out leads to, clockwise from north.")
    ] = 0.0,
    wind_mps: WindMps = None,
    wind_from_deg: Annotated[
        float | None, typer.Option("--wind-from-deg", help="Where it blows from.")
    ] = None,
    site_amsl_m: Annotated[
        float, typer.Option("--site-amsl-m", help="Height of the launch site above mean sea level.")
    ] = 0.0,
    drop_s: Annotated[float, typer.Option("--drop-s", help="Hover at the drop.")] = 30.0,
    within_s: Annotated[
        float | None, typer.Option("--within-s", help="Back within so many seconds: which speed takes least?")
    ] = None,
    as_json: Json = False,
) -> None:
    """Airspeeds for a flight out and straight back: exit code 0, or 1 where the wind or the time allows none."""
    frame = airframe_option("--airframe", airframe)
    if frame.holds_ground:
        raise BadInput(
            f"--airframe: {frame.name} holds its speed over ground; airspeeds are not its to choose"
        )
    if (wind_mps is None) != (wind_from_deg is None):
        raise BadInput("--wind-mps, --wind-from-deg: give both, or none for calm air")
    if out_m < 0:
        raise BadInput(f"--out-m: must be zero or more (found {out_m:g})")
    try:
        wind = CALM if wind_mps is None or wind_from_deg is None else Wind(wind_mps, wind_from_deg)
        density = air_density(site_amsl_m + height_m)
        plan = SortiePlan(height_m=height_m, drop_s=drop_s, wind=wind, density_kg_m3=density)
        way = Way(out_m, bearing_deg, payload_kg)
        found: dict[str, Speed | None] = {
            "range": range_speed(frame, way, plan),
            "cruise": at_speed(frame, way, plan, frame.cruise_mps),
        }
        if within_s is not None:
            found["in_time"] = timely_speed(frame, way, plan, within_s)
    except InvalidInput as error:
        option = (
            "site-amsl-m with --height-m" if error.field == "alt_amsl_m" else error.field.replace("_", "-")
        )
        raise BadInput(f"--{option}: must be {error.expected} (found {error.value})") from None
    possible = {
        name: one if one is not None and one.energy_wh < float("inf") else None for name, one in found.items()
    }
    limit_mps = frame.wind.max_wind_mps
    reasons = []
    if wind.speed_mps > limit_mps:
        possible = dict.fromkeys(possible)
        reasons.append(
            f"the wind of {wind.speed_mps:g} m/s is more than {frame.name} can take: {limit_mps:g} m/s"
        )
    elif possible["range"] is None:
        reasons.append(f"against a wind of {wind.speed_mps:g} m/s it gets nowhere at any airspeed")
    elif within_s is not None and possible["in_time"] is None:
        reasons.append(f"no airspeed brings it back within {within_s:g} s")
    said: dict[str, Any] = {name: _said(one) for name, one in possible.items()}
    text = "\n".join([_text(possible), *reasons, ENERGY_ALONE])
    show(said | {"reasons": reasons, "assumptions": [ENERGY_ALONE]}, text, as_json=as_json)
    wanted = possible["range"] if within_s is None else possible["in_time"]
    raise typer.Exit(ExitCode.NO if wanted is None else ExitCode.OK)


def _said(one: Speed | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "airspeed_mps": round(one.airspeed_mps, 3),
        "energy_wh": round(one.energy_wh, 4),
        "duration_s": round(one.duration_s, 2),
    }


def _text(found: dict[str, Speed | None]) -> str:
    rows = [
        (NAMES[name], "none", "", "")
        if one is None
        else (NAMES[name], f"{one.airspeed_mps:.1f}", f"{one.energy_wh:.1f}", f"{one.duration_s:.0f}")
        for name, one in found.items()
    ]
    return table(("speed", "m/s", "Wh", "s"), rows)
