"""Who a van serves after the window, how late, and what that counts for: part of a draft's objective.

``[lateness]`` of the fleet file says what an hour costs and how late it may be at most; without it windows hold. A stop
that may be late is a visit whose ``late_s`` lies behind its parcels' windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fleet.planner.tours import Case, Tour
from fleet.planner.trips import in_turn, together
from fleet.planner.visits import Visit, start_bounds

if TYPE_CHECKING:
    from fleet.planner.problem import Problem


def late_s(problem: Problem, tour: Tour) -> dict[int, int]:
    """The parcels of a tour that are served after their windows, and by how many seconds the service ends too late; a
    service that is longer than its window is late by when it begins."""
    found = {}
    for visit, begin_s in zip(tour.visits, tour.times_s[1:-1], strict=True):
        stop = tour.case.visits[visit]
        for order in stop.orders:
            opens, closes = problem.due[order]
            ends_s = begin_s + (stop.service_s if stop.service_s <= closes - opens else 0)
            if ends_s > closes and stop.locker_id is None:
                found[order] = ends_s - closes
    return found


def late_prices(problem: Problem, tour: Tour) -> dict[int, float]:
    """What it counts for that parcels of a tour are late, for each of these; for nobody where that has no price."""
    rule = problem.fleet.lateness
    if rule is None:
        return {}
    return {order: rule.per_hour / 3600 * seconds for order, seconds in late_s(problem, tour).items()}


def late_price(problem: Problem, tours: Iterable[Tour]) -> float:
    """What it counts for that parcels of tours are late; nothing where that has no price."""
    rule = problem.fleet.lateness
    if rule is None:
        return 0.0
    return rule.per_hour / 3600 * sum(sum(late_s(problem, tour).values()) for tour in tours)


def later(visit: Visit, seconds: int) -> Visit:
    """The stop that may be made so much later."""
    return replace(visit, late_s=visit.late_s + seconds) if seconds else visit


def no_later(tour: Tour) -> Tour:
    """The tour whose late stops must be made as early as they can be: by nothing that comes behind or is put in
    afterwards they get later. The tour itself where it would be too long for that, or nothing is late."""
    problem, visits = tour.case.problem, list(tour.case.visits)
    for visit, begin_s in zip(tour.visits, tour.line.begin_s[1:-1].tolist(), strict=True):
        stop = visits[visit]
        if stop.locker_id is None and stop.late_s > (in_time := _in_time_s(problem, stop)):
            visits[visit] = replace(stop, late_s=max(in_time, begin_s))
    if all(was.late_s == now.late_s for was, now in zip(tour.case.visits, visits, strict=True)):
        return tour
    made = Tour(Case(problem, tuple(visits), tour.case.sites), tour.van, tour.visits)
    return made if made.feasible else tour


def none_later(tours: Sequence[Tour]) -> tuple[Tour, ...]:
    """The same of all tours, where lateness has a price: else nothing is late. A van's trips stay as they are where
    they would not hold one behind the other."""
    if not tours or tours[0].case.problem.fleet.lateness is None:
        return tuple(tours)
    found = dict[int, Tour]()
    for trips in together(tours).values():
        made = [no_later(tour) for tour in trips]
        settled = made if len(made) == 1 else in_turn(made) or trips
        found |= {tour.van.index: tour for tour in settled}
    return tuple(found[tour.van.index] for tour in tours)


def _in_time_s(problem: Problem, stop: Visit) -> int:
    """When service at a door begins at the latest that is in everybody's window (s)."""
    return min(start_bounds(problem.due[order], stop.service_s)[1] for order in stop.orders)
