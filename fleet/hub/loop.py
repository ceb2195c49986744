"""The hub's loop: drain, decide, store, send. Everything else is elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from fleet.hub.core import HubCore
from fleet.hub.feed import Feed
from fleet.hub.observability.instruments import Instruments
from fleet.hub.observability.logs import Sparing
from fleet.hub.observability.vitals import Phase, Pulse
from fleet.hub.planning import Planning
from fleet.hub.reserve import Reserve
from fleet.hub.security.gate import Gate
from fleet.hub.snapshots import Snapshots
from fleet.hub.sockets import Sockets
from fleet.hub.trouble import Trouble
from fleet.hub.writer import Writer
from fleet.store.base import Store

LOG = structlog.get_logger("hub")

CONTROL_A_TURN, TELEMETRY_A_TURN = 500, 2000
"""Frames taken from one channel before the other gets its turn; on control each is decided on too."""


@dataclass(slots=True)
class Loop:
    """One hub: its core, its sockets with their gate, the writer, the planner's process, who has snapshots made."""

    core: HubCore
    sockets: Sockets
    gate: Gate
    writer: Writer
    planning: Planning
    feed: Feed
    instruments: Instruments
    snapshots: Snapshots | None = None
    idle_s: float = 0.05
    sparing: Sparing = field(default_factory=Sparing)
    trouble: Trouble | None = None
    """The trouble with the store that the log has been told of."""

    def run(self, stop: Callable[[], bool]) -> None:
        """Turn until ``stop`` says so, then let the writer finish. Raises ``StoreError`` when it can't."""
        pulse = self.instruments.pulse
        pulse.last_s, pulse.phase = time.monotonic(), Phase.RUNNING
        try:
            while not stop():
                self.turn()
        finally:
            pulse.phase = Phase.STOPPING
            if self.snapshots is not None:
                self.snapshots.close()
            self.planning.close()
            self.writer.close()
            self._look_after_store()
            self.sockets.close()
        self.writer.see_all_written()

    def turn(self) -> None:
        """Everything once: what came in, what is due, what is stored, what goes out."""
        self.sockets.wait(self.core.patience_s(time.monotonic(), self.idle_s))
        wall_s = time.monotonic()
        self._look_after_store()
        self._take_in(wall_s)
        for result in self.planning.done():
            self.core.tell(result, wall_s)
        self._stored()
        self.core.work(wall_s)
        self._log_faults()
        self._store()
        self._send_out(wall_s)
        self.feed.publish(self.core, wall_s)
        self.instruments.turned(self.core, self.planning, wall_s)

    def _look_after_store(self) -> None:
        """Take no more than can be stored. The log is told once when trouble begins, changes its sort, and ends."""
        before, now = self.trouble, self.writer.trouble
        self.core.inbox.trouble = None if now is None else now.severity
        self.instruments.trouble = None if now is None else now.message
        if _sort(before) == _sort(now):
            return
        self.trouble = now
        if now is None:
            LOG.info("the store takes everything again")
        else:
            LOG.error("store in trouble", severity=now.severity, failure=now.failure, message=now.message)

    def _log_faults(self) -> None:
        for fault in self.core.faults:
            self.instruments.faults += 1
            held_back = self.sparing.let()
            if held_back is not None:
                LOG.error("a message could not be decided on", exc_info=fault, not_logged=held_back)
        self.core.faults.clear()

    def _take_in(self, wall_s: float) -> None:
        self.gate.watch(wall_s)
        self.gate.control(wall_s, CONTROL_A_TURN)
        self.gate.telemetry(wall_s, TELEMETRY_A_TURN)

    def _store(self) -> None:
        batch = self.core.take()
        if batch is not None:
            self.writer.submit(batch)
            self.instruments.submitted(batch)

    def _stored(self) -> None:
        while (position := self.writer.finished()) is not None:
            self.core.committed()
            self.instruments.stored(position)
            self.feed.committed(position)
            if self.snapshots is not None and self.writer.trouble is None:
                # The last of the disk's space is for what can't be made again.
                self.snapshots.committed(position)
            self.planning.take(self.core.plans, self.core.questions)

    def _send_out(self, wall_s: float) -> None:
        for route, frames in self.core.output(wall_s):
            if not self.sockets.send(route, frames):
                self.core.undelivered(route)


def _sort(trouble: Trouble | None) -> tuple[str, str] | None:
    return None if trouble is None else (trouble.severity, trouble.failure)


def open_loop(
    core: HubCore,
    store: Store,
    sockets: Sockets,
    gate: Gate,
    make_planning: Callable[[Callable[[], None]], Planning],
    pulse: Pulse | None = None,
    snapshots: Snapshots | None = None,
    reserve: Reserve | None = None,
) -> Loop:
    """A loop around a core, with its writer and planner. ``pulse`` is what others see of it."""
    instruments = Instruments(Pulse() if pulse is None else pulse, position=store.last_position())
    writer, planning = Writer(store, sockets.wake, reserve), make_planning(sockets.wake)
    feed = Feed(sockets.feed, instruments.pulse)
    return Loop(core, sockets, gate, writer, planning, feed, instruments, snapshots)
