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

from fleet.app import Files
from fleet.cli.demo import INCIDENTS, summary
from fleet.cli.files import check_out, write_out
from fleet.cli.options import MAX_SEED, EnergyTracks, Json, ZoneFiles, given_options, moment_option
from fleet.cli.output import BadInput, note, show
from fleet.cli.whatif import cases_of, city_case, files_case, run_study, workers_of
from fleet.demo import DemoOptions, build_day, incoming_of, with_baselines
from fleet.demo import failures as failures_of
from fleet.dispatch.report import report as report_of
from fleet.progress import LATEST, settled
from fleet.sim.spec import Uncertainty
from fleet.simulate import simulate
from fleet.store.rows import event_text
from fleet.whatif.scenario import MOST_DAYS, Study

ONE_DAY = ("events", "report")
MANY_DAYS = (
    *("demand", "travel", "failures", "wind", "against", "change", "workers"),
    *("orders", "depots", "lockers", "fleet", "weather", "zones", "energy", "at"),
)
CITY = ("parcels", "margin_scale", "ignore_zones")
"""Options by their names here: for one day only, for many only, of the demo's city only."""


def command(
    context: typer.Context,
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, max=MAX_SEED, help="Seed of the city and of the day, or of all days."),
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
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs", min=1, max=MOST_DAYS, help="Run the day so often, each time with other chance."
        ),
    ] = None,
    demand: Annotated[
        float, typer.Option("--demand", min=0, max=1, help="Spread of a day's parcels: 0.2 is 20 %.")
    ] = 0.0,
    travel: Annotated[
        float, typer.Option("--travel", min=0, max=1, help="Spread of a day's driving times: 0.2 is 20 %.")
    ] = 0.0,
    failures: Annotated[
        float,
        typer.Option("--failures", min=0, max=1000, help="How often a vehicle fails in 100 hours of moving."),
    ] = 0.0,
    wind: Annotated[
        float,
        typer.Option(
            "--wind", metavar="MPS", min=0, max=15, help="How far a day's wind is from its forecast."
        ),
    ] = 0.0,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="Compare with this fleet (TOML).")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--change", metavar="TEXT", help='Compare with "drone +2" or "van -1 at D1"; repeatable.'
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=64, help="Processes; one a processor unless told.")
    ] = None,
    orders: Annotated[Path | None, typer.Option("--orders", metavar="FILE", help="Orders (CSV).")] = None,
    depots: Annotated[Path | None, typer.Option("--depots", metavar="FILE", help="Depots (CSV).")] = None,
    lockers: Annotated[Path | None, typer.Option("--lockers", metavar="FILE", help="Lockers (CSV).")] = None,
    fleet: Annotated[Path | None, typer.Option("--fleet", metavar="FILE", help="Fleet (TOML).")] = None,
    weather: Annotated[Path | None, typer.Option("--weather", metavar="FILE", help="Forecast (CSV).")] = None,
    zones: ZoneFiles = None,
    energy: EnergyTracks = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When the day begins.")] = None,
    as_json: Json = False,
) -> None:
    """Simulate a day without processes and sockets, as fast as it goes: the demo's, or with --runs your own files'."""
    if incidents not in INCIDENTS:
        raise BadInput(f"--incidents: must be one of {', '.join(INCIDENTS)} (found {incidents!r})")
    own = [path for path in (orders, depots, lockers) if path is not None]
    _check_together(context, many=runs is not None, own=bool(own))
    options = DemoOptions(seed, parcels, 4.0, incidents, iterations, False, margin_scale, ignore_zones)
    if runs is None:
        _one_day(options, events, report, as_json=as_json)
    with tempfile.TemporaryDirectory() as folder:
        if own:
            if orders is None or depots is None or lockers is None:
                raise BadInput("--orders, --depots and --lockers go together: give all three, or none")
            files = Files(
                orders=orders,
                depots=depots,
                lockers=lockers,
                fleet=fleet,
                weather=weather,
                zones=tuple(zones or ()),
                energy=energy,
            )
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
        inputs = setup.files.read()
        day = simulate(
            setup,
            inputs,
            world,
            incoming=incoming_of(setup),
            incidents=options.incidents,
            over=settled,
            latest=LATEST,
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
