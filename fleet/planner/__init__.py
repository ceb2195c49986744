"""Snapshot in, plan out: which mode, asset and time serves each parcel."""

from fleet.planner.insertion import FreeVan, Insertion, best_insertion, insert, open_route
from fleet.planner.planning import plan
from fleet.planner.problem import PlannerError
from fleet.planner.running import RunningRoute
from fleet.planner.snapshot import AssetSlot, Held, Snapshot
from fleet.planner.stop import Deadline, MaxIterations, Stop

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
