"""The trips that count where only so many may be made: those that were sent out, and those that are drafted."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.dispatch.desk import Desk
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility.approvals import Sent
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.mission import Load, Mission, Travel
from geofences import Waypoint

OUT = frozenset({MissionStatus.RELEASED, MissionStatus.ACCEPTED, MissionStatus.ACTIVE})
OVER = frozenset({MissionStatus.COMPLETED, MissionStatus.FAILED})


def sent(desk: Desk, *, drafts: bool = False) -> Iterator[Sent]:
    """The trips that were sent out, in the order of their ids; with ``drafts`` also those that will be. One that was
    cancelled counts if it had been accepted: it may have flown.
    """
    for mission_id, record in sorted(desk.state.missions.items()):
        is_draft = record.status is MissionStatus.DRAFTED
        went = record.status in OUT or record.status in OVER or record.accepted_revision >= 0
        kind = sortie_type_of(desk, record) if went or (drafts and is_draft) else None
        path = () if kind is None else way_of(record.mission)
        if kind is not None and path:
            key = (mission_id, record.mission.revision)
            load = first_load(record)
            site_id = "" if load is None else load.site_id
            yield Sent(key, kind, path, record.status in OUT or is_draft, record.late_s, site_id)


def sortie_type_of(desk: Desk, record: MissionRecord) -> SortieType | None:
    """The type of what makes a mission, if that is a sortie."""
    found = desk.context.fleet.types[desk.asset(record.mission.asset_id).record.type_id]
    return found if isinstance(found, SortieType) else None


def way_of(mission: Mission) -> tuple[Waypoint, ...]:
    """All the ways of a sortie, one after the other, at their planned times."""
    steps = (step for step in mission.steps if isinstance(step, Travel))
    return tuple(
        Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at or mission.start_at) for step in steps for p in step.path
    )


def first_load(record: MissionRecord) -> Load | None:
    """The step in which a mission takes its parcels over."""
    return next((s for s in record.mission.steps if isinstance(s, Load)), None)
