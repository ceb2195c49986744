"""A tool's end of the wire where the hub is busy: it waits, asks again, and says what it was told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import zmq

from fleet.hub.client import HubBusy, HubClient
from fleet.protocol.codec import decode_control, encode
from fleet.protocol.messages import Action, Hello, OperatorCommand, Reply, Role
from fleet.protocol.session import HubSession

WALL = datetime(2026, 3, 1, 8, tzinfo=UTC)


class BusyHub:
    """Takes a request only when it was sent ``times`` times before."""

    def __init__(self, times: int, detail: str) -> None:
        self._times, self._detail = times, detail
        self.asked: list[str] = []
        self.taken: list[str] = []
        self._over = threading.Event()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self.endpoint = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"
        self._sessions: dict[bytes, HubSession] = {}
        self._now = 0.0

    def run(self) -> None:
        while not self._over.is_set():
            self._now += 0.02
            if self._socket.poll(20):
                route, *frames = self._socket.recv_multipart()
                self._hear(route, frames)
            for route, session in self._sessions.items():
                for envelope in session.poll(self._now):
                    self._socket.send_multipart([route, *encode(envelope)])
        self._context.destroy(linger=0)

    def has_heard_all(self) -> None:
        """Wait for what was under way when it was given up: it is asked for after that, and still busy."""
        asked = -1
        while asked != len(self.asked):
            asked = len(self.asked)
            time.sleep(0.2)

    def stop(self) -> None:
        self._over.set()

    def _hear(self, route: bytes, frames: list[bytes]) -> None:
        envelope = decode_control(frames)
        if isinstance(envelope.message, Hello):
            session = HubSession(envelope.message.peer_id, Role.OPERATOR, heartbeat_s=0.2)
            session.greet(envelope, self._now)
            self._sessions[route] = session
            for answer in session.welcome(self._now, token="t", wall=WALL):
                self._socket.send_multipart([route, *encode(answer)])
            return
        session = self._sessions[route]
        for seq, message in session.receive(envelope, 1, self._now):
            assert isinstance(message, OperatorCommand)
            assert seq is not None
            self.asked.append(message.request_id)
            if len(self.asked) <= self._times:
                session.busy(seq, 0.05, code="store_full", detail=self._detail)
                return
            self.taken.append(message.request_id)
            session.taken(seq)
            session.send(Reply(request_id=message.request_id, ok=True))


@contextmanager
def hub(times: int, detail: str = "") -> Iterator[BusyHub]:
    found = BusyHub(times, detail)
    thread = threading.Thread(target=found.run)
    thread.start()
    try:
        yield found
    finally:
        found.stop()
        thread.join()


def command(name: str) -> OperatorCommand:
    return OperatorCommand(request_id=name, by="ana", asset_id="S1/drone-1", action=Action.HOLD)


def test_a_busy_hub_is_asked_again_until_it_takes_it() -> None:
    """The same request, taken once."""
    with hub(times=3) as busy, HubClient(busy.endpoint, timeout_s=20) as client:
        assert client.request(command("r-1")).ok
    assert busy.asked == ["r-1"] * 4
    assert busy.taken == ["r-1"]


@pytest.mark.parametrize(
    ("detail", "said"), [("no room on the disk", "no room on the disk"), ("", "store_full")]
)
def test_one_that_stays_busy_is_said_to_be_that(detail: str, said: str) -> None:
    """With the reason; and what was given up is not sent later, with the next request."""
    with hub(times=10**6, detail=detail) as busy, HubClient(busy.endpoint, timeout_s=0.5) as client:
        with pytest.raises(HubBusy, match=said):
            client.request(command("given-up"))
        busy.has_heard_all()
        busy._times = 0
        assert client.request(command("next")).ok
    assert busy.taken == ["next"]
