"""When a search ends: asked between chunks of work, so that no phase needs a clock of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")

Late = Callable[[], bool]
"""Whether time is up."""


FIRST_S, FIRST_EACH_S = 1.5, 0.0006
"""So long a plan may take whatever the budget is, and so long for each parcel where that is more: with less there would
be none for a day of some hundred parcels, or most parcels of a very large one would be left."""


class TimeUp(Exception):
    """Time is up for what is of no use before it is whole."""


def never() -> bool:
    """Of what takes as long as it takes."""
    return False


def in_time(each: Iterable[T], late: Late) -> Iterator[T]:
    """The same ones, and whether it is late is asked before each. Raises ``TimeUp`` when it is."""
    for one in each:
        if late():
            raise TimeUp
        yield one


class Stop(Protocol):
    """Asked once for each chunk of work; true means that the chunk is not to be begun."""

    def __call__(self) -> bool:
        """Count one chunk, and say whether the search must end instead of doing it."""

    @property
    def used(self) -> float:
        """The share that is used up, from 0 to 1."""

    def late(self) -> bool:
        """Whether time is up for what else is finished once it has begun: then it must be left as it is. Never so where
        no clock is asked."""

    @property
    def gone(self) -> float:
        """The share of the time until it is late that has passed, from 0 to 1."""

    @property
    def left_s(self) -> float:
        """Seconds until it is late, no less than 0; infinite where no clock is asked."""

    def part(self, share: float) -> Stop:
        """A stop for a share (0 to 1) of what is left; its chunks count here too. It is late when this one is."""

    def ahead(self, share: float) -> Stop:
        """A stop that leaves time for what comes after it: a share of what is left, and late itself after that.
        Counted iterations take no time from anything: it is this one."""

    def beside(self, share: float) -> Stop:
        """A stop for another search for the same thing: time that passes is gone here too, chunks are counted apart."""


class MaxIterations:
    """Ends after a number of chunks. The same number gives the same plan."""

    def __init__(self, iterations: int, parent: MaxIterations | None = None) -> None:
        if iterations < 0:
            raise ValueError(f"iterations must not be negative, not {iterations}")
        self._all = self._left = iterations
        self._parent = parent

    def __call__(self) -> bool:
        """Count one chunk; true once all are used up, here or further up."""
        if self.left <= 0:
            return True
        self._use()
        return False

    def late(self) -> bool:
        """Never."""
        return False

    @property
    def gone(self) -> float:
        """None: counted is not timed."""
        return 0.0

    @property
    def left_s(self) -> float:
        """As long as it takes: counted is not timed."""
        return math.inf

    @property
    def left(self) -> int:
        """How many chunks remain."""
        return self._left if self._parent is None else min(self._left, self._parent.left)

    @property
    def used(self) -> float:
        """The share of the chunks that is used up."""
        return 1 - self.left / self._all if self._all else 1.0

    def part(self, share: float) -> MaxIterations:
        """A stop for a share of the remaining chunks, rounded up."""
        return MaxIterations(math.ceil(self.left * share), self)

    def ahead(self, share: float) -> MaxIterations:  # noqa: ARG002 - counted is not timed
        """This one."""
        return self

    def beside(self, share: float) -> MaxIterations:
        """As many chunks as a share of those that remain; none of them counts here."""
        return MaxIterations(math.ceil(self.left * share))

    def _use(self) -> None:
        self._left -= 1
        if self._parent is not None:
            self._parent._use()


NO_HURRY = MaxIterations(0)
"""Nothing is late, and no chunk is asked for."""


class Deadline:
    """Ends at a moment of the given clock (seconds). How much is done by then differs from run to run. What can't be
    asked all the time goes on until ``late_at``, which is no earlier."""

    def __init__(self, clock: Callable[[], float], at: float, late_at: float | None = None) -> None:
        self._clock = clock
        self._from, self._at = clock(), at
        self._late_at = at if late_at is None else max(at, late_at)

    def __call__(self) -> bool:
        """Whether the moment has come."""
        return self._clock() >= self._at

    def late(self) -> bool:
        """Whether the later moment has come."""
        return self._clock() >= self._late_at

    @property
    def used(self) -> float:
        """The share of the time, from when this was made, that has passed."""
        whole = self._at - self._from
        return min(1.0, (self._clock() - self._from) / whole) if whole > 0 else 1.0

    @property
    def gone(self) -> float:
        """The share of the time until the later moment, from when this was made, that has passed."""
        whole = self._late_at - self._from
        return min(1.0, (self._clock() - self._from) / whole) if whole > 0 else 1.0

    @property
    def left_s(self) -> float:
        """Seconds until the later moment."""
        return max(0.0, self._late_at - self._clock())

    def part(self, share: float) -> Deadline:
        """A deadline after a share of the time that is left."""
        now = self._clock()
        return Deadline(self._clock, now + max(0.0, self._at - now) * share, self._late_at)

    def ahead(self, share: float) -> Deadline:
        """A deadline after a share of the time that is left, of either moment."""
        now = self._clock()
        at, late_at = (now + max(0.0, moment - now) * share for moment in (self._at, self._late_at))
        return Deadline(self._clock, at, late_at)

    def beside(self, share: float) -> Deadline:
        """A share of the time that is left."""
        return self.part(share)


def within(
    clock: Callable[[], float], seconds: float, parcels: int = 0, *, beside_s: float = 0.0
) -> Deadline:
    """A deadline so many seconds from now; what can't be asked all the time gets ``FIRST_S`` at least, and
    ``FIRST_EACH_S`` for each parcel. Of either ``beside_s`` are for what is done before and after, but of what each
    parcel has no more than half."""
    now, first_s = clock(), FIRST_EACH_S * parcels
    at, first_s = seconds - min(beside_s, seconds), max(first_s - beside_s, first_s / 2)
    return Deadline(clock, now + at, now + max(at, FIRST_S, first_s))
