"""A plan that is written as it is explained: of very many parcels all explanations at once would take more memory than
all else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fleet.domain.plan import ParcelPlan, Plan

Change = Callable[[Plan], Mapping[str, Any]]
"""Fields of a plan that are to be others, by what it says."""


@dataclass(frozen=True)
class PlanParts:
    """A plan's parcels, each explained when it is asked for, and all else, which is known when they are through: what
    there was no time for is among it."""

    parcels: Iterator[ParcelPlan]
    make: Callable[[], Plan]
    changes: tuple[Change, ...] = ()

    def then(self, change: Change) -> PlanParts:
        """The same with other fields in the end."""
        return replace(self, changes=(*self.changes, change))

    def rest(self) -> Plan:
        """The plan without its parcels. To be asked once, when they are through."""
        made = self.make()
        for change in self.changes:
            made = made.model_copy(update=dict(change(made)))
        return made

    def whole(self) -> Plan:
        """All of it at once."""
        parcels = tuple(self.parcels)
        return self.rest().model_copy(update={"parcels": parcels})
