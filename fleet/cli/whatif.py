"""``fleet simulate --runs``: a day many times against what is unknown, and one fleet against another."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from datetime import datetime
from pathlib import Path

from fleet.app import Files, Setup
from fleet.cli.options import processors
from fleet.cli.output import BadInput, ExitCode, note, show, warn
from fleet.cli.whatif_text import told
from fleet.config import snapshot_of
from fleet.demo import INPUT, DemoOptions, build_day
from fleet.hub.planning import Effort
from fleet.sim.errors import SimError
from fleet.whatif.changes import Change, ChangeError, parse_change
from fleet.whatif.day import check
from fleet.whatif.result import Tally, as_data
from fleet.whatif.runs import run_all
from fleet.whatif.scenario import Case, Study

THIS = "this fleet"
LATER = "later_orders.csv"


def city_case(folder: Path, options: DemoOptions) -> Case:
    """The demo's day, its files written into ``folder``."""
    setup, _ = build_day(folder, options)
    here = folder / INPUT
    effort = Effort(iterations=options.iterations, seed=options.seed, baselines=False)
    return Case(THIS, setup.model_copy(update={"effort": effort}), here / "orders.csv", here / LATER)


def files_case(files: Files, at: datetime | None, *, iterations: int, seed: int) -> Case:
    """The day of one's own files. Raises ``IntakeError``, also where one row of the orders is wrong."""
    orders = files.orders
    if orders is None:
        raise BadInput("--orders, --depots and --lockers go together")
    inputs = files.read(note)
    inputs.orders.strict()
    for warning in inputs.warnings:
        warn(warning)
    snapshot = snapshot_of(inputs, at=at)
    setup = Setup(
        name="whatif",
        # The orders come in over the wire, as on a real day.
        files=files.model_copy(update={"orders": None}).absolute(),
        at=snapshot.at,
        until=snapshot.until,
        seed=seed,
        lockstep=True,
        effort=Effort(iterations=iterations, seed=seed, baselines=False),
    )
    return Case(THIS, setup, orders.absolute())


def cases_of(first: Case, against: Path | None, changes: Sequence[str]) -> tuple[Case, ...]:
    """The fleet of the day, and beside it the one that it is compared with, if any."""
    if against is None and not changes:
        return (first,)
    files = first.setup.files
    if against is not None:
        files = files.model_copy(update={"fleet": against.absolute()})
    made = tuple(_change(text) for text in changes)
    name = ", ".join([*([] if against is None else [against.name]), *map(str, made)])
    setup = first.setup.model_copy(update={"files": files})
    return first, Case(name, setup, first.orders, first.later_orders, made)


def _change(text: str) -> Change:
    try:
        return parse_change(text)
    except ChangeError as error:
        raise BadInput(f"--change: {error} (found {text!r})") from None


def workers_of(told_workers: int | None, study: Study) -> int:
    """In how many processes the days run: as told, else one for each processor, as far as there are days for them."""
    days = study.days * len(study.cases)
    return min(told_workers or processors(), days)


def run_study(study: Study, workers: int, *, as_json: bool) -> ExitCode:
    """Run it, and show what came of it; also of the days that were over when it was interrupted."""
    _check(study)
    tally = Tally(study)
    code = _take_all(study, workers, tally)
    for one in tally.failed:
        warn(f"day {one.day + 1} of {study.cases[one.case].name!r} failed and is left out: {one.failed}")
    if not tally.days:
        note("no day was over with every fleet: there is nothing to tell")
        return code if code is not ExitCode.OK else ExitCode.NO
    show(as_data(tally), told(tally), as_json=as_json)
    return ExitCode.NO if tally.failed and code is ExitCode.OK else code


def _check(study: Study) -> None:
    """Say what is wrong with any fleet before the first day."""
    try:
        check(study.cases)
    except ChangeError as error:
        raise BadInput(f"--change: {error}") from None
    except SimError as error:
        raise BadInput(str(error)) from None


def _take_all(study: Study, workers: int, tally: Tally) -> ExitCode:
    days = study.days * len(study.cases)
    step = max(1, days // 10)
    try:
        with closing(run_all(study, workers)) as over:
            for count, done in enumerate(over, 1):
                tally.take(done)
                if count % step == 0 or count == days:
                    note(f"{count} of {days} days are over")
    except KeyboardInterrupt:
        note(f"\ninterrupted: {len(tally.days)} of {study.days} days count")
        return ExitCode.INTERRUPTED
    except BrokenProcessPool:
        warn(f"a worker died (out of memory?): {len(tally.days)} of {study.days} days count; try --workers 1")
        return ExitCode.CRASH
    return ExitCode.OK
