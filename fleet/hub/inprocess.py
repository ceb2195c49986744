"""Hub and simulated world in one process on virtual time: the same core, sessions and frames, without sockets and
threads.

Everything happens in an order that depends on nothing but seed and input, so the same day gives the same events twice.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from fleet.dispatch.effects import StartPlanning
from fleet.dispatch.inputs import PlanReady
from fleet.domain.plan import Plan
from fleet.domain.state import State
from fleet.hub.core import HubCore
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.messages import (
    AnyMessage,
    Attach,
    Envelope,
    Grant,
    Granted,
    Role,
    SubmitOrders,
    Telemetry,
)
from fleet.protocol.session import PeerSession, SessionState
from fleet.protocol.values import Contact, Order
from fleet.sim import STATION, World
from fleet.store.base import Store

TURN_S = 0.001
"""How far the sessions' transport clock goes on with each turn: far less than any time-out."""

LOOK_S = 0.1
"""How often a session that nothing has happened to is asked what it has to say (a heartbeat), by the same clock."""


@dataclass(slots=True)
class _End:
    """One peer's end: its session, what it was told in this step, and when it is next asked what it has to say."""

    session: PeerSession
    told: list[AnyMessage] = field(default_factory=list)
    attached: bool = False
    look_at_s: float = 0.0

    def send(self, message: AnyMessage) -> None:
        """Give the session something to say, soon."""
        self.session.send(message)
        self.look_at_s = 0.0

    def hear(self, envelope: Envelope, wall_s: float) -> None:
        """Take a frame of the hub's in; the session acknowledges it soon."""
        for delivery in self.session.receive(envelope, wall_s):
            self.told.append(delivery.message)
            if delivery.seq is not None:
                self.session.taken(delivery.seq)
        self.look_at_s = 0.0

    def speak(self, wall_s: float) -> list[Envelope]:
        """What the session says now."""
        self.look_at_s = wall_s + LOOK_S
        return self.session.poll(wall_s)


class InProcess:
    """Runs a day. ``make_plan`` answers planning jobs at once, in this process."""

    def __init__(
        self, core: HubCore, store: Store, world: World, make_plan: Callable[[StartPlanning], Plan]
    ) -> None:
        self._core, self._store, self._world, self._make_plan = core, store, world, make_plan
        self._wall_s = 0.0
        self._assets = {
            a: _End(PeerSession(a, Role.ASSET, "boot-1", kind=world.kind(a), factsheet=world.factsheet(a)))
            for a in world.asset_ids
        }
        self._keeper = _End(PeerSession("timekeeper", Role.TIMEKEEPER, "boot-1"))
        self._operator = _End(PeerSession("operator", Role.OPERATOR, "boot-1"))
        self._station = _End(PeerSession(STATION, Role.WEATHER, "boot-1"))
        self._ends = {
            **{a.encode(): end for a, end in self._assets.items()},
            b"operator": self._operator,
            STATION.encode(): self._station,
            b"timekeeper": self._keeper,
        }
        self._announced = 0
        self._observed = 0
        self._incoming: deque[tuple[datetime, Order, Contact]] = deque()

    @property
    def state(self) -> State:
        """The hub's state."""
        return self._core.state

    def run(self, incoming: Iterable[tuple[datetime, Order, Contact]], over: Callable[[State], bool]) -> None:
        """Let the day run until every parcel was handed in, at its moment, and ``over`` says that it is over."""
        self._incoming = deque(sorted(incoming, key=lambda entry: (entry[0], entry[1].order_id)))
        self._connect()
        while self._incoming or not over(self._core.state):
            self._hand_in()
            self._turn()

    def _hand_in(self) -> None:
        due = []
        while self._incoming and self._incoming[0][0] <= self._world.now:
            due.append(self._incoming.popleft())
        if due:
            self._operator.send(
                SubmitOrders(
                    request_id=f"orders-{len(self._incoming)}",
                    orders=tuple(order for _, order, _ in due),
                    contacts=tuple(contact for _, _, contact in due),
                )
            )

    def _connect(self) -> None:
        for route, end in self._ends.items():
            for envelope in end.session.connect(self._wall_s):
                self._core.control(route, encode(envelope), self._wall_s)
        while any(end.session.state is not SessionState.WELCOMED for end in self._ends.values()):
            self._turn()

    def _turn(self) -> None:
        self._wall_s += TURN_S
        self._peers_speak()
        self._core.work(self._wall_s)
        self._store_batch()
        for job in self._jobs():
            self._core.tell(PlanReady(self._make_plan(job)), self._wall_s)
        self._hub_speaks()
        self._let_time_go_on()

    def _peers_speak(self) -> None:
        for route, end in self._ends.items():
            if end.look_at_s > self._wall_s:
                continue
            for envelope in end.speak(self._wall_s):
                self._core.control(route, encode(envelope), self._wall_s)

    def _store_batch(self) -> None:
        batch = self._core.take()
        if batch is not None:
            self._store.commit(batch)
            self._core.committed()

    def _jobs(self) -> list[StartPlanning]:
        jobs = list(self._core.plans)
        self._core.plans.clear()
        return jobs

    def _hub_speaks(self) -> None:
        for route, frames in self._core.output(self._wall_s):
            self._ends[route].hear(decode_control(frames), self._wall_s)

    def _let_time_go_on(self) -> None:
        grants = [m for m in self._keeper.told if isinstance(m, Grant)]
        self._keeper.told.clear()
        if not grants:
            return
        for asset_id in sorted(self._assets):
            end = self._assets[asset_id]
            for message in end.told:
                self._world.deliver(asset_id, message)
            end.told.clear()
        self._world.advance(grants[-1].until)
        self._assets_speak()
        self._announce()
        self._report_weather()
        answer = Granted(until=self._world.now, next_at=self._world.next_at(), sent={})
        self._keeper.send(answer)

    def _assets_speak(self) -> None:
        said: dict[str, list[AnyMessage]] = defaultdict(list)
        for asset_id, message in self._world.outbox():
            said[asset_id].append(message)
        for asset_id, messages in said.items():
            end = self._assets[asset_id]
            for message in messages:
                if isinstance(message, Telemetry):
                    self._telemetry(asset_id, end, message)
                else:
                    end.send(message)
            for envelope in end.speak(self._wall_s):
                self._core.control(asset_id.encode(), encode(envelope), self._wall_s)

    def _telemetry(self, asset_id: str, end: _End, sample: Telemetry) -> None:
        route = b"t:" + asset_id.encode()
        welcome = end.session.welcome
        if not end.attached and welcome is not None:
            end.attached = True
            attach = Attach(peer_id=asset_id, token=welcome.token)
            self._core.telemetry(route, encode_telemetry(attach), self._wall_s)
        self._core.telemetry(route, encode_telemetry(sample), self._wall_s)

    def _announce(self) -> None:
        """What people of the world tell the hub."""
        found = self._world.notices()
        for notice in found[self._announced :]:
            self._operator.send(notice)
        self._announced = len(found)

    def _report_weather(self) -> None:
        found = self._world.observations()
        for report in found[self._observed :]:
            self._station.send(report)
        self._observed = len(found)
