"""What a trip tells of its asset's energy, in the state: when it was out, whether as it was sent, and the track."""

from __future__ import annotations

from typing import Any

from fleet.domain import events as ev
from fleet.domain.energy import EnergyTrack
from fleet.domain.evolve import evolve
from fleet.domain.state import MissionRecord, State
from fleet.protocol.messages import Action
from fleet.protocol.mission import Drop, Travel


def learned(state: State, event: ev.EnergyLearned) -> State:
    """The state with what is known of the asset from now on."""
    return _known(state, event.asset_id, event.track)


def not_learned(state: State, event: ev.EnergyNotLearned) -> State:
    """Nothing is known that was not before, but for how long its trips last."""
    return state if event.track is None else _known(state, event.asset_id, event.track)


def _known(state: State, asset_id: str, track: EnergyTrack) -> State:
    return evolve(state, assets=state.assets.set(asset_id, evolve(state.assets[asset_id], energy=track)))


def step_begun(record: MissionRecord, event: ev.StepBegun) -> dict[str, Any]:
    """What changes in the record of a mission with the beginning of a step: when its first way was begun, once it was,
    and when its drop was."""
    ways = _ways(record)
    leaves = ways and record.left_at is None and ways[0] == event.step_id
    drops = record.drop_at is None and event.step_id in _drops(record)
    return {
        "left_at": event.at if leaves else record.left_at,
        "drop_at": event.at if drops else record.drop_at,
    }


def told(action: Action) -> dict[str, Any]:
    """What changes in the record of a mission that is told something: one that holds flies as it was sent, later."""
    return {"held": True} if action is Action.HOLD else {"astray": True}


def step_ended(record: MissionRecord, event: ev.StepEnded) -> dict[str, Any]:
    """What changes in the record of a mission with the end of a step, for what can be learned of it."""
    ways = _ways(record)
    back_at = event.at if ways and ways[-1] == event.step_id else record.back_at
    served_s = record.served_s
    if record.drop_at is not None and event.step_id in _drops(record):
        served_s = (event.at - record.drop_at).total_seconds()
    return {"back_at": back_at, "served_s": served_s, "astray": record.astray or not event.ok}


def _ways(record: MissionRecord) -> list[str]:
    return [step.step_id for step in record.mission.steps if isinstance(step, Travel)]


def _drops(record: MissionRecord) -> list[str]:
    return [step.step_id for step in record.mission.steps if isinstance(step, Drop)]
