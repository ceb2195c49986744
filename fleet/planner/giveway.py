"""The less important gives way: a parcel that nobody brings takes the room of one that it is cheaper to leave.

The searches weigh what each parcel costs that is left; in the end all other moves are of one parcel at a time, by which
nobody loses a seat. Where all cost the same to leave, there is nothing to do here.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator

import numpy as np

from fleet.planner.apart import Apart
from fleet.planner.board import Board
from fleet.planner.seats import Seat
from fleet.planner.settle import LEAST_GAIN
from fleet.planner.stop import Late, never

MOST_LEFT = 100
"""Parcels that are left and look for room, the dearest first."""

MOST_ASKED = 40
"""Parcels that each of them asks: those that have most to do with it."""


def give_way(board: Board, late: Late = never) -> int:
    """Give the parcels that are left, those first that it is dearest to leave, the room of others that may be left for
    less, where the plan is cheaper by that; how many got one. Who gives way gets another seat if there is one, else may
    ask in turn. Ends early when it is late.
    """
    penalties = board.problem.penalties

    def dearest(order: int) -> tuple[float, int]:
        return -penalties[order], order

    left = [o for o, way in enumerate(board.choices) if way is None and board.ways[o].all]
    waiting, made = sorted(left, key=dearest)[:MOST_LEFT], 0
    if not waiting or len(set(penalties)) == 1:
        return 0
    apart = Apart(board.problem)
    while waiting and not late():
        order = waiting.pop(0)
        gone = next((one for one in _cheaper(board, order, apart) if _gives_way(board, one, order)), None)
        if gone is not None:
            made += 1
            if board.choices[gone] is None:
                insort(waiting, gone, key=dearest)
    return made


def _cheaper(board: Board, order: int, apart: Apart) -> Iterator[int]:
    """Parcels that have a seat and may be left for less, those nearest to a parcel first."""
    penalties, asked = board.problem.penalties, 0
    for other in np.argsort(apart.from_(order), kind="stable").tolist():
        if penalties[other] < penalties[order] and board.choices[other] is not None:
            yield other
            asked += 1
            if asked == MOST_ASKED:
                return


def _gives_way(board: Board, other: int, order: int) -> bool:
    """Whether a parcel finds a seat once another has given its own up, so that the plan is cheaper; then it has it."""
    penalties = board.problem.penalties
    board.lift(order)
    seat = board.lift(other)
    tour = None if seat.tour is None else board.tours.get(seat.tour.van.index)
    found = None
    if tour is None or tour.feasible:
        board.take(order)
        gain = penalties[order] - penalties[other] + seat.cost - board.leaving_toll
        found = board.cheapest(order, gain - LEAST_GAIN)
    if found is None:
        board.take(other)
        board.put(order, Seat(None, penalties[order]))
        board.put(other, seat)
        return False
    board.put(order, found)
    board.take(other)
    board.put(other, board.cheapest(other, penalties[other]) or Seat(None, penalties[other]))
    return True
