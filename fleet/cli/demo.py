"""``fleet demo``: a sample day from orders to report, with the real hub and simulated assets."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.app import Setup, read_setup
from fleet.cli.day import Name, Root, run_refused
from fleet.cli.day_options import IgnoreZones, Incidents, Iterations, MarginScale, Parcels, ReportFile
from fleet.cli.files import check_out, write_out
from fleet.cli.options import MAX_SEED, Json, Streets, given_options
from fleet.cli.output import BadInput, Unreachable, note, show, table
from fleet.cli.report import stopped_text
from fleet.demo import (
    NAME,
    OPTIONS,
    DemoOptions,
    Report,
    asking,
    build_day,
    claimed,
    failures,
    keep_pace,
    prepare,
    resuming,
    run_demo,
)
from fleet.demofleet import OwnFleet
from fleet.hub.rundir import ROOT, NoSuchRun, RunDir, RunDirError
from fleet.supervisor import ChildDied

INCIDENTS = ("none", "some", "hard")
MIN_RATE, MAX_RATE = 0.1, 10_000.0
"""Of simulated time, in seconds a second. No machine reaches the highest: it is as fast as it goes."""

TO_TRY = ("orders list", "stop-all", "resume-all")
"""What a newcomer is told to try while a demo runs."""


def command(
    context: typer.Context,
    name: Name = NAME,
    root: Root = ROOT,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=MAX_SEED, help="Seed of the city and of the day.")
    ] = 0,
    parcels: Parcels = 150,
    incidents: Incidents = "none",
    iterations: Iterations = 300,
    headless: Annotated[bool, typer.Option("--headless", help="No console; ends by itself.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a day that was interrupted.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, and keep nothing of a day that was interrupted.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="N",
            help="At most N simulated seconds a second; without it as fast as it goes. 60: four minutes a day.",
        ),
    ] = None,
    report: ReportFile = None,
    margin_scale: MarginScale = None,
    ignore_zones: IgnoreZones = False,
    network: Streets = None,
    fleet: Annotated[
        Path | None,
        typer.Option("--fleet", metavar="FILE", help="Fleet (TOML) in place of the city's, at its sites."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a sample day: a seeded city, about 150 parcels, four simulated hours, a report at the end."""
    if incidents not in INCIDENTS:
        raise BadInput(f"--incidents: must be one of {', '.join(INCIDENTS)} (found {incidents!r})")
    _check_rate(rate)
    check_out("--report", report)
    if resume and fresh:
        raise BadInput("give --resume or --fresh, not both")
    if resume:
        _refuse_options_of_a_new_demo(context)
    run = RunDir.named(name, root)
    options = DemoOptions(
        seed,
        parcels,
        4.0,
        incidents,
        iterations,
        not headless,
        margin_scale,
        ignore_zones,
        rate,
        network,
        None if fleet is None else OwnFleet.read(fleet),
    )
    person = sys.stdin.isatty() and not headless
    ending = Ending(run, report, as_json=as_json, stay=person)
    if not resume and (network is not None or fleet is not None):
        _check_files(options)
    with _refusals(), claimed(run, resume=resume):
        if not resume:
            note(f"making a city from seed {seed} in {run.path}")
            prepare(run, options, fresh=fresh, tell=note)
        elif rate is not None:
            keep_pace(run, rate)
        for line in beforehand(run, read_setup(run), person=person):
            note(line)
        result = _run(run, ending, headless=headless)
    ending.show(result)
    raise typer.Exit(1 if ending.wrong(result) else 0)


def _check_rate(rate: float | None) -> None:
    """Raises ``BadInput`` for what is no rate: at less than the lowest, no asset would answer a command in time."""
    if rate is not None and not MIN_RATE <= rate <= MAX_RATE:
        raise BadInput(f"--rate: must be from {MIN_RATE:g} to {MAX_RATE:g} (found {rate:g})")


def beforehand(run: RunDir, setup: Setup, *, person: bool) -> list[str]:
    """What is said of a demo's time before it begins: how long it takes, and to a ``person`` at a terminal how there is
    time to try commands, and which.
    """
    if setup.pace is None:
        hint = "the day goes by in about a minute; with --rate 60 it lasts four, and commands can be tried"
        return [hint] if person else []
    hours = (setup.until - setup.at) / timedelta(hours=1)
    lasts_s = 3600 * hours / setup.pace
    lasts = f"{lasts_s / 60:.0f} minutes" if lasts_s >= 120 else f"{lasts_s:.0f} s"
    lines = [f"at most {setup.pace:g} simulated seconds a second: {hours:g} hours take {lasts} or more"]
    if person:
        commands = "; ".join(asking(run, words) for words in TO_TRY)
        lines.append(f"to try in another terminal meanwhile: {commands}")
    return lines


OF_A_NEW_DEMO = frozenset(
    {"seed", "parcels", "incidents", "iterations", "margin_scale", "ignore_zones", "network", "fleet"}
)
"""Options, by their names here, that a demo keeps from its beginning to its end."""


def _refuse_options_of_a_new_demo(context: typer.Context) -> None:
    """Nobody must believe that a day goes on in another city or on other streets."""
    for name, option in given_options(context).items():
        if name in OF_A_NEW_DEMO:
            raise BadInput(f"{option}: is kept from the demo's beginning; leave it out with --resume")


def _check_files(options: DemoOptions) -> None:
    """Before an earlier demo makes room for one that could not begin: on these streets its city must be, and the fleet
    be one of its sites. Raises ``IntakeError``, which names the file that was given, and ``NetworkError``.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Without the margin first: what is wrong is told with the lines of the file that was given.
        build_day(Path(folder), replace(options, margin_scale=None))
        if options.margin_scale is not None:
            build_day(Path(folder), options)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NoSuchRun as error:
        raise Unreachable(str(error)) from error
    except RunDirError as error:
        raise run_refused(error) from error


@dataclass(slots=True)
class Ending:
    """Shows how a demo ended, once, and writes its report. With ``stay`` the console then stays up until Ctrl-C."""

    run: RunDir
    report: Path | None
    as_json: bool
    stay: bool
    shown: bool = False

    def wrong(self, result: Report) -> list[str]:
        """What makes this demo fail."""
        options = json.loads((self.run.path / OPTIONS).read_text(encoding="utf-8"))
        own = bool(options.get("own_fleet"))  # a demo of an earlier release does not say
        return failures(result, hard=options["incidents"] == "hard", own_fleet=own)

    def show(self, result: Report) -> None:
        """The report, if it was not shown yet."""
        if self.shown:
            return
        self.shown = True
        if self.report is not None:
            write_out(self.report, json.dumps(result, indent=1))
        text = summary(result, self.wrong(result), asking(self.run, "resume-all"))
        show(result, text, as_json=self.as_json)

    def keep(self, result: Report) -> bool:
        """Whether the console stays up; who looks at it has the report by then."""
        if self.stay and not self.shown:
            self.show(result)
            note("the day is over; the console stays up until Ctrl-C")
        return self.stay


def _run(run: RunDir, ending: Ending, *, headless: bool) -> Report:
    try:
        return run_demo(run, console=not headless, tell=note, keep=ending.keep)
    except ChildDied as error:
        raise Unreachable(f"{error}\nGo on with: {resuming(run)}") from error
    except KeyboardInterrupt:
        note(f"\ninterrupted; go on with: {resuming(run)}")
        raise


WAYS = (("this fleet", "planned_hindsight"), ("greedy", "greedy"), ("vans alone", "van_only"))
"""Like beside like: how else the same parcels could have been planned, all known from the start."""


def summary(result: dict[str, Any], wrong: list[str], resume: str = "fleet resume-all") -> str:
    """The report in a few lines; ``resume`` is the command that would have let stopped operations go on."""
    ended, cost = result["ended"], result["cost"]
    rows = [(mode, count, cost["by_mode"].get(mode, "")) for mode, count in result["by_mode"].items()]
    lines = [
        f"{result['parcels']} parcels: " + ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in ended.items()),
        table(("mode", "parcels", "cost"), rows),
        f"cost {cost['total']:.2f} incurred, incidents and late parcels included",
        "planned with hindsight, nothing going wrong: " + "; ".join(_beside(cost, *way) for way in WAYS),
        f"{result['on_time_share']:.1%} on time",
        f"{len(result['exceptions'])} exceptions; {result['wall_s']:.0f} s for {result['simulated_s'] / 3600:.1f} h",
        *_never_resumed(result, resume),
        "FAILED: " + "; ".join(wrong) if wrong else "no zone breached, no reserve broken, custody unbroken",
    ]
    return "\n".join(lines)


def _never_resumed(result: dict[str, Any], resume: str) -> list[str]:
    """Why a day that somebody stopped has parcels that did not end, and what to do another time."""
    if not result["stopped"]:
        return []
    left = result["ended"]["unresolved"]
    return [
        f"{stopped_text(result)}{f', so {left} parcels did not end' if left else ''}. "
        f"Another time let work go on while the day runs: {resume} (with --rate 60 there is time for it)"
    ]


def _beside(cost: dict[str, Any], name: str, way: str) -> str:
    if cost.get(way) is None:
        return f"{name} not known"
    left = cost.get(f"{way}_unassigned") or 0
    return f"{name} {cost[way]:.2f}" + (f" with {left} not served" if left else "")
