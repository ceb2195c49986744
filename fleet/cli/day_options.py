"""The options of a simulated day: of ``fleet simulate``, and some of ``fleet demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.options import MAX_SEED
from fleet.whatif.scenario import MOST_DAYS

Seed = Annotated[
    int,
    typer.Option("--seed", min=0, max=MAX_SEED, help="Seed of the city and of the day, or of all days."),
]
Parcels = Annotated[int, typer.Option("--parcels", min=1, max=2000, help="About how many parcels.")]
Incidents = Annotated[str, typer.Option("--incidents", help="How much goes wrong: none, some or hard.")]
Iterations = Annotated[int, typer.Option("--iterations", min=0, help="The planner's effort.")]
EventsFile = Annotated[
    Path | None, typer.Option("--events", metavar="FILE", help="Write the events (JSON lines).")
]
ReportFile = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write the report (JSON).")]
MarginScale = Annotated[
    float | None, typer.Option("--margin-scale", min=0, help="Trial: scale the hub's energy margin.")
]
IgnoreZones = Annotated[
    bool, typer.Option("--ignore-zones", help="Trial: the hub does not know the zones; the world does.")
]
Runs = Annotated[
    int | None,
    typer.Option("--runs", min=1, max=MOST_DAYS, help="Run the day so often, each time with other chance."),
]
Demand = Annotated[
    float, typer.Option("--demand", min=0, max=1, help="Spread of a day's parcels: 0.2 is 20 %.")
]
Travel = Annotated[
    float, typer.Option("--travel", min=0, max=1, help="Spread of a day's driving times: 0.2 is 20 %.")
]
Failures = Annotated[
    float,
    typer.Option("--failures", min=0, max=1000, help="How often a vehicle fails in 100 hours of moving."),
]
Wind = Annotated[
    float,
    typer.Option("--wind", metavar="MPS", min=0, max=15, help="How far a day's wind is from its forecast."),
]
Against = Annotated[
    Path | None, typer.Option("--against", metavar="FILE", help="Compare with this fleet (TOML).")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--change", metavar="TEXT", help='Compare with "drone +2" or "van -1 at D1"; repeatable.'),
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=64, help="Processes; one a processor unless told.")
]
BeginsAt = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When the day begins.")]
