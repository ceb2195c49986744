"""The process of a world against a hub that is made for the test: granted time over real sockets, deaths included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zmq

from adapters.sim.channel import Endpoints
from adapters.sim.host import Host, HostOptions
from adapters.sim.journal import Journal
from adapters.sim.keeper import WorldKeeper
from fleet.protocol.codec import decode_control, decode_telemetry, encode
from fleet.protocol.endpoint import Timing
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import (
    AddZone,
    AnyMessage,
    Assign,
    Attach,
    Grant,
    Granted,
    Hello,
    MissionEnded,
    ReportWeather,
    Role,
    Telemetry,
)
from fleet.protocol.session import HubSession, SessionState, refusal
from fleet.sim import STATION, World
from tests.unit.sim.small_world import DRONE, START, sortie, spec

QUICK = Timing(hello_s=0.5, missed_heartbeats=2, reconnect_s=0.02, reconnect_max_s=0.1)
HEADER = {"seed": 5}


class Hub:
    """Just enough of a hub: sessions, and grants that wait for every frame that was promised."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], now: Callable[[], float]) -> None:
        self.now = now
        self.control, self.telemetry = (context.socket(zmq.ROUTER) for _ in range(2))
        for router in (self.control, self.telemetry):
            router.setsockopt(zmq.LINGER, 0)
        self.endpoints = Endpoints(
            *(
                f"tcp://127.0.0.1:{r.bind_to_random_port('tcp://127.0.0.1')}"
                for r in (self.control, self.telemetry)
            )
        )
        self.heard: list[tuple[str, AnyMessage]] = []
        self.samples: list[tuple[str, Telemetry]] = []
        self.answers: list[Granted] = []
        self.lockstep = True
        self.forget()

    def forget(self) -> None:
        """What a hub that is restarted does not remember: its connections. What it has taken it has stored."""
        kept = getattr(self, "sessions", {})
        self.routes: dict[bytes, tuple[HubSession, int]] = {}
        self.attached: dict[bytes, str] = {}
        self.sessions: dict[str, HubSession] = {}
        for peer_id, old in kept.items():
            if old.role is Role.ASSET:
                new = HubSession(
                    peer_id, old.role, heartbeat_s=0.5, boot_id=old.boot_id, received=old.received
                )
                new.resume([], sent=old.acknowledged)
                self.sessions[peer_id] = new

    def step(self) -> None:
        """Take in what has come, and answer."""
        for frames in _drained(self.telemetry):
            self._sample(frames[0], frames[1:])
        for frames in _drained(self.control):
            self._take(frames[0], frames[1:])
        for route, (session, epoch) in list(self.routes.items()):
            if epoch == session.epoch:
                for envelope in session.poll(self.now()):
                    self.control.send_multipart([route, *encode(envelope)])

    def tell(self, peer_id: str, message: AnyMessage) -> None:
        """Say something to a peer."""
        session = self.sessions[peer_id]
        seq = session.acknowledged + session.outstanding + 1 if message.sequenced else None
        session.send(message, seq)

    def grant(self, until: datetime) -> None:
        """Let time go on."""
        self.step()
        sent = {p: s.frames_sent for p, s in self.sessions.items() if s.role is Role.ASSET}
        self.tell("timekeeper", Grant(until=until, sent=sent))

    def has(self, until: datetime) -> bool:
        """Whether time is there, and every frame that belongs to it is here."""
        answer = self.answers[-1] if self.answers else None
        return (
            answer is not None
            and answer.until >= until
            and all(
                p in self.sessions and self.sessions[p].frames_received >= n for p, n in answer.sent.items()
            )
        )

    def _take(self, route: bytes, frames: list[bytes]) -> None:
        envelope = decode_control(frames)
        if isinstance(envelope.message, Hello):
            self._greet(route, envelope.message)
            session, _ = self.routes[route]
            session.greet(envelope, self.now())
            self.routes[route] = (session, session.epoch)
            answer = session.welcome(
                self.now(),
                token=f"t-{session.peer_id}-{session.epoch}",
                wall=START,
                lockstep=self.lockstep,
            )
            self.control.send_multipart([route, *encode(answer[0])])
            return
        if route not in self.routes:
            error = RemoteError(Fault.NO_SESSION, "say hello")
            self.control.send_multipart([route, *encode(refusal(error))])
            return
        session, epoch = self.routes[route]
        try:
            deliveries = session.receive(envelope, epoch, self.now())
        except RemoteError as error:
            self.control.send_multipart([route, *encode(refusal(error))])
            return
        for delivery in deliveries:
            if isinstance(delivery.message, Granted):
                self.answers.append(delivery.message)
            elif delivery.seq is not None:
                self.heard.append((session.peer_id, delivery.message))
                session.taken(delivery.seq)

    def _greet(self, route: bytes, hello: Hello) -> None:
        if hello.peer_id not in self.sessions:
            self.sessions[hello.peer_id] = HubSession(hello.peer_id, hello.role, heartbeat_s=0.5)
        self.routes[route] = (self.sessions[hello.peer_id], -1)

    def _sample(self, route: bytes, frames: list[bytes]) -> None:
        message = decode_telemetry(frames)
        if isinstance(message, Attach):
            session = self.sessions.get(message.peer_id)
            if session is not None and session.attaches(message):
                self.attached[route] = message.peer_id
                session.heard_telemetry(self.now())
        elif route in self.attached:
            self.sessions[self.attached[route]].heard_telemetry(self.now())
            self.samples.append((self.attached[route], message))


def _drained(socket: zmq.Socket[bytes]) -> Iterator[list[bytes]]:
    while True:
        try:
            yield socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return


class Stage:
    """A hub, a world's process, and a clock that goes on with every turn."""

    def __init__(self, path: Path, incidents: str = "none") -> None:
        self.path, self.incidents = path, incidents
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.now_s = 0.0
        self.hub = Hub(self.context, lambda: self.now_s)
        self.host = self.started()

    def started(self) -> Host:
        """A process that has just begun, on what is on the disk."""
        self.journal = Journal(self.path / "journal", HEADER)
        keeper = WorldKeeper(World(5, spec(), self.incidents), self.journal, "boot-1")
        options = HostOptions(self.hub.endpoints, judge=self.path / "judge.json", timing=QUICK)
        return Host(keeper, options, "boot-1", monotonic=lambda: self.now_s, context=self.context)

    def kill_host(self) -> None:
        """The process dies without a word, and begins anew."""
        self.host.close()
        self.journal.close()
        self.host = self.started()

    def turn_until(self, done: Callable[[], bool]) -> None:
        """Let both work."""
        for _ in range(4000):
            self.now_s += 0.002
            self.host.step(wait_ms=1)
            self.hub.step()
            if done():
                return
        raise AssertionError("it never came to that")

    def up(self) -> None:
        """Wait for all sessions."""
        peers = {*self.host._keeper.world.asset_ids, "timekeeper"}
        self.turn_until(lambda: peers <= {s.peer_id for s, e in self.hub.routes.values() if e == s.epoch})
        self.turn_until(lambda: all(p.up for p in (*self.host._assets.values(), self.host._timekeeper)))

    def go(self, until: datetime) -> None:
        """Grant time, and wait for all of it."""
        self.hub.grant(until)
        self.turn_until(lambda: self.hub.has(until))

    def close(self) -> None:
        """Let go of everything."""
        self.host.close()
        self.journal.close()
        self.context.destroy(linger=0)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A hub and a world's process that are connected."""
    made = Stage(tmp_path)
    made.up()
    yield made
    made.close()


def minutes(number: float) -> datetime:
    """So long after the start."""
    return START + timedelta(minutes=number)


def test_a_mission_is_flown_in_granted_time(stage: Stage) -> None:
    """What was sent before a grant is taken before it; every frame of a step is here when the step is over."""
    stage.hub.tell(DRONE, Assign(mission=sortie()))
    for half in range(1, 25):
        stage.go(minutes(half / 2))
    mine = [m.type for p, m in stage.hub.heard if p == DRONE]
    assert mine[:3] == ["asset_report", "mission_reply", "step_report"]
    assert mine.count("mission_ended") == 1
    seconds = [t.at for p, t in stage.hub.samples if p == DRONE and t.mission_id]
    assert len(seconds) > 500
    assert seconds == sorted(set(seconds))
    assert stage.hub.answers[-1].until == minutes(12)
    assert (stage.path / "judge.json").exists()


def test_a_silent_radio_carries_no_heartbeats_where_time_goes_on_by_itself(tmp_path: Path) -> None:
    """A hub that hears heartbeats would take the link for sound; the others go on, and it comes back by itself."""
    stage = Stage(tmp_path)
    stage.hub.lockstep = False
    stage.up()
    drone = stage.hub.sessions[DRONE]
    radio = stage.host._keeper.world._asset(DRONE).radio
    radio.silent = True
    stage.turn_until(lambda: drone.state is SessionState.LOST)
    others = [s for s in stage.hub.sessions.values() if s.peer_id != DRONE]
    assert {s.state for s in others} == {SessionState.WELCOMED}
    radio.come_back()
    stage.turn_until(lambda: stage.hub.sessions[DRONE].state is SessionState.WELCOMED)
    stage.close()


@pytest.mark.parametrize("victim", ["world", "hub", "both"])
def test_a_death_in_the_middle_changes_nothing(stage: Stage, victim: str) -> None:
    """Whoever dies: nothing is said twice, nothing is missing, time goes on."""
    stage.hub.tell(DRONE, Assign(mission=sortie()))
    for minute in range(1, 13):
        stage.go(minutes(minute))
        if minute in (3, 6, 11):
            if victim in ("world", "both"):
                stage.kill_host()
            if victim in ("hub", "both"):
                stage.hub.forget()
                stage.hub.answers.clear()
            stage.now_s += 2
            stage.up()
    mine = [m for p, m in stage.hub.heard if p == DRONE]
    assert [m.type for m in mine] == [
        "asset_report",
        "mission_reply",
        *["step_report"] * 10,
        "mission_ended",
        "asset_report",
    ]
    assert len({m.model_dump_json() for m in mine}) == len(mine)
    assert isinstance(mine[-2], MissionEnded)
    assert mine[-2].outcome == "completed"


def test_a_grant_that_lies_behind_is_answered_again(stage: Stage) -> None:
    """The hub died with it under way: the world is where it was, and says so."""
    stage.go(minutes(5))
    stage.hub.answers.clear()
    stage.go(minutes(4))
    assert [a.until for a in stage.hub.answers] == [minutes(5)]
    assert stage.host._keeper.world.now == minutes(5)


def test_closed_areas_are_put_to_the_hub(tmp_path: Path) -> None:
    """The people of the world are a peer of their own; what they say names who says it."""
    stage = Stage(tmp_path)
    stage.up()
    stage.host._keeper.world._notices.append(_news())
    stage.go(minutes(1))
    stage.turn_until(lambda: any(isinstance(m, AddZone) for _, m in stage.hub.heard))
    peer_id, message = next((p, m) for p, m in stage.hub.heard if isinstance(m, AddZone))
    assert (peer_id, message.by, message.zone_id) == ("people", "authority", "closed-1")
    stage.close()


def test_the_station_reports_within_the_grant_and_again_after_a_death(stage: Stage) -> None:
    """The hub counts its frames, so no step is over without them; the same reports have the same values twice."""
    stage.go(minutes(21))
    first = [m for p, m in stage.hub.heard if p == STATION]
    assert [m.rows[0].time for m in first if isinstance(m, ReportWeather)] == [
        minutes(0),
        minutes(10),
        minutes(20),
    ]
    stage.kill_host()
    stage.now_s += 2
    stage.up()
    stage.go(minutes(31))
    again = [m for p, m in stage.hub.heard if p == STATION][3:]
    assert again[:3] == first
    assert len(again) == 4


def _news() -> AddZone:
    feature: dict[str, Any] = {"type": "Feature", "properties": {}, "geometry": None}
    return AddZone(request_id="news-1", by="authority", zone_id="closed-1", feature=feature)
