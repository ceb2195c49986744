"""Virtual time: what is to happen, in order, from one seed the same each time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Timeline:
    """Actions by their moment; two of one moment happen in the order in which they were given."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def at(self, moment: float, action: Action) -> None:
        """Do this at a moment, or now if that is over."""
        heapq.heappush(self._due, (max(moment, self.now), next(self._numbers), action))

    def after(self, delay_s: float, action: Action) -> None:
        """Do this so many seconds from now."""
        self.at(self.now + delay_s, action)

    def run(self, until: float) -> None:
        """Let time go on to ``until``."""
        while self._due and self._due[0][0] <= until:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = until
