"""How far a route's driver is, and what its times were at first, in the record of its mission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fleet.domain import events as ev
from fleet.domain.state import FirstTimes, LastStop, MissionRecord
from fleet.protocol.mission import Load, Mission, Stop


def step_ended(record: MissionRecord, event: ev.StepEnded) -> dict[str, Any]:
    """What changes with the end of a step: when its loading was over, and which stop was the last."""
    step = next((one for one in record.mission.steps if one.step_id == event.step_id), None)
    if isinstance(step, Load):
        return {"loaded_at": event.at}
    return {"last_stop": LastStop(event.step_id, event.at)} if isinstance(step, Stop) else {}


def revised(record: MissionRecord, mission: Mission) -> dict[str, Any]:
    """What changes with a new revision: a route that is to begin at another time is sent so much later or earlier, too,
    and has nothing to wait for until then."""
    later = mission.start_at - record.mission.start_at
    changes = {
        "mission": mission,
        "release_at": record.release_at + later,
        "first_times": _first_times(record, mission),
    }
    return {**changes, "waits": ()} if later else changes


def _first_times(record: MissionRecord, mission: Mission) -> FirstTimes | None:
    """A stop's first time is the one that it was added with: how late its van was then is a part of that."""
    first, now = record.first_times, {one.step_id: one.eta for one in mission.steps if isinstance(one, Stop)}
    before = {one.step_id: one.eta for one in record.mission.steps if isinstance(one, Stop)}
    moved = {step_id: eta for step_id, eta in before.items() if now.get(step_id, eta) != eta}
    if record.late_s:
        late = timedelta(seconds=record.late_s)
        moved |= {step_id: eta + late for step_id, eta in now.items() if step_id not in before}
    if not moved and mission.start_at == record.mission.start_at:
        return first
    if first is None:
        return FirstTimes(record.mission.start_at, moved)
    return FirstTimes(first.start_at, moved | first.etas)
