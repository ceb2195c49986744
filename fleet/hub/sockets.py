"""The hub's sockets, set up against the traps that were measured (see docs/decisions): limits, mandatory routing, no
linger, and nobody let in without being asked who it is.
"""

from __future__ import annotations

import errno
import math
import re
import threading
from collections.abc import Container, Iterator
from contextlib import suppress
from typing import NamedTuple

import zmq

from fleet.hub.security import zap
from fleet.hub.security.connections import watch
from fleet.protocol.codec import MAX_CONTROL_FRAME, MAX_TELEMETRY_FRAME

Frames = list[bytes]


MAX_PORT = 65_535
_ADDRESS = re.compile(r"(?:ipc|inproc)://.+|tcp://(?:\[[^\]]+\]|[^:]+):(?:(?P<port>\d{1,5})|\*)")
_HINTS = {
    errno.EADDRINUSE: "is another hub running there? Choose another port",
    errno.EACCES: "ports below 1024 need rights; choose another port",
    errno.EADDRNOTAVAIL: "this machine has no such address; 127.0.0.1 and 0.0.0.0 are always there",
    errno.ENODEV: "this machine has no such address; 127.0.0.1 and 0.0.0.0 are always there",
}
"""What to do about an address that can't be bound, by the system's error."""


class BindError(Exception):
    """An address can't be bound; the message names it and what to do."""


HANDSHAKE_MS = 5_000
"""Who has not shaken hands by then is hung up on: idle connections must not pile up."""

PING_MS, SILENT_MS = 20_000, 60_000
"""ZeroMQ's own heartbeat, which finds connections whose other end is gone without a word."""

BACKLOG = 4096
"""Connections that the system keeps waiting; a whole fleet comes back at once when the hub was restarted."""

MAX_SUBSCRIPTION = 1024
FEED_KEPT = 256
"""Messages of the feed that wait for a reader: the positions of a large fleet once or twice (5 MB); later it catches
up from the store.
"""

NOW, MORE_NOW = int(zmq.NOBLOCK), int(zmq.NOBLOCK | zmq.SNDMORE)
"""As plain numbers: pyzmq's ``send_multipart`` joins flags as enums for each frame, which takes three times as long as
the sending."""

MOST_FRAMES = 8
"""So many frames of a message are kept of one who is not known; more than three are an error anyway."""


class Sockets:
    """Two ROUTERs (control, telemetry), the feed, and a pair by which other threads wake the loop.

    ``secret`` is the secret half of the hub's CURVE key. Without one everything is plain, and only addresses of this
    machine are taken. ``zap`` is where ZeroMQ asks who may come in; until somebody answers nobody does.
    """

    def __init__(self, control: str, telemetry: str, feed: str, *, secret: bytes | None = None) -> None:
        self._secret = secret
        self.handshake_s = HANDSHAKE_MS / 1000
        self.context = zmq.Context()
        try:
            self._open(control, telemetry, feed)
        except BaseException:
            self.context.destroy(linger=0)
            raise

    def _open(self, control: str, telemetry: str, feed: str) -> None:
        # First of all: a socket that is bound without it would have nobody to ask.
        self.zap = self.context.socket(zmq.ROUTER)
        self.zap.setsockopt(zmq.LINGER, 0)
        self.zap.bind(zap.ENDPOINT)
        self.events: dict[str, zmq.Socket[bytes]] = {}
        self.control = self._router(zap.CONTROL, control, MAX_CONTROL_FRAME)
        self.telemetry = self._router(zap.TELEMETRY, telemetry, MAX_TELEMETRY_FRAME)
        self.feed = self.context.socket(zmq.PUB)
        self.feed.setsockopt(zmq.SNDHWM, FEED_KEPT)
        self.feed.setsockopt(zmq.MAXMSGSIZE, MAX_SUBSCRIPTION)
        self._guard(zap.FEED, self.feed)
        self._bind(self.feed, feed)
        self._woken = self.context.socket(zmq.PULL)
        self._woken.bind("inproc://wake")
        self._waker = self.context.socket(zmq.PUSH)
        self._waker.setsockopt(zmq.LINGER, 0)
        self._waker.connect("inproc://wake")
        self._waking = threading.Lock()
        self.ready: Container[object] = frozenset()
        self._poller = zmq.Poller()
        for socket in (self.control, self.telemetry, self.zap, self._woken, *self.events.values()):
            self._poller.register(socket, zmq.POLLIN)

    def _router(self, domain: str, address: str, limit: int) -> zmq.Socket[bytes]:
        router = self.context.socket(zmq.ROUTER)
        # A frame over the limit ends its connection. Commands to a peer that is gone fail at once instead of being
        # lost in silence, and one slow peer's full queue is its own (EAGAIN), never the others'.
        for option, value in (
            (zmq.MAXMSGSIZE, limit),
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.ROUTER_HANDOVER, 0),  # with 1, any key that is let in could take another's connection over
            (zmq.LINGER, 0),
            (zmq.RCVHWM, 64),
            (zmq.SNDHWM, 100),
        ):
            router.setsockopt(option, value)
        self._guard(domain, router)
        self._bind(router, address)
        return router

    def _guard(self, domain: str, socket: zmq.Socket[bytes]) -> None:
        """Have everybody asked who connects here, and everything told that happens to connections. Before the bind."""
        socket.setsockopt_string(zmq.ZAP_DOMAIN, domain)
        # Fail closed: without this, a question that nobody can answer lets everybody in.
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        for option, value in (
            (zmq.HANDSHAKE_IVL, HANDSHAKE_MS),
            (zmq.HEARTBEAT_IVL, PING_MS),
            (zmq.HEARTBEAT_TIMEOUT, SILENT_MS),
            (zmq.HEARTBEAT_TTL, SILENT_MS),
            (zmq.BACKLOG, BACKLOG),
        ):
            socket.setsockopt(option, value)
        if self._secret is not None:
            socket.setsockopt(zmq.CURVE_SERVER, 1)
            socket.setsockopt(zmq.CURVE_SECRETKEY, self._secret)
        self.events[domain] = watch(self.context, domain, socket)

    def _bind(self, socket: zmq.Socket[bytes], address: str) -> None:
        socket.setsockopt(zmq.LINGER, 0)
        if address.startswith("tcp://["):
            raise BindError(
                f"{address}: IPv6 is not supported; write an IPv4 address like tcp://127.0.0.1:5701"
            )
        if not _is_address(address):
            raise BindError(f"{address}: is no address; write one like tcp://127.0.0.1:5701")
        if self._secret is None and not is_local_endpoint(address):
            raise BindError(
                f"{address}: without keys (--plain) the hub listens on this machine only; "
                "write 127.0.0.1, or leave --plain out"
            )
        try:
            socket.bind(address)
        except zmq.ZMQError as error:
            hint = _HINTS.get(error.errno or 0, "write one like tcp://127.0.0.1:5701")
            raise BindError(f"{address}: {error.strerror}; {hint}") from None

    def wake(self) -> None:
        """Wake the loop, from any thread; nothing happens once the sockets are closed."""
        # One socket under a lock: threads of executors come and go, and each would leave a socket of its own behind.
        with self._waking:
            if not self._waker.closed:
                with suppress(zmq.Again):  # so many wakes wait already that one more would change nothing
                    self._waker.send(b"", zmq.NOBLOCK)

    def wait(self, timeout_s: float) -> None:
        """Sleep until something comes in, or the time is over (in whole milliseconds, never too short). ``ready`` are
        then the sockets that have something: to ask the others too would cost a turn with one message half its time.
        """
        self.ready = dict(self._poller.poll(max(0, math.ceil(timeout_s * 1000))))
        if self._woken in self.ready:
            for _ in drain(self._woken, 1000):
                pass

    def send(self, route: bytes, frames: Frames) -> bool:
        """Send on the control channel; false when the peer is gone or its queue is full (the session sends again)."""
        send = self.control.send
        *before, last = frames
        try:
            send(route, MORE_NOW)
            for frame in before:
                send(frame, MORE_NOW)
            send(last, NOW)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return False
        return True

    def close(self) -> None:
        """Close everything. Closing again changes nothing."""
        with self._waking:
            self.context.destroy(linger=0)


def drain(socket: zmq.Socket[bytes], most: int) -> Iterator[Frames]:
    """What has come in, until nothing is left or ``most`` messages were taken."""
    for _ in range(most):
        try:
            yield socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return


class Origin(NamedTuple):
    """Where a message came from: what ZAP called the key (empty: nobody was asked), and the connection's number (-1:
    it has none).
    """

    user_id: str = ""
    handle: int = -1


def drain_known(
    socket: zmq.Socket[bytes], most: int, known: Container[bytes]
) -> Iterator[tuple[bytes, Frames, Origin | None]]:
    """What has come in at a ROUTER, until nothing is left or ``most`` messages were taken: routing id, frames, and, for
    connections that are not ``known``, the origin. To ask for that each time would cost more than the rest; three
    ``recv`` cost less than one multipart.
    """
    receive, option, more, no_wait = socket.recv, socket.getsockopt, zmq.RCVMORE, zmq.NOBLOCK
    for _ in range(most):
        try:
            route = receive(no_wait)
        except zmq.Again:
            return
        if route not in known:
            yield route, *_from_stranger(socket)
            continue
        frames: Frames = [
            receive()
        ]  # no message is without a frame behind the routing id: that need not be asked
        while option(more):
            frames.append(receive())
        yield route, frames, None


def _from_stranger(socket: zmq.Socket[bytes]) -> tuple[Frames, Origin]:
    frames: Frames = []
    origin = Origin()
    while socket.getsockopt(zmq.RCVMORE):
        frame = socket.recv(copy=False)
        if not frames:
            origin = Origin(_user_id(frame), _handle(frame))
        if len(frames) < MOST_FRAMES:
            frames.append(frame.bytes)
    return frames, origin


def _handle(frame: zmq.Frame) -> int:
    try:
        return frame.get(zmq.SRCFD)
    except zmq.ZMQError:
        return -1


def _user_id(frame: zmq.Frame) -> str:
    try:
        found = frame.get("User-Id")
    except zmq.ZMQError:
        return ""
    return found if isinstance(found, str) else ""


def is_local_endpoint(address: str) -> bool:
    """Whether only processes of this machine can reach an address."""
    if not address.startswith("tcp://"):
        return True
    host = address.removeprefix("tcp://").rpartition(":")[0]
    return host == "localhost" or (host not in ("", "*") and zap.is_local(host))


def _is_address(text: str) -> bool:
    """Whether ZeroMQ would listen just there. It takes a port modulo 65,536, where nobody would look for it."""
    parts = _ADDRESS.fullmatch(text)
    return parts is not None and int(parts["port"] or 0) <= MAX_PORT


def bound_address(socket: zmq.Socket[bytes]) -> str:
    """Where a socket really listens, when the port was left to the system."""
    address = socket.getsockopt(zmq.LAST_ENDPOINT)
    return address.decode().rstrip("\0") if isinstance(address, bytes) else str(address)
