"""``fleet exceptions``: what went wrong, who owns it, and what was done about it."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.cli.day import Day, Name, Root
from fleet.cli.options import Json
from fleet.cli.output import show, table
from fleet.console.views.incidents import exception_row
from fleet.hub.rundir import DEFAULT_NAME, ROOT

app = typer.Typer(no_args_is_help=True)

COLUMNS = ("id", "at", "code", "owner", "asset", "order", "action", "outcome")


@app.callback()
def _noun() -> None:
    """Look at the exceptions of a run."""


@app.command("list")
def list_exceptions(
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that nobody has dealt with yet.")
    ] = False,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """List the exceptions, oldest first."""
    ledger = Day.named(name, root).ledger()
    found = sorted(ledger.state.exceptions.values(), key=lambda e: (e.at, e.exception_id))
    rows = [exception_row(ledger, e.exception_id) for e in found]
    shown = [row for row in rows if row["open"] or not only_open]
    lines = [[row[column] or "" for column in COLUMNS] for row in shown]
    still_open = sum(row["open"] for row in rows)
    show(
        {"exceptions": shown},
        f"{table(COLUMNS, lines)}\n{len(rows)} exceptions, {still_open} open",
        as_json=as_json,
    )
