"""One peer of the hub: its session, its connection, and what the hub has said to it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Final
from uuid import uuid4

from adapters.sim.channel import Channel
from adapters.sim.errors import HostError, KeyGone
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import AnyMessage, Attach, Telemetry, Welcome
from fleet.protocol.session import Delivery, PeerSession, SessionState

LIMIT: Final = 1_000_000
"""Reports that may wait for the hub: as many as a day has."""
WINDOW: Final = 1024


class Peer:
    """``rebooted`` is told the fresh boot id when the two ends must begin anew, before anything is sent under it."""

    def __init__(self, session: PeerSession, channel: Channel, rebooted: Callable[[Peer, str], None]) -> None:
        self.session = session
        self.heard: list[Delivery] = []
        self.welcome: Welcome | None = None
        self._attached: Welcome | None = None
        self._channel = channel
        self._rebooted = rebooted

    @property
    def up(self) -> bool:
        """Whether the session stands."""
        return self.session.state is SessionState.WELCOMED

    def has_mail(self, ready: Container[object]) -> bool:
        """Whether its connection is among the sockets that have something to read."""
        return self._channel.is_among(ready)

    def step(self, now_s: float) -> None:
        """Connect when it is time, take in what has come, send what is due. Raises ``KeyGone``."""
        self._connect_if_due(now_s)
        if self._channel.turned_away:
            self._expect_another_key("the hub does not take it")
            self.session.disconnected(now_s)
        for frames in self._channel.received():
            self._receive(frames, now_s)
        self.flush(now_s)

    def flush(self, now_s: float) -> None:
        """Send what is due on the control channel."""
        for envelope in self.session.poll(now_s):
            self._channel.send(encode(envelope, self.session.version))

    def tell(self, samples: Iterable[Telemetry]) -> None:
        """Send telemetry, if the session stands; each frame is counted as the hub counts it."""
        if not self.up or self.welcome is None:
            return
        version = self.session.version
        if self._attached is not self.welcome:
            self._attached = self.welcome
            attach = Attach(peer_id=self.session.peer_id, token=self.welcome.token)
            self._channel.send_telemetry(encode_telemetry(attach, version))
            self.session.frames_sent += 1
        for sample in samples:
            self._channel.send_telemetry(encode_telemetry(sample, version))
            self.session.frames_sent += 1

    def send(self, message: AnyMessage) -> None:
        """Queue a message for the control channel."""
        self.session.send(message)

    def take_heard(self) -> list[Delivery]:
        """What the hub has said since the last call."""
        heard, self.heard = self.heard, []
        return heard

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def _connect_if_due(self, now_s: float) -> None:
        session = self.session
        if session.must_reboot:
            boot_id = uuid4().hex
            self._rebooted(self, boot_id)
            session.reboot(boot_id)
        elif session.state is SessionState.REFUSED:
            self._refused()
        elif session.state is not SessionState.CLOSED and not session.wants_connection(now_s):
            return
        # Where the last hello was not answered, the hub may not take our key.
        watched = session.state is SessionState.LOST and self.welcome is None
        self.heard.clear()
        self.welcome = None
        self._channel.open(watched=watched)
        for envelope in session.connect(now_s):
            self._channel.send(encode(envelope))

    def _refused(self) -> None:
        refused = self.session.refused
        if refused is not None and refused.code == Fault.KEY_ENDED:
            self._expect_another_key(refused.detail)
            return
        code = "" if refused is None else f"{refused.code}: {refused.detail}"
        raise HostError(f"the hub turns {self.session.peer_id!r} away ({code}); is this its world?")

    def _expect_another_key(self, why: str) -> None:
        """Raises ``KeyGone`` unless our key was rotated meanwhile."""
        if not self._channel.renewed():
            raise KeyGone(why)

    def _receive(self, frames: list[bytes], now_s: float) -> None:
        try:
            self.heard.extend(self.session.receive(decode_control(frames), now_s))
        except RemoteError:
            # What this hub says makes no sense. Nothing was taken; a fresh connection may find a better one.
            self.session.disconnected(now_s)
        self.welcome = self.session.welcome
