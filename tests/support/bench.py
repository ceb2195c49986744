"""A hub's core on a memory store with scripted peers: no socket, no thread, a clock that the test moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from fleet.app import Files, Setup, open_core
from fleet.config import RunInputs
from fleet.dispatch.effects import Send
from fleet.dispatch.inputs import OptionsFound, PlanReady
from fleet.hub.core import CoreSettings, HubCore
from fleet.hub.planning import Effort, make_plan
from fleet.hub.questions import find_options
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.messages import AnyMessage, Attach, CancelMission, Message, Role, SubmitOrders, Telemetry
from fleet.protocol.session import PeerSession, SessionState
from fleet.protocol.values import Order
from fleet.protocol.versions import WIRE_VERSIONS
from fleet.store import MemoryStore, Store

DAY = datetime(2026, 11, 24, tzinfo=UTC)

HEARTBEAT_S = 3.0
"""A third as often as a hub's own: hours pass on a bench, and nothing but heartbeats in most of their seconds. Where a
hub's own are what is tested, ``settings`` are those of a hub."""

ORDER_COLUMNS = (
    "order_id,client,direction,recipient,address,lon,lat,weight_kg,length_m,width_m,height_m,goods,value_eur,"
    "min_age,ready_at,due_from,due_by,service,service_minutes,crew,locker_ok,notes\n"
)
ORDERS = (
    f"{ORDER_COLUMNS}P-1,acme,delivery,Ana,Rua 1,-8.01,41.01,0.8,0.3,0.2,0.1,standard,10,,"
    "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,false,\n"
)
DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00
S1,Launch site,-8.0,41.0,0,1,0,1,07:00,21:00
"""
LOCKERS = "locker_id,name,lon,lat,small,medium,large,drone_port\n"
WEATHER = "time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m\n" + "".join(
    f"2026-11-24T{h:02}:00:00+00:00,2,3,270,15,0,10000\n" for h in range(24)
)
ZONES = '{"type": "FeatureCollection", "features": []}'


def write_inputs(folder: Path, **texts: str) -> Files:
    """Input files of a small day: one depot with a van, one launch site with a drone, one parcel."""
    names = {
        "orders": ORDERS,
        "depots": DEPOTS,
        "lockers": LOCKERS,
        "weather": WEATHER,
        "zones": ZONES,
    } | texts
    suffix = {"zones": "geojson"}
    paths = {}
    for name, text in names.items():
        paths[name] = folder / f"{name}.{suffix.get(name, 'csv')}"
        paths[name].write_text(text, encoding="utf-8")
    zones = (paths.pop("zones"),)
    return Files(**paths, zones=zones)


@dataclass
class Peer:
    """One scripted end of the wire."""

    session: PeerSession
    route: bytes
    inbox: list[AnyMessage] = field(default_factory=list)
    silent: bool = False
    """Whether nothing passes between it and the hub, heartbeats neither; a new connection ends that."""

    def of(self, kind: type[Message]) -> list[AnyMessage]:
        """The messages of one type that it has had."""
        return [m for m in self.inbox if isinstance(m, kind)]


class Bench:
    """Runs the core turn by turn."""

    def __init__(
        self,
        folder: Path,
        store: Store | None = None,
        *,
        settings: CoreSettings | None = None,
        lockstep: bool = False,
        pace: float | None = None,
        replans: bool = False,
        **texts: str,
    ) -> None:
        self.settings = settings or CoreSettings(heartbeat_s=HEARTBEAT_S)
        self.lockstep, self.pace = lockstep, pace
        self.replans = replans
        self.planner_answers = True
        self.files = write_inputs(folder, **texts)
        self.inputs: RunInputs = self.files.read()
        self.store = MemoryStore() if store is None else store
        self.wall = 0.0
        self.is_quiet = False
        """Whether nobody said or stored anything in the last turn: another one at the same time would not either."""
        self.routes = count(1)
        self.peers: dict[str, Peer] = {}
        self.spoken: dict[str, set[int]] = defaultdict(set)
        """The versions of the wire in which each peer was spoken to."""
        self.start()

    @property
    def now(self) -> datetime:
        """The hub's time."""
        return self.core.clock.now(self.wall)

    def start(self) -> None:
        """Start the hub, or start it again on what the store holds."""
        tokens = (f"token-{n}" for n in count())
        self.setup = Setup(
            name="test",
            files=self.files,
            at=DAY + timedelta(hours=8),
            until=DAY + timedelta(hours=12),
            lockstep=self.lockstep,
            pace=self.pace,
            replans=self.replans,
        )
        brain = open_core(
            self.setup,
            self.inputs,
            self.store,
            make_token=lambda: next(tokens),
            wall=self.wall_clock,
            monotonic=lambda: self.wall,
            settings=self.settings,
        )
        self.core: HubCore = brain.core

    def wall_clock(self) -> datetime:
        """What the hub's wall clock shows."""
        return DAY + timedelta(seconds=self.wall)

    def restart(self) -> None:
        """Kill the hub, and start it again on what is stored; the peers notice that it was gone."""
        self.start()
        for peer in self.peers.values():
            peer.session.disconnected(self.wall)

    def order_about(self, asset_id: str, why: str) -> None:
        """Have the hub send an asset a message that it keeps until it is acknowledged."""
        cancel = CancelMission(mission_id="none", why=why)
        self.core._on_send(Send(asset_id, cancel), self.core.clock.now(self.wall))

    def connect(
        self,
        peer_id: str,
        role: Role = Role.ASSET,
        boot_id: str = "boot-1",
        versions: tuple[int, ...] = WIRE_VERSIONS,
    ) -> Peer:
        """A new connection of a peer; its session goes on if it had one."""
        known = self.peers.get(peer_id)
        session = known.session if known else PeerSession(peer_id, role, boot_id, versions=versions)
        peer = Peer(session, f"route-{next(self.routes)}".encode(), known.inbox if known else [])
        self.peers[peer_id] = peer
        for envelope in session.connect(self.wall):
            self.core.control(peer.route, encode(envelope), self.wall)
        self.run(0.01)
        assert session.state is SessionState.WELCOMED, session.refused
        return peer

    def heard_again(self, peer: Peer) -> Peer:
        """The silence of a peer is over: it finds that its session has ended, and connects anew."""
        peer.session.disconnected(self.wall)
        return self.connect(peer.session.peer_id)

    def upgrade(self, peer_id: str, versions: tuple[int, ...]) -> Peer:
        """Restart a peer's process with another release, on the journal of the one before."""
        peer = self.peers[peer_id]
        peer.session, kept = (
            PeerSession(peer_id, peer.session.role, "unused", versions=versions),
            peer.session,
        )
        peer.session.restore(kept.snapshot())
        return self.connect(peer_id)

    def say(self, peer: Peer, *messages: AnyMessage) -> None:
        """Have a peer send messages, and let the hub deal with them."""
        for message in messages:
            peer.session.send(message)
        self.run(0.01)

    def sample(self, peer: Peer, sample: Telemetry) -> None:
        """Have a peer send a telemetry sample over its own channel."""
        route = b"t-" + peer.route
        if peer.session.welcome is not None:
            attach = Attach(peer_id=peer.session.peer_id, token=peer.session.welcome.token)
            self.core.telemetry(route, encode_telemetry(attach), self.wall)
        self.core.telemetry(route, encode_telemetry(sample), self.wall)
        self.run(0.01)

    def submit(self, operator: Peer) -> None:
        """Take the day's orders in."""
        self.say(
            operator,
            SubmitOrders(
                request_id="r-1",
                orders=self.inputs.orders.orders,
                contacts=tuple(contact for _, contact in self.inputs.orders.accepted),
            ),
        )

    def submit_more(self, operator: Peer, *orders: Order) -> None:
        """Take more orders in."""
        self.say(operator, SubmitOrders(request_id=f"r-{orders[0].order_id}", orders=orders))

    def run(self, seconds: float) -> None:
        """Let the wall clock go on by ``seconds``, in steps shorter than a heartbeat, until all is quiet."""
        end = self.wall + seconds
        while True:
            self.wall = min(end, self.wall + self.settings.heartbeat_s / 2)
            self.is_quiet = False
            for _ in range(4):
                if not self.is_quiet:
                    self.turn()
            if self.wall >= end:
                return

    def turn(self) -> None:
        """One turn of the hub's loop, and what the peers make of it."""
        said = False
        for peer in self.peers.values():
            for envelope in () if peer.silent else peer.session.poll(self.wall):
                said = True
                self.core.control(peer.route, encode(envelope, peer.session.version), self.wall)
        self.core.work(self.wall)
        batch = self.core.take()
        asked = bool(self.core.plans or self.core.questions or self.core.inbox.samples_waiting)
        if batch is not None:
            self.store.commit(batch)
            self.core.committed()
        for job in list(self.core.plans) if self.planner_answers else ():
            self.core.plans.remove(job)
            made = make_plan(job, Effort(iterations=1, baselines=False), job.snapshot.at)
            self.core.tell(PlanReady(made), self.wall)
        for question in self.core.questions:
            found = find_options(question)
            who = question.peer_id, question.request_id, question.order_id
            self.core.tell(OptionsFound(*who, found), self.wall)
        self.core.questions.clear()
        out = list(self.core.output(self.wall))
        self.is_quiet = not (said or asked or out or batch is not None)
        self.deliver(out)

    def deliver(self, frames: Iterable[tuple[bytes, list[bytes]]]) -> None:
        """Give frames to the peers whose connections they are for."""
        by_route = {p.route: p for p in self.peers.values()}
        for route, message in frames:
            peer = by_route.get(route)
            if peer is None or peer.silent:
                continue
            self.spoken[peer.session.peer_id].add(int(message[0]))
            for delivery in peer.session.receive(decode_control(message), self.wall):
                peer.inbox.append(delivery.message)
                if delivery.seq is not None:
                    peer.session.taken(delivery.seq)
