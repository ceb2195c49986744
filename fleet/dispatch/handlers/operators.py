"""People steer: hold, resume, return, land. They outrank every plan."""

from __future__ import annotations

from fleet.dispatch.commands import command
from fleet.dispatch.desk import Desk
from fleet.dispatch.handlers.operations import MOVING
from fleet.domain.events import CommandAnswered
from fleet.domain.state import Asset
from fleet.feasibility.incident import incident
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import Action, CommandReply, OperatorCommand, Reply

_OUT_OF_REACH = frozenset({AssetStatus.OFFLINE, AssetStatus.FAULTED})
_TOLD_BY_PEOPLE = frozenset({Action.HOLD, Action.RESUME, Action.RETURN, Action.LAND})


def operator_command(desk: Desk, message: OperatorCommand) -> None:
    """One asset is told what to do; the answer names the command, the asset's acknowledgement follows."""
    asset = desk.state.assets.get(message.asset_id)
    refusal = _refusal(asset, message)
    if refusal is not None:
        why = incident("command_impossible", refusal, source="operator")
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=refusal, reasons=(why,)))
        return
    why_text = message.why or "told by an operator"
    command_id = command(desk, message.asset_id, message.action, by=message.by, why=why_text)
    detail = f"{message.action.value} sent to {message.asset_id}"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=(command_id,)))


def _refusal(asset: Asset | None, message: OperatorCommand) -> str | None:
    if asset is None:
        return f"there is no asset {message.asset_id!r}; `fleet assets list` shows them"
    if message.action not in _TOLD_BY_PEOPLE:
        return (
            f"{message.action.value} needs a place to go to, which only the monitor gives; use return or land"
        )
    if not _takes(asset, message.action):
        return f"{message.asset_id} is {asset.status.value}: it can't {message.action.value} now"
    return None


def _takes(asset: Asset, action: Action) -> bool:
    """Whether the command makes sense. Coming home and coming down always do: the asset itself knows whether it can,
    and may be out although we believe it is not."""
    if action is Action.RESUME:
        return bool(asset.holds) or asset.status is AssetStatus.HELD
    if action is Action.HOLD:
        return asset.status in MOVING or asset.mission_id is not None
    return asset.status not in _OUT_OF_REACH and kind_of(asset.record.kind).archetype != "station"


def command_reply(desk: Desk, message: CommandReply) -> None:
    """An asset acknowledges a command, or refuses it."""
    record = desk.state.commands.get(message.command_id)
    if record is None or record.asset_id != desk.peer_id or record.accepted is not None:
        return
    desk.emit(
        CommandAnswered(
            at=desk.now, command_id=message.command_id, accepted=message.accepted, detail=message.detail
        )
    )
    if not message.accepted:
        desk.raise_exception(
            "command_refused",
            message.detail or "the asset gave no reason",
            asset_id=record.asset_id,
            owner="operator",
        )
