"""One asset's day: when it is away, when it is on a charger or given another pack, and what is in its battery.

Away times and refills are kept; the state of charge follows from them, from the curve of the vehicle's file. Each trip
takes what it may take with its margin, so that what is counted on is there with the fleet's accepted probability.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf

from fleet.energy.charging import Charging

EPS = 1e-6


@dataclass(frozen=True, slots=True, order=True)
class Away:
    """From the start of loading until it is turned round. ``needed`` is the least state of charge to begin with,
    ``drawn`` what the trip takes, both as shares of a full battery."""

    begin: int
    end: int
    drawn: float
    needed: float


@dataclass(frozen=True, slots=True, order=True)
class Fill:
    """A refill between two trips: ``swap`` puts a full pack in by its end, else it is on a charger."""

    begin: int
    end: int
    swap: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What a refill brings, cut where the asset leaves: from when to when, from and to which state of charge."""

    begin: int
    end: int
    before: float
    after: float
    swap: bool


class Day:
    """``soc`` is what is in the battery at second 0; ``charging`` none means that it can't be charged."""

    def __init__(self, soc: float, charging: Charging | None) -> None:
        self._soc, self._charging = soc, charging
        self._aways: list[Away] = []
        self._fills: list[Fill] = []
        self._levels: list[float] = []
        """At each beginning in ``_aways``, as far as worked out."""

    def copy(self) -> Day:
        """The same, to be changed apart."""
        other = Day(self._soc, self._charging)
        other._aways, other._fills, other._levels = list(self._aways), list(self._fills), list(self._levels)
        return other

    @property
    def aways(self) -> tuple[Away, ...]:
        """When it is away, in order."""
        return tuple(self._aways)

    # --- time ---

    def clash(self, begin: int, end: int) -> Away | None:
        """The last time that it is away within a span; none where it is there all the time."""
        last = bisect_left(self._aways, end, key=lambda away: away.begin) - 1
        return self._aways[last] if last >= 0 and self._aways[last].end > begin else None

    def first_fit(self, begin: int, length: int) -> int:
        """The earliest time from ``begin`` on from which it is there for so long."""
        for away in self._aways:
            if away.end > begin and away.begin < begin + length:
                begin = away.end
        return begin

    def free_since(self, at: int) -> int:
        """Since when it has been there at a time at which it is."""
        before = bisect_right(self._aways, at, key=lambda away: away.begin) - 1
        return max(0, self._aways[before].end) if before >= 0 else 0

    def next_away(self, at: int) -> Away | None:
        """The next time that it leaves, from ``at`` on."""
        after = bisect_left(self._aways, at, key=lambda away: away.begin)
        return self._aways[after] if after < len(self._aways) else None

    def next_own(self, at: int) -> float:
        """When something next begins for it from ``at`` on: it leaves, or is refilled; infinite where nothing does."""
        away, fill = self.next_away(at), bisect_left(self._fills, at, key=lambda one: one.begin)
        fills = self._fills[fill].begin if fill < len(self._fills) else inf
        return min(fills, inf if away is None else away.begin)

    def last_fill(self, begin: int, at: int) -> Fill | None:
        """The last refill that begins before ``at`` and is not over by ``begin``: it may have begun before a trip, and
        goes on after it."""
        found = bisect_left(self._fills, at, key=lambda one: one.begin) - 1
        return self._fills[found] if found >= 0 and self._fills[found].end > begin else None

    # --- state of charge ---

    def level(self, at: int) -> float:
        """What is in it at a time at which it is there."""
        before = bisect_right(self._aways, at, key=lambda away: away.begin) - 1
        if before < 0:
            return self._filled(self._soc, 0, at)
        away = self._aways[before]
        left = max(0.0, self._level_of(before) - away.drawn)
        return self._filled(left, away.end, max(at, away.end))

    def begun(self, away: Away) -> float:
        """What is in it when a trip that is booked begins. ``ValueError`` for one that is not."""
        return self._level_of(self._aways.index(away))

    def _level_of(self, index: int) -> float:
        for number in range(len(self._levels), index + 1):
            begin = self._aways[number].begin
            if number == 0:
                self._levels.append(self._filled(self._soc, 0, begin))
                continue
            before = self._aways[number - 1]
            left = max(0.0, self._levels[number - 1] - before.drawn)
            self._levels.append(self._filled(left, before.end, begin))
        return self._levels[index]

    def _filled(self, level: float, begin: int, end: int) -> float:
        for one in self._effects(level, begin, end):
            level = one.after
        return level

    def _effects(self, level: float, begin: int, end: int) -> Iterator[Filled]:
        """What the refills of a time at which it is there bring; a swap that is not over by its end brings nothing."""
        first = bisect_left(self._fills, begin, key=lambda one: one.end)
        for fill in self._fills[first:]:
            if fill.begin >= end:
                return
            starts, ends = max(fill.begin, begin), min(fill.end, end)
            if ends <= starts or (fill.swap and fill.end > end):
                continue
            after = 1.0 if fill.swap else self._charged(level, ends - starts)
            yield Filled(starts, ends, level, after, fill.swap)
            level = after

    def _charged(self, level: float, seconds: int) -> float:
        return level if self._charging is None else self._charging.soc_after(level, seconds)

    def wait_s(self, level: float, needed: float) -> float:
        """Whole seconds on a charger from one state of charge to another; infinite where it can't be charged so far."""
        if needed <= level:
            return 0
        seconds = inf if self._charging is None else self._charging.wait_s(level, needed)
        return ceil(seconds) if seconds < inf else inf

    def holds(self, begin: int) -> bool:
        """Whether each trip from ``begin`` on still has what it needs."""
        first = bisect_left(self._aways, begin, key=lambda away: away.begin)
        return all(self._level_of(i) >= self._aways[i].needed - EPS for i in range(first, len(self._aways)))

    def filled(self) -> Iterator[Filled]:
        """All refills of the day as they come out, in order."""
        level, begin = self._soc, 0
        for away in (*self._aways, None):
            ends = max((f.end for f in self._fills), default=begin) if away is None else away.begin
            yield from self._effects(level, begin, max(ends, begin))
            if away is not None:
                level, begin = max(0.0, self.begun(away) - away.drawn), away.end

    # --- changes ---

    def book(self, away: Away | None, *fills: Fill) -> None:
        """Put a trip and refills in. ``ValueError`` where it is away already."""
        if away is not None:
            if self.clash(away.begin, away.end) is not None:
                raise ValueError(f"already away between {away.begin} and {away.end}")
            insort(self._aways, away)
        for fill in fills:
            insort(self._fills, fill)
        self._forget(away, fills)

    def release(self, away: Away | None, *fills: Fill) -> None:
        """Take a trip and refills out again. ``ValueError`` where they are not in."""
        if away is not None:
            self._aways.remove(away)
        for fill in fills:
            self._fills.remove(fill)
        self._forget(away, fills)

    def _forget(self, away: Away | None, fills: tuple[Fill, ...]) -> None:
        """What was worked out from the first change on."""
        first = min([*(fill.begin for fill in fills), *([] if away is None else [away.begin])], default=0)
        del self._levels[bisect_left(self._aways, first, key=lambda one: one.begin) :]
