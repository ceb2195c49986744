"""Assets over real sockets that report without end, number after number, and remember what was acknowledged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import zmq

from adapters.sdk.keys import CurveKeys, secure
from adapters.sdk.link import Endpoints
from fleet.protocol.codec import MAX_CONTROL_FRAME, decode_control, encode
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import AssetReport, Envelope, Role
from fleet.protocol.session import PeerSession, SessionState, Timing

BRISK: Final = Timing(resend_s=0.5, resend_max_s=2, reconnect_s=0.05, reconnect_max_s=0.5, hello_s=3)
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
Sockets = zmq.Context[zmq.Socket[bytes]]


_ANEW: Final = (SessionState.CLOSED, SessionState.REFUSED)


KeysOf = Callable[[str], CurveKeys | None]
"""The keys of an asset: asked for at each connection, since a hub that has never been up has made none."""


def without(_: str) -> None:
    """A hub that uses no keys."""


class Forgotten(Exception):
    """The hub has lost what it had acknowledged."""


class Reporter:
    """One asset: numbers its reports from 1 and has at most ``ahead`` of them not acknowledged."""

    def __init__(
        self,
        asset_id: str,
        endpoints: Endpoints,
        context: Sockets,
        *,
        limit: int,
        ahead: int = 64,
        keys: KeysOf = without,
    ) -> None:
        self.asset_id, self.limit = asset_id, limit
        self.session = PeerSession(
            asset_id, Role.ASSET, uuid4().hex, kind="drone", limit=ahead, window=ahead, timing=BRISK
        )
        self._endpoints, self._context, self._keys = endpoints, context, keys
        self.socket: zmq.Socket[bytes] | None = None
        self.told = 0
        self.delays_s: list[float] = []
        self._told_at: dict[int, float] = {}

    @property
    def acknowledged(self) -> int:
        """Its reports up to this number are acknowledged. It never begins anew, so that numbers are those sent."""
        return self.session.acknowledged

    @property
    def done(self) -> bool:
        """Whether it has said all, and heard that it was taken."""
        return self.acknowledged == self.limit

    def step(self, now: float) -> None:
        """Take in what has come, say more, send what is due."""
        before = self.acknowledged
        for frames in self._received():
            try:
                self.session.receive(decode_control(frames), now)
            except RemoteError:
                self.session.disconnected(now)
        for number in range(before + 1, self.acknowledged + 1):
            self.delays_s.append(now - self._told_at.pop(number))
        if self.session.must_reboot:
            raise Forgotten(f"{self.asset_id}: the hub has lost what it had acknowledged")
        if self.session.state in _ANEW or self.session.wants_connection(now):
            self._connect(now)
        self._say_more(now)
        self._send(self.session.poll(now))

    def _say_more(self, now: float) -> None:
        while self.told < self.limit and self.session.room:
            self.told += 1
            self._told_at[self.told] = now
            self.session.send(
                AssetReport(condition="ready", at=AT, soc=1.0, site_id="S1", detail=str(self.told))
            )

    def _received(self) -> Iterable[Sequence[bytes]]:
        while self.socket is not None:
            try:
                yield self.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return

    def _connect(self, now: float) -> None:
        self.close()
        self.socket = self._context.socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 0), (zmq.SNDHWM, 1000), (zmq.MAXMSGSIZE, MAX_CONTROL_FRAME)):
            self.socket.setsockopt(option, value)
        secure(self.socket, self._keys(self.asset_id))
        self.socket.connect(self._endpoints.control)
        self._send(self.session.connect(now))

    def _send(self, envelopes: Iterable[Envelope]) -> None:
        for envelope in envelopes:
            if self.socket is not None:
                try:
                    self.socket.send_multipart(encode(envelope, self.session.version), zmq.DONTWAIT)
                except zmq.Again:
                    return  # the session sends it again

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close(linger=0)
            self.socket = None


class Reporters:
    """Many assets in one thread."""

    def __init__(
        self,
        asset_ids: Iterable[str],
        endpoints: Endpoints,
        *,
        each: int,
        ahead: int = 64,
        keys: KeysOf = without,
    ) -> None:
        self.context: Sockets = zmq.Context()
        self.all = [
            Reporter(a, endpoints, self.context, limit=each, ahead=ahead, keys=keys) for a in asset_ids
        ]

    @property
    def acknowledged(self) -> int:
        """How many reports of all were acknowledged."""
        return sum(reporter.acknowledged for reporter in self.all)

    @property
    def told(self) -> int:
        """How many reports of all were said so far."""
        return sum(reporter.told for reporter in self.all)

    @property
    def done(self) -> bool:
        """Whether all have said everything."""
        return all(reporter.done for reporter in self.all)

    def turn(self) -> None:
        """Everyone once, after waiting for something to come in for a few milliseconds."""
        poller = zmq.Poller()
        for reporter in self.all:
            if reporter.socket is not None:
                poller.register(reporter.socket, zmq.POLLIN)
        poller.poll(5)
        now = time.monotonic()
        for reporter in self.all:
            reporter.step(now)

    def run(self, until: Callable[[], bool], within_s: float) -> None:
        """Turn until something is so. Raises ``TimeoutError`` where it takes longer."""
        deadline = time.monotonic() + within_s
        while not until():
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{self.acknowledged} reports acknowledged, and no more within {within_s:g} s"
                )
            self.turn()

    def close(self) -> None:
        """Hang up, all of them."""
        for reporter in self.all:
            reporter.close()
        self.context.term()
