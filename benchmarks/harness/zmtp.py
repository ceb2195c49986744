"""ZMTP 3.0 (https://rfc.zeromq.org/spec/23) as a DEALER without a mechanism speaks it, on a plain socket.

A load that went through libzmq would take as much of the machine as what it measures. Here a message is bytes that
were put together beforehand.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
_READY = b"\x05READY" + b"\x0bSocket-Type" + b"\0\0\0\x06DEALER"
SEND_BUFFER = 16 * 1024
"""What is sent and not taken must wait at the sender: a thousand lines of megabytes would hide who is slow."""

_MORE, _LONG, _COMMAND = 1, 2, 4


def frames(parts: Iterable[bytes]) -> bytes:
    """A message of these parts on the line."""
    parts = list(parts)
    last = len(parts) - 1
    return b"".join(_frame(_MORE if n < last else 0, part) for n, part in enumerate(parts))


def _frame(flags: int, body: bytes) -> bytes:
    if len(body) > 255:
        return bytes([flags | _LONG]) + len(body).to_bytes(8, "big") + body
    return bytes([flags, len(body)]) + body


def dial(endpoint: str, *, timeout_s: float = 30) -> socket.socket:
    """A connection on which both ends have said that they are ready; blocking. ``endpoint`` is ``tcp://host:port``."""
    where = urlsplit(endpoint)
    line = socket.create_connection((where.hostname, where.port or 0), timeout=timeout_s)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    line.sendall(_GREETING + _frame(_COMMAND, _READY))
    _exactly(line, len(_GREETING))
    head = _exactly(line, 2)
    if not head[0] & _COMMAND:
        raise ConnectionError(f"{endpoint}: no READY, but flags {head[0]}")
    _exactly(line, head[1])
    return line


def _exactly(line: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = line.recv(size - len(got))
        if not more:
            raise ConnectionError("the other end closed the connection in the handshake")
        got += more
    return got


class Parts:
    """Cuts what comes in into messages."""

    def __init__(self) -> None:
        self._rest = b""
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[list[bytes]]:
        """The messages that are whole now."""
        data = self._rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            flags = data[at]
            head = 9 if flags & _LONG else 2
            if end - at < head:
                break
            size = int.from_bytes(data[at + 1 : at + head], "big")
            if end - at < head + size:
                break
            if not flags & _COMMAND:
                self._parts.append(data[at + head : at + head + size])
                if not flags & _MORE:
                    yield self._parts
                    self._parts = []
            at += head + size
        self._rest = data[at:]


def receive(line: socket.socket, parts: Parts, wanted: int) -> list[list[bytes]]:
    """At least so many messages from a blocking connection."""
    got: list[list[bytes]] = []
    while len(got) < wanted:
        data = line.recv(65536)
        if not data:
            raise ConnectionError("the other end closed the connection")
        got += parts.feed(data)
    return got
