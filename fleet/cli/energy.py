"""``fleet energy``: what a flight takes from the battery, how sure that is, and how far it could go.

What is done with flight logs is in ``energy_logs`` and ``energy_calibration``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, cast

import typer

from fleet.cli import (
    energy_airframes,
    energy_calibration,
    energy_logs,
    energy_plots,
    energy_range,
    energy_residuals,
    energy_speed,
)
from fleet.cli.airframes import AirframeName, TemperatureC, WarmestC, WindFromDeg, WindMps, airframe_option
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, show, table
from fleet.energy.airframe import Airframe, Held
from fleet.energy.errors import InvalidInput
from fleet.feasibility.estimate import RULE, Estimate, Question, estimate
from fleet.protocol.options import Status

app = typer.Typer(no_args_is_help=True)
app.command("evaluate")(energy_logs.evaluate)
app.command("calibrate")(energy_calibration.calibrate)
app.command("plot")(energy_plots.plot)
app.command("range")(energy_range.flight_range)
app.command("speed")(energy_speed.speed)
app.command("residuals")(energy_residuals.residuals)
app.command("airframes")(energy_airframes.airframes)

EXIT_CODES = {
    Status.FEASIBLE: ExitCode.OK,
    Status.INFEASIBLE: ExitCode.NO,
    Status.UNKNOWN: ExitCode.UNKNOWN,
}
REGIMES = ("takeoff", "cruise", "hover", "descent", "landing")


@app.command("estimate")
def estimate_flight(
    airframe: AirframeName,
    payload_kg: Annotated[float, typer.Option("--payload-kg", help="Carried out, and not back.")],
    out_m: Annotated[float, typer.Option("--out-m", help="How far it is to the drop.")],
    speed_mps: Annotated[float, typer.Option("--speed-mps", help="Airspeed (see --speed-held).")],
    height_m: Annotated[float, typer.Option("--height-m", help="Flight height above the launch site.")],
    back_m: Annotated[float | None, typer.Option("--back-m", help="How far back; as far as out.")] = None,
    bearing_deg: Annotated[
        float, typer.Option("--bearing-deg", help="Where out leads to, clockwise from north.")
    ] = 0.0,
    wind_mps: WindMps = None,
    wind_from_deg: WindFromDeg = None,
    temperature_c: TemperatureC = None,
    warmest_c: WarmestC = None,
    pressure_hpa: Annotated[
        float | None,
        typer.Option("--pressure-hpa", help="Of the day, at sea level (QNH); the standard's unless told."),
    ] = None,
    speed_held: Annotated[
        str | None,
        typer.Option(
            "--speed-held",
            metavar="air|ground",
            help="Which speed the autopilot holds in wind; as the airframe says unless told.",
        ),
    ] = None,
    site_amsl_m: Annotated[
        float, typer.Option("--site-amsl-m", help="Height of the launch site above mean sea level.")
    ] = 0.0,
    drop_s: Annotated[float, typer.Option("--drop-s", help="Hover at the drop.")] = 30.0,
    drop_height_m: Annotated[
        float, typer.Option("--drop-height-m", help="Height of that hover above the launch site.")
    ] = 0.0,
    soc: Annotated[float, typer.Option("--soc", help="State of charge, 0 to 1.")] = 1.0,
    health: Annotated[float, typer.Option("--health", help="State of the pack's health, 0 to 1.")] = 1.0,
    floor: Annotated[float, typer.Option("--floor", help="Share of the pack that is never drawn.")] = 0.1,
    reserve: Annotated[
        float, typer.Option("--reserve", help="Share of a full pack's usable energy that must stay.")
    ] = RULE.fraction_of_usable,
    epsilon: Annotated[
        float, typer.Option("--epsilon", help="Accepted probability, as modelled, of touching the reserve.")
    ] = RULE.epsilon,
    as_json: Json = False,
) -> None:
    """What a flight out with a parcel and back without takes: exit code 0 when it may start, 1 when not, 3 unknown."""
    frame = airframe_option("--airframe", airframe)
    if wind_from_deg is not None and wind_mps is None:
        raise BadInput("--wind-from-deg: give --wind-mps too, how strong the wind is")
    try:
        question = Question(
            payload_kg=payload_kg,
            out_m=out_m,
            speed_mps=speed_mps,
            height_m=height_m,
            back_m=back_m,
            bearing_deg=bearing_deg,
            wind_mps=0.0 if wind_mps is None else wind_mps,
            wind_from_deg=wind_from_deg,
            temperature_c=temperature_c,
            warmest_c=warmest_c,
            pressure_hpa=pressure_hpa,
            speed_held=cast(Held | None, speed_held),
            site_amsl_m=site_amsl_m,
            drop_s=drop_s,
            drop_height_m=drop_height_m,
            soc=soc,
            health=health,
            floor=floor,
            reserve=reserve,
            epsilon=epsilon,
        )
    except InvalidInput as error:
        option = f"--{error.field.replace('_', '-')}"
        raise BadInput(f"{option}: must be {error.expected} (found {error.value})") from None
    found = estimate(frame, question)
    show(_said(frame, question, found), _text(frame, question, found), as_json=as_json)
    raise typer.Exit(EXIT_CODES[found.verdict.status])


def _said(frame: Airframe, question: Question, found: Estimate) -> dict[str, Any]:
    flight = found.flight
    return {
        "airframe": frame.name,
        "calibration": _calibration(frame),
        "feasible": found.verdict.feasible,
        "verdict": found.verdict.status.value,
        "reasons": [reason.model_dump(mode="json") for reason in found.verdict.reasons],
        "energy_wh": None if flight is None else round(float(flight.energy_wh), 4),
        "by_regime": None if flight is None else {name: round(wh, 4) for name, wh in _regimes(found)},
        "duration_s": None if flight is None else round(flight.duration_s, 2),
        "usable_wh": _rounded(found.usable_wh),
        "reserve_wh": _rounded(found.reserve_wh),
        "margin_share": round(found.margin_share, 6),
        "margin_wh": _rounded(found.margin_wh),
        "needed_wh": _rounded(found.needed_wh),
        "spare_wh": _rounded(found.spare_wh),
        "largest_radius_m": None if found.largest_radius_m is None else round(found.largest_radius_m, 1),
        "distribution_wh": {name: round(wh, 4) for name, wh in found.percentiles_wh.items()} or None,
        "tail": _tail(frame),
        "assumptions": list(found.assumptions),
        "inputs": asdict(question) | {"density_kg_m3": round(question.density_kg_m3, 5)},
    }


def _calibration(frame: Airframe) -> dict[str, Any]:
    known = frame.residual
    return {
        "calibrated": frame.calibrated,
        "flights": None if known is None else known.flights,
        "log_sd": None if known is None else known.log_sd,
        "source": frame.sources.get("residual"),
    }


def _tail(frame: Airframe) -> str:
    if frame.residual is None:
        return "modelled: never calibrated, so by how far published figures lie from measured ones"
    return (
        f"modelled, not proven: log-normal, Student's t for a deviation from {frame.residual.flights} flights"
    )


def _regimes(found: Estimate) -> list[tuple[str, float]]:
    """All of them, in the order in which they are flown first."""
    taken = {} if found.flight is None else found.flight.by_regime
    return [(name, float(taken.get(name, 0.0))) for name in REGIMES]


def _rounded(wh: float | None) -> float | None:
    return None if wh is None else round(wh, 4)


def _text(frame: Airframe, question: Question, found: Estimate) -> str:
    lines = [found.verdict.status.value, *(f"  {reason.detail}" for reason in found.verdict.reasons)]
    if found.flight is not None:
        lines += ["", table(("regime", "Wh"), [(name, f"{wh:.2f}") for name, wh in _regimes(found)]), ""]
        lines.append(_sum(question, found))
        likely = ", ".join(f"{name} {wh:.1f}" for name, wh in found.percentiles_wh.items())
        lines.append(f"energy by probability: {likely} Wh ({_tail(frame)})")
    if found.largest_radius_m is not None:
        lines.append(f"out and back at most {found.largest_radius_m:.0f} m away")
    return "\n".join([*lines, *(f"assumes: {assumption}" for assumption in found.assumptions)])


def _sum(question: Question, found: Estimate) -> str:
    """Energy, margin and reserve against what the battery gives."""
    energy_wh = 0.0 if found.flight is None else float(found.flight.energy_wh)
    parts = f"{energy_wh:.2f} Wh and {found.margin_wh or 0:.2f} Wh of margin ({found.margin_share:.1%}"
    parts += f" for {question.epsilon:g})"
    if found.needed_wh is None or found.usable_wh is None:
        return f"{parts}; what the battery gives is not known"
    return f"{parts} and {found.reserve_wh:.2f} Wh of reserve: {found.needed_wh:.2f} of {found.usable_wh:.2f} Wh usable"
