"""How many flights may make use of an approval: counted when one more is to set out."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.dispatch.desk import Desk
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility import Trip
from fleet.feasibility.approvals import Flown, approval_full
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.mission import Mission, Travel
from fleet.protocol.values import Reason
from geofences import Waypoint

OUT = frozenset({MissionStatus.RELEASED, MissionStatus.ACCEPTED, MissionStatus.ACTIVE})
OVER = frozenset({MissionStatus.COMPLETED, MissionStatus.FAILED})


def full_approval(desk: Desk, record: MissionRecord, trip: Trip) -> Reason | None:
    """Why an aircraft must wait: an approval that it needs has as many flights as it allows."""
    kind = _type_of(desk, record)
    if kind is None:
        return None
    return approval_full(desk.context, kind, trip.path, _flown(desk, record.mission.mission_id))


def _flown(desk: Desk, besides: str) -> Iterator[Flown]:
    """The flights that have been released. One that was cancelled counts if it had been accepted: it may have flown."""
    for mission_id, other in sorted(desk.state.missions.items()):
        went = other.status in OUT or other.status in OVER or other.accepted_revision >= 0
        kind = _type_of(desk, other) if went and mission_id != besides else None
        if kind is not None:
            mission = other.mission
            path = _way(mission)
            if path:
                key = (mission_id, mission.revision)
                yield Flown(key, kind, path, mission.start_at, other.status in OUT)


def _type_of(desk: Desk, record: MissionRecord) -> SortieType | None:
    """The type of what flies the mission; none of what drives it."""
    found = desk.context.fleet.types[desk.asset(record.mission.asset_id).record.type_id]
    return found if isinstance(found, SortieType) and kind_of(found.kind).needs_airspace else None


def _way(mission: Mission) -> tuple[Waypoint, ...]:
    steps = (step for step in mission.steps if isinstance(step, Travel))
    return tuple(
        Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at or mission.start_at) for step in steps for p in step.path
    )
