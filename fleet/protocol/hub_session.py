"""The session at the hub's end, one for each peer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Final, NamedTuple

from fleet.protocol.endpoint import (
    DEFAULT_TIMING,
    NOT_FROM_THE_HUB,
    SESSION,
    Delivery,
    SessionEnd,
    SessionEvent,
    SessionState,
    Timing,
)
from fleet.protocol.errors import Fault, LocalError, RemoteError
from fleet.protocol.lifecycle import allows
from fleet.protocol.messages import (
    AnyMessage,
    Attach,
    Echo,
    Envelope,
    Heartbeat,
    Hello,
    Refused,
    Role,
    Welcome,
)
from fleet.protocol.roles import ALLOWED
from fleet.protocol.stream import Incoming
from fleet.protocol.versions import WIRE_VERSIONS


class Greeting(NamedTuple):
    """An acceptable hello: ``epoch`` names the connection; a ``new_boot`` must be stored first."""

    epoch: int
    new_boot: bool


class HubSession(SessionEnd):
    """The hub's end of one peer. It outlives connections: each accepted hello is a new ``epoch``.

    What the hub stores for each peer: the boot id, ``received`` (with the inbox), and the outbox, whose
    numbers run on within a boot whether or not the hub was restarted. A hello with another boot id means that
    the peer has lost its memory: ``Greeting.new_boot`` then asks the shell to store, in one commit and before
    ``welcome``, the new boot id, ``received`` 0, and the outbox numbered from 1 in the same order, then to
    ``resume`` from what is stored. Until then nothing is to be given to ``send``.

    ``clock`` says what the hub's time is at a transport's ``now``: peers that ask are told. Without one they are not.
    """

    def __init__(
        self,
        peer_id: str,
        role: Role,
        *,
        heartbeat_s: float = 1.0,
        boot_id: str | None = None,
        received: int = 0,
        versions: Sequence[int] = WIRE_VERSIONS,
        clock: Callable[[float], datetime] | None = None,
        limit: int = 1024,
        window: int = 64,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__(limit=limit, window=window, timing=timing)
        self.peer_id = peer_id
        self.role = role
        self.boot_id = boot_id
        self.boots = 0
        """How many boots have begun since this end was made."""
        self.heartbeat_s = heartbeat_s
        self.epoch = 0
        self.token: str | None = None
        self.hello: Hello | None = None
        self._peer_sends = _PEER_SENDS[role]
        self._versions = tuple(versions)
        self._clock = clock
        self._stamp: tuple[float, float] | None = None
        self._in = Incoming(taken=received, delivered=received, announced=received)

    def resume(self, outbox: Iterable[tuple[int, AnyMessage]], *, sent: int) -> None:
        """Load the stored outbox; ``sent`` is the highest number ever given out in this boot.

        Call it after the hub's own restart, and between ``greet`` and ``welcome`` when the boot is new.
        """
        rows = list(outbox)
        first = sent - len(rows) + 1
        if [seq for seq, _ in rows] != list(range(first, sent + 1)):
            raise LocalError(
                f"{self.peer_id!r}: the outbox must hold the last numbers up to {sent}, without gaps"
            )
        self._out.resume(sent - len(rows), (message for _, message in rows))

    def greet(self, envelope: Envelope, now: float) -> Greeting:
        """Judge a hello. An acceptable one voids the peer's earlier connection; ``RemoteError`` leaves it.

        The newest hello wins: a peer that comes back on a new connection must not wait for the old one to
        time out.
        """
        hello = envelope.message
        if not isinstance(hello, Hello):
            raise RemoteError(Fault.NO_SESSION, "a connection begins with a hello")
        self._check_identity(hello)
        version = self._common_version(hello)
        new_boot = hello.boot_id != self.boot_id
        self._check_memory(
            envelope.ack, 0 if new_boot else self._out.acknowledged, 0 if new_boot else self._out.reached
        )
        if new_boot:
            self._start_boot(hello.boot_id)
        self._move(SessionEvent.HELLO)
        self._acknowledge(envelope.ack, now)
        self.epoch += 1
        self.version = version
        self.hello, self.token = hello, None
        self.frames_sent = self.frames_received = 0
        self._loose.clear()
        self._stamp = None
        self._heard(now)
        return Greeting(self.epoch, new_boot)

    def welcome(
        self, now: float, *, token: str, wall: datetime, lockstep: bool = False, rate: float | None = None
    ) -> list[Envelope]:
        """Answer the hello that was greeted, once a new boot is stored: the envelope to send first.

        ``token`` is unguessable and fresh; ``wall`` is the hub's time (virtual in ``lockstep``), which runs ``rate``
        times as fast as the transport's.
        """
        self._begin(self.version, self.heartbeat_s, now)
        self.token = token
        answer = Welcome(
            version=self.version,
            token=token,
            heartbeat_s=self.heartbeat_s,
            now=wall,
            received=self._in.taken,
            lockstep=lockstep,
            rate=rate,
        )
        return self._sent([self._envelope(answer)], now)

    def receive(self, envelope: Envelope, epoch: int, now: float) -> list[Delivery]:
        """What the application has to handle of what came over the connection ``epoch``.

        ``RemoteError`` when that connection is void (answer it with a ``refusal``) or the peer breaks a rule.
        """
        if epoch != self.epoch or self.state is not SessionState.WELCOMED:
            raise RemoteError(Fault.NO_SESSION, "this connection has no session: say hello again")
        message = envelope.message
        if message is not None and message.type not in self._peer_sends:
            raise RemoteError(
                Fault.NOT_ALLOWED, f"{self.role.value} {self.peer_id!r} may not send {message.type!r}"
            )
        self._heard(now)
        return self._take_in(envelope, now)

    def send(self, message: AnyMessage, seq: int | None = None) -> None:
        """Queue a message; ``seq`` is its number in the stored outbox, the next one of this boot.

        A message without a number is dropped unless the session stands now. ``Full`` when too much waits.
        """
        if message.type in NOT_FROM_THE_HUB:
            raise LocalError(f"the hub does not send {message.type!r}")
        if message.sequenced != (seq is not None):
            raise LocalError(f"{message.type!r} must {'' if message.sequenced else 'not '}have a number")
        if seq is None:
            self._send_loose(message)
        elif seq != self._out.last + 1:
            raise LocalError(f"{self.peer_id!r}: the next number is {self._out.last + 1}, not {seq}")
        else:
            self._out.push(message)

    def taken(self, seq: int, boots: int | None = None) -> None:
        """Everything up to ``seq`` is committed: it may be acknowledged.

        Give the ``boots`` that there were when the message came, where a commit may end after the peer has rebooted:
        the numbers of an earlier boot mean nothing in this one and are ignored. Its name does not do: a peer may come
        back to one that it had before.
        """
        if boots is None or boots == self.boots:
            super().taken(seq)

    def attaches(self, attach: Attach) -> bool:
        """Whether a telemetry channel belongs to the session that stands now."""
        if self.token is None or self.state is not SessionState.WELCOMED:
            return False
        return attach.peer_id == self.peer_id and compare_digest(attach.token.encode(), self.token.encode())

    def heard_telemetry(self, now: float) -> None:
        """A frame of this peer's came over the telemetry channel: it is alive, and the frame counts."""
        self._heard(now)

    def refuse(self, error: RemoteError) -> Envelope:
        """End the session because the peer broke a rule: what to send it. Its connection is void."""
        if allows(SESSION, self.state, SessionEvent.REFUSE):
            self._move(SessionEvent.REFUSE)
        self.epoch += 1
        return refusal(error)

    def _check_identity(self, hello: Hello) -> None:
        if hello.peer_id != self.peer_id:
            raise RemoteError(Fault.WRONG_PEER, f"this connection is {self.peer_id!r}, not {hello.peer_id!r}")
        if hello.role is not self.role:
            raise RemoteError(
                Fault.WRONG_ROLE, f"{self.peer_id!r} is {self.role.value}, not {hello.role.value}"
            )

    def _common_version(self, hello: Hello) -> int:
        common = set(hello.versions) & set(self._versions)
        if not common:
            raise RemoteError(
                Fault.NO_COMMON_VERSION, f"the hub speaks {self._versions}, the peer {hello.versions}"
            )
        return max(common)

    def _check_memory(self, ack: int, lowest: int, highest: int) -> None:
        """An end that was restored from something old would take new messages for duplicates of others."""
        if not lowest <= ack <= highest:
            raise RemoteError(
                Fault.FORGOTTEN, f"the peer has taken {ack}, the hub knows {lowest} to {highest}"
            )

    def _start_boot(self, boot_id: str) -> None:
        self.boot_id = boot_id
        self.boots += 1
        self._out.renumber()
        self._in.restart()

    def _on_heartbeat(self, heartbeat: Heartbeat, now: float) -> None:
        if heartbeat.sent_s is not None and self._clock is not None:
            self._stamp = (heartbeat.sent_s, now)

    def _heartbeat(self, now: float, *, quiet: bool) -> Heartbeat | None:
        if self._stamp is None or self._clock is None:
            return super()._heartbeat(now, quiet=quiet)
        (sent_s, heard_s), self._stamp = self._stamp, None
        return Heartbeat(echo=Echo(sent_s=sent_s, held_s=max(0.0, now - heard_s), now=self._clock(now)))

    def _on_silence(self, now: float) -> None:  # noqa: ARG002
        self.token = None


def refusal(error: RemoteError) -> Envelope:
    """What to answer to a connection that has no session."""
    return Envelope(message=Refused(code=error.code.value, detail=error.detail))


_PEER_SENDS: Final = {role: kinds - {"hello", "attach", "telemetry"} for role, kinds in ALLOWED.items()}
