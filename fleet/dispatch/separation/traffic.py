"""Who else is in the air, or about to be, as the state and the newest telemetry tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from fleet.dispatch.separation.flights import Seen, intents_of, room_of
from fleet.dispatch.separation.goingon import Flight
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.domain.state import State
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import Telemetry
from geofences import Intent


def traffic(
    state: State, fleet: FleetSpec, live: Mapping[str, Telemetry], now: datetime, *, but: str | None = None
) -> tuple[Intent, ...]:
    """What every mission that was sent and flies still needs of the air, in the order of their ids; ``but`` one's own.
    Of those that hold the rest of their way counts too (see ``intents_of``)."""
    return tuple(
        intent
        for one in flights(state, fleet, live, now, but=but)
        for intent in intents_of(one.record, one.kind, room_of(one.kind, fleet.separation), one.seen)
    )


def flights(
    state: State, fleet: FleetSpec, live: Mapping[str, Telemetry], now: datetime, *, but: str | None = None
) -> Iterator[Flight]:
    """Every mission that was sent and is not over, with what is known of its aircraft."""
    for mission_id in sorted(state.live_missions):
        record = state.missions[mission_id]
        asset = state.assets[record.mission.asset_id]
        kind = fleet.types[asset.record.type_id]
        if mission_id != but and isinstance(kind, SortieType):
            lost = asset.status is AssetStatus.LINK_LOST
            yield Flight(record, kind, Seen(live.get(asset.record.asset_id), lost, now, free=not asset.holds))
