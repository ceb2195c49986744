"""The people at the doors: whether they are there, and when they come to a locker."""

from __future__ import annotations

import math

from fleet.sim.chance import Chance
from fleet.sim.spec import Incidents

ABSENT = {Incidents.NONE: 0.0, Incidents.SOME: 0.02, Incidents.HARD: 0.05}
COLLECT_MEDIAN_S = 5400.0


class People:
    """Recipients and senders. Who is absent is absent the first time only."""

    def __init__(self, chance: Chance, level: Incidents) -> None:
        self._chance = chance
        self._level = level
        self._tried: set[str] = set()

    def opens(self, order_id: str) -> bool:
        """Whether somebody is there for this parcel, asked at the door."""
        first = order_id not in self._tried
        self._tried.add(order_id)
        return not (first and self._chance.happens(ABSENT[self._level], "absent", order_id))

    def collects_after_s(self, order_id: str) -> float:
        """How long a parcel waits in a locker."""
        return COLLECT_MEDIAN_S * math.exp(self._chance.of("collects", order_id).gauss(0.0, 0.6))
