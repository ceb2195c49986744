"""``fleet simulate``: a day in one process on virtual time. The same seed gives the same events.

With ``--runs`` the day is run many times against what nobody knows beforehand (``fleet.cli.whatif``).
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fleet.cli.day_files import day_files
from fleet.cli.day_options import (
    Against,
    BeginsAt,
    Changes,
    Demand,
    EventsFile,
    Failures,
    IgnoreZones,
    Incidents,
    Iterations,
    MarginScale,
    Parcels,
    ReportFile,
    Runs,
    Seed,
    Travel,
    Wind,
    Workers,
)
from fleet.cli.demo import INCIDENTS, summary
from fleet.cli.files import check_out, write_out
from fleet.cli.options import (
    DEPOTS,
    LOCKERS,
    ORDERS,
    EnergyTracks,
    FleetFile,
    Json,
    Streets,
    WeatherFile,
    ZoneFiles,
    given_options,
    moment_option,
)
from fleet.cli.output import BadInput, note, show
from fleet.cli.whatif import cases_of, city_case, files_case, run_study, workers_of
from fleet.demo import DemoOptions, build_day, incoming_of, with_baselines
from fleet.demo import failures as failures_of
from fleet.dispatch.report import report as report_of
from fleet.hub.tuning import tune
from fleet.progress import LATEST, settled
from fleet.sim.spec import Uncertainty
from fleet.simulate import simulate
from fleet.store.rows import event_text
from fleet.trueworld import roads_of
from fleet.whatif.scenario import Study

ONE_DAY = ("events", "report")
MANY_DAYS = (
    *("demand", "travel", "failures", "wind", "against", "change", "workers"),
    *("orders", "depots", "lockers", "fleet", "weather", "zones", "energy", "at"),
)
CITY = ("parcels", "margin_scale", "ignore_zones")
"""Options by their names here: for one day only, for many only, of the demo's city only."""


def command(
    context: typer.Context,
    seed: Seed = 0,
    parcels: Parcels = 150,
    incidents: Incidents = "none",
    iterations: Iterations = 100,
    events: EventsFile = None,
    report: ReportFile = None,
    margin_scale: MarginScale = None,
    ignore_zones: IgnoreZones = False,
    runs: Runs = None,
    demand: Demand = 0.0,
    travel: Travel = 0.0,
    failures: Failures = 0.0,
    wind: Wind = 0.0,
    against: Against = None,
    change: Changes = None,
    workers: Workers = None,
    orders: Annotated[Path | None, ORDERS] = None,
    depots: Annotated[Path | None, DEPOTS] = None,
    lockers: Annotated[Path | None, LOCKERS] = None,
    fleet: FleetFile = None,
    weather: WeatherFile = None,
    zones: ZoneFiles = None,
    energy: EnergyTracks = None,
    network: Streets = None,
    at: BeginsAt = None,
    as_json: Json = False,
) -> None:
    """Simulate a day without processes and sockets, as fast as it goes: the demo's, or with --runs your own files'."""
    if incidents not in INCIDENTS:
        raise BadInput(f"--incidents: must be one of {', '.join(INCIDENTS)} (found {incidents!r})")
    own = any(path is not None for path in (orders, depots, lockers))
    _check_together(context, many=runs is not None, own=own)
    options = DemoOptions(
        seed, parcels, 4.0, incidents, iterations, False, margin_scale, ignore_zones, network=network
    )
    if runs is None:
        _one_day(options, events, report, as_json=as_json)
    with tempfile.TemporaryDirectory() as folder:
        if own:
            if orders is None or depots is None or lockers is None:
                raise BadInput("--orders, --depots and --lockers go together: give all three, or none")
            files = day_files(depots, lockers, (fleet, weather, energy, network), zones, orders)
            moment = None if at is None else moment_option("--at", at)
            first = files_case(files, moment, iterations=iterations, seed=seed)
        else:
            first = city_case(Path(folder), options)
        doubts = Uncertainty(travel=travel, wind_mps=wind, failures=failures)
        study = Study(cases_of(first, against, change or ()), runs, seed, demand, doubts, incidents)
        raise typer.Exit(run_study(study, workers_of(workers, study), as_json=as_json))


def _check_together(context: typer.Context, *, many: bool, own: bool) -> None:
    """Refuse options that would not count beside the others: nobody must believe that they did."""
    given = given_options(context)
    if not many and (found := [given[name] for name in MANY_DAYS if name in given]):
        raise BadInput(f"{found[0]}: needs --runs, over how many days")
    if many and (found := [given[name] for name in ONE_DAY if name in given]):
        raise BadInput(f"{found[0]}: is of one day; leave out --runs")
    if own and (found := [given[name] for name in CITY if name in given]):
        raise BadInput(f"{found[0]}: is the demo's city's; leave it out with --orders")
    if many and not own:
        found = [given[n] for n in ("fleet", "weather", "zones", "energy", "at") if n in given]
        if found:
            raise BadInput(f"{found[0]}: needs --orders, --depots and --lockers beside it")


def _one_day(options: DemoOptions, events: Path | None, report: Path | None, *, as_json: bool) -> NoReturn:
    """The demo's day with its report; ends the command."""
    check_out("--events", events)
    check_out("--report", report)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        setup, world = build_day(Path(folder), options)
        inputs = setup.files.read(note)
        tune()
        day = simulate(
            setup,
            inputs,
            world,
            incoming=incoming_of(setup),
            incidents=options.incidents,
            over=settled,
            latest=LATEST,
            roads=roads_of(inputs.context),
            tell=note,
        )
        result = report_of(
            day.events,
            judge=day.verdict,
            wall_s=round(time.monotonic() - begun, 1),
            seed=options.seed,
            network=inputs.context.network,
        )
        result = with_baselines(result, setup)
    if events is not None:
        write_out(events, "".join(f"{event_text(e)}\n" for e in day.events))
    if report is not None:
        write_out(report, json.dumps(result, indent=1))
    wrong = failures_of(result, hard=options.incidents == "hard")
    show(result, summary(result, wrong), as_json=as_json)
    raise typer.Exit(1 if wrong else 0)
