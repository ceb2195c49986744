"""When a route under way is looked at again though nothing is told of it."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch.desk import Desk
from fleet.dispatch.expected import expected
from fleet.domain.state import MissionRecord
from fleet.protocol.lifecycle import MissionStatus


def watch_lateness(desk: Desk, record: MissionRecord) -> None:
    """Look at a route again when its next stop should long be over, or its van be home: a driver who stands in a queue
    tells nothing."""
    if record.mission.is_sortie or record.status is not MissionStatus.ACTIVE:
        return
    found = expected(desk, record)
    first = next(iter(found.arrivals), None)
    over = found.home if first is None else first.at + timedelta(seconds=first.stop.service_s)
    due = max(over, desk.now) + timedelta(seconds=desk.settings.late_look_s)
    desk.set_timer(f"late:{record.mission.mission_id}", due)
