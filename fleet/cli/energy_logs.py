"""``fleet energy evaluate``: a model held against a flight log."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.airframes import AirframeName, airframe_option
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, show, table
from fleet.energy.airframe import Airframe
from fleet.energy.errors import InvalidInput
from fleet.energy.evaluate import Errors, Evaluation
from fleet.energy.evaluate import evaluate as held_against
from fleet.energy.lacks import off_base
from fleet.energy.logs import FlightLog, read_log
from fleet.energy.split import split_of
from fleet.feasibility.estimate import RULE
from fleet.intake.tables import decoded, read_bytes

LogFile = Annotated[Path, typer.Argument(metavar="LOG.csv", help="A flight log: a row for each regime.")]


def evaluate(
    log: LogFile,
    airframe: AirframeName,
    held_out: Annotated[
        float | None,
        typer.Option(
            "--held-out", help="Only this share of the flights, those that a calibration holds out."
        ),
    ] = None,
    epsilon: Annotated[
        float, typer.Option("--epsilon", help="Accepted probability that the margin is for.")
    ] = RULE.epsilon,
    as_json: Json = False,
) -> None:
    """How far the model lies from a log: exit code 0 when every flight stayed within the margin, 1 when one did not."""
    frame = airframe_option("--airframe", airframe)
    read, digest = log_and_digest(log)
    try:
        only = None if held_out is None else split_of(read.flights, held_out).held_out
        found = held_against(frame, read, epsilon=epsilon, only=only)
    except InvalidInput as error:
        raise BadInput(_place(error, log)) from None
    if lacks := tuple(off_base("all flights", math.exp(found.residuals.log_mean))):
        raise BadInput(f"{log}: {lacks[0].detail}")
    facts = _facts(frame, read, log, digest, held_out)
    show(facts | _said(found), _text(facts, found), as_json=as_json)
    raise typer.Exit(ExitCode.NO if found.margin.exceeded else ExitCode.OK)


def _place(error: InvalidInput, log: Path) -> str:
    """Which option, or what of the log, is to blame."""
    options = {"share": "--held-out", "epsilon": "--epsilon"}
    if error.field in options:
        return f"{options[error.field]}: must be {error.expected} (found {error.value})"
    if error.field == "log":
        return f"{log}: no flight that is asked about has take-off, cruise and landing"
    return f"{log}: {error.field} {error.value} is not {error.expected}"


def log_and_digest(file: Path) -> tuple[FlightLog, str]:
    """The log, and the SHA-256 of what was read: a pipe can be read only once. Raises ``IntakeError``."""
    data = read_bytes(file)
    return read_log(decoded(data, str(file)), str(file)), hashlib.sha256(data).hexdigest()


def _facts(
    frame: Airframe, read: FlightLog, log: Path, digest: str, held_out: float | None
) -> dict[str, Any]:
    return {
        "airframe": frame.name,
        "calibrated": frame.calibrated,
        "log": {"file": str(log), "sha256": digest, "rows": len(read.rows), "flights": len(read.flights)},
        "held_out": held_out,
    }


def _said(found: Evaluation) -> dict[str, Any]:
    """All figures to six digits after the point; shares, not per cent."""
    said: dict[str, Any] = rounded(asdict(found))
    return said | {"within_margin": not found.margin.exceeded}


def rounded(value: Any) -> Any:
    """A value with all its figures to six digits after the point."""
    match value:
        case float():
            return round(value, 6)
        case dict():
            return {name: rounded(one) for name, one in value.items()}
        case list() | tuple():
            return [rounded(one) for one in value]
        case _:
            return value


def _text(facts: dict[str, Any], found: Evaluation) -> str:
    log, margin = facts["log"], found.margin
    lines = [
        f"{facts['airframe']} against {found.trips.count} of {log['flights']} flights of {log['file']}",
        "",
        table(("error", "count", "mean", "mean abs", "p50", "p95", "worst"), _rows(found)),
        "",
        f"margin {margin.share:.1%}: {_beyond(margin.beyond)}, the most was {margin.most:+.1%}",
    ]
    if (like := margin.durations_given) is not None:
        lines.append(
            f"of it with durations given, as this log has no plans, {like.share:.1%}: {_beyond(like.beyond)}"
        )
    if margin.radius_share is not None:
        lines.append(
            f"radius: {margin.radius_share:.1%} of what would be flown by who knows each flight's energy"
        )
    log_sd = found.residuals.log_sd
    lines.append(
        f"residuals: mean of the logarithm {found.residuals.log_mean:+.4f}"
        + ("" if log_sd is None else f", standard deviation {log_sd:.4f}")
    )
    if found.remaining is None:
        lines.append("remaining: not known, since the rows do not stand as they were flown")
    if found.plan is None:
        lines.append(
            "from the plan alone: not known; it needs distance_m and speed_mps of cruises, height_m of others"
        )
    if found.incomplete:
        lines.append(f"no whole flights: {_named(found.incomplete)}")
    if found.outside:
        lines.append(f"masses or speeds beyond the airframe's: {_named(found.outside)}")
    return "\n".join(lines)


def _rows(found: Evaluation) -> list[tuple[object, ...]]:
    named: list[tuple[str, Errors | None]] = [("trip, durations given", found.trips)]
    named.append(("trip, from the plan alone", found.plan))
    if found.remaining is not None:
        named.append(("left after a quarter of the cruise", found.remaining.corrected))
        named.append(("  uncorrected", found.remaining.uncorrected))
        named.append(("  by the full ratio", found.remaining.full_ratio))
    named += [(f"power in {regime}", errors) for regime, errors in found.by_regime.items()]
    return [(name, *_cells(errors)) for name, errors in named if errors is not None]


def _cells(errors: Errors) -> tuple[object, ...]:
    shares = (errors.mean_abs, errors.p50, errors.p95, errors.worst)
    return (errors.count, f"{errors.mean:+.1%}", *(f"{share:.1%}" for share in shares))


def _beyond(names: tuple[str, ...]) -> str:
    return f"{_counted(names)} took more ({_named(names)})" if names else "no flight took more"


def _counted(names: tuple[str, ...]) -> str:
    """How many; ids may be numbers, so that names alone would read as one."""
    return "1 flight" if len(names) == 1 else f"{len(names)} flights"


MOST = 5
"""How many flights are named."""


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
