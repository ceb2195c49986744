"""A van's shift: the routes that it has in it already, and what these leave of its time and of its driver's break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from fleet.domain.fleet import RouteType
from fleet.planner.breaks import Break
from fleet.planner.spans import Span, gaps, overlaps
from fleet.protocol.values import TimeWindow


@dataclass(frozen=True)
class Duty:
    """One shift of a van, up to the end of the plan. ``routes`` are those that it has made or has to make beside the
    plan's, in order; ``rest`` is its driver's break, none where he has none, or it is on one of these routes."""

    span: Span
    routes: tuple[Span, ...]
    longest_s: int
    horizon_s: int
    rest: Break | None

    def free(self, opened: Sequence[Span], busy: Sequence[Span]) -> Iterator[Span]:
        """When the van may be out from now on: while its site is open, nothing else is planned for it, and all its
        routes of the shift lie in its longest one."""
        begin_s, end_s = max(0, self.span[0]), min(self.horizon_s, self.span[1])
        if self.routes:
            begin_s = max(begin_s, max(end for _, end in self.routes) - self.longest_s)
            end_s = min(end_s, self.routes[0][0] + self.longest_s)
        if begin_s < end_s:
            for span in overlaps([(begin_s, end_s)], opened):
                yield from gaps(span, busy)

    def home_s(self, early_s: int) -> int | None:
        """Since when the van is at its depot that is free from then on; none where it has not been out in the shift."""
        return max((end_s for begin_s, end_s in self.routes if begin_s < early_s), default=None)

    def break_after(self, early_s: int) -> Break | None:
        """The break that its driver has still to have when the van is free: he may have had it at the depot before, or
        between its routes."""
        before = [route for route in self.routes if route[0] < early_s]
        had = self.rest is None or self.rest.had_between([*before, (early_s, early_s)])
        return None if had else self.rest

    def back_s(self, span: Span, rest: Break) -> int:
        """By when the van must be back that is free in a span: so long before its next route as the break lasts, where
        that one leaves its driver no other time for it. It begins in the break's time, and is not over when the
        window closes."""
        following = [end_s for begin_s, end_s in self.routes if begin_s == span[1]]
        in_its_time = rest.opens_s < span[1] < rest.closes_s + rest.lasts_s
        if in_its_time and any(end_s > rest.closes_s for end_s in following):
            return max(span[0], span[1] - rest.lasts_s)
        return span[1]


def shift(day: str, kind: RouteType, timezone: str) -> TimeWindow:
    """A type's shift on a local day (ISO date); one that ends at or before its start runs over midnight."""
    zone = ZoneInfo(timezone)
    start = _at(day, kind.shift_start, zone)
    end = _at(day, kind.shift_end, zone)
    return TimeWindow(start=start, end=end if end > start else end + timedelta(days=1))


def _at(day: str, when: clock_time, zone: ZoneInfo) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), when, zone).astimezone(UTC)
