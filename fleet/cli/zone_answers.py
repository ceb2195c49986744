"""What a hub answers about a change of zones, as a table or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer

from fleet.cli.output import ExitCode, clock, show, table
from fleet.intake.escapes import one_line
from fleet.protocol.messages import Reply
from fleet.protocol.zones import ConcernedFlight, ConcernedPlan, Consequences


def answered(reply: Reply, remark: str, *, as_json: bool, zone: str | None = None) -> None:
    """Show the hub's answer, and end with 0, or with 1 where it refuses."""
    data: dict[str, Any] = {"ok": reply.ok, "detail": reply.detail}
    if zone is not None:
        data["zone"] = zone
    if reply.zones is not None:
        data["consequences"] = reply.zones.model_dump(mode="json")
    text = one_line(reply.detail if reply.ok else f"refused: {reply.detail}")
    if reply.zones is not None:
        text = "\n".join([text, *_lines(reply.zones)])
    show(data, f"{text}\n{remark}" if remark and reply.ok else text, as_json=as_json)
    raise typer.Exit(ExitCode.OK if reply.ok else ExitCode.NO)


def _lines(found: Consequences) -> Iterable[str]:
    if found.flights:
        yield table(
            ("flight", "asset", "parcels", "zone", "gets_there", "lon", "lat", "then"),
            [_flight_row(each) for each in found.flights],
        )
    if found.more_flights:
        yield f"and {found.more_flights} more flights"
    if found.planned:
        yield table(
            ("planned", "asset", "parcels", "zone", "gets_there", "lon", "lat", "then"),
            [_plan_row(each) for each in found.planned],
        )
    if found.more_planned:
        yield f"and {found.more_planned} more planned flights"


def _flight_row(flight: ConcernedFlight) -> Sequence[object]:
    return (*_who(flight), *_entered(flight), flight.detail)


def _plan_row(plan: ConcernedPlan) -> Sequence[object]:
    then = (
        "comes free"
        if plan.entry is None
        else f"worked out anew when released, before {clock(plan.start_at)}"
    )
    return (*_who(plan), *_entered(plan), then)


def _who(one: ConcernedFlight | ConcernedPlan) -> tuple[str, str, str]:
    return one.mission_id, one.asset_id, ", ".join(one.order_ids)


def _entered(one: ConcernedFlight | ConcernedPlan) -> tuple[str, str, str, str]:
    entry = one.entry
    if entry is None:
        return "", "", "", ""
    return entry.zone_id, clock(entry.at), f"{entry.lon:.5f}", f"{entry.lat:.5f}"
