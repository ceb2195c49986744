"""One that holds so that another may pass goes on as soon as its way is free."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch.commands import command
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import sortie_type
from fleet.dispatch.monitor.air import AIR_CONFLICT
from fleet.dispatch.separation.flights import Seen
from fleet.dispatch.separation.goingon import Flight, may_go_on
from fleet.dispatch.separation.traffic import flights
from fleet.domain.state import AIR, ExceptionRecord, MissionRecord
from fleet.protocol.messages import Action

LOOK_AGAIN = timedelta(seconds=5)


def look_again(desk: Desk, mission_id: str) -> None:
    """Have it looked at whether the way is free, in a while."""
    desk.set_timer(f"air:{mission_id}", desk.now + LOOK_AGAIN)


def air_may_be_free(desk: Desk, mission_id: str) -> None:
    """Let it go on where its way is free of everybody and nobody else holds it; else look again."""
    record = desk.mission(mission_id)
    if record is None or mission_id not in desk.state.live_missions:
        return
    asset = desk.asset(record.mission.asset_id)
    if AIR not in asset.holds:
        _close(desk, mission_id, "it does not hold any more")
    elif asset.holds == {AIR} and _is_free(desk, record):
        command(desk, asset.record.asset_id, Action.RESUME, by="hub", why="its way is free again")
        _close(desk, mission_id, "it goes on: its way is free again")
    else:
        look_again(desk, mission_id)


def _is_free(desk: Desk, record: MissionRecord) -> bool:
    """Whether it would meet nobody if it went on now."""
    mission, fleet = record.mission, desk.context.fleet
    kind, sample = sortie_type(desk, mission.asset_id), desk.live.get(mission.asset_id)
    held = Flight(record, kind, Seen(sample, lost=False, now=desk.now))
    others = flights(desk.state, fleet, desk.live, desk.now, but=mission.mission_id)
    return may_go_on(held, others, fleet.separation)


def _close(desk: Desk, mission_id: str, outcome: str) -> None:
    for found in desk.state.open_exceptions():
        if _is_about(found, mission_id):
            desk.close_exception(found.exception_id, outcome)


def _is_about(found: ExceptionRecord, mission_id: str) -> bool:
    return found.code == AIR_CONFLICT and found.mission_id == mission_id
