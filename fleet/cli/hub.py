"""``fleet hub``: runs the hub of a run directory in the foreground, until it is told to stop; backs it up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from fleet.app import TO_AND_FRO_S, Setup, plan_there_s, run_hub
from fleet.cli import backups
from fleet.cli.day import Name, Root, run_refused
from fleet.cli.day_files import day_files
from fleet.cli.hub_options import (
    BeginsAt,
    Control,
    Feed,
    Hours,
    KeepContactsDays,
    LogJson,
    LogLevel,
    PlanIterations,
    PlanSeconds,
    RealRate,
    Replan,
    Resume,
    StatusAt,
    StatusOpen,
    StoreUrl,
    Telemetry,
    Watchdog,
    WithoutKeys,
)
from fleet.cli.options import (
    DEPOTS,
    LOCKERS,
    EnergyTracks,
    FleetFile,
    Json,
    Streets,
    WeatherFile,
    ZoneFiles,
    check_budget,
    given_options,
    moment_option,
)
from fleet.cli.output import BadInput, ExitCode, Unreachable, note, show, warn
from fleet.hub.observability import logs
from fleet.hub.observability.observing import Observing
from fleet.hub.observability.watchdog import END_S
from fleet.hub.planning import Effort
from fleet.hub.rundir import DEFAULT_NAME, ROOT, NoSuchRun, RunDir, RunDirError, Running
from fleet.hub.sockets import BindError
from fleet.intake.errors import IntakeError
from fleet.network.errors import NetworkError
from fleet.store.address import checked
from fleet.store.base import StoreError

app = typer.Typer(invoke_without_command=True)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore_run)
app.command("put-back")(backups.note_put_back)
app.command("verify")(backups.verify_run)


@app.callback()
def command(
    context: typer.Context,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    resume: Resume = False,
    depots: Annotated[Path | None, DEPOTS] = None,
    lockers: Annotated[Path | None, LOCKERS] = None,
    fleet: FleetFile = None,
    weather: WeatherFile = None,
    zones: ZoneFiles = None,
    energy: EnergyTracks = None,
    network: Streets = None,
    at: BeginsAt = None,
    hours: Hours = 14,
    control: Control = "tcp://127.0.0.1:5701",
    telemetry: Telemetry = "tcp://127.0.0.1:5702",
    feed: Feed = "tcp://127.0.0.1:5703",
    rate: RealRate = 1,
    status: StatusAt = "127.0.0.1:0",
    status_open: StatusOpen = False,
    watchdog: Watchdog = END_S,
    log_level: LogLevel = logs.Level.INFO,
    log_json: LogJson = False,
    plain: WithoutKeys = False,
    keep_contacts_days: KeepContactsDays = 30,
    replan: Replan = True,
    plan_seconds: PlanSeconds = None,
    plan_iterations: PlanIterations = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Run the hub: orders come in through `fleet orders import`, vehicles and lockers connect to it over ZeroMQ.

    A new day's run directory gets a `world.json`, with which `fleet-adapter sim --spec` simulates its assets."""
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return
    setup = None
    if resume:
        _refuse_options_of_a_new_day(context)
    else:
        if depots is None or lockers is None:
            raise BadInput("--depots and --lockers are needed to set a day up (or --resume)")
        begin = datetime.now(UTC) if at is None else moment_option("--at", at)
        setup = Setup(
            name=name,
            files=day_files(depots, lockers, (fleet, weather, energy, network), zones),
            at=begin,
            until=begin + timedelta(hours=hours),
            rate=rate,
            control=control,
            telemetry=telemetry,
            feed=feed,
            observing=Observing(status=status, beyond_loopback=status_open, watchdog_s=watchdog),
            plain=plain,
            keep_contacts_days=keep_contacts_days,
            replans=replan,
            effort=_effort(plan_seconds, plan_iterations, rate=rate, hours=hours),
            store=None if store is None else _address(store),
        )
    logs.configure(level=log_level, as_json=log_json or None)
    with _ends_in_the_log(alone=log_json and not as_json):
        serve(RunDir.named(name, root), setup, as_json=as_json, quiet=log_json)


def _refuse_options_before(context: typer.Context) -> None:
    """`fleet hub --name X backup` would back another run up than meant."""
    if given := list(given_options(context).values()):
        verb = context.invoked_subcommand
        raise BadInput(f"{given[0]}: options of `fleet hub {verb}` come behind {verb!r}")


def _refuse_options_of_a_new_day(context: typer.Context) -> None:
    """Nobody must believe that a day goes on in another store, at another rate or with another retention."""
    if given := [option for option in given_options(context).values() if option not in WITH_RESUME]:
        raise BadInput(
            f"{given[0]}: does not count with --resume; change the run's setup.json, or leave it out"
        )


WITH_RESUME = frozenset({"--resume", "--name", "--root", "--log-level", "--log-json", "--json"})
"""What counts where a day is taken up: the rest stands in the run's setup."""


@contextmanager
def _ends_in_the_log(*, alone: bool) -> Iterator[None]:
    """A fault of the program is logged with its trace. ``alone``: nothing but the log is written, so why the hub ends
    stands there too, and not in a line of its own that no reader of JSON understands.
    """
    try:
        yield
    except (BadInput, IntakeError, NetworkError, Unreachable) as error:
        if not alone:
            raise
        logs.log_end(str(error))
        raise SystemExit(
            ExitCode.UNREACHABLE if isinstance(error, Unreachable) else ExitCode.BAD_INPUT
        ) from None
    except Exception as error:
        logs.log_fault(error)
        if not alone:
            raise
        raise SystemExit(ExitCode.CRASH) from None


def _effort(seconds: float | None, iterations: int | None, *, rate: float, hours: float) -> Effort:
    """How hard the hub looks for each of its plans; refused where the day would be over before they are there."""
    check_budget(seconds, iterations, prefix="--plan-")
    there_s = 0.0 if seconds is None else plan_there_s(seconds, rate)
    if there_s > MOST_OF_THE_DAY * hours * 3600:
        raise BadInput(
            f"--plan-seconds: at --rate {rate:g} a plan of {seconds:g} s is in force {there_s / 60:.0f} minutes after "
            f"it was asked for ({TO_AND_FRO_S:g} s to and fro), of a day of {hours:g} hours; a quarter is the most: "
            "give less, a lower --rate, or --plan-iterations"
        )
    return Effort(seconds=seconds) if iterations is None else Effort(iterations=iterations)


MOST_OF_THE_DAY = 0.25
"""The share of the day that one plan may take."""


def _address(text: str) -> str:
    try:
        return checked(text)
    except ValueError as error:
        raise BadInput(f"--store: {error}") from None


def serve(run: RunDir, new: Setup | None, *, as_json: bool, quiet: bool = False) -> None:
    """Run a new day, or the one that is there, until SIGTERM or Ctrl-C. ``quiet``: the log says it all."""

    def started(running: Running) -> None:
        if new is not None:
            _simulated(run, new)
        if as_json or not quiet:
            _started(running, as_json=as_json)

    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: told.append(got))
    try:
        run_hub(run, lambda: bool(told), started, new=new)
    except NoSuchRun as error:
        raise Unreachable(str(error)) from error
    except RunDirError as error:
        raise run_refused(error) from error
    except BindError as error:
        raise BadInput(str(error)) from error
    except StoreError as error:
        raise Unreachable(str(error)) from error
    if not quiet:
        note(f"hub {run.path.name}: stopped; take the day up again with --resume")


PLAIN = (
    "this hub runs WITHOUT KEYS (--plain): whoever can start a process on this machine can steer the whole fleet; "
    "for anything but trials start it without --plain"
)


def _simulated(run: RunDir, setup: Setup) -> None:
    """Leave what simulated assets of this day need. The hub runs without them too."""
    from fleet.cli.world import write_world  # here, because a day that is taken up has its world already
    from fleet.sim.errors import SimError

    try:
        write_world(run, setup)
    except (SimError, OSError) as error:
        warn(f"no {run.world.name}, so no simulated assets: {error}")


def _started(running: Running, *, as_json: bool) -> None:
    """Where the hub listens, once it does; as JSON for who started it, or in words."""
    where = running.model_dump(include={"name", "control", "telemetry", "feed", "status"})
    words = (
        f"hub {running.name}: control {running.control}, telemetry {running.telemetry}; stop it with Ctrl-C"
    )
    show(where, words, as_json=as_json)
    if running.plain:
        warn(PLAIN)
