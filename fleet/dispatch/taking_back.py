"""Taking a parcel out of whatever is to bring it."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.revising import without_order
from fleet.domain.events import MissionOver
from fleet.domain.state import OVER, MissionRecord
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import CancelMission
from fleet.protocol.mission import Load


def take_back(desk: Desk, order_id: str, why: str) -> bool:
    """Whether nobody is to bring the parcel any more.

    A van's route is changed, a machine's draft is dropped. What a machine was sent is asked back, what it has begun is
    brought to its end, and what is being loaded into a van goes aboard: its answer frees the parcel, so nothing may be
    done about it before.
    """
    mission_id = desk.parcel(order_id).mission_id
    record = None if mission_id is None else desk.mission(mission_id)
    if record is None or record.status in OVER:
        return True
    if kind_of(record.kind).archetype == "route":
        without_order(desk, record, order_id, why)
        return not _is_being_loaded(record, order_id)
    if record.status is MissionStatus.DRAFTED:
        over = MissionOver(at=desk.now, mission_id=record.mission.mission_id, outcome="cancelled", detail=why)
        desk.emit(over)
        return True
    if record.status is not MissionStatus.ACTIVE:
        desk.send(record.mission.asset_id, CancelMission(mission_id=record.mission.mission_id, why=why))
    return False


def _is_being_loaded(record: MissionRecord, order_id: str) -> bool:
    """Whether it is in the load that is under way: it will be reported as taken over."""
    loads = (s for s in record.mission.steps if isinstance(s, Load))
    return any(s.step_id == record.current and order_id in s.order_ids for s in loads)
