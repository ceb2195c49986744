"""How many flights may make use of an approval: counted when one more is to set out."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.sent import sent, sortie_type_of
from fleet.domain.state import MissionRecord
from fleet.feasibility import Trip
from fleet.feasibility.approvals import approval_full
from fleet.kinds import kind_of
from fleet.protocol.values import Reason


def full_approval(desk: Desk, record: MissionRecord, trip: Trip) -> Reason | None:
    """Why an aircraft must wait: an approval that it needs has as many flights as it allows."""
    kind = sortie_type_of(desk, record)
    if kind is None or not kind_of(kind.kind).needs_airspace:
        return None
    ours = record.mission.mission_id
    others = (one for one in sent(desk) if one.mission[0] != ours and kind_of(one.kind.kind).needs_airspace)
    return approval_full(desk.context, kind, trip.path, others)
