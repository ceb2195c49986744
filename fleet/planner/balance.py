"""Fairness between drivers, once the search that weighs it is over: stops go over from longer routes to shorter
ones, as long as that is worth what it costs.

What counts is the hours of a driver's routes, from the start of loading to the end of each, above the mean of all
drivers of the plan: at ``[fairness] per_hour`` of the fleet file. It is never part of a reported cost. A drafted route
that changes for it counts for what a change does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleet.planner.board import Board
from fleet.planner.hours import driven_s, driver_of, hours_above_mean
from fleet.planner.longer import with_stop
from fleet.planner.stop import Late, never
from fleet.planner.tours import Tour

LEAST_GAIN = 0.005
"""Half a cent of the currency, as when parcels change their modes."""

MOST_MOVES = 200
"""Of stops, so that this ends soon also where hundreds of routes could go on for long."""


@dataclass(frozen=True)
class Move:
    """Two tours as they would be once a stop has gone over: worth ``gain``, in money."""

    gain: float
    shorter: Tour
    longer: Tour


def balance(board: Board, per_hour: float, late: Late = never) -> int:
    """Move single stops while one is worth it, the best of the longest route that has one first; how many were moved.

    ``per_hour`` is what an hour above the mean is worth. Modes stay, and so does who is out: no van is sent out or
    stays at home for this. Ends early when it is late.
    """
    if per_hour <= 0:
        return 0
    for moved in range(MOST_MOVES):
        move = None if late() else _next(board, per_hour)
        if move is None:
            return moved
        for tour in (move.shorter, move.longer):
            board.drive(tour)
    return MOST_MOVES


def _next(board: Board, per_hour: float) -> Move | None:
    """The best move away from the longest route from which any is worth it."""
    hours = driven_s(board.tours.values())
    tours = sorted(board.tours.values(), key=lambda tour: (-hours[driver_of(tour)], tour.van.index))
    mean_s = sum(hours.values()) / max(1, len(hours))
    for tour in tours:
        if hours[driver_of(tour)] <= mean_s:
            return None
        best = max(_moves(board, tours, tour, per_hour), key=lambda move: move.gain, default=None)
        if best is not None:
            return best
    return None


def _moves(board: Board, tours: Sequence[Tour], long: Tour, per_hour: float) -> Iterator[Move]:
    """What each stop of a route is worth on each shorter one. A route keeps its last stop."""
    hours = driven_s(tours)
    for at in range(len(long.visits) if len(long.visits) > 1 else 0):
        visit, rest = long.case.visits[long.visits[at]], long.without(at)
        if not rest.feasible:
            continue
        for short in tours:
            if hours[driver_of(short)] >= hours[driver_of(long)] or short.van.base not in visit.bases:
                continue
            for longer in with_stop(short, visit):
                gain = _gain(tours, (long, short), (rest, longer), per_hour) - board.toll((rest, longer))
                if gain >= LEAST_GAIN:
                    yield Move(gain, rest, longer)


def _gain(
    tours: Sequence[Tour], before: tuple[Tour, Tour], after: tuple[Tour, Tour], per_hour: float
) -> float:
    others = [tour for tour in tours if all(tour is not one for one in before)]
    was, now = (hours_above_mean(list(driven_s([*others, *pair]).values())) for pair in (before, after))
    cheaper = sum(tour.cost for tour in before) - sum(tour.cost for tour in after)
    return per_hour * (was - now) + cheaper
