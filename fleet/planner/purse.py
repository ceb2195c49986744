"""A budget shared out among pieces of work, of which some are done at a time."""

from __future__ import annotations

from typing import Protocol

from fleet.planner.routing import CHUNK, Budget, Iterations
from fleet.planner.stop import Late


class Purse(Protocol):
    """The whole budget."""

    def used(self) -> float:
        """The share that is used up, or given away."""

    def late(self) -> bool:
        """Whether time is up, so that not even a first plan is to be made. Iterations take no time."""

    def part(self, share: float) -> Budget:
        """A budget for one piece of work: so large a share of the whole."""


def purse_of(budget: Budget, at_once: int, late: Late | None = None) -> Purse:
    """Iterations are given away one after the other, the same whoever does them; of all else, which is time, each of so
    many pieces that are done at a time has as much more. ``late`` says when it is too late for a first plan; without it
    that is when the budget is used up."""
    if isinstance(budget, Iterations):
        return _Counted(budget.chunks)
    return _Timed(budget, at_once, late or (lambda: budget() >= 1.0))


class _Counted:
    """Chunks of iterations. Fractions are carried over, so that in the end all are given."""

    def __init__(self, chunks: int) -> None:
        self._chunks, self._due, self._given = chunks, 0.0, 0

    def used(self) -> float:
        """Nothing left is all used."""
        return self._given / self._chunks if self._chunks else 1.0

    def late(self) -> bool:
        """Never."""
        return False

    def part(self, share: float) -> Budget:
        """So many chunks."""
        self._due += share * self._chunks
        chunks = min(round(self._due), self._chunks) - self._given
        self._given += chunks
        return Iterations(chunks * CHUNK)


class _Timed:
    """What a clock says."""

    def __init__(self, budget: Budget, at_once: int, late: Late) -> None:
        self._budget, self._at_once, self._late = budget, at_once, late

    def used(self) -> float:
        """Of the whole."""
        return self._budget()

    def late(self) -> bool:
        """Whether it is too late for a first plan."""
        return self._late()

    def part(self, share: float) -> Budget:
        """From its first question on, but no longer than the whole."""
        return _Part(self._budget, share * self._at_once)


class _Part:
    """A share of a budget that is used up by time."""

    def __init__(self, budget: Budget, share: float) -> None:
        self._budget, self._share, self._begun = budget, share, -1.0

    def __call__(self) -> float:
        """Of this share."""
        used = self._budget()
        if self._begun < 0.0:
            self._begun = used
        if used >= 1.0 or self._share <= 0.0:
            return 1.0
        return (used - self._begun) / self._share
