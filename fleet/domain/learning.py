"""What a trip tells of its asset's energy, in the state: when it was out, whether as it was sent, and the track."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fleet.domain import events as ev
from fleet.domain.evolve import evolve
from fleet.domain.state import MissionRecord, State
from fleet.protocol.mission import Travel


def learned(state: State, event: ev.EnergyLearned) -> State:
    """The state with what is known of the asset from now on."""
    asset = evolve(state.assets[event.asset_id], energy=event.track)
    return evolve(state, assets=state.assets.set(event.asset_id, asset))


def not_learned(state: State, _event: ev.EnergyNotLearned) -> State:
    """Nothing is known that was not before."""
    return state


def left_at(record: MissionRecord, event: ev.StepBegun) -> datetime | None:
    """When its first way was begun, once it was."""
    ways = _ways(record)
    return event.at if ways and record.left_at is None and ways[0] == event.step_id else record.left_at


def step_ended(record: MissionRecord, event: ev.StepEnded) -> dict[str, Any]:
    """What changes in the record of a mission with the end of a step, for what can be learned of it."""
    ways = _ways(record)
    back_at = event.at if ways and ways[-1] == event.step_id else record.back_at
    return {"back_at": back_at, "astray": record.astray or not event.ok}


def _ways(record: MissionRecord) -> list[str]:
    return [step.step_id for step in record.mission.steps if isinstance(step, Travel)]
