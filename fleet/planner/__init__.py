"""Snapshot in, plan out: which mode, asset and time serves each parcel.

What a plan is made from loads at once; ``plan`` with its solvers, and what inserts into running routes, only when they
are asked for: a hub is to listen before a worker of its own needs a solver.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fleet.planner.snapshot import AssetSlot, Held, Snapshot
from fleet.planner.stop import Deadline, MaxIterations, Stop

if TYPE_CHECKING:
    from fleet.planner.insertion import FreeVan, Insertion, best_insertion, insert, open_route
    from fleet.planner.planning import plan
    from fleet.planner.problem import PlannerError
    from fleet.planner.running import RunningRoute

__all__ = [
    "AssetSlot",
    "Deadline",
    "FreeVan",
    "Held",
    "Insertion",
    "MaxIterations",
    "PlannerError",
    "RunningRoute",
    "Snapshot",
    "Stop",
    "best_insertion",
    "insert",
    "open_route",
    "plan",
]

_LATER = {
    "FreeVan": "insertion",
    "Insertion": "insertion",
    "PlannerError": "problem",
    "RunningRoute": "running",
    "best_insertion": "insertion",
    "insert": "insertion",
    "open_route": "insertion",
    "plan": "planning",
}
"""Where the names that are not loaded at once are defined."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
