"""The hub's sockets, set up against the traps that were measured (see docs/decisions): limits, mandatory routing, no
linger.
"""

from __future__ import annotations

import errno
import math
import re
import threading
from collections.abc import Iterator
from contextlib import suppress

import zmq

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


class Sockets:
    """Two ROUTERs (control, telemetry), the feed, and a pair by which other threads wake the loop."""

    def __init__(self, control: str, telemetry: str, feed: str) -> None:
        self.context = zmq.Context()
        try:
            self._open(control, telemetry, feed)
        except BaseException:
            self.context.destroy(linger=0)
            raise

    def _open(self, control: str, telemetry: str, feed: str) -> None:
        self.control = self._router(control, MAX_CONTROL_FRAME)
        self.telemetry = self._router(telemetry, MAX_TELEMETRY_FRAME)
        self.feed = self.context.socket(zmq.PUB)
        self.feed.setsockopt(zmq.SNDHWM, 1000)
        self._bind(self.feed, feed)
        self._woken = self.context.socket(zmq.PULL)
        self._woken.bind("inproc://wake")
        self._waker = self.context.socket(zmq.PUSH)
        self._waker.setsockopt(zmq.LINGER, 0)
        self._waker.connect("inproc://wake")
        self._waking = threading.Lock()
        self._poller = zmq.Poller()
        for socket in (self.control, self.telemetry, self._woken):
            self._poller.register(socket, zmq.POLLIN)

    def _router(self, address: str, limit: int) -> zmq.Socket[bytes]:
        router = self.context.socket(zmq.ROUTER)
        # A frame over the limit ends its connection. Commands to a peer that is gone fail at once instead of being
        # lost in silence, and one slow peer's full queue is its own (EAGAIN), never the others'.
        for option, value in (
            (zmq.MAXMSGSIZE, limit),
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.LINGER, 0),
            (zmq.RCVHWM, 64),
            (zmq.SNDHWM, 100),
        ):
            router.setsockopt(option, value)
        self._bind(router, address)
        return router

    def _bind(self, socket: zmq.Socket[bytes], address: str) -> None:
        socket.setsockopt(zmq.LINGER, 0)
        if not _is_address(address):
            raise BindError(f"{address}: is no address; write one like tcp://127.0.0.1:5701")
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
        """Sleep until something comes in, or the time is over (in whole milliseconds, never too short)."""
        self._poller.poll(max(0, math.ceil(timeout_s * 1000)))
        for _ in drain(self._woken, 1000):
            pass

    def send(self, route: bytes, frames: Frames) -> bool:
        """Send on the control channel; false when the peer is gone or its queue is full (the session sends again)."""
        try:
            self.control.send_multipart([route, *frames], zmq.NOBLOCK)
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
    """What has come in, until nothing is left or ``most`` messages were taken. Three ``recv`` cost less than one
    multipart.
    """
    receive, ask, more, at_once = socket.recv, socket.getsockopt, zmq.RCVMORE, zmq.NOBLOCK
    for _ in range(most):
        try:
            frames = [receive(at_once)]
        except zmq.Again:
            return
        while ask(more):
            frames.append(receive())
        yield frames


def _is_address(text: str) -> bool:
    """Whether ZeroMQ would listen just there. It takes a port modulo 65,536, where nobody would look for it."""
    parts = _ADDRESS.fullmatch(text)
    return parts is not None and int(parts["port"] or 0) <= MAX_PORT


def bound_address(socket: zmq.Socket[bytes]) -> str:
    """Where a socket really listens, when the port was left to the system."""
    address = socket.getsockopt(zmq.LAST_ENDPOINT)
    return address.decode().rstrip("\0") if isinstance(address, bytes) else str(address)
