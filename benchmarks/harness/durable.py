"""A load of reports that must be durable, as a process of its own: ``durable.py JOB.json``; prints what it did as JSON.

The same loop drives a hub, NATS JetStream and Redis: so many connections, so many messages on each that are not
acknowledged yet, all bytes put together beforehand as far as the protocol allows. With ``rate`` the messages are
offered at even distances instead, and each one's time to its acknowledgement is noted.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from benchmarks.harness.sessions import connect
from benchmarks.harness.zmtp import SEND_BUFFER, Parts, frames


class Speech(Protocol):
    """How one side talks: the bytes of the next message, and how many acknowledgements some bytes bring."""

    def message(self) -> bytes: ...

    def acknowledged(self, data: bytes) -> int: ...


@dataclass(slots=True)
class HubSpeech:
    """An asset's numbered reports; the hub acknowledges up to a number."""

    body: bytes
    parts: Parts
    seq: int = 0
    acked: int = 0

    def message(self) -> bytes:
        """The next report in its envelope."""
        self.seq += 1
        return frames((b"1", b"asset_report", b'{"seq":%d,"ack":0,"message":%b}' % (self.seq, self.body)))

    def acknowledged(self, data: bytes) -> int:
        """How many more the hub has durably taken."""
        before = self.acked
        for message in self.parts.feed(data):
            found = _ACK.search(message[2])
            if found is None or message[1] in _REFUSALS:
                raise ConnectionError(f"the hub says {message[2]!r}")
            self.acked = max(self.acked, int(found[1]))
        return self.acked - before


_ACK = re.compile(rb'"ack":(\d+)')
_REFUSALS = frozenset({b"refused", b"busy"})


@dataclass(slots=True)
class Lines:
    """One line of text for each acknowledgement: NATS answers a publication, Redis gives the id of an entry."""

    text: bytes
    sign: bytes
    rest: bytes = b""

    def message(self) -> bytes:
        """The publication."""
        return self.text

    def acknowledged(self, data: bytes) -> int:
        """How many lines of the sign have come."""
        lines = (self.rest + data).split(b"\r\n")
        self.rest = lines.pop()
        if any(line.startswith((b"-", b'{"error')) for line in lines):
            raise ConnectionError(f"it was refused: {lines!r}")
        return sum(line.startswith(self.sign) for line in lines)


def hub(where: dict[str, str], job: dict[str, Any]) -> list[tuple[socket.socket, Speech]]:
    """Sessions of assets with a hub."""
    body = job["body"].encode()
    made = connect(where, job["peers"], attach=False)
    return [(one.control, HubSpeech(body, one.parts)) for one in made if one.control is not None]


def nats(where: dict[str, str], job: dict[str, Any]) -> list[tuple[socket.socket, Speech]]:
    """Connections to a server with a stream ``bench`` on file; the reply to a publication is its acknowledgement."""
    body = job["body"].encode()
    made: list[tuple[socket.socket, Speech]] = []
    for number, _ in enumerate(job["peers"]):
        line = _dial(where)
        line.recv(65536)
        line.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB _INBOX.%d 1\r\nPING\r\n' % number)
        while b"PONG" not in line.recv(65536):
            pass
        text = b"PUB bench.%d _INBOX.%d %d\r\n%b\r\n" % (number, number, len(body), body)
        made.append((line, Lines(text, b'{"stream"')))
    return made


def redis(where: dict[str, str], job: dict[str, Any]) -> list[tuple[socket.socket, Speech]]:
    """Connections to a server that appends to a stream of each asset and syncs before it answers."""
    body = job["body"].encode()
    made: list[tuple[socket.socket, Speech]] = []
    for number, _ in enumerate(job["peers"]):
        parts = (b"XADD", b"bench.%d" % number, b"*", b"m", body)
        text = b"*5\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
        made.append((_dial(where), Lines(text, b"$")))
    return made


def _dial(where: dict[str, str]) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", int(where["port"])), timeout=30)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return line


SPEAKS: dict[str, Callable[[dict[str, str], dict[str, Any]], list[tuple[socket.socket, Speech]]]] = {
    "hub": hub,
    "nats": nats,
    "redis": redis,
}


@dataclass(slots=True)
class Talk:
    """One connection at work; ``sent_at`` are the moments of what is not acknowledged, where they are noted."""

    line: socket.socket
    speech: Speech
    rest: bytes = b""
    sent_at: deque[float] = field(default_factory=deque)

    def push(self, messages: int) -> None:
        """Put so many more messages on the line, as far as it takes them."""
        self.rest += b"".join([self.speech.message() for _ in range(messages)])
        self.flush()

    def flush(self) -> None:
        """Send what still waits."""
        if self.rest:
            try:
                self.rest = self.rest[self.line.send(self.rest) :]
            except BlockingIOError:
                return

    def take(self) -> int:
        """How many acknowledgements have come."""
        data = self.line.recv(65536)
        if not data:
            raise ConnectionError("the other end closed the connection")
        return self.speech.acknowledged(data)


def closed(talks: list[Talk], outstanding: int, lasts_s: float, warm_s: float) -> dict[str, Any]:
    """Keep so many on the way; how many were acknowledged in ``lasts_s`` after the warm-up."""
    poller, by_fd = _watched(talks)
    share = outstanding // len(talks)
    for talk in talks:
        talk.push(share)
    begun = now = time.monotonic()
    counted_from, counted, total = 0.0, 0, 0
    cpu_s = time.process_time()
    while now < begun + warm_s + lasts_s:
        for fd, event in poller.poll(0.1, 64):
            talk = by_fd[fd]
            got = talk.take() if event & select.EPOLLIN else 0
            total += got
            if got or talk.rest:
                talk.push(got)
                poller.modify(fd, select.EPOLLIN | (select.EPOLLOUT if talk.rest else 0))
        now = time.monotonic()
        if not counted_from and now >= begun + warm_s:
            counted_from, counted, cpu_s = now, total, time.process_time()
    return {
        "acknowledged": total - counted,
        "in_all": total,
        "seconds": now - counted_from,
        "cpu_s": time.process_time() - cpu_s,
    }


def offered(talks: list[Talk], rate: float, lasts_s: float, warm_s: float) -> dict[str, Any]:
    """Offer ``rate`` messages a second; how long each took to its acknowledgement, from when it was due, in ms."""
    poller, by_fd = _watched(talks)
    begun = now = time.monotonic()
    ages = array("d")
    due, number = begun, 0
    while now < begun + warm_s + lasts_s:
        while due <= now:
            talk = talks[number % len(talks)]
            talk.sent_at.append(due)
            talk.push(1)
            number += 1
            due = begun + number / rate
        for fd, _ in poller.poll(max(0.0, due - time.monotonic()), 64):
            talk = by_fd[fd]
            got, came = talk.take(), time.monotonic()
            for _ in range(got):
                sent = talk.sent_at.popleft()
                if sent >= begun + warm_s:
                    ages.append(1000 * (came - sent))
            talk.flush()
        now = time.monotonic()
    return {
        "ages_ms": [round(age, 3) for age in ages],
        "offered": number,
        "open": sum(len(t.sent_at) for t in talks),
    }


def _watched(talks: list[Talk]) -> tuple[select.epoll, dict[int, Talk]]:
    poller = select.epoll()
    for talk in talks:
        talk.line.setblocking(False)
        poller.register(talk.line, select.EPOLLIN)
    return poller, {talk.line.fileno(): talk for talk in talks}


def main() -> None:
    """Do the job of the file."""
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    talks = [Talk(line, speech) for line, speech in SPEAKS[job["speaks"]](job["where"], job)]
    print("ready", flush=True)
    sys.stdin.readline()
    lasts_s, warm_s = job["lasts_s"], job["warm_s"]
    if "rate" in job:
        done = offered(talks, job["rate"], lasts_s, warm_s)
    else:
        done = closed(talks, job["outstanding"], lasts_s, warm_s)
    print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
