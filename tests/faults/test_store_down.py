"""A store that can't be written for hours: what waits does not grow with the time, and all goes on afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.domain.events import AssetChanged, TimerRang
from fleet.hub import hellos
from fleet.hub.trouble import Severity
from fleet.protocol.codec import encode
from fleet.protocol.lifecycle import AssetEvent
from fleet.protocol.messages import Assign, Envelope, Hello, Role, Telemetry
from fleet.protocol.mission import Travel
from fleet.protocol.session import PeerSession, SessionState
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, flying, ready

FLAPS = (True, True, False, True, False, False)
"""In which minutes the drone is heard."""


class DownStore(Bench):
    """A bench whose store takes nothing while it is ``down``; the loop is told so."""

    def __init__(self, folder: Path) -> None:
        self.down = False
        super().__init__(folder)

    def turn(self) -> None:
        self.core.inbox.trouble = Severity.FAILING if self.down else None
        if not self.down:
            super().turn()
            return
        for peer in self.peers.values():
            for envelope in peer.session.poll(self.wall):
                self.core.control(peer.route, encode(envelope, peer.session.version), self.wall)
        self.core.work(self.wall)
        self.deliver(self.core.output(self.wall))

    @property
    def waiting(self) -> int:
        """How much waits for the store."""
        batch = self.core.batches.open
        return len(batch.events) + len(batch.outbox) + len(batch.then) + len(self.core.inbox)


@pytest.fixture
def bench(tmp_path: Path) -> DownStore:
    return DownStore(tmp_path)


def hour(bench: DownStore, drone: Peer, assign: Assign) -> None:
    """An hour of a drone that is off its way, heard at times, with a clock that is off at times."""
    leg = next(step for step in assign.mission.steps if isinstance(step, Travel))
    for minute in range(60):
        for second in range(0, 60, 10):
            if FLAPS[minute % len(FLAPS)]:
                wrong = timedelta(hours=minute // 6 % 2)
                sample = Telemetry(
                    at=bench.now - wrong,
                    lon=-8.0 + 0.001 * minute,
                    lat=41.0,
                    alt_amsl_m=60,
                    state="travelling",
                    soc=0.2 + second / 1000,
                    mission_id=assign.mission.mission_id,
                    step_id=leg.step_id,
                )
                bench.sample(drone, sample)
            bench.run(9.9)


def test_what_waits_does_not_grow_with_the_time(bench: DownStore) -> None:
    """Findings come once for each mission; timers and lost links come when there is a point in them."""
    _, drone, assign = flying(bench)
    bench.down = True
    hour(bench, drone, assign)
    after_an_hour = bench.waiting
    assert after_an_hour > 0, "a finding is made meanwhile"
    for _ in range(2):
        hour(bench, drone, assign)
    assert bench.waiting == after_an_hour


def test_what_was_held_back_is_made_up_for(bench: DownStore) -> None:
    """A timer that was due meanwhile rings once, and who is silent is lost, as soon as the store is back."""
    flying(bench)
    bench.down = True
    before = bench.store.last_position()
    due = min(bench.core.state.timers.values())
    bench.peers.clear()
    while bench.now < due + timedelta(hours=1):
        bench.run(60)
    assert bench.store.last_position() == before
    bench.down = False
    bench.run(1)
    events = [stored.event for stored in bench.store.events(before)]
    rang = [event.timer_id for event in events if isinstance(event, TimerRang)]
    assert len(rang) == len(set(rang)) >= 1
    lost = [e.asset_id for e in events if isinstance(e, AssetChanged) and e.change is AssetEvent.LOSE_LINK]
    assert lost == [DRONE]


def test_who_says_hello_without_end_pushes_out_nobody(bench: DownStore) -> None:
    """Of one caller a few wait, whatever it says; another's that came before them is answered."""
    ready(bench)
    bench.down = True
    van = Peer(PeerSession("D1/van-1", Role.ASSET, "boot"), b"route-of-van")
    for envelope in van.session.connect(bench.wall):
        bench.core.control(van.route, encode(envelope), bench.wall)
    for number in range(3 * hellos.MOST_OF_ONE):
        hello = Hello(peer_id=DRONE, role=Role.ASSET, boot_id=f"boot-{number}", versions=(1,))
        bench.core.control(b"again", encode(Envelope(message=hello)), bench.wall)
    assert len(bench.core.sessions._hellos) == 1 + hellos.MOST_OF_ONE
    bench.down = False
    bench.peers["D1/van-1"] = van
    bench.run(0.1)
    assert van.session.state is SessionState.WELCOMED


def test_hellos_that_wait_are_so_many_at_most(bench: DownStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools that come again and again under fresh names: the newest are answered once the store is back."""
    monkeypatch.setattr(hellos, "MOST", 10)
    ready(bench)
    bench.down = True
    tools = []
    for number in range(50):
        tool = Peer(PeerSession(f"tool-{number}", Role.OPERATOR, "boot"), f"route-of-{number}".encode())
        for envelope in tool.session.connect(bench.wall):
            bench.core.control(tool.route, encode(envelope), bench.wall)
        tools.append(tool)
    assert len(bench.core.sessions._hellos) == 10
    bench.down = False
    bench.peers.update({tool.session.peer_id: tool for tool in tools})
    bench.run(0.1)
    assert [tool.session.welcome is not None for tool in tools] == [False] * 40 + [True] * 10
