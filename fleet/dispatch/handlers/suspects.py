"""Assets that tell what can't be: a person looks, and until then nothing is planned by it."""

from __future__ import annotations

from fleet.dispatch.charge import SUSPECT_ACTION
from fleet.dispatch.commands import command
from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Watch
from fleet.dispatch.inputs import Finding, GaugeDoubted, Unreadable
from fleet.domain.state import MissionRecord
from fleet.energy.gauge import CLOCK_BACKWARDS
from fleet.feasibility.charge import (
    BATTERY_SUSPECT,
    CLOCK_SUSPECT,
    OF_BATTERY,
    SENSOR_SUSPECT,
    doubted,
    no_measurement,
)
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Action, CancelMission
from fleet.protocol.mission import Travel
from fleet.protocol.values import Reason

_CODES = {CLOCK_BACKWARDS: CLOCK_SUSPECT}
_ACTIONS = {
    BATTERY_SUSPECT: SUSPECT_ACTION,
    CLOCK_SUSPECT: "a trip under way goes by the model; neither planned nor released until this is closed: look at "
    "its clock, and at what passes its telemetry on",
    SENSOR_SUSPECT: "what can't be is not believed; neither planned nor released until this is closed: look at the "
    "sensor, and how its adapter reads it",
}


def gauge_doubted(desk: Desk, message: GaugeDoubted) -> None:
    """Say so once, until a person has closed it."""
    code = _CODES.get(message.doubt.code, BATTERY_SUSPECT)
    suspect(desk, message.asset_id, code, doubted(message.doubt, message.asset_id))


def unreadable(desk: Desk, message: Unreadable) -> None:
    """The same of a measurement that can't be: of the battery, or of anything else that it measures."""
    nonsense = message.nonsense
    code = BATTERY_SUSPECT if nonsense.field in OF_BATTERY else SENSOR_SUSPECT
    suspect(desk, message.asset_id, code, no_measurement(message.asset_id, *nonsense))


def capacity_apart(desk: Desk, message: Finding) -> None:
    """Say so once for an asset: meter and gauge do not agree on what its battery holds. Until a person has closed it
    the asset is planned, released and watched by the less of the two (``dispatch.health``)."""
    if any((e.code, e.asset_id) == (message.code, message.asset_id) for e in desk.state.open_exceptions()):
        return
    desk.raise_exception(
        message.code,
        "measure its capacity, or look at gauge and meter; until this is closed it counts for the less of the two",
        asset_id=message.asset_id,
        mission_id=message.mission_id,
        owner="operator",
        reasons=message.reasons,
    )


def suspect(desk: Desk, asset_id: str, code: str, reason: Reason) -> None:
    """One exception for each thing that is not believed, however often it comes. A trip under way goes by the model
    from here on; one that has not left stays."""
    asset = desk.state.assets.get(asset_id)
    if asset is None or _is_open(desk, asset_id, code, reason):
        return
    desk.raise_exception(
        code,
        _ACTIONS[code],
        asset_id=asset_id,
        mission_id=asset.mission_id,
        owner="operator",
        reasons=(reason,),
    )
    record = desk.state.mission_of(asset_id)
    if record is None:
        return
    desk.effects.append(Watch(asset_id))
    if record.status in (MissionStatus.RELEASED, MissionStatus.ACCEPTED):
        desk.send(asset_id, CancelMission(mission_id=record.mission.mission_id, why=reason.detail))
    elif record.status is MissionStatus.ACTIVE and not _has_left(record):
        command(desk, asset_id, Action.RETURN, by="monitor", why=reason.detail)


def _is_open(desk: Desk, asset_id: str, code: str, reason: Reason) -> bool:
    same = (e for e in desk.state.open_exceptions() if (e.code, e.asset_id) == (code, asset_id))
    return any((r.code, r.source) == (reason.code, reason.source) for e in same for r in e.reasons)


def _has_left(record: MissionRecord) -> bool:
    """Whether it is on its first way, or was."""
    first = next((s.step_id for s in record.mission.steps if isinstance(s, Travel)), None)
    return first is None or first == record.current or first in record.ended
