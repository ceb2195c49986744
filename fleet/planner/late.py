"""Late rather than not at all: once the search over all modes is over, which weighs lateness with all else, a parcel
that it leaves goes by van after its window, where ``[lateness]`` of the fleet file gives that a price.

Nobody else becomes late for it, since others' windows hold. The price is never part of a reported cost. Only vans bring
late: a sortie's or a locker's way is judged for the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fleet.domain.objective import Lateness
from fleet.planner.board import Board
from fleet.planner.overdue import late_s, later
from fleet.planner.seats import Seat
from fleet.planner.stop import Late, never
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import Visit, door_visit

MOST_TRIED = 300
"""Parcels, the dearest and those due first: where far more are left, vans are far too few, and asking all of them takes
long."""


@dataclass(frozen=True)
class _LateSeat:
    seat: Seat
    price: float
    """The seat's cost and the price of the time."""


def bring_late(board: Board, rule: Lateness | None, late: Late = never) -> int:
    """Give the parcels that are left, the dearest and of these those due first, the seats that cost least with the
    price of their lateness, as long as that is less than leaving them; how many got one. Ends early when time is up.
    """
    problem = board.problem
    left = [order for order, way in enumerate(board.choices) if way is None]
    tried = sorted(left, key=lambda order: (-problem.penalties[order], problem.due[order][1], order))[
        :MOST_TRIED
    ]
    return 0 if rule is None else sum(_brought(board, order, rule) for order in tried if not late())


def as_late_as_driven(tour: Tour, rule: Lateness | None) -> Tour:
    """The tour, of a plan in force, where its stops that were planned late may be as late as they come out now, as long
    as that is let pass."""
    if rule is None:
        return tour
    visits = list(tour.case.visits)
    for visit, begin_s in zip(tour.visits, tour.line.begin_s[1:-1].tolist(), strict=True):
        stop = visits[visit]
        if stop.late_s < begin_s <= _widened(stop, rule).late_s and stop.locker_id is None:
            visits[visit] = replace(stop, late_s=begin_s)
    return Tour(Case(tour.case.problem, tuple(visits)), tour.van, tour.visits)


def _brought(board: Board, order: int, rule: Lateness) -> bool:
    best = min(_seats(board, order, rule), key=lambda one: one.price, default=None)
    if best is None or best.price >= board.problem.penalties[order]:
        return False
    board.put(order, best.seat)
    return True


def _seats(board: Board, order: int, rule: Lateness) -> Iterator[_LateSeat]:
    way, problem = board.ways[order].door, board.problem
    if way is None:
        return
    visit = _widened(door_visit(problem, order, way.bases), rule)
    for seat in board.stops(way, visit, 0.0, problem.penalties[order]):
        if seat.tour is not None:
            # As late as need be, and no later by what comes behind or is put in afterwards.
            tour = board.hastened(seat.tour)
            cost = seat.cost + tour.cost - seat.tour.cost
            hours = late_s(problem, tour).get(order, 0) / 3600
            price = cost + board.toll((tour,)) + rule.per_hour * hours
            yield _LateSeat(replace(seat, cost=cost, tour=tour), price)


def _widened(visit: Visit, rule: Lateness) -> Visit:
    return later(visit, int(rule.at_most_min * 60))
