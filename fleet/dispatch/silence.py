"""What silence of an asset means: its kind's rule, with the times of its type."""

from __future__ import annotations

from fleet.domain.state import State
from fleet.kinds import LostLink, kind_of, lost_link_of


def lost_link(state: State, asset_id: str) -> LostLink:
    """The rule for an asset; its kind's alone where the day does not know its type."""
    record = state.assets[asset_id].record
    asset_type = None if state.fleet is None else state.fleet.types.get(record.type_id)
    return kind_of(record.kind).lost_link if asset_type is None else lost_link_of(asset_type)
