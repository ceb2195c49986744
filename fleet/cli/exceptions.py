"""``fleet exceptions``: what went wrong, who owns it, and what was done about it."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, answer_or_exit, request, who
from fleet.cli.options import Json
from fleet.cli.output import show, table
from fleet.console.views.incidents import exception_row
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.protocol.messages import CloseException

app = typer.Typer(no_args_is_help=True)

COLUMNS = ("id", "at", "code", "owner", "asset", "mission", "parcels", "action", "outcome")
SHOWN = 3
"""So many parcels of a row are named in the table; the JSON names all."""


@app.callback()
def _noun() -> None:
    """Look at the exceptions of a run, and close them."""


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
    told = [row | {"parcels": shortened(row["order_ids"])} for row in shown]
    lines = [[row[column] or "" for column in COLUMNS] for row in told]
    still_open = sum(row["open"] for row in rows)
    show(
        {"exceptions": [row | {"exception_id": row["id"], "mission_id": row["mission"]} for row in shown]},
        f"{table(COLUMNS, lines)}\n{len(rows)} exceptions, {still_open} open",
        as_json=as_json,
    )


@app.command("close")
def close(
    exception_id: Annotated[str, typer.Argument(metavar="ID", help="The exception; `list` shows them.")],
    outcome: Annotated[str, typer.Option("--outcome", metavar="TEXT", help="What came of it.")],
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Record that somebody has dealt with an exception, and how."""
    message = request(CloseException, by=who(by), exception_id=exception_id, outcome=outcome)
    answer_or_exit(Day.named(name, root).ask(message, timeout_s=timeout), as_json=as_json)


def shortened(order_ids: list[str]) -> str:
    """The first few parcels, and how many more there are."""
    more = len(order_ids) - SHOWN
    return ", ".join(order_ids[:SHOWN]) + (f" and {more} more" if more > 0 else "")
