"""An adapter whose machine has a wrong clock, over real sockets: it reports by the hub's time all the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zmq

from adapters.sdk import AdapterClient, Endpoints
from tests.wire.test_adapter_client import QUICK, Counter
from tests.wire.tinyhub import WALL, TinyHub, until

Wall = Callable[[], datetime]
HOURS = timedelta(hours=7)


class Jumping:
    """A wall clock that is set forward and back by hours, at every look."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> datetime:
        self._looks += 1
        return datetime.now(UTC) + (HOURS if self._looks % 2 else -HOURS)


class Rig:
    """A hub whose time began at ``WALL``, ``rate`` times as fast as ours, and an adapter with a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.folder = folder
        self.rate = 1.0
        self.began = time.monotonic()
        self.hub = TinyHub(self.context, "drone-1", clock=self.hub_time)
        self.client: AdapterClient | None = None

    def hub_time(self, now: float) -> datetime:
        return WALL + timedelta(seconds=self.rate * (now - self.began))

    def start(self, wall: Wall) -> AdapterClient:
        self.client = AdapterClient(
            Counter(),
            peer_id="drone-1",
            endpoints=Endpoints(*self.hub.endpoints),
            journal=self.folder / "journal.db",
            tick_s=0.01,
            timing=QUICK,
            context=self.context,
            wall=wall,
        )
        return self.client

    def step(self) -> None:
        self.hub.step(time.monotonic())
        if self.client is not None:
            self.client.step(timeout_ms=5)

    def close(self) -> None:
        if self.client is not None:
            self.client.close()
        self.hub.crash()
        self.context.destroy(linger=0)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def fast() -> datetime:
    return datetime.now(UTC) + HOURS


def slow() -> datetime:
    return datetime.now(UTC) - HOURS


@pytest.mark.parametrize("rate", [1.0, 60.0])
@pytest.mark.parametrize("wall", [fast, slow, Jumping()], ids=["fast", "slow", "jumping"])
def test_what_it_reports_is_stamped_with_the_hubs_time(rig: Rig, wall: Wall, rate: float) -> None:
    """Within the bound that it states; never back in time; also where the hub runs faster."""
    rig.rate = rate
    client = rig.start(wall)
    until(lambda: len(rig.hub.telemetry) > 30, rig.step)
    error_s = client.hub_error_s()
    assert error_s is not None
    # However long it takes to ask: the hub's time goes on meanwhile.
    before, told, now = time.monotonic(), client.hub_now(), time.monotonic()
    error = timedelta(seconds=error_s)
    assert rig.hub_time(before) - error <= told <= rig.hub_time(now) + error
    times = [sample.at for sample in rig.hub.telemetry]
    assert times == sorted(times)
    assert times[0] >= WALL
    assert times[-1] <= rig.hub_time(now) + timedelta(seconds=error_s)


def test_it_remembers_how_far_its_clock_is_off(rig: Rig) -> None:
    """Started again where no hub is to be heard, it goes on by the hub's time."""
    before = rig.start(slow)
    until(lambda: rig.hub.telemetry, rig.step)
    before.close()
    rig.hub.crash()
    client = rig.start(slow)
    client.step(timeout_ms=5)
    assert client.hub_error_s() is None
    assert abs((client.hub_now() - rig.hub_time(time.monotonic())).total_seconds()) < 5
