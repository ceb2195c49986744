"""When the next timer is due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime


class Timers:
    """A heap over the timers of the state. The state says which still stand: a timer that was set anew or has rung
    leaves its old entry behind, which is passed over.
    """

    def __init__(self, standing: Mapping[str, datetime]) -> None:
        self._heap = [(due, timer_id) for timer_id, due in standing.items()]
        heapq.heapify(self._heap)

    def add(self, timer_id: str, due: datetime) -> None:
        """A timer was set."""
        heapq.heappush(self._heap, (due, timer_id))

    def due(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """The entries that are due, earliest first; more may be added while they are dealt with."""
        while self._heap and self._heap[0][0] <= now:
            due, timer_id = heapq.heappop(self._heap)
            yield timer_id, due

    def next(self, standing: Mapping[str, datetime]) -> datetime | None:
        """When the next one rings; none when none is set."""
        while self._heap and standing.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
