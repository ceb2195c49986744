"""What is to happen when: the world's events in the order of their time, and of their planning at the same time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count


class Ticket:
    """A planned event, which can be called off."""

    __slots__ = ("at", "run")

    def __init__(self, at: datetime, run: Callable[[], None]) -> None:
        self.at = at
        self.run: Callable[[], None] | None = run

    def cancel(self) -> None:
        """It will not happen."""
        self.run = None


class Agenda:
    """Virtual time and what is planned in it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._heap: list[tuple[datetime, int, Ticket]] = []
        self._order = count()

    def at(self, when: datetime, run: Callable[[], None]) -> Ticket:
        """Plan an event; one in the past happens as soon as time goes on."""
        ticket = Ticket(max(when, self.now), run)
        heapq.heappush(self._heap, (ticket.at, next(self._order), ticket))
        return ticket

    def after(self, seconds: float, run: Callable[[], None]) -> Ticket:
        """Plan an event in so many seconds from now."""
        return self.at(self.now + timedelta(seconds=seconds), run)

    def next_at(self) -> datetime | None:
        """When the next event is; none when nothing is planned."""
        while self._heap and self._heap[0][2].run is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def advance(self, until: datetime) -> None:
        """Let everything happen that is planned up to ``until``, which is included."""
        while (at := self.next_at()) is not None and at <= until:
            ticket = heapq.heappop(self._heap)[2]
            run, ticket.run = ticket.run, None
            self.now = at
            if run is not None:
                run()
        self.now = max(self.now, until)
