"""What one would build without the hub: a ROUTER that validates reports, has a broker keep them, and acknowledges.

``front.py nats|redis PORT`` takes the same frames from the same assets as the hub does, and acknowledges a report once
the broker has. It decides nothing: no state, no checks of what a report means, no log in order of decisions. The
broker is spoken to in its own protocol over one connection, everything of one turn in one write.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import zmq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from fleet.protocol.codec import decode_control, encode
from fleet.protocol.messages import Envelope, Hello, Welcome
from fleet.protocol.roles import ALLOWED

MOST_A_TURN = 2000


def nats_text(name: bytes, body: bytes) -> bytes:
    """A publication that is answered; what comes twice under one name is kept once."""
    head = b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n" % name
    size = len(head) + len(body)
    return b"HPUB bench.front _INBOX.front %d %d\r\n%b%b\r\n" % (len(head), size, head, body)


def redis_text(_name: bytes, body: bytes) -> bytes:
    """An entry of a stream. Redis 7.0 keeps what comes twice twice."""
    return b"*5\r\n$4\r\nXADD\r\n$5\r\nbench\r\n$1\r\n*\r\n$1\r\nm\r\n$%d\r\n%b\r\n" % (len(body), body)


BROKERS: dict[str, tuple[Callable[[bytes, bytes], bytes], bytes, bytes]] = {
    "nats": (
        nats_text,
        b'\r\n{"stream"',
        b'CONNECT {"verbose":false,"headers":true}\r\nSUB _INBOX.front 1\r\nPING\r\n',
    ),
    "redis": (redis_text, b"$", b""),
}
"""How a broker is told of a report, what each of its acknowledgements holds once, and what is said first."""


@dataclass(slots=True)
class Front:
    """The service: what it has given to the broker waits, in order, for the broker's word."""

    router: zmq.Socket[bytes]
    broker: socket.socket
    text: Callable[[bytes, bytes], bytes]
    sign: bytes
    waiting: deque[tuple[bytes, int]] = field(default_factory=deque)
    known: dict[bytes, bytes] = field(default_factory=dict)
    tail: bytes = b""

    def turn(self, poller: zmq.Poller) -> None:
        """Take in, hand over, acknowledge."""
        poller.poll(100)
        told = b"".join(self._taken_in())
        if told:
            self.broker.setblocking(True)
            self.broker.sendall(told)
            self.broker.setblocking(False)
        self._acknowledge()

    def _taken_in(self) -> Iterator[bytes]:
        for _ in range(MOST_A_TURN):
            try:
                route, *frames = self.router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            envelope = decode_control(frames)
            message = envelope.message
            if isinstance(message, Hello):
                self._welcome(route, message)
            elif (
                message is not None
                and envelope.seq
                and message.type in ALLOWED[_ASSET]
                and route in self.known
            ):
                self.waiting.append((route, envelope.seq))
                yield self.text(b"%b.%d" % (self.known[route], envelope.seq), frames[2])

    def _welcome(self, route: bytes, hello: Hello) -> None:
        self.known[route] = f"{hello.peer_id}.{hello.boot_id}".encode()
        answer = Welcome(version=1, token="none", heartbeat_s=0, now=datetime.now(UTC), received=0)
        self.router.send_multipart([route, *encode(Envelope(message=answer), 1)])

    def _acknowledge(self) -> None:
        try:
            data = self.broker.recv(1 << 20)
        except BlockingIOError:
            return
        data = self.tail + data
        count = data.count(self.sign)
        self.tail = data[-(len(self.sign) - 1) :] if len(self.sign) > 1 else b""
        newest = dict(self.waiting.popleft() for _ in range(count))
        for route, seq in newest.items():
            self.router.send_multipart([route, b"1", b"", b'{"seq":null,"ack":%d,"message":null}' % seq])


_ASSET = next(role for role in ALLOWED if role.value == "asset")


def dialled(port: str, first: bytes) -> socket.socket:
    """A connection to a broker that has been told ``first``."""
    broker = socket.create_connection(("127.0.0.1", int(port)))
    broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if first:
        broker.sendall(first)
        while b"PONG" not in broker.recv(65536):
            pass
    return broker


def main() -> None:
    """Serve until standard input ends."""
    name, port = sys.argv[1:]
    text, sign, first = BROKERS[name]
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.bind("tcp://127.0.0.1:*")
    broker = dialled(port, first)
    broker.setblocking(False)
    front = Front(router, broker, text, sign)
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(broker, zmq.POLLIN)
    ended = threading.Event()
    threading.Thread(target=_until_the_end, args=(ended,), daemon=True).start()
    address = router.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    print(json.dumps({"control": address}), flush=True)
    while not ended.is_set():
        front.turn(poller)
    context.destroy(linger=0)


def _until_the_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main()
