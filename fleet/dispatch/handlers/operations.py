"""Everything at once: stop all, and let work go on. Both outrank every plan."""

from __future__ import annotations

from fleet.dispatch.commands import command
from fleet.dispatch.desk import Desk
from fleet.domain.events import OperationsResumed, OperationsStopped
from fleet.domain.state import STOP
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import Action, Reply, ResumeAll, StopAll

MOVING = frozenset({AssetStatus.ON_MISSION, AssetStatus.HELD, AssetStatus.RETURNING, AssetStatus.LINK_LOST})
"""The states in which an asset is out on a trip and can be told to stop."""


def stop_all(desk: Desk, message: StopAll) -> None:
    """Every asset that is out, or was sent a mission, is told, also one that is held (it may have been told to go on
    and not have answered); each acknowledges for itself. Nothing more goes out until somebody lets it."""
    why = message.why or "stop all"
    desk.emit(OperationsStopped(at=desk.now, by=message.by, why=why))
    concerned = sorted(
        a.record.asset_id
        for a in desk.state.assets.values()
        if a.status in MOVING or a.mission_id is not None
    )
    told = tuple(
        command(desk, asset_id, message.action, by=message.by, why=why, stop=True) for asset_id in concerned
    )
    detail = f"{message.action.value} sent to {len(told)} assets; nothing goes out until work is resumed"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=told))


def resume_all(desk: Desk, message: ResumeAll) -> None:
    """What the stop has told to hold goes on, whether or not it has answered; what a person holds stays held. What
    waited to be released is looked at anew."""
    if desk.state.stopped_by is None:
        detail = "nothing was stopped; a single asset is resumed by its own command"
        desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail))
        return
    why = message.why or "work goes on"
    held = sorted(a.record.asset_id for a in desk.state.assets.values() if a.holds == {STOP})
    desk.emit(OperationsResumed(at=desk.now, by=message.by, why=why))
    told = tuple(
        command(desk, asset_id, Action.RESUME, by=message.by, why=why, stop=True) for asset_id in held
    )
    _release_again(desk)
    detail = f"resume sent to {len(told)} assets; missions are released again"
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail, ids=told))


def _release_again(desk: Desk) -> None:
    """The timers of drafts that were due meanwhile have rung for nothing."""
    for mission_id in sorted(desk.state.live_missions):
        record = desk.state.missions[mission_id]
        timer_id = f"release:{mission_id}"
        if record.status is MissionStatus.DRAFTED and timer_id not in desk.state.timers:
            desk.set_timer(timer_id, desk.now)
