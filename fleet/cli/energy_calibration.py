"""``fleet energy calibrate``: an airframe's figures from its own flights, or from one hover."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.airframes import airframe_option
from fleet.cli.energy_logs import LogFile, log_and_digest, rounded
from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, show, table
from fleet.energy.airframe import Airframe
from fleet.energy.errors import InvalidInput
from fleet.energy.evaluate import Errors
from fleet.energy.fit import Fitted, NotCarried, Scaled, fit, hover_fit
from fleet.energy.logs import FlightLog
from fleet.energy.margin import margin_fraction
from fleet.energy.render import render
from fleet.feasibility.estimate import RULE


def calibrate(
    log: LogFile,
    base: Annotated[
        str,
        typer.Option("--base", metavar="NAME|FILE", help="Masses, speeds, pack: built-in or a file (TOML)."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.toml", help="Where the calibrated airframe goes.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Its name; that of the file unless told.")
    ] = None,
    held_out: Annotated[
        float, typer.Option("--held-out", help="Share of the flights to judge by, and not to fit to.")
    ] = 0.3,
    hover: Annotated[
        bool, typer.Option("--hover", help="Scale the base by the log's hovers alone: the least there is.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fit an airframe to its own flights: exit code 1, and no file, when the log can't carry it."""
    frame = airframe_option("--base", base)
    check_out("--out", out, log, Path(base))
    called = out.stem if name is None else name
    if not called or not called.isprintable():
        raise BadInput(f"--name: must be a name in one line (found {called!r})")
    read, digest = log_and_digest(log)
    origin = f"{log.name}, sha256 {digest[:16]}"
    found = _made(frame, read, log, held_out, called, origin, hover=hover)
    if isinstance(found, NotCarried):
        lacks = [one._asdict() for one in found.lacks]
        text = "\n".join(["not calibrated", *(f"  {one.detail}" for one in found.lacks)])
        show({"calibrated": False, "out": None, "reasons": lacks}, text, as_json=as_json)
        raise typer.Exit(ExitCode.NO)
    write_out(out, render(found.airframe, _heading(frame, found, origin, held_out)))
    said = _fitted(found, frame) if isinstance(found, Fitted) else _scaled(found)
    told = _fitted_text(found) if isinstance(found, Fitted) else _scaled_text(found, frame)
    margin = margin_fraction(RULE.epsilon, found.airframe.residual)
    facts = {
        "calibrated": True,
        "out": str(out),
        "reasons": [],
        "name": called,
        "margin_share": round(margin, 6),
    }
    if spread := _kept(found.airframe, frame):
        told = f"{told}\n{spread}"
    lines = [told, f"margin for {RULE.epsilon:g}: {margin:.1%}", f"written to {out}"]
    show(facts | said, "\n".join(lines), as_json=as_json)


def _kept(made: Airframe, base: Airframe) -> str:
    """What the file keeps of the base's word on how assets of the type differ."""
    residual = made.residual
    if residual is None or residual.between_log_sd is None:
        return ""
    return (
        f"assets of the type: {residual.between_log_sd:.1%} apart, {residual.drift_log_sd:.1%} a flight, "
        f"as {base.name} has it"
    )


def _made(
    frame: Airframe, read: FlightLog, log: Path, held_out: float, name: str, origin: str, *, hover: bool
) -> Fitted | Scaled | NotCarried:
    try:
        if hover:
            return hover_fit(frame, read, name=name, origin=origin)
        return fit(frame, read, share=held_out, name=name, origin=origin)
    except InvalidInput as error:
        if error.field == "share":
            raise BadInput(f"--held-out: must be {error.expected} (found {error.value})") from None
        raise BadInput(f"{log}: {error.field} {error.value} is not {error.expected}") from None


def _fitted(found: Fitted, frame: Airframe) -> dict[str, Any]:
    parts = {"held_out": found.errors, "base_held_out": found.base, "cross_validated": found.crossed}
    said = {name: rounded(asdict(errors)) for name, errors in parts.items()}
    return said | {
        "method": "flights",
        "base": frame.name,
        "sets": dict(found.methods),
        "flights": {"train": len(found.train), "held_out": len(found.held_out)},
        "held_out_flights": list(found.held_out),
        "by_regime": {name: rounded(asdict(errors)) for name, errors in found.regimes.items()},
        "residual": found.airframe.model_dump(exclude_defaults=True)["residual"],
        "regimes": found.airframe.model_dump(exclude_none=True)["regimes"],
    }


def _scaled(found: Scaled) -> dict[str, Any]:
    return {
        "method": "hover",
        "factor": round(found.factor, 6),
        "rows": found.rows,
        "seconds": round(found.seconds, 1),
        "residual": found.airframe.model_dump(exclude_defaults=True)["residual"],
        "regimes": found.airframe.model_dump(exclude_none=True)["regimes"],
    }


def _fitted_text(found: Fitted) -> str:
    named = [
        ("held out", found.errors),
        ("held out, by the base", found.base),
        ("all, cross-validated", found.crossed),
        *((f"power in {regime}, held out", errors) for regime, errors in found.regimes.items()),
    ]
    scaled = [name for name, method in found.methods.items() if method == "scale"]
    lines = [
        f"{found.airframe.name}: fitted to {len(found.train)} flights, {len(found.held_out)} held out",
        "",
        table(("error", "count", "mean", "mean abs", "p50", "p95", "worst"), [_row(*one) for one in named]),
        "",
    ]
    if scaled:
        lines.append(f"masses too alike for a line: {', '.join(scaled)} of the base by a factor")
    return "\n".join(lines)


def _row(name: str, errors: Errors) -> tuple[object, ...]:
    shares = (errors.mean_abs, errors.p50, errors.p95, errors.worst)
    return (name, errors.count, f"{errors.mean:+.1%}", *(f"{share:.1%}" for share in shares))


def _scaled_text(found: Scaled, frame: Airframe) -> str:
    return (
        f"{found.airframe.name}: {frame.name} times {found.factor:.4f}, by {found.seconds:.0f} s of hover; "
        "the deviation is declared, not measured"
    )


def _heading(frame: Airframe, found: Fitted | Scaled, origin: str, held_out: float) -> str:
    lines = [f"Made by `fleet energy calibrate` from {origin}, on the base of {frame.name}."]
    if isinstance(found, Fitted):
        errors = found.errors
        lines += [
            f"{len(found.train)} flights fitted to, {len(found.held_out)} held out (a share of {held_out:g}, by hash).",
            f"Held out: {_in_words(errors)}; by the base: {_in_words(found.base)}.",
        ]
    return "\n".join(lines)


def _in_words(errors: Errors) -> str:
    return f"mean absolute error {errors.mean_abs:.2%}, 95th percentile {errors.p95:.2%}, worst {errors.worst:.2%}"
