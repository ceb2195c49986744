"""What both ends of a session share: states and their one table, timers, numbering.

Nothing here touches a socket or reads a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.lifecycle import advance
from fleet.protocol.messages import AnyMessage, Busy, Envelope, Heartbeat
from fleet.protocol.roles import ALLOWED
from fleet.protocol.stream import Incoming, Outgoing
from fleet.protocol.values import Identifier, Value
from fleet.protocol.versions import WIRE_VERSIONS


class SessionState(StrEnum):
    """Where a session is, at either end."""

    CLOSED = "closed"
    CONNECTING = "connecting"
    WELCOMED = "welcomed"
    LOST = "lost"
    REFUSED = "refused"


class SessionEvent(StrEnum):
    """What moves a session on."""

    HELLO = "hello"
    WELCOME = "welcome"
    REFUSE = "refuse"
    SILENCE = "silence"
    CLOSE = "close"


_S, _E = SessionState, SessionEvent
SESSION: Final[Mapping[tuple[SessionState, SessionEvent], SessionState]] = {
    **{(state, _E.HELLO): _S.CONNECTING for state in _S},
    **{(state, _E.CLOSE): _S.CLOSED for state in _S},
    (_S.CONNECTING, _E.WELCOME): _S.WELCOMED,
    (_S.WELCOMED, _E.WELCOME): _S.WELCOMED,
    (_S.CONNECTING, _E.REFUSE): _S.REFUSED,
    (_S.WELCOMED, _E.REFUSE): _S.REFUSED,
    (_S.CONNECTING, _E.SILENCE): _S.LOST,
    (_S.WELCOMED, _E.SILENCE): _S.LOST,
}
"""The one table of both ends. What is not in it can't happen."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Transport timers, in seconds. A time between two attempts doubles up to its ``_max_s``."""

    hello_s: float = 5.0
    missed_heartbeats: int = 3
    resend_s: float = 2.0
    resend_max_s: float = 30.0
    reconnect_s: float = 0.5
    reconnect_max_s: float = 15.0


DEFAULT_TIMING: Final = Timing()


NOT_FROM_THE_HUB: Final = frozenset().union(*ALLOWED.values()) - {"heartbeat", "busy"}
"""Kinds that only peers send."""


class Delivery(NamedTuple):
    """A message for the application. With a ``seq``, say ``taken(seq)`` once it is durable."""

    seq: int | None
    message: AnyMessage


class SessionRecord(Value):
    """What a peer must remember across its own restart, so that it neither forgets nor repeats.

    ``reached`` is the highest number that the hub can have had; none where all that is pending may have been sent.
    """

    boot_id: Identifier
    acknowledged: Annotated[int, Field(ge=0)] = 0
    taken: Annotated[int, Field(ge=0)] = 0
    pending: tuple[AnyMessage, ...] = ()
    reached: Annotated[int, Field(ge=0)] | None = None


class SessionEnd:
    """What both ends do alike: numbering, acknowledging, resending, heartbeats, noticing silence."""

    def __init__(self, *, limit: int, window: int, timing: Timing) -> None:
        self.state = SessionState.CLOSED
        self.version = WIRE_VERSIONS[-1]
        self.heartbeat_s = 0.0
        self.frames_sent = 0
        self.frames_received = 0
        self.last_heard = 0.0
        self._timing = timing
        self._out = Outgoing(limit, window)
        self._in = Incoming()
        self._loose: deque[AnyMessage] = deque()
        self._last_sent = 0.0
        self._resend_s = timing.resend_s
        self._resend_at = 0.0
        self._paused_until = 0.0
        self.told_busy: Busy | None = None
        """What the other end said when it last could not take something; none once it has taken something since."""

    @property
    def room(self) -> int:
        """How many more sequenced messages can be given to ``send`` before it raises ``Full``."""
        return self._out.room

    @property
    def acknowledged(self) -> int:
        """The highest of our numbers that the other end has durably taken; it need not be kept any longer."""
        return self._out.acknowledged

    @property
    def outstanding(self) -> int:
        """How many of our messages are not acknowledged."""
        return len(self._out.pending)

    @property
    def received(self) -> int:
        """The highest number of the other end's that we have durably taken."""
        return self._in.taken

    def taken(self, seq: int) -> None:
        """Everything up to ``seq`` is durable at this end: it may be acknowledged."""
        self._in.take(seq)

    def busy(self, seq: int, retry_after_s: float, *, code: str | None = None, detail: str = "") -> None:
        """``seq`` and what came after it can't be taken now: the other end sends them again after a while.

        ``code`` and ``detail`` say why.
        """
        self._in.hand_back(seq)
        self._loose.append(Busy(retry_after_s=retry_after_s, code=code, detail=detail))

    def hold_off(self, retry_after_s: float, *, code: str, detail: str) -> None:
        """What the other end sends at present is not even looked at: after a while it sends again what is not
        acknowledged. ``code`` and ``detail`` say why.
        """
        self._send_loose(Busy(retry_after_s=retry_after_s, code=code, detail=detail))

    def close(self) -> None:
        """No more of this session; what is not acknowledged is kept for the next one."""
        self._move(SessionEvent.CLOSE)

    def poll(self, now: float) -> list[Envelope]:
        """What to send now. Call it after ``send``, ``receive`` and ``taken``, and as time passes."""
        self._notice_silence(now)
        if self.state is not SessionState.WELCOMED:
            return []
        envelopes = [self._envelope(message, seq) for seq, message in self._due(now)]
        while self._loose:
            envelopes.append(self._envelope(self._loose.popleft()))
        if (heartbeat := self._heartbeat(now, quiet=not envelopes)) is not None:
            envelopes.append(self._envelope(heartbeat))
        elif not envelopes and self._in.owes_ack:
            envelopes.append(self._envelope(None))
        return self._sent(envelopes, now)

    def _send_loose(self, message: AnyMessage) -> None:
        if self.state is SessionState.WELCOMED:
            self._loose.append(message)

    def _move(self, event: SessionEvent) -> None:
        self.state = advance(SESSION, self.state, event)

    def _heard(self, now: float) -> None:
        self.frames_received += 1
        self.last_heard = now

    def _begin(self, version: int, heartbeat_s: float, now: float) -> None:
        """The session stands: everything that is not acknowledged goes out again."""
        self._move(SessionEvent.WELCOME)
        self.version, self.heartbeat_s = version, heartbeat_s
        self.last_heard = now
        self._out.rewind()
        self._paused_until = now
        self._resend_s = self._timing.resend_s

    def _due(self, now: float) -> Iterable[tuple[int, AnyMessage]]:
        if not self._out.pending or now < self._paused_until:
            return ()
        if self._out.in_flight and now >= self._resend_at:
            self._out.rewind()
            self._resend_s = min(2 * self._resend_s, self._timing.resend_max_s)
            self._resend_at = now + self._resend_s
        elif not self._out.in_flight:
            self._resend_at = now + self._resend_s
        return self._out.due()

    def _acknowledge(self, ack: int, now: float) -> None:
        if self._out.acknowledge(ack):
            self.told_busy = None
            self._resend_s = self._timing.resend_s
            self._resend_at = now + self._resend_s

    def _take_in(self, envelope: Envelope, now: float) -> list[Delivery]:
        """Its acknowledgement, and the message if it is for the application and it has not had it yet."""
        self._acknowledge(envelope.ack, now)
        message, seq = envelope.message, envelope.seq
        if message is None:
            return []
        if message.sequenced and seq is not None:
            return [Delivery(seq, message)] if self._in.accept(seq) else []
        if isinstance(message, Heartbeat):
            self._on_heartbeat(message, now)
            return []
        if isinstance(message, Busy):
            self._pause(message, now)
            return []
        if message.sequenced or seq is not None:
            rule = "must" if message.sequenced else "must not"
            raise RemoteError(Fault.BAD_SEQUENCE, f"{message.type!r} {rule} have a number")
        return [Delivery(None, message)]

    def _pause(self, busy: Busy, now: float) -> None:
        # However long the other end asks for: it may be wrong, and is asked again as often as after any silence.
        self._paused_until = now + min(busy.retry_after_s, self._timing.resend_max_s)
        self.told_busy = busy
        self._out.rewind()

    def _envelope(self, message: AnyMessage | None, seq: int | None = None) -> Envelope:
        self._in.announced = self._in.taken
        return Envelope(seq=seq, ack=self._in.taken, message=message)

    def _sent(self, envelopes: list[Envelope], now: float) -> list[Envelope]:
        if envelopes:
            self.frames_sent += len(envelopes)
            self._last_sent = now
        return envelopes

    def _heartbeat_due(self, now: float) -> bool:
        return self.heartbeat_s > 0 and now - self._last_sent >= self.heartbeat_s

    def _heartbeat(self, now: float, *, quiet: bool) -> Heartbeat | None:
        """The heartbeat to send now, if one is due. ``quiet``: nothing else is sent."""
        return Heartbeat() if quiet and self._heartbeat_due(now) else None

    def _on_heartbeat(self, heartbeat: Heartbeat, now: float) -> None:
        """What a heartbeat says besides."""

    def _notice_silence(self, now: float) -> None:
        if self._is_silent(now):
            self._move(SessionEvent.SILENCE)
            self._on_silence(now)

    def _is_silent(self, now: float) -> bool:
        if self.state is SessionState.WELCOMED:
            patience_s = self.heartbeat_s * self._timing.missed_heartbeats
            return patience_s > 0 and now - self.last_heard > patience_s
        return self.state is SessionState.CONNECTING and now - self.last_heard > self._timing.hello_s

    def _on_silence(self, now: float) -> None:
        """What else to do when the other end has gone quiet."""
