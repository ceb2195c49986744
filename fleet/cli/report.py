"""``fleet report``: the day so far, or the whole day, from its log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.day import Day, Name, Root
from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json
from fleet.cli.output import BadInput, note, show, table
from fleet.cli.runnetwork import network_of_run
from fleet.dispatch.report import JUDGED, ReportError, report
from fleet.hub.rundir import DEFAULT_NAME, ROOT, RunDir


def command(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write the report there (JSON).")
    ] = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Report the day from its log: what became of each parcel, how safe it was, what it cost."""
    check_out("--out", out)
    day = Day.named(name, root)
    events = (stored.event for stored in day.events())
    try:
        result = report(
            events, judge=_judge(day.run), wall_s=None, seed=_seed(day.run), network=network_of_run(day.run)
        )
    except ReportError as error:
        raise BadInput(f"{day.run.path}: {error}") from error
    if out is not None:
        write_out(out, json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        note(f"written to {out}")
    show(result, report_text(result), as_json=as_json)


def _judge(run: RunDir) -> dict[str, Any] | None:
    """What the simulated world said of the day; none on a real day, or before a simulated one is over."""
    return _json_file(run.judge)


def _seed(run: RunDir) -> int | None:
    setup = _json_file(run.setup)
    return None if setup is None else setup.get("seed")


def _json_file(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{path}: must hold a JSON object")
    return found


def report_text(result: dict[str, Any]) -> str:
    """The report in a few lines, for people."""
    cost, energy, on_time = result["cost"], result["energy_wh"], result["on_time_share"]
    ended = ", ".join(f"{count} {end.replace('_', ' ')}" for end, count in result["ended"].items())
    modes = dict.fromkeys((*result["by_mode"], *cost["by_mode"]))
    rows = [(m, result["by_mode"].get(m, 0), f"{cost['by_mode'].get(m, 0):.2f}") for m in modes]
    safety = [
        f"{result[name]} {name.replace('_', ' ')}"
        for name in (*JUDGED, "lost_messages", "duplicated_effects")
    ]
    handed = result["handed_on"]
    reasons = ", ".join(f"{code} {count}" for code, count in handed["reasons"].items())
    lines = [
        f"{result['parcels']} parcels: {ended}",
        f"on time: {'nothing to deliver' if on_time is None else f'{on_time:.1%}'}",
        table(("mode", "parcels", cost["currency"] or "cost"), rows),
        f"cost {cost['total']:.2f} incurred{_beside(cost)}",
        f"handed on: {handed['planned']} planned, {handed['under_way']} under way"
        + (f" ({reasons})" if reasons else ""),
        f"as judged by the {result['judged_by']}: {', '.join(safety)}",
        f"energy: {energy['predicted']:.0f} Wh predicted, {energy['used']:.0f} Wh used, {energy['missions']} missions",
        f"{len(result['exceptions'])} exceptions; {result['simulated_s'] / 3600:.1f} h",
    ]
    if result["stopped"]:
        lines.append(f"{stopped_text(result)}; `fleet resume-all` lets work go on")
    return "\n".join(lines)


def stopped_text(result: dict[str, Any]) -> str:
    """Who has stopped everything, when and why, of a report whose operations are stopped."""
    stop = result["stopped"]
    at = datetime.fromisoformat(stop["at"]).astimezone(UTC)
    return f"operations are stopped by {stop['by']} since {at:%H:%M:%S} UTC ({stop['why']}): nothing goes out"


def _beside(cost: dict[str, Any]) -> str:
    """What the first plan expected, nothing going wrong: not to be held against what was incurred."""
    named = (("itself", "planned"), ("greedy", "greedy"), ("vans alone", "van_only"))
    parts = [f"{name} {cost[key]:.2f}" for name, key in named if cost[key] is not None]
    return (
        f"; the first plan expected for {cost['planned_parcels']} parcels: {', '.join(parts)}"
        if parts
        else ""
    )
