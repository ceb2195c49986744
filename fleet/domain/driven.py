"""How far a route's driver is, in the record of its mission."""

from __future__ import annotations

from typing import Any

from fleet.domain import events as ev
from fleet.domain.state import LastStop, MissionRecord
from fleet.protocol.mission import Load, Stop


def step_ended(record: MissionRecord, event: ev.StepEnded) -> dict[str, Any]:
    """What changes with the end of a step: when its loading was over, and which stop was the last."""
    step = next((one for one in record.mission.steps if one.step_id == event.step_id), None)
    if isinstance(step, Load):
        return {"loaded_at": event.at}
    return {"last_stop": LastStop(event.step_id, event.at)} if isinstance(step, Stop) else {}
