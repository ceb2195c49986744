"""A mission under way has a clock: one that should long be over is put before a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.dispatch.desk import Desk
from fleet.dispatch.planning import busy_time
from fleet.domain.state import MissionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import AssetStatus, MissionStatus

OVERDUE = "mission_overdue"
_WAITS = frozenset({AssetStatus.LINK_LOST, AssetStatus.HELD})
"""An asset that is silent is looked for by the link timer; one that holds is late by order."""


def watch_the_clock(desk: Desk, record: MissionRecord) -> None:
    """Look at it again when it should be over."""
    desk.set_timer(f"overdue:{record.mission.mission_id}", _latest(desk, record))


def overdue(desk: Desk, mission_id: str) -> None:
    """Is it over? Else: is it late by order, or known to be late, or has it been forgotten?"""
    record = desk.mission(mission_id)
    if record is None or record.status is not MissionStatus.ACTIVE:
        return
    latest, grace = _latest(desk, record), timedelta(seconds=desk.settings.overdue_grace_s)
    if desk.now < latest:
        desk.set_timer(f"overdue:{mission_id}", latest)
    elif desk.asset(record.mission.asset_id).status in _WAITS:
        desk.set_timer(f"overdue:{mission_id}", desk.now + grace)
    else:
        _tell(desk, record, latest)


def _tell(desk: Desk, record: MissionRecord, latest: datetime) -> None:
    asset_id = record.mission.asset_id
    detail = f"should have ended by {latest.isoformat(timespec='seconds')}"
    desk.raise_once(
        OVERDUE,
        f"ask where it is; if it is not on its way, `fleet assets recover {asset_id}`",
        asset_id=asset_id,
        mission_id=record.mission.mission_id,
        owner="operator",
        reasons=(incident(OVERDUE, detail, source="hub"),),
    )


def _latest(desk: Desk, record: MissionRecord) -> datetime:
    """When it should be over, turned round too, by its own times and the delay that is known, with a grace."""
    late = timedelta(seconds=max(0.0, record.late_s))
    return busy_time(desk, record).end + late + timedelta(seconds=desk.settings.overdue_grace_s)
