"""What the monitor finds becomes an exception with an owner, and an action that is sent at once."""

from __future__ import annotations

from fleet.dispatch.charge import SUSPECT_ACTION
from fleet.dispatch.commands import command, in_words
from fleet.dispatch.desk import Desk
from fleet.dispatch.handlers.holding import look_again
from fleet.dispatch.handlers.suspects import capacity_apart, suspect
from fleet.dispatch.inputs import ChargeFound, Finding, NoReturnFound
from fleet.dispatch.monitor.remaining import home_of
from fleet.dispatch.monitor.told import alike_of, as_told, is_more_urgent, is_told
from fleet.domain.events import ChargeNoted, NoReturnMoved
from fleet.domain.state import OVER
from fleet.feasibility.capacity import CAPACITY_CHECK
from fleet.feasibility.charge import BATTERY_SUSPECT, SENSOR_SUSPECT
from fleet.kinds import kind_of
from fleet.protocol.messages import Action
from fleet.protocol.mission import Mission
from fleet.protocol.values import Place


def finding(desk: Desk, message: Finding) -> None:
    """Record it once for each mission and code (see ``is_told``), and send what is advised; what has become more urgent
    takes the place of what was recorded before."""
    record = desk.mission(message.mission_id)
    if record is None or record.status in OVER or is_told(message, desk.state.open_exceptions()):
        return
    if message.code == CAPACITY_CHECK:
        capacity_apart(desk, message)
        return
    if message.code == SENSOR_SUSPECT:
        suspect(desk, message.asset_id, message.code, message.reasons[0])
        return
    message = as_told(message, desk.asset(message.asset_id).wire)
    advice = message.advice
    doubted = message.code == BATTERY_SUSPECT
    flies = kind_of(record.kind).needs_airspace
    action = SUSPECT_ACTION if doubted else in_words(advice, message.place_id, flies=flies)
    for earlier in alike_of(message, desk.state.open_exceptions()):
        if is_more_urgent(message, earlier.advice):
            desk.close_exception(earlier.exception_id, f"it became more urgent: {action}")
    desk.raise_exception(
        message.code,
        action,
        asset_id=message.asset_id,
        mission_id=message.mission_id,
        owner="operator" if doubted else "dispatcher",
        reasons=message.reasons,
        advice=advice,
    )
    if advice is None:
        return
    if advice is Action.HOLD:
        look_again(desk, message.mission_id)
    place = _place(record.mission, message.place_id)
    why = message.reasons[0].detail if message.reasons else message.code
    command(
        desk,
        message.asset_id,
        advice,
        by="monitor",
        why=why,
        place=place,
        place_id=message.place_id,
        way=message.way,
    )


def no_return_found(desk: Desk, message: NoReturnFound) -> None:
    """Keep it with the mission, where that is not over and it says something new."""
    record = desk.mission(message.mission_id)
    if record is not None and record.status not in OVER and record.no_return != message.no_return:
        desk.emit(NoReturnMoved(at=desk.now, mission_id=message.mission_id, no_return=message.no_return))


def charge_found(desk: Desk, message: ChargeFound) -> None:
    """Keep it with the mission, where that is not over."""
    record = desk.mission(message.mission_id)
    if record is not None and record.status not in OVER and record.charge != message.charge:
        desk.emit(ChargeNoted(at=desk.now, mission_id=message.mission_id, charge=message.charge))


def _place(mission: Mission, place_id: str | None) -> Place | None:
    """Where that is: an alternate of the mission, or its home."""
    home = home_of(mission)
    places = {one.place_id: one.place for one in mission.alternates}
    return {**places, **(dict([home]) if home is not None else {})}.get(place_id or "")
