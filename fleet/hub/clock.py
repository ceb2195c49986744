"""Business time: running free (N times as fast as the wall clock) or granted step by step to simulated assets.

Transport timers never use it. The anchor that a clock gives is stored with every commit, so that a restart goes on from
where business time was, however long the hub was down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fleet.protocol.messages import Granted


@dataclass(slots=True)
class FreeClock:
    """Runs by itself from ``start``, ``rate`` times as fast as the wall clock."""

    start: datetime
    wall_s: float
    rate: float = 1.0

    lockstep: bool = field(default=False, init=False)

    def now(self, wall_s: float) -> datetime:
        """The business time at the loop's time ``wall_s``."""
        return self.start + timedelta(seconds=(wall_s - self.wall_s) * self.rate)


@dataclass(slots=True)
class Keeper:
    """One timekeeper: how far its assets have come, and what it says it has sent. ``reached`` is none until it
    answers.
    """

    reached: datetime | None = None
    next_at: datetime | None = None
    sent: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class GrantedClock:
    """Simulated time: it moves only when everything that belongs to the step before has been dealt with."""

    at: datetime
    step: timedelta = timedelta(milliseconds=500)
    longest: timedelta = timedelta(seconds=60)
    keepers: dict[str, Keeper] = field(default_factory=dict)

    lockstep: bool = field(default=True, init=False)

    def now(self, wall_s: float) -> datetime:  # noqa: ARG002
        """The business time, whatever the wall clock says."""
        return self.at

    def joined(self, peer_id: str) -> None:
        """A timekeeper has connected: it must answer the current grant before time goes on."""
        self.keepers[peer_id] = Keeper()

    def granted(self, peer_id: str, answer: Granted) -> None:
        """A timekeeper has reached ``until``. One that is ahead (the hub was restarted) pulls the clock along."""
        keeper = self.keepers.setdefault(peer_id, Keeper())
        keeper.reached, keeper.next_at, keeper.sent = answer.until, answer.next_at, answer.sent
        self.at = max(self.at, answer.until)

    def reached(self) -> bool:
        """Whether every timekeeper has come as far as the clock; false while there is none."""
        return bool(self.keepers) and all(
            k.reached is not None and k.reached >= self.at for k in self.keepers.values()
        )

    def expected(self) -> Mapping[str, int]:
        """How many frames the hub must have had from each asset before the step is complete."""
        return {peer_id: count for keeper in self.keepers.values() for peer_id, count in keeper.sent.items()}

    def advance(self, next_timer: datetime | None) -> datetime:
        """Go on to the next moment at which something can happen; returns what is to be granted."""
        due = [k.next_at for k in self.keepers.values() if k.next_at is not None]
        due += [next_timer] if next_timer is not None else []
        target = min(due, default=self.at + self.longest)
        self.at = min(max(target, self.at + self.step), self.at + self.longest)
        return self.at
