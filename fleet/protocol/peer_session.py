"""The session at the end of a peer: an asset, an operator's tool or a timekeeper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

from fleet.protocol.endpoint import (
    DEFAULT_TIMING,
    NOT_FROM_THE_HUB,
    SESSION,
    Delivery,
    SessionEnd,
    SessionEvent,
    SessionRecord,
    SessionState,
    Timing,
)
from fleet.protocol.errors import Fault, LocalError, RemoteError
from fleet.protocol.hub_time import HubTime
from fleet.protocol.lifecycle import allows
from fleet.protocol.messages import (
    AnyMessage,
    Busy,
    Envelope,
    Factsheet,
    Heartbeat,
    Hello,
    Message,
    Refused,
    Role,
    Welcome,
)
from fleet.protocol.roles import ALLOWED
from fleet.protocol.stream import Incoming
from fleet.protocol.versions import WIRE_VERSIONS


class PeerSession(SessionEnd):
    """The end of an asset, an operator's tool or a timekeeper.

    A new connection is a new socket: ``connect``, send what it returns, then ``receive`` and ``poll``. When
    the state is ``LOST``, ``wants_connection`` says when to try again; when ``must_reboot``, give ``reboot``
    a fresh boot id first.
    """

    def __init__(
        self,
        peer_id: str,
        role: Role,
        boot_id: str,
        *,
        kind: str | None = None,
        factsheet: Factsheet | None = None,
        versions: Sequence[int] = WIRE_VERSIONS,
        limit: int = 1024,
        window: int = 64,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__(limit=limit, window=window, timing=timing)
        self.peer_id = peer_id
        self.role = role
        self.boot_id = boot_id
        self.welcome: Welcome | None = None
        self.refused: Refused | None = None
        self.must_reboot = False
        self.reconnect_at = 0.0
        self.hub_time = HubTime()
        """The hub's time, where it does not grant it in steps."""
        self._hello_at = 0.0
        self._kind, self._factsheet, self._versions = kind, factsheet, tuple(versions)
        self._reconnect_s = timing.reconnect_s

    def connect(self, now: float) -> list[Envelope]:
        """Begin a connection: the hello to send on a new socket; nothing else goes before the welcome."""
        if self.must_reboot:
            raise LocalError(
                "the two ends no longer agree on what was sent: reboot with a fresh boot id first"
            )
        self._move(SessionEvent.HELLO)
        self.last_heard = self._hello_at = now
        self.welcome = self.refused = None
        self.frames_sent = self.frames_received = 0
        self._loose.clear()
        hello = Hello(
            peer_id=self.peer_id,
            role=self.role,
            boot_id=self.boot_id,
            versions=self._versions,
            kind=self._kind,
            factsheet=self._factsheet,
        )
        return self._sent([self._envelope(hello)], now)

    def wants_connection(self, now: float) -> bool:
        """Whether the hub was lost and it is time to try again."""
        return self.state is SessionState.LOST and now >= self.reconnect_at

    def disconnected(self, now: float) -> None:
        """The connection broke, or what the hub sends makes no sense: try again after a while."""
        if allows(SESSION, self.state, SessionEvent.SILENCE):
            self._move(SessionEvent.SILENCE)
            self._on_silence(now)

    def send(self, message: AnyMessage) -> int | None:
        """Queue a message; its number when it is one that must arrive, which then outlives connections.

        Anything else is dropped unless the session stands now. ``Full`` when too much waits for
        acknowledgement.
        """
        if message.type not in ALLOWED[self.role]:
            raise LocalError(f"{self.role.value} {self.peer_id!r} may not send {message.type!r}")
        if message.sequenced:
            return self._out.push(message)
        self._send_loose(message)
        return None

    def receive(self, envelope: Envelope, now: float) -> list[Delivery]:
        """What the application has to handle. ``RemoteError`` when the hub breaks a rule."""
        if self.state not in _LISTENING:
            return []
        self._heard(now)
        message = envelope.message
        if message is not None and (handle := _PEER_HANDLERS.get(type(message))):
            handle(self, message, now)
            return []
        if self.state is not SessionState.WELCOMED:
            if isinstance(message, Busy):
                self.told_busy = message  # the hello is heard, and answered when the hub can
            return []
        if message is not None and message.type in NOT_FROM_THE_HUB:
            raise RemoteError(Fault.NOT_ALLOWED, f"the hub does not send {message.type!r}")
        return self._take_in(envelope, now)

    def reboot(self, boot_id: str) -> None:
        """Start over under a fresh boot id: what waits is numbered from 1, what came is forgotten.

        The hub then sends again what it has no acknowledgement for; what was executed is known by its own id.
        """
        if boot_id == self.boot_id:
            raise LocalError("a reboot needs a boot id that was not used before")
        if self.state is SessionState.WELCOMED:
            raise LocalError("a session that stands is not rebooted: close it first")
        self.boot_id = boot_id
        self.must_reboot = False
        self._out.renumber()
        self._in.restart()

    def snapshot(self) -> SessionRecord:
        """What to keep so that a restarted process can go on with the same boot."""
        return SessionRecord(
            boot_id=self.boot_id,
            acknowledged=self._out.acknowledged,
            taken=self._in.taken,
            pending=tuple(self._out.pending),
        )

    def restore(self, record: SessionRecord) -> None:
        """Go on from a snapshot, before the first ``connect``. What was not taken will come again."""
        if self.state is not SessionState.CLOSED:
            raise LocalError("a session is restored before it connects")
        self.boot_id = record.boot_id
        self._out.resume(record.acknowledged, record.pending, record.reached)
        self._in = Incoming(taken=record.taken, delivered=record.taken, announced=record.taken)

    def _heartbeat(self, now: float, *, quiet: bool) -> Heartbeat | None:
        """Stamped where an exchange is due; a peer that is never quiet makes one all the same, if later."""
        beat = super()._heartbeat(now, quiet=quiet)
        late_s = 0.0 if beat is not None else 2 * self.heartbeat_s
        may = beat is not None or self.heartbeat_s > 0
        stamp = self.hub_time.stamp(now, late_s=late_s) if may else None
        return beat if stamp is None else Heartbeat(sent_s=stamp)

    def _on_heartbeat(self, heartbeat: Heartbeat, now: float) -> None:
        if heartbeat.echo is not None:
            self.hub_time.echoed(heartbeat.echo, now)

    def _on_welcome(self, welcome: Welcome, now: float) -> None:
        if welcome.version not in self._versions:
            chosen = f"the hub chose version {welcome.version}, not one of {self._versions}"
            raise RemoteError(Fault.NO_COMMON_VERSION, chosen)
        if not self._out.acknowledged <= welcome.received <= self._out.reached:
            return self._forgotten()
        self._begin(welcome.version, welcome.heartbeat_s, now)
        self._acknowledge(welcome.received, now)
        self.welcome, self.told_busy = welcome, None
        if not welcome.lockstep:
            self.hub_time.welcomed(welcome, self._hello_at, now)
        self._reconnect_s = self._timing.reconnect_s
        return None

    def _on_refused(self, refused: Refused, now: float) -> None:
        self.refused = refused
        if refused.code == Fault.NO_SESSION:
            self.disconnected(now)
        elif refused.code == Fault.FORGOTTEN:
            self._forgotten()
        else:
            self._move(SessionEvent.REFUSE)

    def _forgotten(self) -> None:
        """One end was restored from something old: only a new boot makes the numbers mean the same again."""
        self._move(SessionEvent.REFUSE)
        self.must_reboot = True

    def _on_silence(self, now: float) -> None:
        # Spread by a hash of the name, so that a fleet does not come back in one instant after the hub's
        # restart.
        spread = 0.75 + 0.5 * (crc32(self.peer_id.encode()) / 0xFFFFFFFF)
        self.reconnect_at = now + self._reconnect_s * spread
        self._reconnect_s = min(2 * self._reconnect_s, self._timing.reconnect_max_s)


_LISTENING: Final = frozenset({SessionState.CONNECTING, SessionState.WELCOMED})
_PEER_HANDLERS: Final[Mapping[type[Message], Callable[[PeerSession, Any, float], None]]] = {
    Welcome: PeerSession._on_welcome,
    Refused: PeerSession._on_refused,
}
