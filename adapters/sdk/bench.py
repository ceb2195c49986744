"""A hub in memory for trying an adapter: virtual time, a link that can be cut, a process that restarts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final, TypeVar

from adapters.sdk.adapter import Adapter, Instruction
from adapters.sdk.engine import Engine
from adapters.sdk.journal import Journal
from fleet.protocol.codec import decode_control, decode_telemetry, encode, encode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import Attach, Envelope, Hello, Message, Role, Telemetry
from fleet.protocol.session import HubSession, SessionState, refusal
from fleet.protocol.versions import WIRE_VERSIONS

M = TypeVar("M", bound=Message)
CYCLES: Final = 8
"""How often messages go back and forth in one tick: enough for every answer to an answer."""


class Bench:
    """One adapter and one small hub, joined without a network. All frames go through the real codec."""

    def __init__(
        self, factory: Callable[[], Adapter], journal: Path, peer_id: str, now: datetime, tick_s: float
    ) -> None:
        self._factory, self._peer_id, self._tick_s = factory, peer_id, tick_s
        self._folder, self._names = journal.parent, count()
        self._started = now
        self._boots = count(1)
        self.now_s = 0.0
        self.reset()

    @property
    def now(self) -> datetime:
        """The hub's time."""
        return self._started + timedelta(seconds=self.now_s)

    def reset(self, versions: tuple[int, ...] = WIRE_VERSIONS) -> None:
        """A fresh adapter, journal and hub, which speaks these versions of the wire; time goes on."""
        self.close()
        self._versions = WIRE_VERSIONS
        self._busy = False
        self._path = self._folder / f"journal-{next(self._names)}.db"
        self.hub = HubSession(
            self._peer_id,
            Role.ASSET,
            heartbeat_s=max(1.0, self._tick_s),
            versions=versions,
            clock=lambda now_s: self._started + timedelta(seconds=now_s),
        )
        self.heard: list[Message] = []
        self.telemetry: list[tuple[datetime, Telemetry]] = []
        self._connected = True
        self._sent = 0
        self._start()

    def restart(self, versions: tuple[int, ...] = WIRE_VERSIONS) -> None:
        """End the adapter's process and start another on the same journal, whose kit speaks these versions."""
        self.close()
        self._versions = versions
        self._start()

    def sleep(self, duration_s: float) -> None:
        """The adapter's process is down for a while, and starts again."""
        self.close()
        self.now_s += duration_s
        self._start()

    def close(self) -> None:
        """Let go of the journal."""
        if (journal := getattr(self, "_journal", None)) is not None:
            journal.close()

    def cut(self) -> None:
        """Nothing gets through any more, either way."""
        self._connected = False

    def mend(self) -> None:
        """The next connection gets through."""
        self._connected = True

    def be_busy(self) -> None:
        """The hub takes nothing, and says so."""
        self._busy = True

    def be_free(self) -> None:
        """The hub takes things again."""
        self._busy = False

    def tell(self, instruction: Instruction) -> None:
        """Give the adapter an instruction; it arrives while time runs."""
        self._sent += 1
        self.hub.send(instruction, self._sent)

    def said(self, kind: type[M]) -> list[M]:
        """What the adapter has reported of one type."""
        return [message for message in self.heard if isinstance(message, kind)]

    def run(self, duration_s: float) -> None:
        """Let virtual time go on."""
        self.run_until(lambda: False, duration_s)

    def run_until(self, happened: Callable[[], bool], limit_s: float) -> None:
        """Let virtual time go on until something has happened, at most ``limit_s``."""
        end_s = self.now_s + limit_s
        while not happened() and self.now_s < end_s:
            self.now_s += self._tick_s
            self._tick()

    def _start(self) -> None:
        self._journal = Journal(self._path, self._peer_id, f"boot-{next(self._boots)}", durable=False)
        self._engine = Engine(self._factory(), self._peer_id, self._journal, versions=self._versions)
        self._up(self._engine.session.connect(self.now_s))

    def _tick(self) -> None:
        if self._engine.session.wants_connection(self.now_s):
            self._up(self._engine.session.connect(self.now_s))
        self._engine.tick(self.now, self.now_s)
        for _ in range(CYCLES):
            self._up(self._engine.poll(self.now_s))
            self._down(self.hub.poll(self.now_s))
        for sample in self._engine.telemetry():
            self._hear_telemetry(sample)

    def _up(self, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            if self._connected:
                self._hub_hears(decode_control(encode(envelope, self._engine.session.version)))

    def _down(self, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            if self._connected:
                frames = encode(envelope, self.hub.version)
                self._engine.receive(decode_control(frames), self.now_s, self.now)

    def _hub_hears(self, envelope: Envelope) -> None:
        try:
            if isinstance(envelope.message, Hello):
                self._greet(envelope)
                return
            deliveries = self.hub.receive(envelope, self.hub.epoch, self.now_s)
        except RemoteError as error:
            self._down([refusal(error)])
            return
        for seq, message in deliveries:
            if self._busy and seq is not None:
                self.hub.busy(seq, self._tick_s, code="busy", detail="conformance")
                return
            self.heard.append(message)
            if seq is not None:
                self.hub.taken(seq)

    def _greet(self, envelope: Envelope) -> None:
        greeting = self.hub.greet(envelope, self.now_s)
        if greeting.new_boot:
            self._sent = self.hub.outstanding
        self._down(self.hub.welcome(self.now_s, token=f"token-{greeting.epoch}", wall=self.now))

    def _hear_telemetry(self, message: Attach | Telemetry) -> None:
        received = decode_telemetry(encode_telemetry(message))
        if self._connected and isinstance(received, Telemetry) and self.hub.state is SessionState.WELCOMED:
            self.telemetry.append((self.now, received))
