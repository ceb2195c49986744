"""``fleet plan``: a day planned from files, without a hub."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.explanation import options_text
from fleet.cli.files import check_out, write_out
from fleet.cli.options import (
    DEPOTS,
    LOCKERS,
    MAX_SEED,
    ORDERS,
    EnergyTracks,
    FleetFile,
    Json,
    Streets,
    WeatherFile,
    ZoneFiles,
    check_budget,
    moment_option,
    processors,
)
from fleet.cli.output import BadInput, note, show, table, warn
from fleet.cli.room import check_room
from fleet.config import RunFiles, RunInputs, read_inputs, snapshot_of
from fleet.domain.plan import ParcelPlan, Plan, Summary
from fleet.planner import MaxIterations, Snapshot, Stop
from fleet.planner.byhour import by_hour, drive_h
from fleet.planner.emitted import co2_kg
from fleet.planner.parts import PlanParts
from fleet.planner.planfile import in_pieces, to_json
from fleet.planner.planning import plan_in_parts
from fleet.planner.problem import MAX_ATLAS
from fleet.planner.stop import within
from fleet.planner.tiled import Workers

DEFAULT_SECONDS = 10.0

WRITING_SHARE = 0.6
"""How long a very large plan takes to write, as a share of what reading its files took: so much of the time is kept for
it (`benchmarks/RESULTS.md`, "Very large days by the product's own command")."""


def command(
    orders: Annotated[Path, ORDERS],
    depots: Annotated[Path, DEPOTS],
    lockers: Annotated[Path, LOCKERS],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the plan goes (JSON).")],
    fleet: FleetFile = None,
    weather: WeatherFile = None,
    zones: ZoneFiles = None,
    energy: EnergyTracks = None,
    network: Streets = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Plan from this moment: ISO 8601 with offset."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help=f"Plan within so long; {DEFAULT_SECONDS:g} unless told.")
    ] = None,
    iterations: Annotated[
        int | None, typer.Option("--iterations", help="Search so many steps instead: reproducible.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            max=64,
            help="Search parts of a very large day beside each other; one a processor.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=MAX_SEED, help="Seed of the search.")] = 0,
    explain: Annotated[
        list[str] | None,
        typer.Option(
            "--explain",
            metavar="ORDER",
            help="Every way of this parcel with its cost, or why not: lockers, sites, vans; repeatable.",
        ),
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Plan the sound orders and list the refused rows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Plan a day from files: which mode serves each parcel, when, at which cost, and why."""
    begun = time.monotonic()
    check_budget(seconds, iterations)
    moment = None if at is None else moment_option("--at", at)
    check_out("--out", out)
    check_room("--orders", orders)
    files = RunFiles(orders, depots, lockers, fleet, weather, tuple(zones or ()), energy, network)
    inputs = read_inputs(files, all_rows=not skip_bad_rows, alone=True, tell=note)
    _tell(inputs)
    snapshot = snapshot_of(inputs, at=moment)
    note(f"planning {len(snapshot.orders)} parcels with {len(snapshot.assets)} assets")
    late, wanted, explained = _Late(), _known(explain or (), snapshot), list[ParcelPlan]()
    many = len(snapshot.orders) > MAX_ATLAS
    files_s = (1 + WRITING_SHARE) * (time.monotonic() - begun) if many else 0.0
    with ThreadPoolExecutor(workers or processors()) as threads:
        search = Workers(threads, workers or processors())
        parts = _plan(
            snapshot,
            inputs,
            search,
            seed=seed,
            seconds=seconds,
            iterations=iterations,
            files_s=files_s,
            explain=wanted,
        )
        parts = replace(parts, parcels=_noted(late.seen(parts.parcels), wanted, explained))
        made = _write(out, parts, many=many)
    _warn_of_unassigned(made)
    emitted, hours = co2_kg(made, snapshot), _drive_h(made, snapshot)
    data = _data(made, out, emitted, hours) | {"refused": len(inputs.orders.refused)}
    if explained:
        data["explained"] = [parcel.model_dump(mode="json") for parcel in explained]
    lines = [
        _summary(made, late, out, emitted, hours),
        *(options_text(each, made.currency) for each in explained),
    ]
    show(data, "\n".join(lines), as_json=as_json)


def _data(
    made: Plan, out: Path, emitted_kg: float | None, hours: tuple[float, float] | None
) -> dict[str, object]:
    """The summary for programs: what is not known is left out."""
    data = {"out": str(out), "plan_id": made.plan_id, **made.summary.model_dump(mode="json")}
    if emitted_kg is not None:
        data["co2_kg"] = round(emitted_kg, 3)
    if hours is not None:
        data["drive_h"] = {"planned": round(hours[0], 3), "by_hour": round(hours[1], 3)}
    return data


def _noted(
    parcels: Iterable[ParcelPlan], wanted: frozenset[str], explained: list[ParcelPlan]
) -> Iterator[ParcelPlan]:
    """The same parcels; those that are wanted are noted as they pass."""
    for parcel in parcels:
        if parcel.order_id in wanted:
            explained.append(parcel)
        yield parcel


def _known(explain: Sequence[str], snapshot: Snapshot) -> frozenset[str]:
    """The parcels that are to be explained; one that there is no order for is bad input."""
    unknown = sorted(set(explain) - {order.order_id for order in snapshot.orders})
    if unknown:
        raise BadInput(
            f"--explain: there is no order {', '.join(map(repr, unknown))} among those that are planned"
        )
    return frozenset(explain)


def _tell(inputs: RunInputs) -> None:
    for row in inputs.orders.refused:
        for error in row.errors:
            warn(f"refused: {error}")
    if inputs.orders.extra_columns:
        note(f"columns kept but not used: {', '.join(inputs.orders.extra_columns)}")
    for warning in inputs.warnings:
        warn(warning)


def _plan(
    snapshot: Snapshot,
    inputs: RunInputs,
    workers: Workers,
    *,
    seed: int,
    seconds: float | None,
    iterations: int | None,
    files_s: float,
    explain: frozenset[str] = frozenset(),
) -> PlanParts:
    """The plan, with what the inputs assume. Only one that counts iterations is the same every time. Of its seconds
    ``files_s`` are for reading and writing."""
    begin = time.monotonic()
    if iterations is None:
        stop: Stop = within(
            time.monotonic,
            DEFAULT_SECONDS if seconds is None else seconds,
            len(snapshot.orders),
            beside_s=files_s,
        )
    else:
        stop = MaxIterations(iterations)
    made = plan_in_parts(
        snapshot, seed=seed, stop=stop, made_at=datetime.now(UTC), workers=workers, explain=explain
    )
    return made.then(
        lambda rest: {
            "seconds": round(time.monotonic() - begin, 3) if iterations is None else None,
            "iterations": iterations,
            "assumptions": tuple(sorted({*rest.assumptions, *inputs.assumptions})),
        }
    )


def _write(out: Path, parts: PlanParts, *, many: bool) -> Plan:
    """Write the plan's file; of very many parcels as they are explained, since all at once would take gigabytes. The
    plan without its parcels."""
    if many:
        made = list[Plan]()

        def noted(rest: Plan) -> dict[str, object]:
            made.append(rest)
            return {}

        write_out(out, in_pieces(parts.then(noted)))
        return made[0]
    whole = parts.whole()
    write_out(out, to_json(whole))
    return whole


MOST = 3
"""How many reasons a warning names."""


def _warn_of_unassigned(made: Plan) -> None:
    """Say how many parcels nobody brings, and the most frequent reasons with how many parcels have each."""
    if not made.unassigned:
        return
    counts = Counter(code for left in made.unassigned for code in {reason.code for reason in left.reasons})
    named = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    why = [f"{code} ({count})" for code, count in named[:MOST]]
    more = f", and {len(named) - MOST} more reasons" if len(named) > MOST else ""
    warn(
        f"{len(made.unassigned)} of {made.summary.parcels} parcels are unassigned: {', '.join(why)}{more}; "
        "the plan file has the reasons of each"
    )


def _drive_h(made: Plan, snapshot: Snapshot) -> tuple[float, float] | None:
    """Hours of driving as planned, and at each hour's own speed; none where all hours are alike."""
    routes = by_hour(made, snapshot)
    return None if routes is None else drive_h(routes)


def _by_hour(hours: tuple[float, float]) -> str:
    return (
        f"vans drive {hours[0]:.1f} h as planned, at the slowest hour's speed; "
        f"{hours[1]:.1f} h at each hour's own, with no stop later"
    )


def _summary(
    made: Plan, late: _Late, out: Path, emitted_kg: float | None, hours: tuple[float, float] | None
) -> str:
    summary, currency = made.summary, made.currency
    costs = summary.cost.by_mode
    rows = [
        (mode, count, f"{costs[mode]:.2f}" if mode in costs else "")
        for mode, count in summary.by_mode.items()
    ]
    lines = [
        f"{summary.parcels} parcels, {summary.cost.total:.2f} {currency}{_beside(summary)}",
        table(("mode", "parcels", currency), rows),
        *_bounded(summary, currency),
        *([] if emitted_kg is None else [f"{emitted_kg:.1f} kg of CO2"]),
        *([] if hours is None else [_by_hour(hours)]),
        f"{len(made.sorties)} sorties, {len(made.routes)} van routes{_trips(made)}, {len(made.lockers)} lockers",
        *_breaks(made),
        *late.told(),
        *(f"assumes: {assumption}" for assumption in made.assumptions),
        f"written to {out}",
    ]
    return "\n".join(lines)


TELLING_PERCENT = 50.0
"""A plan farther than that above its bound is not told so: of days with long ways to few stops the bound is loose, and
says nothing of the plan. The data has it all the same."""


def _bounded(summary: Summary, currency: str) -> list[str]:
    """How far the plan is from what none can cost less than; where parcels are left that holds with their price."""
    if not summary.bound or summary.by_mode.get("unassigned"):
        return []
    above = 100 * (summary.cost.total / summary.bound - 1)
    if above > TELLING_PERCENT:
        return []
    return [
        f"by a relaxation no plan costs less than {summary.bound:.2f} {currency}: this one {above:.1f} % more"
    ]


def _trips(made: Plan) -> str:
    """By how many vans, where some come back and go out again."""
    vans = len({route.asset_id for route in made.routes})
    return f" of {vans} van{'s' * (vans > 1)}" if vans < len(made.routes) else ""


def _breaks(made: Plan) -> list[str]:
    """How many drivers have their break on the way."""
    breaks = sum(route.driver_break is not None for route in made.routes)
    return [f"{breaks} of the drivers have their break on the way"] if breaks else []


@dataclass
class _Late:
    """How many parcels come after their windows, and how late the last one is."""

    count: int = 0
    most_s: float = 0.0

    def seen(self, parcels: Iterable[ParcelPlan]) -> Iterator[ParcelPlan]:
        """The same parcels, counted as they pass."""
        for parcel in parcels:
            if parcel.late_s is not None:
                self.count, self.most_s = self.count + 1, max(self.most_s, parcel.late_s)
            yield parcel

    def told(self) -> list[str]:
        """For people; nothing where nobody is late."""
        most = f"{self.most_s / 60:.0f} min"
        return (
            [f"{self.count} of the parcels come after their windows, by up to {most}"] if self.count else []
        )


def _beside(summary: Summary) -> str:
    """The baselines, where they were computed."""
    parts = [
        f"{name} {cost:.2f}" + (f" with {left} unassigned" if left else "")
        for name, cost, left in (
            ("vans alone", summary.van_only_cost, summary.van_only_unassigned),
            ("greedy", summary.greedy_cost, summary.greedy_unassigned),
        )
        if cost is not None
    ]
    return f" ({', '.join(parts)})" if parts else ""
