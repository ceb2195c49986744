"""Remote pilots: asked when one more machine is to set out, which needs one of them until it is back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fleet.dispatch.assessing import site_of
from fleet.dispatch.desk import Desk
from fleet.dispatch.sent import sent
from fleet.domain.state import MissionRecord
from fleet.feasibility import Trip
from fleet.feasibility.pilots import Out, no_pilot, rota
from fleet.protocol.values import Reason


def pilot_missing(desk: Desk, record: MissionRecord, trip: Trip) -> Reason | None:
    """Why a machine must wait: the pilots on shift have enough to do, or none is on shift until it is back."""
    pilots = rota(desk.context.fleet, record.kind, desk.now, trip.return_at)
    if pilots is None:
        return None
    lasts_s = (trip.return_at - desk.now).total_seconds()
    out = tuple(_out(desk, record, trip.return_at))
    return no_pilot(pilots, site_of(record), 0.0, lasts_s, out)


def _out(desk: Desk, record: MissionRecord, until: datetime) -> Iterator[Out]:
    """The machines of the same kind that have been released and are not back: each until it is due, as late as it was
    when it last told. One that is overdue is out for now, who knows how long."""
    for one in sent(desk):
        if one.is_out and one.kind.kind == record.kind and one.mission[0] != record.mission.mission_id:
            late = timedelta(seconds=max(0.0, one.late_s))
            back_s = (min(until, one.path[-1].at + late) - desk.now).total_seconds()
            yield 0, max(1, -int(-back_s // 1)), one.site_id
