"""What the loop counts of itself, and the record that it leaves once a second for all who want to know how it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from fleet.hub.core import HubCore
from fleet.hub.observability.census import Census, Counting, log_changes
from fleet.hub.observability.vitals import SECONDS, SIZES, Commits, Histogram, Pulse, Queues, Samples, Vitals
from fleet.hub.planning import Planning
from fleet.store.base import Batch

LOG = structlog.get_logger("hub")

EVERY_S = 1.0
"""How old the record may get while the loop turns."""


TOLD_S = 2.0
"""Seconds by which the wall clock and business time may part before that is said."""


class Instruments:
    """The loop's own: nobody else calls it. ``pulse`` is what others read. ``clock`` is the loop's time.

    ``trouble`` is what the loop was told is wrong with storing, ``shut_out`` says why nobody new can be let in; none
    while nothing is.
    """

    def __init__(
        self,
        pulse: Pulse,
        *,
        position: int = 0,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.pulse = pulse
        self.faults = 0
        self.trouble: str | None = None
        self.shut_out: Callable[[], str | None] = lambda: None
        self._clock, self._every_s = clock, every_s
        self._wall, self._behind_s = wall, 0.0
        self._next_s = float("-inf")
        self._begun_s: float | None = None
        self._position = position
        self._submitted_s: float | None = None
        self._turn_s, self._interval_s = Histogram(SECONDS), Histogram(SECONDS)
        self._commit_s, self._batch_events = Histogram(SECONDS), Histogram(SIZES)
        self._census = Census()
        self._counting: Counting | None = None
        self._counted_s = float("-inf")

    def submitted(self, batch: Batch) -> None:
        """A batch was handed to the writer."""
        self._submitted_s = self._clock()
        self._batch_events.add(len(batch.events))

    def stored(self, position: int) -> None:
        """The batch that was handed over is on disk; the log reaches up to ``position``."""
        self._position = position
        if self._submitted_s is not None:
            self._commit_s.add(self._clock() - self._submitted_s)
            self._submitted_s = None

    def turned(self, core: HubCore, planning: Planning, begun_s: float) -> None:
        """A turn that began at ``begun_s`` is over."""
        now_s = self._clock()
        self._turn_s.add(now_s - begun_s)
        if self._begun_s is not None:
            self._interval_s.add(begun_s - self._begun_s)
        self._begun_s = begun_s
        self.pulse.beat(now_s)
        self._count(core, now_s)
        if now_s >= self._next_s:
            self._next_s = now_s + self._every_s
            self._publish(core, planning, now_s)

    def _count(self, core: HubCore, now_s: float) -> None:
        """Look at some more of who is there: all of a large fleet in one turn would hold the turn up."""
        if self._counting is None:
            if now_s - self._counted_s < self._every_s:
                return
            self._counting, self._counted_s = Counting(core.sessions.peers, core.state), now_s
        counted = self._counting.go_on()
        if counted is not None:
            before, self._census, self._counting = self._census, counted, None
            self.pulse.heard = counted.heard
            log_changes(before, counted)

    def _publish(self, core: HubCore, planning: Planning, now_s: float) -> None:
        earlier = self.pulse.vitals
        self.pulse.vitals = self._vitals(core, planning, now_s)
        if abs(self.pulse.vitals.behind_s - self._behind_s) >= TOLD_S:
            self._behind_s = self.pulse.vitals.behind_s
            _log_parted(self._behind_s)
        if earlier is not None:
            _log_troubles(earlier, self.pulse.vitals)

    def _vitals(self, core: HubCore, planning: Planning, now_s: float) -> Vitals:
        inbox = core.inbox
        return Vitals(
            at_s=now_s,
            position=self._position,
            queues=Queues(len(inbox), len(core.batches.open.events), self._census.outbox),
            turn_s=self._turn_s.spread(),
            interval_s=self._interval_s.spread(),
            commits=Commits(
                took_s=self._commit_s.spread(),
                events=self._batch_events.spread(),
                under_way_since_s=self._submitted_s,
                trouble=self.trouble,
            ),
            samples=Samples(inbox.samples_in, inbox.samples_shed, inbox.samples_out),
            messages=dict(inbox.kinds),
            busy=inbox.busy,
            refused=dict(core.sessions.refused),
            faults=self.faults,
            peers=self._census.peers,
            assets=self._census.assets,
            planner=planning.vitals,
            shut_out=self.shut_out(),
            behind_s=core.clock.behind_s(now_s, self._wall()) if core.clock.rate == 1 else 0.0,
        )


def _log_parted(behind_s: float) -> None:
    LOG.warning(
        "the wall clock and business time have parted",
        behind_s=round(behind_s, 1),
        advice="it was set, or the machine slept; business time never runs back, but makes up for it with --resume",
    )


def _log_troubles(before: Vitals, after: Vitals) -> None:
    """Say what has begun and what is over."""
    deaths = after.planner.worker_deaths - before.planner.worker_deaths
    if deaths:
        LOG.warning("the planner's process died and is replaced", deaths=deaths)
    if after.planner.available != before.planner.available:
        say = LOG.warning if after.planner.available else LOG.error
        say("the planner can be had" if after.planner.available else "no planner can be had")
    if (after.shut_out is None) != (before.shut_out is None):
        if after.shut_out is None:
            LOG.info("the keyring can be read again")
        else:
            LOG.error("nobody new is let in; sessions that stand go on", why=after.shut_out)
