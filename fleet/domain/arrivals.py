"""When parcels are expected now, where that is not when it was last told."""

from __future__ import annotations

from typing import Literal

from fleet.domain.event import Event
from fleet.protocol.values import Identifier, Time


class ArrivalsMoved(Event):
    """A mission under way, or one that has to wait for it, is later or earlier than its parcels were told: when each
    of them is expected now."""

    type: Literal["arrivals_moved"] = "arrivals_moved"
    mission_id: Identifier
    etas: dict[Identifier, Time]
