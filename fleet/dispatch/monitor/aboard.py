"""What a sortie has on board on its way back that it was not to have: a parcel that it could not hand over."""

from __future__ import annotations

from fleet.domain.state import MissionRecord, State
from fleet.protocol.mission import Drop


def brings_back_kg(record: MissionRecord, state: State) -> float:
    """Its weight in kg; 0 before the drop is over. What it says it has put into a locker counts as put there."""
    drops = (s for s in record.mission.steps if isinstance(s, Drop) and s.step_id in record.ended)
    order_ids = {drop.order_id for drop in drops}
    return sum(
        item.weight_kg
        for item in record.mission.items
        if item.order_id in order_ids and _is_aboard(state, item.order_id, record.mission.asset_id)
    )


def _is_aboard(state: State, order_id: str, asset_id: str) -> bool:
    custodian = state.parcels[order_id].custodian
    return (custodian.kind, custodian.id) == ("asset", asset_id) and f"deposit:{order_id}" not in state.timers
