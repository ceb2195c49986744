"""A hub of one peer over real sockets, which stores in memory what a real one stores on disk."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import zmq

from fleet.protocol.codec import decode_control, decode_telemetry, encode
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import AnyMessage, Attach, Envelope, Hello, Message, Role, Telemetry
from fleet.protocol.session import HubSession, refusal

WALL = datetime(2026, 3, 1, 8, tzinfo=UTC)
Socket = zmq.Socket[bytes]


class TinyHub:
    """Two ROUTERs on ports of the system's choice; ``crash`` loses everything but what is stored."""

    def __init__(
        self,
        context: zmq.Context[Socket],
        peer_id: str,
        *,
        curve_secret: bytes | None = None,
        clock: Callable[[float], datetime] | None = None,
    ) -> None:
        self._clock = clock
        self._context, self._peer_id, self._curve_secret = context, peer_id, curve_secret
        self.inbox: list[Message] = []
        self.telemetry: list[Telemetry] = []
        self.outbox: list[tuple[int, AnyMessage]] = []
        self.sent = self.received = 0
        self.boot_id: str | None = None
        self.hellos = 0
        self.lockstep = False
        self._ports = ("*", "*")
        self.start()

    def start(self) -> None:
        self.control, self.samples = self._bind(self._ports[0]), self._bind(self._ports[1])
        self.endpoints = tuple(s.getsockopt_string(zmq.LAST_ENDPOINT) for s in (self.control, self.samples))
        self._ports = tuple(endpoint.rpartition(":")[2] for endpoint in self.endpoints)  # type: ignore[assignment]
        self.session = HubSession(
            self._peer_id,
            Role.ASSET,
            heartbeat_s=0.2,
            boot_id=self.boot_id,
            received=self.received,
            clock=self._clock,
        )
        self.session.resume(self.outbox, sent=self.sent)
        self._epochs: dict[bytes, int] = {}
        self._attached: set[bytes] = set()

    def crash(self) -> None:
        for socket in (self.control, self.samples):
            socket.close(linger=0)

    def tell(self, message: AnyMessage) -> None:
        self.sent += 1
        self.outbox.append((self.sent, message))
        self.session.send(message, self.sent)

    def step(self, now: float) -> None:
        for routing_id, *frames in drained(self.control):
            self._hear(routing_id, decode_control(frames), now)
        for routing_id, *frames in drained(self.samples):
            self._hear_telemetry(routing_id, decode_telemetry(frames), now)
        self._send(self._current(), self.session.poll(now))

    def forget_connections(self) -> None:
        """As when the transport reconnects by itself: frames come from nobody that is known."""
        self._epochs.clear()

    def _bind(self, port: str) -> Socket:
        socket = self._context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        if self._curve_secret is not None:
            socket.setsockopt(zmq.CURVE_SERVER, 1)
            socket.setsockopt(zmq.CURVE_SECRETKEY, self._curve_secret)
        for _ in range(100):  # A port that was let go of is free a moment later.
            try:
                socket.bind(f"tcp://127.0.0.1:{port}")
                return socket
            except zmq.ZMQError as error:
                if error.errno != zmq.EADDRINUSE:
                    break
                time.sleep(0.02)
        socket.close(linger=0)
        raise AssertionError(f"port {port} can't be bound")

    def _hear(self, routing_id: bytes, envelope: Envelope, now: float) -> None:
        try:
            if isinstance(envelope.message, Hello):
                self._greet(routing_id, envelope, now)
                return
            deliveries = self.session.receive(envelope, self._epochs.get(routing_id, -1), now)
        except RemoteError as error:
            self._send(routing_id, [refusal(error)])
            return
        self.outbox = [row for row in self.outbox if row[0] > self.session.acknowledged]
        for seq, message in deliveries:
            self.inbox.append(message)
            if seq is not None:
                self.received = seq
                self.session.taken(seq)

    def _greet(self, routing_id: bytes, envelope: Envelope, now: float) -> None:
        self.hellos += 1
        greeting = self.session.greet(envelope, now)
        self._epochs[routing_id] = greeting.epoch
        if greeting.new_boot:
            self.boot_id, self.received = self.session.boot_id, 0
            self.outbox = [(n, message) for n, (_, message) in enumerate(self.outbox, 1)]
            self.sent = len(self.outbox)
            self.session.resume(self.outbox, sent=self.sent)
        token = f"token-{self.hellos}"
        wall = WALL if self._clock is None else self._clock(now)
        rate = None
        if self._clock is not None:
            rate = (self._clock(now + 1) - wall).total_seconds()
        welcome = self.session.welcome(now, token=token, wall=wall, lockstep=self.lockstep, rate=rate)
        self._send(routing_id, welcome)

    def _hear_telemetry(self, routing_id: bytes, message: Attach | Telemetry, now: float) -> None:
        if isinstance(message, Attach):
            if self.session.attaches(message):
                self._attached.add(routing_id)
        elif routing_id in self._attached:
            self.session.heard_telemetry(now)
            self.telemetry.append(message)

    def _current(self) -> bytes | None:
        return next((peer for peer, epoch in self._epochs.items() if epoch == self.session.epoch), None)

    def _send(self, routing_id: bytes | None, envelopes: list[Envelope]) -> None:
        if routing_id is None:
            return
        for envelope in envelopes:
            try:
                self.control.send_multipart([routing_id, *encode(envelope)], zmq.DONTWAIT)
            except zmq.ZMQError:
                return  # Gone, or not reading: what must arrive is sent again.


def drained(socket: Socket) -> list[list[bytes]]:
    """Everything that has come in."""
    frames: list[list[bytes]] = []
    while True:
        try:
            frames.append(socket.recv_multipart(zmq.DONTWAIT))
        except zmq.Again:
            return frames


def until(happened: Callable[[], Any], step: Callable[[], None], steps: int = 2000) -> None:
    """Step until something has happened; fails after so many steps, of a few milliseconds each."""
    for _ in range(steps):
        if happened():
            return
        step()
    raise AssertionError("it did not happen")
