"""``fleet assets``: what there is, and telling one asset what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from fleet.cli.day import (
    TIMEOUT_S,
    By,
    Day,
    Name,
    Root,
    Timeout,
    Why,
    answer_or_exit,
    check_kind,
    request,
    who,
)
from fleet.cli.options import Json
from fleet.cli.output import ExitCode, note, show, table
from fleet.console.views.assets import asset_row
from fleet.domain.events import CommandAnswered
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.protocol.messages import Action, OperatorCommand, RecoverAsset

app = typer.Typer(no_args_is_help=True)

COLUMNS = ("id", "kind", "status", "site", "soc", "mission", "late_s")
AssetId = Annotated[str, typer.Argument(metavar="ID", help="The asset; `fleet assets list` shows them.")]


@app.command("list")
def list_assets(
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind.")] = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """List the assets with their status. Where one was not told, nothing stands."""
    ledger = Day.named(name, root).ledger()
    check_kind("--kind", kind, ledger.state)
    rows = [asset_row(ledger, asset_id) for asset_id in sorted(ledger.state.assets)]
    shown = [row for row in rows if kind in (None, row["kind"])]
    lines = [["" if row[column] is None else row[column] for column in COLUMNS] for row in shown]
    show({"assets": shown}, f"{table(COLUMNS, lines)}\n{len(shown)} assets", as_json=as_json)


TELLS = {
    Action.HOLD: "Have an asset hold where it is, and wait until it has acknowledged.",
    Action.RESUME: "Have an asset that holds go on, and wait until it has acknowledged.",
    Action.RETURN: "Have an asset come home, and wait until it has acknowledged.",
    Action.LAND: "Have an asset land (or pull over) where it is, and wait until it has acknowledged.",
}
"""What one asset can be told, each a command of its own."""


def _command(action: Action) -> Callable[..., None]:
    def tell(
        asset_id: AssetId,
        why: Why = "",
        by: By = None,
        timeout: Timeout = TIMEOUT_S,
        name: Name = DEFAULT_NAME,
        root: Root = ROOT,
        as_json: Json = False,
    ) -> None:
        _tell(action, asset_id, why, by, timeout, Day.named(name, root), as_json=as_json)

    return tell


for _action, _help in TELLS.items():
    app.command(_action.value, help=_help)(_command(_action))


@app.command("recover")
def recover(
    asset_id: AssetId,
    site: Annotated[
        str, typer.Option("--site", metavar="ID", help="The depot or launch site where it stands now.")
    ],
    unfit: Annotated[
        bool,
        typer.Option("--unfit", help="It does not work yet: its parcels go on, it stays out of service."),
    ] = False,
    why: Why = "",
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Tell the hub that people have brought an asset, with all that is on board, to a site.

    Its trip is over, its parcels go on from there, and it is back in service (unless it is unfit)."""
    message = request(RecoverAsset, by=who(by), asset_id=asset_id, site_id=site, fit=not unfit, why=why)
    answer_or_exit(Day.named(name, root).ask(message, timeout_s=timeout), as_json=as_json)


def _tell(
    action: Action, asset_id: str, why: str, by: str | None, timeout_s: float, day: Day, *, as_json: bool
) -> None:
    message = request(OperatorCommand, by=who(by), asset_id=asset_id, action=action, why=why)
    before = day.position()
    reply = day.ask(message, timeout_s=timeout_s)
    if not reply.ok:
        refused = {
            "asset": asset_id,
            "action": action.value,
            "acknowledgement": "refused",
            "detail": reply.detail,
        }
        show(refused | {"command_id": None}, f"refused: {reply.detail}", as_json=as_json)
        raise typer.Exit(ExitCode.NO)
    note(f"{reply.detail}; waiting for its acknowledgement")
    (command_id,) = reply.ids
    answer = day.answers([command_id], before, timeout_s).get(command_id)
    row = acknowledgement(command_id, asset_id, action, answer)
    show(row, " ".join(filter(None, (asset_id, row["acknowledgement"], row["detail"]))), as_json=as_json)
    raise typer.Exit(EXIT_CODES[row["acknowledgement"]])


EXIT_CODES = {"acknowledged": ExitCode.OK, "refused": ExitCode.NO, "waiting": ExitCode.UNKNOWN}
"""How a command ends by what the asset said; ``waiting`` is no word from it in time."""


def acknowledgement(
    command_id: str, asset_id: str, action: Action, answer: CommandAnswered | None
) -> dict[str, Any]:
    """What became of a command to one asset, as a row."""
    said = "waiting" if answer is None else "acknowledged" if answer.accepted else "refused"
    return {
        "command_id": command_id,
        "asset": asset_id,
        "action": action.value,
        "acknowledgement": said,
        "detail": "" if answer is None else answer.detail,
    }
