"""What assets say about their missions: taken or not, step by step, over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet.dispatch.believed import Believed
from fleet.dispatch.commands import command
from fleet.dispatch.deposits import await_deposit, awaits_deposit, taken_over
from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Watch
from fleet.dispatch.handlers.overdue import OVERDUE, watch_the_clock
from fleet.dispatch.handovers import after_failed_stop, another_way, resend_route, spent
from fleet.dispatch.lateness import LOCKED_LATE, ROUTE_LATE, look_at_lateness
from fleet.dispatch.learning import learn
from fleet.dispatch.lookagain import watch_lateness
from fleet.dispatch.parcels import attempt_failed, free, give_up, pass_on, recipient
from fleet.dispatch.taking_back import take_back
from fleet.dispatch.waiting import lose
from fleet.domain.events import (
    AssetChanged,
    Custodian,
    MissionAccepted,
    MissionBegun,
    MissionOver,
    StepBegun,
    StepEnded,
)
from fleet.domain.state import FINAL_PARCEL, OVER, MissionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import AssetEvent, MissionStatus, ParcelStatus
from fleet.protocol.messages import Action, MissionEnded, MissionReply, StepReport
from fleet.protocol.mission import Drop, Load, Step, Stop, Travel, Unload
from fleet.protocol.values import Direction, Reason


def mission_reply(desk: Desk, message: MissionReply) -> None:
    """The asset takes a revision, or refuses it."""
    record = _own(desk, message.mission_id)
    if record is None or record.status in OVER:
        return
    if message.accepted:
        revision = max(message.revision, record.accepted_revision)
        desk.emit(MissionAccepted(at=desk.now, mission_id=message.mission_id, revision=revision))
    elif record.status is MissionStatus.RELEASED:
        why = incident(message.code or "mission_rejected", message.detail, source=record.mission.asset_id)
        desk.emit(
            MissionOver(
                at=desk.now,
                mission_id=message.mission_id,
                outcome="rejected",
                code=why.code,
                detail=why.detail,
            )
        )
        desk.effects.append(Watch(record.mission.asset_id))
        _close_not_begun(desk, message.mission_id, "the asset has refused it")
        settle(desk, record, (why,))
    elif message.revision == record.mission.revision and record.kind == "van":
        resend_route(desk, record.mission.mission_id, f"refused: {message.detail}")


def step_report(desk: Desk, message: StepReport) -> None:
    """A step has begun or is over."""
    record = _own(desk, message.mission_id)
    if record is None or message.step_id in record.ended:
        return
    if record.status in OVER:
        _too_late(desk, record, message)
        return
    if record.status in (MissionStatus.RELEASED, MissionStatus.ACCEPTED):
        _begin(desk, record)
    if message.state == "started":
        desk.emit(StepBegun(at=desk.now, mission_id=message.mission_id, step_id=message.step_id))
        desk.effects.append(Watch(record.mission.asset_id))
        return
    step = next((s for s in record.mission.steps if s.step_id == message.step_id), None)
    if step is None:
        desk.raise_exception(
            "unknown_step", "the report was noted", asset_id=desk.peer_id, mission_id=message.mission_id
        )
        return
    _end_step(desk, message)
    _ON_STEP[type(step)](desk, record, step, message)
    look_at_lateness(desk, message.mission_id)


def _too_late(desk: Desk, record: MissionRecord, message: StepReport) -> None:
    """The mission was ended by a person who said where the asset stands, and it is out all the same: it is told to come
    home, and somebody must look. Nothing of what it says is believed unseen."""
    about = ", ".join(item.order_id for item in record.mission.items) or "nothing"
    told = desk.raise_once(
        "late_report",
        f"not believed, told to return; look where it is, and these: {about}",
        asset_id=desk.peer_id,
        mission_id=message.mission_id,
        owner="operator",
    )
    if told is not None:
        why = "its mission was taken to be over"
        command(desk, record.mission.asset_id, Action.RETURN, by="hub", why=why)


_NOT_BEGUN = frozenset({"mission_not_begun", "cancel_unanswered"})
_ABOUT_THE_TRIP = _NOT_BEGUN | {OVERDUE, ROUTE_LATE, LOCKED_LATE, "rebooted_under_way", "ready_under_way"}
"""Exceptions of an operator's that are over when the trip is."""


def _begin(desk: Desk, record: MissionRecord) -> None:
    mission = record.mission
    _close_not_begun(desk, mission.mission_id, "it has begun after all")
    if record.status is MissionStatus.RELEASED:
        desk.emit(MissionAccepted(at=desk.now, mission_id=mission.mission_id, revision=mission.revision))
    desk.emit(MissionBegun(at=desk.now, mission_id=mission.mission_id))
    desk.effects.append(Watch(mission.asset_id))
    watch_the_clock(desk, record)
    watch_lateness(desk, desk.state.missions[mission.mission_id])


def _close_not_begun(desk: Desk, mission_id: str, outcome: str) -> None:
    for found in desk.state.open_exceptions():
        if found.mission_id == mission_id and found.code in _NOT_BEGUN:
            desk.close_exception(found.exception_id, outcome)


def _end_step(desk: Desk, message: StepReport) -> None:
    desk.emit(
        StepEnded(
            at=desk.now,
            mission_id=message.mission_id,
            step_id=message.step_id,
            ok=message.state == "done",
            code=message.code,
            detail=message.detail,
        )
    )


def _loaded(desk: Desk, record: MissionRecord, step: Load, message: StepReport) -> None:
    believed = Believed(desk, record, step, message)
    for order_id in believed.named(message.order_ids):
        believed.take_aboard(order_id)
        taken_over(desk, order_id)
    for failed in believed.failed():
        why = (incident(failed.code, failed.detail, source=record.mission.asset_id),)
        attempt_failed(desk, failed.order_id, message.mission_id, failed.code, failed.detail)
        take_back(desk, failed.order_id, why[0].detail)
        if failed.code == "not_found":
            lose(desk, failed.order_id, why)
        else:
            mode = desk.parcel(failed.order_id).mode
            free(desk, failed.order_id, why, excluded=_spent(desk, failed.order_id, record))
            another_way(desk, failed.order_id, why, handed_on_from=mode)
    _place_what_lost_its_stop(desk, record, message)


def _place_what_lost_its_stop(desk: Desk, record: MissionRecord, message: StepReport) -> None:
    """What was taken out of the route while it was being loaded is aboard now, and goes another way from there."""
    mission = record.mission
    if mission.is_sortie:
        return
    brought = {o for s in mission.steps if isinstance(s, Stop) for o in s.deliver}
    for order_id in message.order_ids:
        parcel = desk.state.parcels.get(order_id)
        ours = parcel is not None and parcel.mission_id == mission.mission_id
        if parcel is None or not ours or order_id in brought or parcel.status in FINAL_PARCEL:
            continue
        why = (incident("left_out", "taken out of the route while it was loaded", source="hub"),)
        free(desk, order_id, why)
        another_way(desk, order_id, why, handed_on_from=parcel.mode)


def _dropped(desk: Desk, record: MissionRecord, step: Drop, message: StepReport) -> None:
    if message.state == "failed":
        code = message.code or "drop_failed"
        attempt_failed(desk, step.order_id, message.mission_id, code, message.detail)
        desk.effects.append(Watch(record.mission.asset_id))  # it has more to carry home than was thought
    elif step.locker_id is None:
        pass_on(
            desk,
            step.order_id,
            recipient(step.order_id),
            giver=_asset(record),
            mission_id=message.mission_id,
            place=message.place,
            proof=message.proof,
        )
    else:
        await_deposit(desk, step.order_id)


def _stopped(desk: Desk, record: MissionRecord, step: Stop, message: StepReport) -> None:
    """Custody passes for what changed hands; a locker's own report passes what it has taken in."""
    believed = Believed(desk, record, step, message)
    for order_id in believed.named(message.order_ids):
        if order_id in step.collect:
            believed.take_aboard(order_id)
            taken_over(desk, order_id)
        elif step.locker_id is not None:
            await_deposit(desk, order_id)
        else:
            believed.hand_over(order_id, recipient(order_id))
    for failed in believed.failed():
        attempt_failed(desk, failed.order_id, message.mission_id, failed.code, failed.detail)
        after_failed_stop(desk, record.mission.mission_id, step, failed)


def _unloaded(desk: Desk, record: MissionRecord, step: Unload, message: StepReport) -> None:
    site = Custodian(kind="site", id=desk.site_id(message.site_id or step.site_id))
    for order_id in message.order_ids:
        pass_on(
            desk, order_id, site, mission_id=message.mission_id, place=message.place, giver=_asset(record)
        )


def _travelled(desk: Desk, record: MissionRecord, step: Travel, message: StepReport) -> None:
    desk.effects.append(Watch(record.mission.asset_id))


_ON_STEP: dict[type[Step], Callable[[Desk, MissionRecord, Any, StepReport], None]] = {
    Load: _loaded,
    Drop: _dropped,
    Stop: _stopped,
    Unload: _unloaded,
    Travel: _travelled,
}


def mission_ended(desk: Desk, message: MissionEnded) -> None:
    """The trip is over: whatever it did not bring is handed on, or goes back."""
    record = _own(desk, message.mission_id)
    if record is None or record.status in OVER:
        return
    if record.status in (MissionStatus.RELEASED, MissionStatus.ACCEPTED) and message.outcome != "cancelled":
        _begin(desk, record)
    asset_id = record.mission.asset_id
    desk.emit(
        MissionOver(
            at=desk.now,
            mission_id=message.mission_id,
            outcome=message.outcome,
            place=message.place,
            energy_used_wh=message.energy_used_wh,
            code=message.code,
            detail=message.detail,
        )
    )
    desk.emit(
        AssetChanged(
            at=desk.now,
            asset_id=asset_id,
            change=AssetEvent.END,
            place=message.place,
            site_id=message.site_id,
        )
    )
    desk.effects.append(Watch(asset_id))
    learn(desk, message.mission_id)
    _close_exceptions(desk, message)
    why = incident(message.code or "not_brought", message.detail or "the trip is over", source=asset_id)
    settle(desk, record, (why,))


def _close_exceptions(desk: Desk, message: MissionEnded) -> None:
    """What was about the trip is over with it; a fault of the asset stays with whoever must see to it."""
    where = f"is at {message.site_id}" if message.site_id else "stands where it ended"
    for found in desk.state.open_exceptions():
        about_the_trip = found.owner != "operator" or found.code in _ABOUT_THE_TRIP
        if found.mission_id == message.mission_id and about_the_trip:
            desk.close_exception(found.exception_id, f"{message.outcome}; the asset {where}")


def settle(desk: Desk, record: MissionRecord, why: tuple[Reason, ...]) -> None:
    """Find the next step for each parcel that this mission was to bring and did not."""
    for carried in record.mission.items:
        parcel = desk.parcel(carried.order_id)
        done = parcel.status in FINAL_PARCEL or parcel.status is ParcelStatus.IN_LOCKER
        done = done or awaits_deposit(desk, carried.order_id)
        if done or parcel.mission_id != record.mission.mission_id:
            continue
        if carried.order_id not in desk.state.waiting:
            free(desk, carried.order_id, why, excluded=_spent(desk, carried.order_id, record))
        if _out_of_attempts(desk, carried.order_id):
            give_up(desk, carried.order_id, why)
        else:
            another_way(desk, carried.order_id, why, handed_on_from=parcel.mode)


def _spent(desk: Desk, order_id: str, record: MissionRecord) -> str | None:
    """A machine's mode may be ruled out; a van's is not, it has its own number of attempts. Nor is a machine's that a
    person has called back."""
    if not record.mission.is_sortie or _called_back(desk, record):
        return None
    return spent(desk, order_id, record.kind)


def _called_back(desk: Desk, record: MissionRecord) -> bool:
    called_at = desk.asset(record.mission.asset_id).called_back_at
    return called_at is not None and called_at >= record.release_at


def _out_of_attempts(desk: Desk, order_id: str) -> bool:
    parcel = desk.parcel(order_id)
    collected_late = parcel.order.direction is not Direction.DELIVERY and parcel.custodian.kind == "site"
    return parcel.attempts >= desk.settings.attempts or collected_late


def _own(desk: Desk, mission_id: str) -> MissionRecord | None:
    """The mission, if it is the sender's; a peer that speaks of another's is not believed."""
    record = desk.mission(mission_id)
    if record is None or record.mission.asset_id != desk.peer_id:
        desk.raise_once("foreign_mission", "the report was ignored", asset_id=desk.peer_id)
        return None
    return record


def _asset(record: MissionRecord) -> Custodian:
    return Custodian(kind="asset", id=record.mission.asset_id)
