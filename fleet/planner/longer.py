"""A van's tour with one more stop, on the legs that suit that best."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleet.planner.construct import costs_by_leg
from fleet.planner.nearways import Legs
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import Visit

LEGS_TRIED = 3
"""Of each tour, the legs that are worked out exactly for a new stop, the shortest detours first."""


def with_stop(tour: Tour, visit: Visit) -> Iterator[Tour]:
    """The tour with one more stop on each of the legs that suit it best, as far as that is feasible."""
    return (longer for longer in tried(tour, visit) if longer.feasible)


def tried(tour: Tour, visit: Visit) -> Iterator[Tour]:
    """The same, whether that is feasible or not. The legs between all stops are looked up only where it fits on one."""
    visits = [tour.case.visits[v] for v in tour.visits]
    extra = costs_by_leg(tour, visit, *_ways(tour, visit))
    legs = [leg for leg in np.argsort(extra, kind="stable")[:LEGS_TRIED].tolist() if np.isfinite(extra[leg])]
    if legs:
        case = Case(tour.case.problem, (*visits, visit), (tour.van.site.site_id,))
        same = Tour(case, tour.van, tuple(range(len(visits))))
        yield from (same.with_visit(len(visits), leg) for leg in legs)


def _ways(tour: Tour, visit: Visit) -> tuple[Legs, Legs]:
    """To a stop from where each leg of a tour begins, and on from it to where that ends; some may be estimated."""
    problem = tour.case.problem
    places = [tour.van.site.place, *(tour.case.visits[v].place for v in tour.visits)]
    there = problem.roughly(places, [visit.place])
    back = problem.roughly([visit.place], [*places[1:], places[0]])
    return Legs(there.metres[:, 0], there.seconds[:, 0]), Legs(back.metres[0], back.seconds[0])
