"""A van's tour with one more stop, on the legs that suit that best."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleet.planner.construct import leg_costs
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import Visit

LEGS_TRIED = 3
"""Of each tour, the legs that are worked out exactly for a new stop, the shortest detours first."""


def with_stop(tour: Tour, visit: Visit) -> Iterator[Tour]:
    """The tour with one more stop on each of the legs that suit it best, as far as that is feasible."""
    return (longer for longer in tried(tour, visit) if longer.feasible)


def tried(tour: Tour, visit: Visit) -> Iterator[Tour]:
    """The same, whether that is feasible or not."""
    visits = [tour.case.visits[v] for v in tour.visits]
    case = Case(tour.case.problem, (*visits, visit), (tour.van.site.site_id,))
    same = Tour(case, tour.van, tuple(range(len(visits))))
    extra = leg_costs(case, same, len(visits))
    for leg in np.argsort(extra, kind="stable")[:LEGS_TRIED].tolist():
        if np.isfinite(extra[leg]):
            yield same.with_visit(len(visits), leg)
