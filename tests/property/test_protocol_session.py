"""Two ends over a link that breaks: what must arrive does, once and in order, in both directions."""

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from fleet.protocol.codec import decode_control, encode
from fleet.protocol.errors import Fault, Full, RemoteError
from fleet.protocol.messages import CancelMission, CommandReply, Envelope, Hello, Role
from fleet.protocol.session import HubSession, PeerSession, SessionRecord, SessionState, refusal

WALL = datetime(2026, 3, 1, 8, tzinfo=UTC)
MESSAGES = 30
STEP_S = 0.25
QUIET_AFTER_S = 60.0
END_S = 600.0


@dataclass
class Link:
    """One connection: first in, first out, with delay, until it breaks and takes what is under way."""

    epoch: int | None = None
    up: deque[tuple[float, list[bytes]]] = field(default_factory=deque)
    down: deque[tuple[float, list[bytes]]] = field(default_factory=deque)
    broken: bool = False


@dataclass
class HubStore:
    """What the hub has committed."""

    boot_id: str | None = None
    received: int = 0
    inbox: list[str] = field(default_factory=list)
    outbox: list[tuple[int, CancelMission]] = field(default_factory=list)
    sent: int = 0


class World:
    """A peer and a hub, both of which crash, and a link which breaks, at random but repeatably."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = 0.0
        self.store = HubStore()
        self.links: list[Link] = []
        self.peer_taken: list[str] = []
        self.to_report = deque(f"up{i}" for i in range(MESSAGES))
        self.to_order = deque(f"down{i}" for i in range(MESSAGES))
        self.committing: list[tuple[float, int, str, int]] = []
        self.peer = PeerSession("drone-1", Role.ASSET, "boot-1", limit=8, window=4)
        self.refusals: set[Fault] = set()
        self.saved = self.peer.snapshot()
        self.hub = self.new_hub()
        self.dial()

    def new_hub(self) -> HubSession:
        hub = HubSession(
            "drone-1", Role.ASSET, boot_id=self.store.boot_id, received=self.store.received, window=4
        )
        hub.resume(self.store.outbox, sent=self.store.sent)
        return hub

    def dial(self) -> None:
        self.links.append(Link())
        self.transmit_up(self.peer.connect(self.now))

    def transmit_up(self, envelopes: list[Envelope]) -> None:
        link = self.links[-1]
        for envelope in envelopes:
            assert envelope.ack <= len(self.peer_taken), "acknowledged before it was taken"
            if not link.broken:
                link.up.append((self.arrival(link.up), encode(envelope)))

    def transmit_down(self, link: Link, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            assert envelope.ack <= self.store.received, "acknowledged before it was committed"
            if not link.broken:
                link.down.append((self.arrival(link.down), encode(envelope)))

    def arrival(self, queue: deque[tuple[float, list[bytes]]]) -> float:
        at = self.now + self.rng.choice([0.0, 0.1, 1.0])
        return max(at, queue[-1][0]) if queue else at

    def current(self) -> Link | None:
        return next((link for link in self.links if link.epoch == self.hub.epoch), None)

    def step(self) -> None:
        self.now += STEP_S
        if self.now < QUIET_AFTER_S:
            self.misfortune()
        self.run_hub()
        self.run_peer()

    def misfortune(self) -> None:
        match self.rng.randrange(60):
            case 0 | 1 | 2:
                self.links[-1].broken = True
                self.links[-1].down.clear()
                if self.rng.random() < 0.5:  # Otherwise what is under way still reaches the hub, late.
                    self.links[-1].up.clear()
            case 3:
                self.hub = self.new_hub()
                self.committing.clear()
                for link in self.links:
                    link.epoch = None
            case 4:
                self.peer = PeerSession("drone-1", Role.ASSET, "unused", limit=8, window=4)
                self.peer.restore(SessionRecord.model_validate_json(self.saved.model_dump_json()))
                self.dial()
            case _:
                pass

    def run_hub(self) -> None:
        for link in self.rng.sample(self.links, len(self.links)):
            while link.up and link.up[0][0] <= self.now:
                self.hub_hears(link, decode_control(link.up.popleft()[1]))
        self.commit()
        self.order()
        envelopes = self.hub.poll(self.now)
        if (current := self.current()) is not None:
            self.transmit_down(current, envelopes)

    def hub_hears(self, link: Link, envelope: Envelope) -> None:
        try:
            if isinstance(envelope.message, Hello):
                self.welcome(link, envelope)
                return
            deliveries = self.hub.receive(envelope, link.epoch or -1, self.now)
        except RemoteError as error:
            self.refusals.add(error.code)
            self.transmit_down(link, [refusal(error)])
            return
        for seq, message in deliveries:
            assert seq is not None
            assert isinstance(message, CommandReply)
            if self.rng.random() < 0.05:
                self.hub.busy(seq, 1.0)
            else:
                due = self.now + self.rng.choice([0.0, 0.5, 3.0])
                due = max([due, *(row[0] for row in self.committing)])
                assert self.hub.boot_id is not None
                self.committing.append((due, seq, message.command_id, self.hub.boots))

    def welcome(self, link: Link, envelope: Envelope) -> None:
        greeting = self.hub.greet(envelope, self.now)
        for other in self.links:
            other.epoch = None
        link.epoch = greeting.epoch
        if greeting.new_boot:
            self.store.boot_id, self.store.received = self.hub.boot_id, 0
            self.store.outbox = [(n, message) for n, (_, message) in enumerate(self.store.outbox, 1)]
            self.store.sent = len(self.store.outbox)
            self.hub.resume(self.store.outbox, sent=self.store.sent)
        self.transmit_down(link, self.hub.welcome(self.now, token=f"t{greeting.epoch}", wall=WALL))

    def commit(self) -> None:
        while self.committing and self.committing[0][0] <= self.now:
            _, seq, name, boots = self.committing.pop(0)
            self.store.inbox.append(name)
            self.store.received = seq
            self.hub.taken(seq, boots)
        self.store.outbox = [row for row in self.store.outbox if row[0] > self.hub.acknowledged]

    def order(self) -> None:
        if self.to_order and self.rng.random() < 0.3:
            message = CancelMission(mission_id=self.to_order.popleft(), why="test")
            self.store.sent += 1
            self.store.outbox.append((self.store.sent, message))
            self.hub.send(message, self.store.sent)

    def run_peer(self) -> None:
        link = self.links[-1]
        while link.down and link.down[0][0] <= self.now:
            for seq, message in self.peer.receive(decode_control(link.down.popleft()[1]), self.now):
                assert seq is not None
                assert isinstance(message, CancelMission)
                self.peer_taken.append(message.mission_id)
                self.peer.taken(seq)
        self.report()
        self.saved = self.peer.snapshot()  # Durable before anything is sent.
        self.transmit_up(self.peer.poll(self.now))
        if self.peer.wants_connection(self.now):
            self.dial()

    def report(self) -> None:
        if not self.to_report or self.rng.random() > 0.3:
            return
        try:
            self.peer.send(CommandReply(command_id=self.to_report[0], accepted=True))
        except Full:
            return
        self.to_report.popleft()

    def is_settled(self) -> bool:
        waiting = self.to_report or self.to_order or self.peer.outstanding or self.hub.outstanding
        return self.peer.state is SessionState.WELCOMED and self.now > QUIET_AFTER_S and not waiting


@pytest.mark.parametrize("batch", range(20))
def test_everything_arrives_once_and_in_order(batch: int) -> None:
    """Broken links, crashes of either end, late and resent messages, slow commits, a busy hub: 400 worlds."""
    for seed in range(batch * 20, batch * 20 + 20):
        world = World(seed)
        while not world.is_settled() and world.now < END_S:
            world.step()
        assert world.store.inbox == [f"up{i}" for i in range(MESSAGES)], seed
        assert world.refusals <= {Fault.NO_SESSION, Fault.FORGOTTEN}, seed
        assert world.peer_taken == [f"down{i}" for i in range(MESSAGES)], seed
