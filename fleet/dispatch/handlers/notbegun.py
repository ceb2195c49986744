"""A mission that was sent and does not begin: it is taken back, and only its asset's word sets the parcels free.

An asset may have begun although we have not heard of it. So nothing is given to another as long as the asset has not
answered, or a person has not said where it stands (``RecoverAsset``).
"""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.release import begin_grace
from fleet.domain.state import MissionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import CancelMission

CODE = "mission_not_begun"
_WAITS = frozenset({AssetStatus.LINK_LOST, AssetStatus.HELD})
"""An asset that is silent is looked for by the link timer; one that was told to hold does what it was told."""


def not_begun(desk: Desk, mission_id: str) -> None:
    """Its start and the grace after it are over: take it back, unless there is a reason why it waits."""
    record = _waiting(desk, mission_id)
    if record is None:
        return
    grace = begin_grace(desk, record.mission)
    asset_id = record.mission.asset_id
    if desk.state.stopped_by is not None or desk.asset(asset_id).status in _WAITS:
        desk.set_timer(f"begin:{mission_id}", desk.now + grace)
        return
    late_s = (desk.now - record.mission.start_at).total_seconds()
    detail = f"{late_s:.0f} s after its start it has not begun"
    desk.raise_exception(
        CODE,
        "taken back; its parcels are handed on once the asset has answered",
        asset_id=asset_id,
        mission_id=mission_id,
        reasons=(incident(CODE, detail, source="hub"),),
    )
    desk.send(asset_id, CancelMission(mission_id=mission_id, why=detail))
    desk.set_timer(f"cancel:{mission_id}", desk.now + grace)


def unanswered(desk: Desk, mission_id: str) -> None:
    """The asset has not said what became of a mission that was taken back: a person must find out."""
    record = _waiting(desk, mission_id)
    if record is None:
        return
    asset_id = record.mission.asset_id
    desk.raise_exception(
        "cancel_unanswered",
        f"look for it, then `fleet assets recover {asset_id}`: its parcels wait until then",
        asset_id=asset_id,
        mission_id=mission_id,
        owner="operator",
    )


def _waiting(desk: Desk, mission_id: str) -> MissionRecord | None:
    record = desk.mission(mission_id)
    sent = record is not None and record.status in (MissionStatus.RELEASED, MissionStatus.ACCEPTED)
    return record if sent else None
