"""What one plan has worked out and the next one need not: the context of the last plan, where it is still the same, and
the ways by streets.

Each job comes to the planner's process as a copy of its own. Where nothing of the context has changed since the last
one, that one is planned with, in which the shapes of trips and whole verdicts are known already; in other weather the
shapes. What was asked of the streets is kept as long as these are the same, whatever else of the context changes.
Nothing else is taken over, so a plan depends on its snapshot alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fleet.feasibility.context import Context
from fleet.planner.atlas import Atlas
from fleet.planner.snapshot import Snapshot


@dataclass
class Recent:
    """The context of the last plan of this process."""

    last: Context | None = None
    atlas: Atlas = field(default_factory=Atlas)
    """Of the streets that were planned with last: up to 72 MB."""

    def known(self, snapshot: Snapshot) -> Snapshot:
        """The same snapshot, with what is known of its context."""
        found = _known(self.last, snapshot.context)
        self.last = found
        if found.network.version is not None:
            found.memory.get(Atlas, lambda: self.atlas)
        return replace(snapshot, context=found)


def _known(last: Context | None, context: Context) -> Context:
    if last is None or last is context:
        return context
    if last == context:
        return last
    other = last.in_weather(context.weather)
    return other if other == context else context
