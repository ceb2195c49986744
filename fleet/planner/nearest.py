"""The smallest change that would serve a parcel which nobody brings: tried, the one that asks for least first.

Nothing is named that was not tried on the board of the plan itself (`trial.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from fleet.domain.fleet import AssetType
from fleet.planner.board import Board
from fleet.planner.limits import Refusal, lifted
from fleet.planner.more import ROWS, Left, Stretch
from fleet.planner.stop import Late, never
from fleet.planner.trial import Change, seat_with
from fleet.protocol.values import Reason

MOST_ASKED = 100
"""Parcels for which changes are tried in one plan, whether a clock says when to stop or not."""

PAIRS_TRIED = 6

NONE_SERVES = "no single change that was tried would serve it"
MORE_TIME = "more time for planning"
TOO_MANY = f"not tried: {MOST_ASKED} other parcels were asked first"


def when_asked(order_id: str) -> str:
    """Instead of a change, where it would take longer than the plan: how to have it tried."""
    asks = f"`fleet orders explain {order_id}`, or Find every way in the console, asks for it"
    return f"not tried in a repair of the plan: {asks}"


@dataclass(frozen=True)
class Refused:
    """What one type answers, of one locker if it is of such: all of its reasons must be lifted."""

    type: AssetType
    reasons: tuple[Reason, ...]
    locker_id: str | None = None


@dataclass(frozen=True)
class Nearest:
    """The change that serves a parcel, in words; ``changes`` are those that were tried and do (none: nothing did), and
    ``cut`` says that time was up before all were tried."""

    text: str
    changes: tuple[Change, ...] = ()
    cut: bool = False


Refusals = Callable[[int], Iterator[Refused]]


@dataclass
class Finder:
    """Asks about parcels of one plan. ``refusals`` are the answers of all types for a parcel; ``settled`` whether each
    was offered all its ways as they are."""

    board: Board
    refusals: Refusals
    late: Late = never
    settled: bool = True
    _asked: int = field(default=0, init=False)

    def of(self, order: int) -> Nearest:
        """The change that asks for least of those that would serve the parcel."""
        many = not self.board.problem.keeps_legs
        if self.late() or (many and not self.settled):  # a trial takes seconds there, which others need
            return self._cut()
        if self._asked >= MOST_ASKED:
            return Nearest(TOO_MANY)
        self._asked += 1
        left = Left(self.board, order)
        if not self.settled and self._serves(order, _AS_IT_IS):
            return Nearest(MORE_TIME, cut=True)
        for candidate in sorted(self._candidates(left), key=lambda one: one.effort):
            if self.late():
                return self._cut()
            found = self._tried(order, candidate)
            if found is not None:
                return Nearest(found.text, (found,))
        return self._pair(left)

    def _cut(self) -> Nearest:
        return Nearest("time was up before a change that would serve it was found", cut=True)

    def _pair(self, left: Left) -> Nearest:
        """Two changes together, of the few that are most likely to help."""
        pairs = chain(self._both_limits(left), self._with_a_van(left))
        for _, (one, other) in zip(range(PAIRS_TRIED), pairs, strict=False):
            if self.late():
                return self._cut()
            if self._serves(left.order, one.beside(other)):
                both = f"{one.text} and {other.text}"
                return Nearest(f"{NONE_SERVES}; two would: {both}", (one.beside(other),))
        return Nearest(NONE_SERVES)

    def _tried(self, order: int, candidate: Change | Stretch) -> Change | None:
        """The change if it serves the parcel; of a stretch the fewest steps that do."""
        if isinstance(candidate, Change):
            return candidate if self._serves(order, candidate) else None
        if candidate.most < 1 or not self._serves(order, candidate.by(candidate.most)):
            return None
        too_few, enough = 0, candidate.most
        while enough - too_few > 1 and not self.late():
            middle = (too_few + enough) // 2
            too_few, enough = (
                (too_few, middle) if self._serves(order, candidate.by(middle)) else (middle, enough)
            )
        return candidate.by(enough)

    def _serves(self, order: int, change: Change) -> bool:
        return seat_with(self.board, order, change) is not None

    # --- candidates --------------------------------------------------------------------------------------------------

    def _candidates(self, left: Left) -> Iterator[Change | Stretch]:
        """Every single change: each limit that alone keeps a type from the parcel, and all that could be more."""
        for changes in self._limits(left):
            if len(changes) == 1:
                yield changes[0]
        for row in ROWS:
            yield from row(left)

    def _both_limits(self, left: Left) -> Iterator[tuple[Change, Change]]:
        """The two limits that together keep one type from the parcel."""
        for changes in self._limits(left):
            if len(changes) == 2:
                yield changes[0], changes[1]

    def _with_a_van(self, left: Left) -> Iterator[tuple[Change, Change]]:
        """A limit of a locker or a van, or a compartment, each with a van more."""
        vans = [one for row in ROWS for one in row(left) if isinstance(one, Change) and one.van is not None]
        rooms = [one for one in self._candidates(left) if isinstance(one, Change) and one.van is None]
        for one in sorted(rooms, key=lambda change: change.effort):
            for van in vans[:1]:
                yield one, van

    def _limits(self, left: Left) -> Iterator[Sequence[Change]]:
        """For each answer the changes that lift all of its reasons; nothing for one with a reason that nobody lifts.
        Each set of changes once."""
        seen = set[tuple[str, ...]]()
        for refused in self.refusals(left.order):
            found = [lifted(self._refusal(left, refused, reason)) for reason in refused.reasons]
            changes = [one for one in found if one is not None]
            key = tuple(one.text for one in changes)
            if len(changes) == len(found) and key and key not in seen:
                seen.add(key)
                yield changes

    def _refusal(self, left: Left, refused: Refused, reason: Reason) -> Refusal:
        return Refusal(left.parcel, refused.type, left.name(refused.type), reason, refused.locker_id)


_AS_IT_IS = Change("", 0.0, lambda snapshot: snapshot, sorties=True)
