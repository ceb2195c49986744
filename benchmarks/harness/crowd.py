"""Many assets through libzmq, with CURVE or without, as a process of its own: ``crowd.py JOB.json``.

A job with ``steady_at`` has each asset say where it is once a second, from when it is connected until a line comes on
standard input; without, all send as much as the other end takes, from a line on for so many seconds.
"""

from __future__ import annotations

import heapq
import json
import resource
import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import zmq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from adapters.sdk.keys import CurveKeys, keys_in, secure
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.messages import Attach, Envelope, Hello, Role, Welcome

AT_ONCE = 50
"""Connections that are made before the first of them is waited for; who is connected must not fall silent meanwhile."""

PATIENCE_S = 60
QUEUE = 64

Socket = zmq.Socket[bytes]


@dataclass(slots=True)
class Asset:
    """One asset's two connections."""

    peer_id: str
    control: Socket
    telemetry: Socket


class Crowd:
    """The assets of one load; ``keys`` is the folder of their key files, none without CURVE."""

    def __init__(self, where: dict[str, str], keys: str | None) -> None:
        self._where, self._keys = where, keys
        self._context: zmq.Context[Socket] = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, 20_000)

    def connect(
        self, peers: list[dict[str, str]], meanwhile: Callable[[list[Asset]], None] = lambda _: None
    ) -> list[Asset]:
        """All of them, some at a time; each has its session once this returns. ``meanwhile`` is called now and then
        with those that are connected."""
        made: list[Asset] = []
        for start in range(0, len(peers), AT_ONCE):
            made += self._some(peers[start : start + AT_ONCE], partial(meanwhile, made))
            meanwhile(made)
        return made

    def _some(self, peers: list[dict[str, str]], meanwhile: Callable[[], None]) -> list[Asset]:
        made = []
        for peer in peers:
            keys = None if self._keys is None else keys_in(Path(self._keys), peer["peer_id"])
            asset = Asset(peer["peer_id"], self._dial("control", keys), self._dial("telemetry", keys))
            hello = Hello(peer_id=asset.peer_id, role=Role.ASSET, boot_id=peer["boot_id"], versions=(1,))
            asset.control.send_multipart(encode(Envelope(message=hello)))
            made.append(asset)
        for asset in made:
            until = time.monotonic() + PATIENCE_S
            while not asset.control.poll(100):
                meanwhile()
                if time.monotonic() > until:
                    raise ConnectionError(f"{asset.peer_id} had no answer")
            welcome = decode_control(asset.control.recv_multipart()).message
            if not isinstance(welcome, Welcome):
                raise ConnectionError(f"{asset.peer_id} was not welcomed: {welcome}")
            asset.telemetry.send_multipart(
                encode_telemetry(Attach(peer_id=asset.peer_id, token=welcome.token))
            )
        return made

    def _dial(self, channel: str, keys: CurveKeys | None) -> Socket:
        socket = self._context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, QUEUE)
        secure(socket, keys)
        socket.connect(self._where[channel])
        return socket

    def close(self) -> None:
        """Hang up."""
        self._context.destroy(linger=0)


Seconds = list[list[list[bytes]]]


def saturate(assets: list[Asset], seconds: Seconds, lasts_s: float) -> dict[str, Any]:
    """Send as much as the other end takes."""
    begun = now = time.monotonic()
    sent = 0
    while now < begun + lasts_s:
        current = seconds[min(len(seconds) - 1, int(now - begun))]
        before = sent
        for asset, message in zip(assets, current, strict=True):
            sent += _sent(asset.telemetry, message)
        if sent == before:
            time.sleep(0.001)
        now = time.monotonic()
    return {"sent": sent}


@dataclass(slots=True)
class Steady:
    """Has each asset say where it is once a second, all of them spread evenly over it. They keep their places: who
    moved and then stopped would seem to have strong wind against it. ``lost`` had no place in a queue, ``at`` is the
    moment that the samples were made for: it goes on, for the hub looks at assets' clocks."""

    messages: list[list[bytes]]
    at: datetime
    sent: int = 0
    lost: int = 0
    _begun: float = field(default_factory=time.monotonic)
    _due: list[tuple[float, int]] = field(default_factory=list)

    def speak(self, assets: list[Asset]) -> None:
        """Send what is due."""
        now = time.monotonic()
        known = len(self._due)
        for number in range(known, len(assets)):
            heapq.heappush(self._due, (now + (number - known) / (len(assets) - known), number))
        was, is_now = (f"{at:%Y-%m-%dT%H:%M:%SZ}".encode() for at in (self.at, self._now()))
        while self._due and self._due[0][0] <= now:
            due, number = self._due[0]
            heapq.heapreplace(self._due, (due + 1, number))
            *head, body = self.messages[number]
            taken = _sent(assets[number].telemetry, [*head, body.replace(was, is_now, 1)])
            _hear(assets[number].control)
            self.sent, self.lost = self.sent + taken, self.lost + (not taken)

    def _now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._begun)

    def until_told(self, assets: list[Asset]) -> dict[str, Any]:
        """Go on until a line comes."""
        while not select.select([sys.stdin], [], [], 0.01)[0]:
            self.speak(assets)
        sys.stdin.readline()
        return {"sent": self.sent, "lost": self.lost}


def _hear(socket: Socket) -> None:
    """Read what the hub says, and forget it: each message that nobody reads keeps 8 KiB, the buffer that it came in."""
    try:
        while True:
            socket.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        return


def _sent(socket: Socket, message: list[bytes]) -> bool:
    try:
        socket.send_multipart(message, zmq.NOBLOCK)
    except zmq.Again:
        return False
    return True


def main() -> None:
    """Do the job of the file."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    crowd = Crowd(job["where"], job.get("keys"))
    seconds = [[[part.encode() for part in message] for message in second] for second in job["seconds"]]
    if "steady_at" in job:
        steady = Steady(seconds[0], datetime.fromisoformat(job["steady_at"]))
        assets = crowd.connect(job["peers"], steady.speak)
        print("ready", flush=True)
        done = steady.until_told(assets)
    else:
        assets = crowd.connect(job["peers"])
        print("ready", flush=True)
        sys.stdin.readline()
        done = saturate(assets, seconds, job["lasts_s"])
    print(json.dumps(done), flush=True)
    sys.stdin.readline()
    crowd.close()


if __name__ == "__main__":
    main()
