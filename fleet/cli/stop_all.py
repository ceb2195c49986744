"""``fleet stop-all``: every asset that is under way holds, comes home or lands, and each acknowledges for itself.

Nothing goes out again until ``fleet resume-all``.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, NoReturn

import typer

from fleet.cli.assets import EXIT_CODES, acknowledgement
from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, Why, request, who
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, note, show, table
from fleet.domain.events import CommandAnswered, CommandIssued
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.protocol.messages import Action, AnyMessage, StopAll

ACTIONS = (Action.HOLD, Action.RETURN, Action.LAND)
COLUMNS = ("asset", "acknowledgement", "detail")


def command(
    action: Annotated[
        str, typer.Option("--action", metavar="|".join(ACTIONS), help="What each asset is to do.")
    ] = Action.HOLD.value,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    why: Why = "",
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Stop every asset that is under way, wait until each has acknowledged, and let nothing go out until resume-all."""
    if action not in [a.value for a in ACTIONS]:
        raise BadInput(f"--action: must be one of {', '.join(ACTIONS)} (found {action!r})")
    day = Day.named(name, root)
    _confirm(action, name, yes=yes)
    tell_all(
        day, request(StopAll, by=who(by), action=action, why=why), Action(action), timeout, as_json=as_json
    )


def tell_all(day: Day, message: AnyMessage, action: Action, timeout_s: float, *, as_json: bool) -> NoReturn:
    """Send what concerns every asset, show each acknowledgement as it comes, and exit by what they said."""
    before = day.position()
    reply = day.ask(message, timeout_s=timeout_s)
    note(reply.detail)
    rows = _acknowledged(day, set(reply.ids), action, before, timeout_s)
    missing = sum(row["acknowledgement"] != "acknowledged" for row in rows)
    text = f"{table(COLUMNS, [[row[c] for c in COLUMNS] for row in rows])}\n" if rows else ""
    summary = f"{len(rows)} told, {len(rows) - missing} acknowledged"
    show(
        {"ok": reply.ok and not missing, "detail": reply.detail, "assets": rows},
        text + summary,
        as_json=as_json,
    )
    raise typer.Exit(_exit_code(rows) if reply.ok else ExitCode.NO)


def _confirm(action: str, name: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput("--yes is needed where nobody can be asked")
    typer.confirm(f"{action} every asset of {name!r} that is under way?", abort=True, err=True)


def _acknowledged(
    day: Day, command_ids: set[str], action: Action, before: int, timeout_s: float
) -> list[dict[str, Any]]:
    """A row for each command, by asset. The hub answers once the commands are stored, so they are all there."""
    issued = (stored.event for stored in day.events(before))
    told = {
        event.command_id: event.asset_id
        for event in issued
        if isinstance(event, CommandIssued) and event.command_id in command_ids
    }

    def tell(answer: CommandAnswered) -> None:
        row = acknowledgement(answer.command_id, told[answer.command_id], action, answer)
        note(f"{row['asset']}: {row['acknowledgement']}")

    answers = day.answers(command_ids, before, timeout_s, tell=tell)
    rows = [acknowledgement(c, asset_id, action, answers.get(c)) for c, asset_id in told.items()]
    return sorted(rows, key=lambda row: str(row["asset"]))


def _exit_code(rows: list[dict[str, Any]]) -> ExitCode:
    """1 when any refused, else 3 when any has not answered."""
    codes = {EXIT_CODES[row["acknowledgement"]] for row in rows}
    return next((code for code in (ExitCode.NO, ExitCode.UNKNOWN) if code in codes), ExitCode.OK)
