"""A hub on real sockets with keys, in a thread, and those who connect to it: honest peers and others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import zmq

from fleet.app import Files, Setup, open_core, simulated
from fleet.hub.client import secure
from fleet.hub.core import HubCore
from fleet.hub.loop import open_loop
from fleet.hub.planning import Effort, Planning
from fleet.hub.security.access import KeyAccess
from fleet.hub.security.gate import Gate
from fleet.hub.security.keyring import Keyring, new_hub_key, read_key_file
from fleet.hub.security.limits import DEFAULTS, LimitSettings
from fleet.hub.security.refusals import Refusals
from fleet.hub.sockets import Sockets, bound_address
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import AnyMessage, AssetReport, Attach, Busy, Reply, Role, Telemetry
from fleet.protocol.session import PeerSession, SessionState
from fleet.store import MemoryStore
from tests.support.bench import write_inputs

DAY = datetime(2026, 11, 24, tzinfo=UTC)
DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00
S1,Launch site,-8.0,41.0,0,4,0,4,07:00,21:00
"""
HONEST, OTHER, THIRD = "S1/drone-1", "S1/drone-2", "S1/drone-3"
PATIENCE_S = 20.0


def until(happened: Callable[[], object], what: str, turn: Callable[[], object] = lambda: None) -> None:
    """Wait until something has happened. Fails, with what it was, when it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"within {PATIENCE_S:.0f} s: {what}"
        turn()
        time.sleep(0.005)


@dataclass(slots=True)
class Besieged:
    """The hub: where it listens, its keys, what it has refused and told. ``wall`` is the clock of its keys."""

    ring: Keyring
    sockets: Sockets
    gate: Gate
    store: MemoryStore
    told: list[dict[str, object]]
    control: str
    telemetry: str
    feed: str
    wall: list[datetime]
    core: HubCore
    files: Files

    def key_in(self, path: Path) -> KeyFile:
        """The key in a file."""
        return read_key_file(path)

    def refusals(self, code: str) -> int:
        """How often something was refused for that reason."""
        return self.gate.refusals.counts().get(code, 0)

    def lines(self, code: str) -> list[dict[str, object]]:
        """What the log says of it."""
        return [line for line in self.told if line["code"] == code]

    def refuses(self, code: str, who: str | None = None, turn: Callable[[], object] = lambda: None) -> None:
        """Wait for a refusal: counted, and told once of each who did it, with what to do."""
        until(
            lambda: self.refusals(code), f"{code} was refused (so far: {self.gate.refusals.counts()})", turn
        )
        until(lambda: self.lines(code), f"{code} was told")
        lines = self.lines(code)
        assert all(line["advice"] for line in lines)
        names = [line["who"] for line in lines]
        assert len(names) == len(set(names)), "each is told once"
        if who is not None:
            assert who in names

    def attached(self, peer_id: str) -> bool:
        """Whether a telemetry channel is known as this peer's."""
        return any(peer.peer_id == peer_id for peer in list(self.core.sessions.peers.by_telemetry.values()))

    def events(self) -> list[object]:
        """What is stored."""
        return [stored.event for stored in self.store.events()]


@contextmanager
def besieged(folder: Path, limits: LimitSettings = DEFAULTS) -> Iterator[Besieged]:
    """A hub of a small day that runs until the end; what goes wrong in it is raised there."""
    (folder / "input").mkdir()
    files = write_inputs(folder / "input", depots=DEPOTS)
    inputs = files.read()
    at = DAY + timedelta(hours=8)
    setup = Setup(name="besieged", files=files, at=at, until=at + timedelta(hours=4))
    wall = [datetime.now(UTC)]
    ring, hub_key = Keyring(folder / "keys"), new_hub_key()
    ring.prepare(wall[0], simulated(inputs), hub_key)
    told: list[dict[str, object]] = []
    refusals = Refusals(lambda _event, **said: told.append(said))
    free = "tcp://127.0.0.1:*"
    sockets = Sockets(free, free, free, secret=hub_key.secret.get_secret_value().encode())
    store = MemoryStore()
    core = open_core(setup, inputs, store, refusals=refusals).core
    gate = Gate(sockets, core, KeyAccess(ring, lambda: wall[0]), refusals, settings=limits)
    loop = open_loop(core, store, sockets, gate, lambda wake: Planning(Effort(), wake=wake))
    control, telemetry, feed = (bound_address(s) for s in (sockets.control, sockets.telemetry, sockets.feed))
    stop, wrong = threading.Event(), list[BaseException]()

    def body() -> None:
        try:
            loop.run(stop.is_set)
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            wrong.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    try:
        yield Besieged(ring, sockets, gate, store, told, control, telemetry, feed, wall, core, files)
    finally:
        stop.set()
        thread.join(60)
    if wrong:
        raise wrong[0]


class End:
    """A peer: its session on real sockets. ``key`` is whose it says it is; anything can be sent past the session."""

    _numbers = count(1)

    def __init__(
        self,
        hub: Besieged,
        peer_id: str,
        role: Role = Role.ASSET,
        *,
        key: KeyFile | str | None = "its own",
        control: str | None = None,
        routing_id: bytes | None = None,
        boot_id: str | None = None,
    ) -> None:
        self.hub, self.peer_id = hub, peer_id
        self.key = hub.ring.client(peer_id) if isinstance(key, str) else key
        self.context = zmq.Context()
        self.session = PeerSession(peer_id, role, boot_id or uuid4().hex)
        self.heard: list[AnyMessage] = []
        self.busy: Busy | None = None
        self.socket = self.dial(control or hub.control, routing_id)
        self.samples: zmq.Socket[bytes] | None = None
        self.hello()

    def dial(self, address: str, routing_id: bytes | None = None) -> zmq.Socket[bytes]:
        """A new connection with the key."""
        socket = self.context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        if routing_id is not None:
            socket.setsockopt(zmq.ROUTING_ID, routing_id)
        secure(socket, self.key)
        socket.connect(address)
        return socket

    def hello(self) -> None:
        """Say hello."""
        for envelope in self.session.connect(time.monotonic()):
            self.socket.send_multipart(encode(envelope))

    def turn(self) -> None:
        """Take in what has come, send what is due."""
        while self.socket.poll(2):
            try:
                envelope = decode_control(self.socket.recv_multipart())
            except RemoteError:
                continue
            if isinstance(envelope.message, Busy):
                self.busy = envelope.message
            for delivery in self.session.receive(envelope, time.monotonic()):
                self.heard.append(delivery.message)
                if delivery.seq is not None:
                    self.session.taken(delivery.seq)
        for envelope in self.session.poll(time.monotonic()):
            with suppress(zmq.Again):
                self.socket.send_multipart(encode(envelope, self.session.version), zmq.NOBLOCK)

    @property
    def up(self) -> bool:
        """Whether the session stands."""
        return self.session.state is SessionState.WELCOMED

    def welcomed(self) -> End:
        """Wait for the welcome."""
        until(lambda: self.up, f"{self.peer_id} is welcome (refused: {self.session.refused})", self.turn)
        return self

    def attach(self, token: str | None = None, peer_id: str | None = None) -> None:
        """Open the telemetry channel, with the session's token unless told."""
        self.samples = self.samples or self.dial(self.hub.telemetry)
        found = token or (self.session.welcome.token if self.session.welcome else "")
        self.samples.send_multipart(encode_telemetry(Attach(peer_id=peer_id or self.peer_id, token=found)))

    def sample(self, lon: float = -8.0) -> None:
        """Send a sample, if there is room."""
        assert self.samples is not None
        frames = encode_telemetry(Telemetry(at=self.hub.wall[0], lon=lon, lat=41.0))
        try:
            self.samples.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            self.turn()

    def works(self) -> float:
        """Have something acknowledged; how many seconds it took."""
        begun = time.monotonic()
        self.session.send(AssetReport(condition="ready", at=self.hub.wall[0], soc=1.0, site_id="S1"))
        until(lambda: not self.session.outstanding, f"{self.peer_id} goes on", self.turn)
        return time.monotonic() - begun

    def asks(self, request: AnyMessage) -> Reply:
        """The answer to a request."""
        self.session.send(request)
        until(lambda: any(isinstance(m, Reply) for m in self.heard), "the hub answers", self.turn)
        return next(m for m in self.heard if isinstance(m, Reply))

    def refused(self, code: str) -> None:
        """Wait until the hub says no."""
        until(lambda: self.session.refused is not None, "the hub says no", self.turn)
        assert self.session.refused is not None
        assert self.session.refused.code == code

    def turned_away(self, for_s: float = 0.5) -> None:
        """Wait a while, and see that nobody has welcomed us."""
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline:
            self.turn()
            assert not self.up, "an attacker was welcomed"

    def close(self) -> None:
        """Hang up."""
        self.context.destroy(linger=0)


class Honest(threading.Thread):
    """An asset at work in a thread of its own: it reports, and waits for the acknowledgement, all the time."""

    def __init__(self, hub: Besieged, peer_id: str = HONEST) -> None:
        super().__init__()
        self.rounds = 0
        self.worst_s = 0.0
        self.wrong: list[BaseException] = []
        self._hub, self._peer_id = hub, peer_id
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until told to stop, or until it does not work any more."""
        try:
            with end(self._hub, self._peer_id) as asset:
                asset.welcomed()
                asset.attach()
                while not self._stop.wait(0.02):
                    asset.sample()
                    self.worst_s = max(self.worst_s, asset.works())
                    assert asset.up, "the honest asset lost its session"
                    self.rounds += 1
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            self.wrong.append(error)

    def goes_on(self) -> None:
        """See that it does its work now."""
        before = self.rounds
        until(lambda: self.wrong or self.rounds > before + 2, "the honest asset goes on")
        if self.wrong:
            raise self.wrong[0]

    def halt(self) -> None:
        """End it."""
        self._stop.set()
        self.join(60)


@contextmanager
def end(hub: Besieged, peer_id: str, role: Role = Role.ASSET, **how: object) -> Iterator[End]:
    """A peer that hangs up at the end."""
    made = End(hub, peer_id, role, **how)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


@contextmanager
def honest_at(hub: Besieged) -> Iterator[Honest]:
    """An honest asset that works before, throughout and, as the last thing, after what is done to the hub."""
    asset = Honest(hub)
    asset.start()
    try:
        asset.goes_on()
        yield asset
        asset.goes_on()
    finally:
        asset.halt()
