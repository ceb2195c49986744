"""What one plan has worked out and the next one need not: the context of the last plan, where it is still the same.

Each job comes to the planner's process as a copy of its own. Where nothing of the context has changed since the last
one, that one is planned with, in which the shapes of trips and whole verdicts are known already; in other weather the
shapes. Nothing else is taken over, so a plan depends on its snapshot alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fleet.feasibility.context import Context
from fleet.planner.snapshot import Snapshot


@dataclass
class Recent:
    """The context of the last plan of this process."""

    last: Context | None = None

    def known(self, snapshot: Snapshot) -> Snapshot:
        """The same snapshot, with what is known of its context."""
        self.last = self._known(snapshot.context)
        return replace(snapshot, context=self.last)

    def _known(self, context: Context) -> Context:
        if self.last is None or self.last is context:
            return context
        if self.last == context:
            return self.last
        other = self.last.in_weather(context.weather)
        return other if other == context else context
