"""``fleet demo``: a sample day from orders to report, with the real hub and simulated assets."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.options import Json
from fleet.cli.output import BadInput, Unreachable, note, show, table
from fleet.demo import DemoOptions, failures, prepare, run_demo
from fleet.hub.rundir import ROOT, RunDir, RunDirError, write_atomically
from fleet.supervisor import ChildDied

INCIDENTS = ("none", "some", "hard")


def command(
    name: Annotated[str, typer.Option("--name", help="Name of the run.")] = "demo",
    root: Annotated[Path, typer.Option("--root", help="Where run directories are.")] = ROOT,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the city and of the day.")] = 0,
    parcels: Annotated[int, typer.Option("--parcels", min=1, max=2000, help="About how many parcels.")] = 150,
    incidents: Annotated[
        str, typer.Option("--incidents", help="How much goes wrong: none, some or hard.")
    ] = "none",
    iterations: Annotated[int, typer.Option("--iterations", min=0, help="The planner's effort.")] = 300,
    headless: Annotated[bool, typer.Option("--headless", help="No console; ends by itself.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a day that was interrupted.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the report (JSON).")
    ] = None,
    margin_scale: Annotated[
        float | None, typer.Option("--margin-scale", help="Trial: scale the hub's energy margin.")
    ] = None,
    ignore_zones: Annotated[
        bool, typer.Option("--ignore-zones", help="Trial: the hub does not know the zones; the world does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a sample day: a seeded city, about 150 parcels, four simulated hours, a report at the end."""
    if incidents not in INCIDENTS:
        raise BadInput(f"--incidents: must be one of {', '.join(INCIDENTS)} (found {incidents!r})")
    if report is not None and not report.absolute().parent.is_dir():
        raise BadInput(f"--report: must be a file in a folder that exists (found {str(report)!r})")
    run = RunDir.named(name, root)
    if resume and not run.setup.exists():
        raise BadInput(f"{run.path}: there is no interrupted day of that name")
    if not resume:
        note(f"making a city from seed {seed} in {run.path}")
        options = DemoOptions(
            seed, parcels, 4.0, incidents, iterations, not headless, margin_scale, ignore_zones
        )
        try:
            prepare(run, options)
        except RunDirError as error:
            raise BadInput(str(error)) from error
    result = _run(run, headless=headless)
    _write(report, result)
    hard = json.loads((run.path / "options.json").read_text(encoding="utf-8"))["incidents"] == "hard"
    wrong = failures(result, hard=hard)
    show(result, summary(result, wrong), as_json=as_json)
    raise typer.Exit(1 if wrong else 0)


def _run(run: RunDir, *, headless: bool) -> dict[str, Any]:
    stay = sys.stdin.isatty() and not headless
    told: list[bool] = []

    def keep() -> bool:
        if stay and not told:
            told.append(True)
            note("the day is over; the console stays up until Ctrl-C")
        return stay

    try:
        return run_demo(run, console=not headless, tell=note, keep=keep)
    except ChildDied as error:
        raise Unreachable(f"{error}\nGo on with: fleet demo --resume --name {run.path.name}") from error


def _write(path: Path | None, result: dict[str, Any]) -> None:
    if path is not None:
        write_atomically(path, json.dumps(result, indent=1))


WAYS = (("this fleet", "planned_hindsight"), ("greedy", "greedy"), ("vans alone", "van_only"))
"""Like beside like: how else the same parcels could have been planned, all known from the start."""


def summary(result: dict[str, Any], wrong: list[str]) -> str:
    """The report in a few lines."""
    ended, cost = result["ended"], result["cost"]
    rows = [(mode, count, cost["by_mode"].get(mode, "")) for mode, count in result["by_mode"].items()]
    lines = [
        f"{result['parcels']} parcels: " + ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in ended.items()),
        table(("mode", "parcels", "cost"), rows),
        f"cost {cost['total']:.2f} incurred, incidents and late parcels included",
        "planned with hindsight, nothing going wrong: " + "; ".join(_beside(cost, *way) for way in WAYS),
        f"{result['on_time_share']:.1%} on time",
        f"{len(result['exceptions'])} exceptions; {result['wall_s']:.0f} s for {result['simulated_s'] / 3600:.1f} h",
        "FAILED: " + "; ".join(wrong) if wrong else "no zone breached, no reserve broken, custody unbroken",
    ]
    return "\n".join(lines)


def _beside(cost: dict[str, Any], name: str, way: str) -> str:
    if cost.get(way) is None:
        return f"{name} not known"
    left = cost.get(f"{way}_unassigned") or 0
    return f"{name} {cost[way]:.2f}" + (f" with {left} not served" if left else "")
