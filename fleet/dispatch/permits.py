"""How many robots may be in a permit area at once: counted when one more is to set out."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.dispatch.desk import Desk
from fleet.dispatch.sent import way_of
from fleet.domain.state import MissionRecord
from fleet.feasibility import Trip
from fleet.feasibility.sidewalk import permit_full
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.values import Reason
from geofences import Waypoint

GROUND = "walk"


def full_area(desk: Desk, record: MissionRecord, trip: Trip) -> Reason | None:
    """Why a robot must wait: a permit area on its way has as many robots out as it may have."""
    if desk.context.permits is None or kind_of(record.kind).profile != GROUND:
        return None
    return permit_full(desk.context, trip.path, _robots_out(desk))


def _robots_out(desk: Desk) -> Iterator[tuple[Waypoint, ...]]:
    """The ways of the robots that have been released and are not back."""
    for mission_id in sorted(desk.state.live_missions):
        other = desk.state.missions[mission_id]
        if other.status is not MissionStatus.DRAFTED and kind_of(other.kind).profile == GROUND:
            yield way_of(other.mission)
