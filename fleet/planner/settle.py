"""The last step of a plan: parcels change their mode, one by one, as long as that makes the whole plan cheaper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fleet.planner.board import Board
from fleet.planner.seats import Thing, things
from fleet.planner.stop import Late, never

LEAST_GAIN = 0.005
"""Half a cent of the currency: less would be noise, and rounding must not send a parcel to and fro."""


def settle(board: Board, late: Late = never, orders: Sequence[int] | None = None) -> int:
    """Move single parcels (all, or these) to other ways until no single move pays, or it is late; returns how many
    moves were made.

    Each move makes the plan cheaper by at least ``LEAST_GAIN``, so this ends. In the end everybody is asked once more,
    for a route that changed may have come near; of a large problem, only those that the changes touch.
    """
    asked = range(len(board.choices)) if orders is None else orders
    settling, everybody = _Settling(board, late), board.problem.dearest_first(asked)
    # Whoever was left for want of time, or is left to these moves, comes first, of these who it is dearest to leave.
    if board.start.cut or not board.problem.keeps_legs:
        everybody.sort(key=lambda order: board.choices[order] is not None)
    while settling.round(everybody):
        while settling.round(settling.shaken()):
            pass
        if not board.problem.keeps_legs:
            break
    return settling.moves


@dataclass
class _Settling:
    """What each parcel's last answer depended on, so that only those are asked again for whom something changed."""

    board: Board
    late: Late = never
    moves: int = 0
    _depends: dict[int, set[Thing]] = field(default_factory=dict)
    _changed: set[Thing] = field(default_factory=set)

    def round(self, orders: Iterable[int]) -> int:
        """Ask each parcel once; how many moved."""
        self._changed = set()
        made = sum(self._moved(order) for order in orders if not self.late())
        self.moves += made
        return made

    def shaken(self) -> list[int]:
        """The parcels that depend on what the last round changed."""
        return [order for order, depends in self._depends.items() if depends & self._changed]

    def _moved(self, order: int) -> bool:
        board = self.board
        board.asked = set()
        if board.stands_well(order, LEAST_GAIN):
            self._depends[order] = things(board.problem, board.choices[order])
            return False
        seat = board.lift(order)
        overdue = board.overdue(order, seat)
        # Who is late may be in time on the same way, for a little more.
        but = seat.way if overdue <= 0.0 else None
        better = board.cheapest(order, seat.cost + overdue - LEAST_GAIN, but=but)
        board.put(order, better or seat)
        self._depends[order] = board.asked | things(board.problem, seat.way, seat.tour)
        if better is not None:
            for changed in (seat, better):
                self._changed |= things(board.problem, changed.way, changed.tour)
        return better is not None
