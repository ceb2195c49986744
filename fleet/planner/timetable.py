"""What is booked on machines: one thing at a time (an asset, a locker's port), or a few at once (chargers)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from fleet.planner.spans import Span


class Timetable:
    """The busy spans of a machine that does one thing at a time, in order and without overlap."""

    def __init__(self, busy: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = sorted(busy)

    def free(self, start: int, end: int) -> bool:
        """Whether nothing is booked between the two times."""
        return self.clash(start, end) is None

    def clash(self, start: int, end: int) -> Span | None:
        """The last busy span that overlaps the given one."""
        hits = [span for span in self._spans if span[0] < end and start < span[1]]
        return hits[-1] if hits else None

    def first_fit(self, start: int, length: int) -> int:
        """The earliest time from ``start`` on at which the machine is free for so long."""
        for begin, end in self._spans:
            if end > start and begin < start + length:
                start = end
        return start

    def book(self, start: int, end: int) -> None:
        """Keep the machine over a span; ``ValueError`` when it is not free."""
        if not self.free(start, end):
            raise ValueError(f"already booked between {start} and {end}")
        insort(self._spans, (start, end))

    def release(self, start: int, end: int) -> None:
        """Give a booking back; ``ValueError`` when there is none like it."""
        self._spans.remove((start, end))

    def copy(self) -> Timetable:
        """The same bookings, to be changed apart."""
        return Timetable(self._spans)

    @property
    def last_end(self) -> int:
        """When the last booking ends, 0 without one."""
        return max((end for _, end in self._spans), default=0)


class Chargers:
    """A site's chargers: any of them will do, a booked time does not move."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._spans: list[Span] = []

    def first_fit(self, start: int, length: int) -> int | None:
        """The earliest time from ``start`` on with a charger free for so long; none where there are no chargers."""
        if self._count == 0:
            return None if length > 0 else start
        candidates = sorted({start, *(end for _, end in self._spans if end > start)})
        return next(at for at in candidates if self._peak(at, at + length) < self._count)

    def book(self, start: int, length: int) -> None:
        """Take a charger."""
        if length > 0:
            self._spans.insert(bisect_left(self._spans, (start, start + length)), (start, start + length))

    def release(self, start: int, length: int) -> None:
        """Give a charger back; ``ValueError`` when none is booked so."""
        if length > 0:
            self._spans.remove((start, start + length))

    def copy(self) -> Chargers:
        """The same bookings, to be changed apart."""
        other = Chargers(self._count)
        other._spans = list(self._spans)
        return other

    def _peak(self, start: int, end: int) -> int:
        """The most chargers in use at once within the span."""
        hits = [span for span in self._spans if span[0] < end and start < span[1]]
        moments = [start, *(begin for begin, _ in hits if begin > start)]
        return max(sum(b <= moment < e for b, e in hits) for moment in moments)
