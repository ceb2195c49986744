"""Is it feasible: one file for each question, typed reasons, and exact verdicts about trips, routes and
lockers.
"""

from fleet.feasibility.assess import (
    LockerAssessment,
    SortieAssessment,
    assess_locker,
    assess_route,
    assess_sortie,
)
from fleet.feasibility.columns import OrderColumns, order_columns
from fleet.feasibility.context import Context
from fleet.feasibility.prefilter import LockerReach, prefilter_lockers, prefilter_sorties
from fleet.feasibility.shape import TripShape, sortie_shape
from fleet.feasibility.trip import Trip
from fleet.feasibility.verdict import Verdict, combine, feasible, infeasible, unknown

__all__ = [
    "Context",
    "LockerAssessment",
    "LockerReach",
    "OrderColumns",
    "SortieAssessment",
    "Trip",
    "TripShape",
    "Verdict",
    "assess_locker",
    "assess_route",
    "assess_sortie",
    "combine",
    "feasible",
    "infeasible",
    "order_columns",
    "prefilter_lockers",
    "prefilter_sorties",
    "sortie_shape",
    "unknown",
]
