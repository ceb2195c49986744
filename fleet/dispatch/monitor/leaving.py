"""Where a trip begins: whether its asset has left, and with which charge."""

from __future__ import annotations

from fleet.dispatch.monitor.guard import Guard
from fleet.domain.state import MissionRecord, State
from fleet.protocol.messages import Telemetry

STANDS = frozenset({"idle", "charging", "loading"})
"""What a sample says of one that has not left, or is back."""


def has_not_left(guard: Guard, sample: Telemetry) -> bool:
    """Whether it stands before its first way, and tells its charge. Who has begun that has left, whatever a sample
    says: it may have fallen idle in the air."""
    if sample.soc is None or sample.state not in STANDS or guard.record.left_at is not None:
        return False
    return sample.step_id is None or sample.step_id in guard.before


def is_under_way(guard: Guard, sample: Telemetry) -> bool:
    """Whether it has left, by its reports or by where it says that it is."""
    if guard.record.left_at is not None or guard.doing:
        return True
    ours = sample.mission_id == guard.mission_id
    return ours and sample.step_id is not None and sample.step_id not in guard.before


def left_with(state: State, record: MissionRecord, sample: Telemetry | None) -> float | None:
    """With which charge it left, as was kept with its mission; before it has left, what it has."""
    if record.charge is not None:
        return record.charge.left_soc
    return _soc(state, record.mission.asset_id, sample)


def _soc(state: State, asset_id: str, sample: Telemetry | None) -> float | None:
    """What it shows, or reported, whichever was measured last: by that it was released."""
    asset = state.assets[asset_id]
    if sample is None or sample.soc is None or (asset.soc_at is not None and asset.soc_at > sample.at):
        return asset.soc
    return sample.soc
