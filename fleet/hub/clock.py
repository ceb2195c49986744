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
    """Runs by itself from ``start``, which is at the loop's time ``wall_s``, ``rate`` times as fast as that.

    ``wall`` is what the wall clock said at the start. That may be set meanwhile, and the machine may sleep: business
    time then goes on by the seconds that pass, and what is stored beside it is what the wall clock would say if it had
    done the same. So a restart makes up for it, as for time in which the hub was down.
    """

    start: datetime
    wall_s: float
    rate: float = 1.0
    wall: datetime | None = None

    lockstep: bool = field(default=False, init=False)

    def now(self, wall_s: float) -> datetime:
        """The business time at the loop's time ``wall_s``."""
        return self.start + timedelta(seconds=(wall_s - self.wall_s) * self.rate)

    def wall_at(self, at: datetime) -> datetime | None:
        """What the wall clock says at a business time, unless it was set since the start."""
        return None if self.wall is None else self.wall + (at - self.start) / self.rate

    def behind_s(self, wall_s: float, wall: datetime) -> float:
        """How far business time has fallen behind the wall clock, which says ``wall`` at the loop's time ``wall_s``."""
        if self.wall is None:
            return 0.0
        return (wall - self.wall).total_seconds() - (wall_s - self.wall_s)


SLACK_S = 0.25
"""How far behind its pace granted time may be and still catch up. What is lost beyond it (to a long plan, or while no
timekeeper is there) stays lost: time never races to make up for it."""


ROUNDING_S = 1e-4
"""What is due within so short a time is due: times are whole microseconds."""


@dataclass(slots=True)
class Pace:
    """How fast granted time may go: at most ``rate`` simulated seconds a second of the wall clock.

    The anchor says that business time ``at`` was allowed at the loop's time ``wall_s``.
    """

    rate: float
    at: datetime
    wall_s: float

    def due_s(self, until: datetime) -> float:
        """The loop's time from which ``until`` may be granted."""
        return self.wall_s + (until - self.at).total_seconds() / self.rate

    def allowed(self, wall_s: float) -> datetime:
        """How far business time may be at the loop's time ``wall_s``."""
        return self.at + timedelta(seconds=(wall_s - self.wall_s) * self.rate)

    def granted(self, until: datetime, wall_s: float) -> None:
        """Time was let go on to ``until`` at the loop's time ``wall_s``: the anchor goes along."""
        self.at, self.wall_s = until, max(self.due_s(until), wall_s - SLACK_S)


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
    """Simulated time: it moves only when everything that belongs to the step before has been dealt with, and with a
    ``pace`` no faster than that.
    """

    at: datetime
    step: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=60)
    keepers: dict[str, Keeper] = field(default_factory=dict)
    pace: Pace | None = None

    lockstep: bool = field(default=True, init=False)
    rate: None = field(default=None, init=False)

    def now(self, wall_s: float) -> datetime:  # noqa: ARG002
        """The business time, whatever the wall clock says."""
        return self.at

    def wall_at(self, at: datetime) -> None:
        """Granted time has nothing to do with the wall clock."""

    def behind_s(self, wall_s: float, wall: datetime) -> float:  # noqa: ARG002
        """Nor is it ever behind it."""
        return 0.0

    def joined(self, peer_id: str) -> None:
        """A timekeeper has connected: it must answer the current grant before time goes on."""
        self.keepers[peer_id] = Keeper()

    def granted(self, peer_id: str, answer: Granted) -> None:
        """A timekeeper has reached ``until``. One that is ahead (the hub was restarted) pulls the clock along."""
        keeper = self.keepers.setdefault(peer_id, Keeper())
        keeper.reached, keeper.next_at, keeper.sent = answer.until, answer.next_at, answer.sent
        if answer.until > self.at:
            self.at = answer.until
            if self.pace is not None:
                self.pace.at = answer.until  # that time has been lived through already

    def reached(self) -> bool:
        """Whether every timekeeper has come as far as the clock; false while there is none."""
        return bool(self.keepers) and all(
            k.reached is not None and k.reached >= self.at for k in self.keepers.values()
        )

    def expected(self) -> Mapping[str, int]:
        """How many frames the hub must have had from each asset before the step is complete."""
        return {peer_id: count for keeper in self.keepers.values() for peer_id, count in keeper.sent.items()}

    def aim(self, next_timer: datetime | None) -> datetime:
        """The next moment at which something can happen: what is to be granted."""
        due = [k.next_at for k in self.keepers.values() if k.next_at is not None]
        due += [next_timer] if next_timer is not None else []
        target = min(due, default=self.at + self.longest)
        return min(max(target, self.at + self.step), self.at + self.longest)

    def nearer(self, until: datetime, wall_s: float) -> datetime:
        """As much of the way to ``until`` as the pace allows by now, a step at least."""
        if self.pace is None:
            return until
        return min(until, max(self.pace.allowed(wall_s), self.at + self.step))

    def held_until_s(self, until: datetime, wall_s: float) -> float | None:
        """The loop's time to which a grant of ``until`` is held back; none when it may be given now."""
        due_s = wall_s if self.pace is None else self.pace.due_s(until)
        return due_s if due_s - wall_s > ROUNDING_S else None

    def advance(self, until: datetime, wall_s: float) -> None:
        """Let time go on to ``until``."""
        self.at = until
        if self.pace is not None:
            self.pace.granted(until, wall_s)
