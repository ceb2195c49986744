"""The hub's time, as a peer works it out: whatever the peer's own clock says, and however it jumps.

A peer stamps a heartbeat with its steady clock; the hub sends the stamp back with how long it held it, and its own
time. The two trips took ``r`` seconds together, so that the hub's time at arrival is what the hub said plus half of
``r``, wrong by no more than the other half (RFC 5905, section 8). The welcome answers the hello in the same way, less
exactly.

``now_s`` is the peer's steady clock in seconds; it never runs backwards, and means nothing to anybody else.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet.protocol.greetings import Echo, Welcome

DRIFT: Final = 2e-4
"""How much two steady clocks may drift apart, in seconds a second: a bad quartz each, one too fast, one too slow."""
TURN_S: Final = 0.02
"""The hub's stamps are those of a turn of its loop: a frame may be sent just after the turn began that takes it in."""
KEPT: Final = 8
"""Of so many exchanges the best one counts: the others met a queue on the way."""
EAGER: Final = 4
"""So many exchanges are made as soon as can be, the others every ``EVERY_S``."""
EVERY_S: Final = 16.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """The hub's time was ``hub`` when the peer's clock said ``at_s``; both trips took ``trips_s`` together."""

    at_s: float
    hub: datetime
    trips_s: float

    def off_s(self, now_s: float) -> float:
        """How far what it says of ``now_s`` may be off, in seconds of the peer's."""
        return self.trips_s / 2 + TURN_S + DRIFT * abs(now_s - self.at_s)


class HubTime:
    """What one peer knows of the hub's time, over all its connections."""

    def __init__(self) -> None:
        self.rate = 1.0
        self._exchanges: deque[Exchange] = deque(maxlen=KEPT)
        self._latest: datetime | None = None
        self._stamp_at = 0.0
        self._stamps = 0

    def welcomed(self, welcome: Welcome, hello_s: float, now_s: float) -> None:
        """The hub has answered a hello that was sent at ``hello_s``."""
        rate = welcome.rate or 1.0
        if rate != self.rate:
            self._forget()
            self.rate = rate
        self._stamp_at, self._stamps = now_s, 0
        self._add(welcome.now, now_s - hello_s, now_s)

    def echoed(self, echo: Echo, now_s: float) -> None:
        """The hub has answered a stamp. One that can't be ours, or was held longer than it was away, says nothing."""
        trips_s = now_s - echo.sent_s - echo.held_s
        if trips_s >= 0 and echo.sent_s <= now_s:
            self._add(echo.now, trips_s, now_s)

    def stamp(self, now_s: float, *, late_s: float = 0.0) -> float | None:
        """The stamp to send now; none where it is not due, or not by ``late_s`` already."""
        if not self._exchanges or now_s < self._stamp_at + late_s:
            return None
        self._stamps += 1
        self._stamp_at = now_s + (0.0 if self._stamps < EAGER else EVERY_S)
        return now_s

    def now(self, now_s: float) -> datetime | None:
        """The hub's time; none before it was ever heard. It goes back only where the hub's own has gone back; where a
        better answer says that it is earlier, it waits for that."""
        best = self._best(now_s)
        if best is None:
            return None
        found = self._at(best, now_s)
        self._latest = found if self._latest is None else max(found, self._latest)
        return self._latest

    def error_s(self, now_s: float) -> float | None:
        """By how many seconds of the hub's time ``now`` may be wrong, either way; none before it was ever heard."""
        best = self._best(now_s)
        if best is None:
            return None
        waits_s = (self._latest - self._at(best, now_s)).total_seconds() if self._latest else 0.0
        return self.rate * best.off_s(now_s) + max(0.0, waits_s)

    def _add(self, hub: datetime, trips_s: float, now_s: float) -> None:
        fresh = Exchange(now_s, hub + timedelta(seconds=self.rate * trips_s / 2), trips_s)
        best = self._best(now_s)
        if best is not None and not self._agree(best, fresh, now_s):
            # One of the clocks was set, or stood still while the process slept: what was known is no longer true.
            self._forget()
        self._exchanges.append(fresh)

    def _agree(self, one: Exchange, other: Exchange, now_s: float) -> bool:
        apart_s = abs((self._at(one, now_s) - self._at(other, now_s)).total_seconds())
        return apart_s <= self.rate * (one.off_s(now_s) + other.off_s(now_s))

    def _forget(self) -> None:
        self._exchanges.clear()
        self._latest = None

    def _best(self, now_s: float) -> Exchange | None:
        return min(self._exchanges, key=lambda exchange: exchange.off_s(now_s), default=None)

    def _at(self, exchange: Exchange, now_s: float) -> datetime:
        return exchange.hub + timedelta(seconds=self.rate * (now_s - exchange.at_s))
