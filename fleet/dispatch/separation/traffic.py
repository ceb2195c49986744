"""Who else is in the air, or about to be, as the state and the newest telemetry tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fleet.dispatch.separation.flights import Seen, intents_of, room_of
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.domain.state import State
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import Telemetry
from geofences import Intent


def traffic(
    state: State,
    fleet: FleetSpec,
    live: Mapping[str, Telemetry],
    now: datetime,
    *,
    but: str | None = None,
    share: float = 1.0,
    held_go_on: bool = True,
) -> tuple[Intent, ...]:
    """What every mission that was sent and flies still needs of the air, in the order of their ids; ``but`` one's own.

    ``share`` of the times is kept between two. ``held_go_on``: whether the rest of the way of those that hold counts
    too (see ``intents_of``).
    """
    found: list[Intent] = []
    for mission_id in sorted(state.live_missions):
        record = state.missions[mission_id]
        asset = state.assets[record.mission.asset_id]
        kind = fleet.types[asset.record.type_id]
        if mission_id == but or not isinstance(kind, SortieType):
            continue
        seen = Seen(live.get(asset.record.asset_id), asset.status is AssetStatus.LINK_LOST, now)
        room = room_of(kind, fleet.separation, share=share)
        found += intents_of(record, kind, room, seen, held_goes_on=held_go_on)
    return tuple(found)
