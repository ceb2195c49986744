"""Runs one adapter against a hub over ZeroMQ: the only place of the kit with sockets and clocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import zmq

from adapters.sdk.adapter import Adapter
from adapters.sdk.engine import Engine
from adapters.sdk.errors import AdapterError, JournalError
from adapters.sdk.journal import Journal
from adapters.sdk.keys import CurveKeys
from adapters.sdk.link import Endpoints, Link
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.endpoint import DEFAULT_TIMING, Timing
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import Welcome
from fleet.protocol.session import SessionState


class AdapterClient:
    """Connects, reconnects, and calls the adapter. Call ``step`` in a loop, or ``run``."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        peer_id: str,
        endpoints: Endpoints,
        journal: Path | str,
        keys: CurveKeys | None = None,
        tick_s: float = 0.5,
        timing: Timing = DEFAULT_TIMING,
        context: zmq.Context[zmq.Socket[bytes]] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = Journal(journal, peer_id, _fresh_boot_id())
        self._engine = Engine(adapter, peer_id, self._journal, timing=timing)
        self._link = Link(endpoints, keys, context)
        self._tick_s = tick_s
        self._monotonic, self._wall = monotonic, wall
        self._next_tick = monotonic()
        self._welcome: Welcome | None = None
        self._offset = self._journal.clock()
        """The hub's time less our own clock's, as the process before this one last knew it."""

    @property
    def state(self) -> SessionState:
        """Where the session with the hub is."""
        return self._engine.session.state

    @property
    def trouble(self) -> str | None:
        """Why nothing can be stored at present, for a log; none while all is well.

        The adapter then goes on with its work, and instructions are put off: the hub is told why.
        """
        return self._engine.trouble

    def step(self, timeout_ms: int = 100) -> None:
        """Do what there is to do, after waiting at most ``timeout_ms`` for something to come in.

        ``TurnedAway`` when the hub refuses this adapter for good.
        """
        self._connect_if_due()
        self._link.wait(max(0, min(timeout_ms, round(1000 * (self._next_tick - self._monotonic())))))
        for frames in self._link.received():
            self._receive(frames)
        self._tick_if_due()
        self._send()
        self._give_up_if_refused()

    def run(self, stop: Callable[[], bool]) -> None:
        """Step until ``stop`` says so, then close."""
        try:
            while not stop():
                self.step()
        finally:
            self.close()

    def close(self) -> None:
        """Close sockets and journal; the next client on this journal goes on from here."""
        self._link.close()
        self._journal.close()

    def hub_now(self) -> datetime:
        """The hub's time, worked out from its answers (``fleet.protocol.hub_time``), whatever our own clock says.

        Before the hub is first heard: our own clock, set right by what the process before this one knew.
        """
        return self._engine.session.hub_time.now(self._monotonic()) or self._wall() + self._offset

    def hub_error_s(self) -> float | None:
        """By how many seconds ``hub_now`` may be wrong; none before the hub is first heard."""
        return self._engine.session.hub_time.error_s(self._monotonic())

    def _connect_if_due(self) -> None:
        session, now = self._engine.session, self._monotonic()
        if session.must_reboot:
            if not self._engine.reboot(_fresh_boot_id()):
                return
        elif session.state is not SessionState.CLOSED and not session.wants_connection(now):
            return
        self._connect()

    def _connect(self) -> None:
        self._link.open()
        for envelope in self._engine.session.connect(self._monotonic()):
            self._link.send_control(encode(envelope))

    def _receive(self, frames: list[bytes]) -> None:
        now = self._monotonic()
        try:
            self._engine.receive(decode_control(frames), now, self.hub_now())
        except RemoteError:
            # What this hub says makes no sense. Nothing was taken; a later connection may find a better one.
            self._engine.session.disconnected(now)
        self._note_welcome()

    def _note_welcome(self) -> None:
        welcome = self._engine.session.welcome
        if welcome is None or welcome is self._welcome:
            return
        if welcome.lockstep:
            raise AdapterError(
                "this hub grants virtual time; a real asset runs in real time: connect it elsewhere"
            )
        self._welcome = welcome
        with suppress(JournalError):  # It only makes the first moments after a restart better.
            self._journal.set_clock(self.hub_now() - self._wall())

    def _tick_if_due(self) -> None:
        now = self._monotonic()
        if now >= self._next_tick:
            # After a long pause the missed ticks are not made up for.
            self._next_tick = max(self._next_tick, now - self._tick_s) + self._tick_s
            self._engine.tick(self.hub_now(), now)

    def _send(self) -> None:
        version = self._engine.session.version
        for envelope in self._engine.poll(self._monotonic()):
            self._link.send_control(encode(envelope, version))
        for message in self._engine.telemetry():
            self._link.send_telemetry(encode_telemetry(message, version))

    def _give_up_if_refused(self) -> None:
        if self._link.must_redial(self._engine.session):
            self._connect()


def _fresh_boot_id() -> str:
    return uuid4().hex
