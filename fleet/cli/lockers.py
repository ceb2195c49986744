"""``fleet lockers``: how full they are."""

from __future__ import annotations

from typing import Any

import typer

from fleet.cli.day import Day, Name, Root
from fleet.cli.options import Json
from fleet.cli.output import show, table
from fleet.console.views.lockers import locker_row
from fleet.hub.rundir import DEFAULT_NAME, ROOT

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _noun() -> None:
    """Look at the parcel lockers of a run."""


@app.command("list")
def list_lockers(name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False) -> None:
    """List the lockers with their compartments by size: how many are taken, reserved and free."""
    ledger = Day.named(name, root).ledger()
    rows = [locker_row(ledger, locker_id) for locker_id in sorted(ledger.state.lockers)]
    header = (
        "locker",
        "name",
        "status",
        "size",
        "total",
        "occupied",
        "expired",
        "reserved",
        "wanted",
        "free",
    )
    text = f"{table(header, [line for row in rows for line in _lines(row)])}\n{len(rows)} lockers"
    show({"lockers": rows}, text, as_json=as_json)


def _lines(row: dict[str, Any]) -> list[tuple[object, ...]]:
    counts = ("total", "occupied", "expired", "reserved", "wanted", "free")
    return [
        (row["id"], row["name"], row["status"] or "", size, *(kept[count] for count in counts))
        for size, kept in row["sizes"].items()
    ]
