"""The options of ``fleet hub`` that no other command has."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.hub.observability import logs
from fleet.hub.planning import Effort

Resume = Annotated[
    bool, typer.Option("--resume", help="Take up the run as it was set up; its setup.json counts.")
]
BeginsAt = Annotated[str | None, typer.Option("--at", metavar="TIME", help="The day begins then; else now.")]
Hours = Annotated[float, typer.Option("--hours", help="How long the day is.", min=0.1, max=8784)]
Control = Annotated[str, typer.Option("--control", help="Where peers connect.")]
Telemetry = Annotated[str, typer.Option("--telemetry", help="Where telemetry goes.")]
Feed = Annotated[str, typer.Option("--feed", help="Where readers listen.")]
RealRate = Annotated[
    float,
    typer.Option(
        "--rate", help="Times faster than the clock, with simulated assets only.", min=0.01, max=1000
    ),
]
StatusAt = Annotated[
    str,
    typer.Option("--status", metavar="HOST:PORT", help="Where /metrics, /healthz, /readyz are; or off."),
]
StatusOpen = Annotated[
    bool, typer.Option("--status-open", help="Let --status be an address that other machines reach.")
]
Watchdog = Annotated[
    float,
    typer.Option("--watchdog", metavar="SECONDS", help="End a hub that hangs for so long; 0 never.", min=0),
]
LogLevel = Annotated[
    logs.Level, typer.Option("--log-level", help="What is logged at all; also with --resume.")
]
LogJson = Annotated[
    bool, typer.Option("--log-json", help="Say everything as JSON lines; also with --resume.")
]
WithoutKeys = Annotated[
    bool,
    typer.Option("--plain", help="Without keys: every process of this machine, and no other, may connect."),
]
Replan = Annotated[
    bool,
    typer.Option("--replan/--no-replan", help="Whether new plans may change drafts that nobody was shown."),
]
PlanSeconds = Annotated[
    float | None,
    typer.Option(
        "--plan-seconds",
        metavar="S",
        help="Each plan and replan takes so long at most; plans then differ from run to run.",
    ),
]
PlanIterations = Annotated[
    int | None,
    typer.Option(
        "--plan-iterations",
        metavar="N",
        help=f"Each plan searches so many steps instead; {Effort().iterations} unless told.",
    ),
]
KeepContactsDays = Annotated[
    float,
    typer.Option(
        "--keep-contacts-days",
        metavar="DAYS",
        help="Erase names and addresses so long after a parcel's end.",
        min=0,
        max=3650,
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL", help="A PostgreSQL database instead of a file; without a password."
    ),
]
