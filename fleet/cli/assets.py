"""``fleet assets``: what there is, and telling one asset what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
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
from fleet.cli.telemetry import LISTEN_S, NO_LINK, heard, links_of
from fleet.console.ledger import Ledger
from fleet.console.live import Live
from fleet.console.views.assets import asset_row, sample_row
from fleet.console.views.base import Row, stamp, tenths
from fleet.console.views.packs import spare_packs
from fleet.domain.events import CommandAnswered
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.protocol.messages import Action, OperatorCommand, RecoverAsset

app = typer.Typer(no_args_is_help=True)

COLUMNS = ("id", "kind", "status", "link", "soc", "place", "mission", "late_s", "energy")
AssetId = Annotated[str, typer.Argument(metavar="ID", help="The asset; `fleet assets list` shows them.")]


@app.command("list")
def list_assets(
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind.")] = None,
    listen: Annotated[
        float,
        typer.Option("--listen", min=0, max=600, help="Seconds to listen for telemetry, where a hub is up."),
    ] = LISTEN_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """List the assets with their status, whether they are connected, and when battery and place were told.

    What was not told is missing."""
    day = Day.named(name, root)
    check_kind("--kind", kind, day.ledger().state)
    live = heard(day.run, listen)
    ledger = day.ledger()
    now = live.now or day.now(lockstep=day.lockstep(), wall=datetime.now(UTC)) or ledger.last_at
    links = links_of(day.run)
    rows = [
        _told(ledger, live, asset_id, now) | dict(links.get(asset_id, NO_LINK))
        for asset_id in sorted(ledger.state.assets)
    ]
    shown = [row for row in rows if kind in (None, row["kind"])]
    lines = [[_CELLS.get(column, _plain)(row, column) for column in COLUMNS] for row in shown]
    text = f"{table(COLUMNS, lines)}\n{_count(shown, now, known=bool(links))}"
    packs = spare_packs(ledger.state)
    text = "\n".join([text, *map(_packs, packs)])
    told = {"spare_packs": packs} if packs else {}
    show({"now": stamp(now), "assets": shown} | told, text, as_json=as_json)


def _packs(row: Row) -> str:
    out = ", ".join(f"{pack['soc']:.2f} at {pack['at']}" for pack in row["taken_out"])
    return f"{row['packs']} spare packs of {row['type']} at {row['site']}{f', taken out with {out}' if out else ''}"


def _count(shown: list[Row], now: datetime | None, *, known: bool) -> str:
    gone = f", {sum(row['connected'] is False for row in shown)} not connected" if known else ""
    return f"{len(shown)} assets{gone}{'' if now is None else f' at {stamp(now)}'}"


def _link(row: Row, _column: str) -> str:
    if row["connected"] is None:
        return ""
    if row["connected"]:
        return "up"
    return "not yet" if row["heard_s"] is None else f"gone, heard {_ago(row['heard_s'])}"


def _told(ledger: Ledger, live: Live, asset_id: str, now: datetime | None) -> Row:
    """One asset as events told it, with ages in seconds, and beside it its latest telemetry, where any was heard."""
    row, asset = asset_row(ledger, asset_id), ledger.state.assets[asset_id]
    sample = live.samples.get(asset_id)
    ages = {"soc_age_s": _age_s(asset.soc_at, now), "place_age_s": _age_s(asset.place_at, now)}
    return row | ages | {"telemetry": None if sample is None else sample_row(asset_id, sample, now)}


def _age_s(moment: datetime | None, now: datetime | None) -> float | None:
    return None if moment is None or now is None else tenths(max(0.0, (now - moment).total_seconds()))


def _soc(row: Row, _column: str) -> str:
    sample = row["telemetry"] or {}
    if sample.get("soc") is not None:
        return f"{sample['soc']:.2f} ({_ago(sample['age_s'])})"
    return "" if row["soc"] is None else f"{row['soc']:.2f} ({_ago(row['soc_age_s'])})"


def _place(row: Row, _column: str) -> str:
    sample = row["telemetry"]
    if sample is not None:
        return f"{_point(sample['place'])} ({_ago(sample['age_s'])})"
    if row["place"] is None and row["site"] is None:
        return ""
    if row["site"] == row["id"]:
        return str(row["site"])  # A locker stays where it was built.
    return f"{row['site'] or _point(row['place'])} ({_ago(row['place_age_s'])})"


def _point(place: list[float]) -> str:
    return ",".join(f"{degrees:.5f}" for degrees in place)


def _ago(age_s: float | None) -> str:
    """An age in words; none where a thing was never told, only written down before the day."""
    if age_s is None:
        return "not told yet"
    return f"{age_s:.0f} s ago" if age_s < 120 else f"{age_s / 60:.0f} min ago"


def _plain(row: Row, column: str) -> Any:
    return "" if row[column] is None else row[column]


def _energy(row: Row, _column: str) -> str:
    """Its bias by how many trips, and by how much its predictions are raised."""
    told = row["energy"]
    if told is None:
        return ""
    slower = f", {told['slower']:+.1%} time" if told["slower"] else ""
    return f"{told['bias']:+.1%} by {told['trips']} trips, margin {told['raised_by']:.1%}{slower}"


_CELLS: dict[str, Callable[[Row, str], Any]] = {
    "soc": _soc,
    "place": _place,
    "link": _link,
    "energy": _energy,
}


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
