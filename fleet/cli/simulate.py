"""``fleet simulate``: a day in one process on virtual time. The same seed gives the same events."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.demo import INCIDENTS, summary
from fleet.cli.files import check_out, write_out
from fleet.cli.options import MAX_SEED, Json
from fleet.cli.output import BadInput, note, show
from fleet.demo import DemoOptions, build_day, failures, incoming_of, with_baselines
from fleet.dispatch.report import report as report_of
from fleet.progress import LATEST, settled
from fleet.simulate import simulate
from fleet.store.rows import event_text


def command(
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=MAX_SEED, help="Seed of the city and of the day.")
    ] = 0,
    parcels: Annotated[int, typer.Option("--parcels", min=1, max=2000, help="About how many parcels.")] = 150,
    incidents: Annotated[
        str, typer.Option("--incidents", help="How much goes wrong: none, some or hard.")
    ] = "none",
    iterations: Annotated[int, typer.Option("--iterations", min=0, help="The planner's effort.")] = 100,
    events: Annotated[
        Path | None, typer.Option("--events", metavar="FILE", help="Write the events (JSON lines).")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the report (JSON).")
    ] = None,
    margin_scale: Annotated[
        float | None, typer.Option("--margin-scale", min=0, help="Trial: scale the hub's energy margin.")
    ] = None,
    ignore_zones: Annotated[
        bool, typer.Option("--ignore-zones", help="Trial: the hub does not know the zones; the world does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Simulate the demo's day without processes and sockets, as fast as it goes."""
    if incidents not in INCIDENTS:
        raise BadInput(f"--incidents: must be one of {', '.join(INCIDENTS)} (found {incidents!r})")
    check_out("--events", events)
    check_out("--report", report)
    begun = time.monotonic()
    options = DemoOptions(seed, parcels, 4.0, incidents, iterations, False, margin_scale, ignore_zones)
    with tempfile.TemporaryDirectory() as folder:
        setup, world = build_day(Path(folder), options)
        inputs = setup.files.read()
        day = simulate(
            setup,
            inputs,
            world,
            incoming=incoming_of(setup),
            incidents=incidents,
            over=settled,
            latest=LATEST,
            tell=note,
        )
        result = report_of(
            day.events,
            judge=day.verdict,
            wall_s=round(time.monotonic() - begun, 1),
            seed=seed,
            network=inputs.context.network,
        )
        result = with_baselines(result, setup)
    if events is not None:
        write_out(events, "".join(f"{event_text(e)}\n" for e in day.events))
    if report is not None:
        write_out(report, json.dumps(result, indent=1))
    wrong = failures(result, hard=incidents == "hard")
    show(result, summary(result, wrong), as_json=as_json)
    raise typer.Exit(1 if wrong else 0)
