"""The hub without sockets, threads and clock: frames in, batches to store, frames out.

One turn is: frames go in (``control``, ``telemetry``), ``work`` decides on what they said, ``take`` gives the batch
that must be stored, ``committed`` is told when it is, and ``output`` gives the frames to send. Nothing that depends
on a decision comes out before the batch with its events was reported as committed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet.dispatch import effects as fx
from fleet.dispatch.decide import CONTRADICTION, HANDLERS, HUB_FAULT, Decision, Dispatcher
from fleet.dispatch.inputs import Input, LinkBack, LinkLost, TimerDue
from fleet.dispatch.monitor import Monitor
from fleet.domain.events import TimerSet
from fleet.domain.state import State
from fleet.hub.clock import FreeClock, GrantedClock
from fleet.hub.peers import Peer, Peers, Route
from fleet.protocol.codec import decode_control, decode_telemetry, encode
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.lifecycle import AssetStatus, LifecycleError
from fleet.protocol.messages import Attach, Envelope, Grant, Granted, Hello, Message, Role, Telemetry
from fleet.protocol.session import HubSession, SessionState, refusal
from fleet.store.base import Batch, ClockAnchor, OutboxRow, PeerRow

Frames = list[bytes]

POLL_ALL_S = 0.25
"""How often sessions that nothing was heard from are looked after (heartbeats, silence)."""


@dataclass(slots=True)
class Opened:
    """A batch in the making, what is to be done once it is on disk, and the peers that then have something to send."""

    events: list[Any] = field(default_factory=list)
    boots: list[PeerRow] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    outbox: list[OutboxRow] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    contacts: list[Any] = field(default_factory=list)
    then: list[Callable[[], None]] = field(default_factory=list)
    concerned: set[str] = field(default_factory=set)
    clock: ClockAnchor | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to store and nothing waits for a commit."""
        # Acknowledgements alone are not worth a commit: what is lost of them is only sent, and ignored, once more.
        stored = self.events or self.boots or self.received or self.outbox
        return not (stored or self.contacts or self.then)

    def sealed(self) -> Batch:
        """The batch as it goes to the store."""
        return Batch(
            tuple(self.events),
            tuple(self.boots),
            dict(self.received),
            tuple(self.outbox),
            dict(self.acknowledged),
            tuple(self.contacts),
            self.clock,
        )


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """How the hub deals with its peers; durations in seconds (business time for ``link_timeout_s``)."""

    heartbeat_s: float = 1.0
    link_timeout_s: float = 15.0
    inbox_limit: int = 20_000
    retry_after_s: float = 0.5


class HubCore:
    """The hub's decisions, sessions and batches. Everything comes in as an argument; nothing is read from outside."""

    def __init__(
        self,
        *,
        state: State,
        dispatcher: Dispatcher,
        monitor: Monitor,
        clock: FreeClock | GrantedClock,
        make_token: Callable[[], str],
        anchor: Callable[[datetime], ClockAnchor | None],
        settings: CoreSettings = CoreSettings(),
    ) -> None:
        self.state = state
        self.live: dict[str, Telemetry] = {}
        self.peers = Peers()
        self.clock = clock
        self.plans: list[fx.StartPlanning] = []
        self.refused: dict[str, int] = {}
        self.faults: list[Exception] = []
        self._dispatcher, self._monitor, self._settings = dispatcher, monitor, settings
        self._make_token, self._anchor = make_token, anchor
        self._open = Opened()
        self._in_flight: Opened | None = None
        self._hellos: list[tuple[Route, Envelope]] = []
        self._inbox: list[tuple[Peer, str | None, int | None, Message]] = []
        self._samples: dict[str, Telemetry] = {}
        self._heard_at: dict[str, datetime] = {}
        self._timers = [(due, timer_id) for timer_id, due in state.timers.items()]
        heapq.heapify(self._timers)
        self._out: list[tuple[Route, Frames]] = []
        self._poll_all_at = 0.0
        self._held_until_s: float | None = None
        self._holding = self._stirred = False

    # --- what comes in -----------------------------------------------------------------------------------------------

    def restore(
        self, peers: dict[str, PeerRow], outbox: dict[str, tuple[OutboxRow, ...]], roles: dict[str, Role]
    ) -> None:
        """Take up the sessions that the store knows, before anything is heard."""
        for peer_id, row in peers.items():
            if peer_id not in roles:
                continue
            peer = self._new_peer(peer_id, roles[peer_id], boot_id=row.boot_id or None, received=row.received)
            waiting = outbox.get(peer_id, ())
            peer.session.resume([(r.seq, r.message) for r in waiting], sent=row.sent)
            peer.sent = row.sent
            peer.stored_ack = peer.session.acknowledged

    def control(self, route: Route, frames: Sequence[bytes], wall_s: float) -> None:
        """A frame on the control channel."""
        try:
            envelope = decode_control(frames)
            if isinstance(envelope.message, Hello):
                self._hellos.append((route, envelope))
                return
            self._from_session(route, envelope, wall_s)
        except RemoteError as error:
            self._refuse(route, error)

    def telemetry(self, route: Route, frames: Sequence[bytes], wall_s: float) -> None:
        """A frame on the telemetry channel; the last sample of each asset wins."""
        try:
            message = decode_telemetry(frames)
        except RemoteError as error:
            self._count(error)
            return
        if isinstance(message, Attach):
            peer = self.peers.by_id.get(message.peer_id)
            if peer is not None and peer.session.attaches(message):
                self.peers.attach(peer, route)
                peer.session.heard_telemetry(wall_s)
            return
        sender = self.peers.by_telemetry.get(route)
        if sender is not None:
            sender.session.heard_telemetry(wall_s)
            self._samples[sender.peer_id] = message

    def tell(self, message: Message | Input, wall_s: float) -> None:
        """One of the hub's own inputs (a plan that is ready, a resume)."""
        self._decide(message, self.clock.now(wall_s), None)

    def _from_session(self, route: Route, envelope: Envelope, wall_s: float) -> None:
        known = self.peers.by_control.get(route)
        if known is None:
            self._reply(route, refusal(RemoteError(Fault.NO_SESSION, "say hello first")))
            return
        peer, epoch = known
        deliveries = peer.session.receive(envelope, epoch, wall_s)
        self.peers.touched.add(peer.peer_id)
        self._note_acknowledged(peer)
        for delivery in deliveries:
            self._accept(peer, delivery.seq, delivery.message)

    def _accept(self, peer: Peer, seq: int | None, message: Message) -> None:
        if isinstance(message, Granted):
            if isinstance(self.clock, GrantedClock):
                self.clock.granted(peer.peer_id, message)
        elif len(self._inbox) >= self._settings.inbox_limit and seq is not None:
            peer.session.busy(seq, self._settings.retry_after_s)
        else:
            self._inbox.append((peer, peer.session.boot_id, seq, message))

    def _note_acknowledged(self, peer: Peer) -> None:
        if peer.session.acknowledged > peer.stored_ack:
            peer.stored_ack = peer.session.acknowledged
            self._open.acknowledged[peer.peer_id] = peer.stored_ack

    # --- what is decided ---------------------------------------------------------------------------------------------

    def work(self, wall_s: float) -> None:
        """Decide on everything that has come in and is due."""
        self._held_until_s = None
        self._greet_all(wall_s)
        if isinstance(self.clock, GrantedClock) and not self._step_complete(self.clock):
            return
        now = self.clock.now(wall_s)
        self._work_inbox(now)
        self._work_samples(now)
        self._work_links(now)
        self._work_timers(now)
        if isinstance(self.clock, GrantedClock):
            self._grant(self.clock, wall_s)

    def _step_complete(self, clock: GrantedClock) -> bool:
        if not clock.keepers:
            return True  # time has not begun to move: there is nothing to wait for
        if not clock.reached():
            return False
        counts = clock.expected()
        return all(
            peer_id in self.peers.by_id and self.peers.by_id[peer_id].session.frames_received >= count
            for peer_id, count in counts.items()
        )

    def _work_inbox(self, now: datetime) -> None:
        inbox, self._inbox = self._inbox, []
        if self.clock.lockstep:
            inbox.sort(key=lambda entry: (entry[0].peer_id, entry[2] or 0))
        for peer, boot_id, seq, message in inbox:
            self._heard(peer.peer_id, now)
            # What came under an earlier boot is still true, but its numbers mean nothing in this one.
            if seq is not None and boot_id == peer.session.boot_id:
                if peer.role is Role.ASSET:
                    self._open.received[peer.peer_id] = seq
                self._open.then.append(lambda p=peer, s=seq, b=boot_id: p.session.taken(s, b))  # type: ignore[misc]
                self._open.concerned.add(peer.peer_id)
            self._decide(message, now, peer.peer_id, peer.role)

    def _work_samples(self, now: datetime) -> None:
        samples, self._samples = self._samples, {}
        for peer_id in sorted(samples):
            sample = samples[peer_id]
            self.live[peer_id] = sample
            self._heard(peer_id, now)
            with self._outliving(sample, now, peer_id):
                for found in self._monitor.check(peer_id, sample, now):
                    self._decide(found, now, None)

    def _work_timers(self, now: datetime) -> None:
        while self._timers and self._timers[0][0] <= now:
            due, timer_id = heapq.heappop(self._timers)
            if self.state.timers.get(timer_id) == due:
                self._decide(TimerDue(timer_id), now, None)

    def _heard(self, peer_id: str, now: datetime) -> None:
        self._heard_at[peer_id] = now
        asset = self.state.assets.get(peer_id)
        if asset is not None and asset.status is AssetStatus.LINK_LOST:
            self._decide(LinkBack(peer_id), now, None)

    def _work_links(self, now: datetime) -> None:
        for asset_id in self._monitor.watched():
            silent = (now - self._heard_at.setdefault(asset_id, now)).total_seconds()
            status = self.state.assets[asset_id].status
            if silent > self._monitor.link_timeout_s(asset_id) and status not in _NOT_HEARD_ANYWAY:
                self._decide(LinkLost(asset_id, silent), now, None)

    def _decide(
        self, message: Message | Input, now: datetime, peer_id: str | None, role: Role | None = None
    ) -> None:
        if type(message) not in HANDLERS:
            return
        self._stirred = self._holding
        with self._outliving(message, now, peer_id, HUB_FAULT if peer_id is None else CONTRADICTION):
            decide, live = self._dispatcher.decide, self.live
            self._carry_out(decide(self.state, message, now, live=live, peer_id=peer_id, role=role), now)

    @contextmanager
    def _outliving(
        self, cause: object, now: datetime, peer_id: str | None, code: str = HUB_FAULT
    ) -> Iterator[None]:
        """Set aside a message, sample or effect that raises: vehicles are in the air, the hub must not die of one."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see above
            if isinstance(error, LifecycleError):
                code = CONTRADICTION
            else:
                self.faults.append(error)
            self._carry_out(self._dispatcher.set_aside(self.state, cause, now, code, error, peer_id), now)

    def _carry_out(self, decision: Decision, now: datetime) -> None:
        self.state = decision.state
        self._open.events.extend(decision.events)
        self._open.clock = self._anchor(now) or self._open.clock
        for event in decision.events:
            if isinstance(event, TimerSet):
                heapq.heappush(self._timers, (event.due, event.timer_id))
        for effect in decision.effects:
            with self._outliving(effect, now, getattr(effect, "asset_id", None)):
                _EFFECTS[type(effect)](self, effect, now)

    # --- effects -----------------------------------------------------------------------------------------------------

    def _on_send(self, effect: fx.Send, _now: datetime) -> None:
        peer = self.peers.by_id.get(effect.peer_id) or self._new_peer(effect.peer_id, Role.ASSET)
        peer.sent += 1
        seq, message = peer.sent, effect.message
        self._open.outbox.append(OutboxRow(peer.peer_id, seq, message))  # type: ignore[arg-type]
        self._open.then.append(lambda: peer.session.send(message, seq))  # type: ignore[arg-type]
        self._open.concerned.add(peer.peer_id)

    def _on_answer(self, effect: fx.Answer, _now: datetime) -> None:
        peer = self.peers.by_id.get(effect.peer_id)
        if peer is not None:
            self._open.then.append(lambda: peer.session.send(effect.message))  # type: ignore[arg-type]
            self._open.concerned.add(peer.peer_id)

    def _on_start_planning(self, effect: fx.StartPlanning, _now: datetime) -> None:
        self._open.then.append(lambda: self.plans.append(effect))

    def _on_keep_contacts(self, effect: fx.KeepContacts, _now: datetime) -> None:
        self._open.contacts.extend(effect.contacts)

    def _on_watch(self, effect: fx.Watch, now: datetime) -> None:
        if effect.asset_id not in self._monitor.watched():
            # Silence counts from the moment at which there is something that it should answer.
            self._heard_at[effect.asset_id] = now
        sample = self.live.get(effect.asset_id)
        soc = self.state.assets[effect.asset_id].soc if sample is None else sample.soc
        self._monitor.watch(effect.asset_id, self.state, now, soc)

    # --- what goes out -----------------------------------------------------------------------------------------------

    def patience_s(self, wall_s: float, idle_s: float) -> float:
        """How long the loop may sleep where nothing comes in: ``idle_s``, or less when a grant is due before."""
        if self._held_until_s is None:
            return idle_s
        return min(idle_s, max(0.0, self._held_until_s - wall_s))

    @property
    def quiet(self) -> bool:
        """Whether nothing waits for a commit."""
        return self._in_flight is None and self._open.empty

    def take(self) -> Batch | None:
        """The batch to store now; none while another is being stored, or when there is nothing."""
        if self._in_flight is not None or self._open.empty:
            return None
        self._in_flight, self._open = self._open, Opened()
        return self._in_flight.sealed()

    def committed(self) -> None:
        """The batch that was taken is on disk: acknowledge and send what it holds."""
        if self._in_flight is None:
            raise RuntimeError("no batch was taken")
        done, self._in_flight = self._in_flight, None
        for action in done.then:
            action()
        self.peers.touched |= done.concerned

    def output(self, wall_s: float) -> Iterator[tuple[Route, Frames]]:
        """The frames to send now."""
        if wall_s >= self._poll_all_at:
            self._poll_all_at = wall_s + POLL_ALL_S
            self.peers.touched.update(self.peers.by_id)
        touched, self.peers.touched = self.peers.touched, set()
        out, self._out = self._out, []
        yield from out
        for peer_id in sorted(touched):
            peer = self.peers.by_id.get(peer_id)
            if peer is not None:
                yield from self._poll(peer, wall_s)

    def undelivered(self, route: Route) -> None:
        """The transport could not take a frame for this connection; the session sends it again later."""
        known = self.peers.by_control.get(route)
        if known is not None:
            self.peers.touched.add(known[0].peer_id)

    def _poll(self, peer: Peer, wall_s: float) -> Iterator[tuple[Route, Frames]]:
        envelopes = peer.session.poll(wall_s)
        if peer.session.state is SessionState.LOST and peer.control is not None:
            self.peers.by_control.pop(peer.control, None)
            peer.control = None
            if peer.role is not Role.ASSET:
                # A tool comes back under another name: what was known of this one is of no use.
                self.peers.by_id.pop(peer.peer_id, None)
        if peer.control is not None:
            yield from ((peer.control, encode(e, peer.session.version)) for e in envelopes)

    # --- sessions ----------------------------------------------------------------------------------------------------

    def _greet_all(self, wall_s: float) -> None:
        """Hellos are answered only when nothing waits for a commit: a new boot renumbers what is queued."""
        if not self._hellos or not self.quiet:
            return
        hellos, self._hellos = self._hellos, []
        for route, envelope in hellos:
            try:
                self._greet(route, envelope, wall_s)
            except RemoteError as error:
                self._refuse(route, error)

    def _greet(self, route: Route, envelope: Envelope, wall_s: float) -> None:
        hello = envelope.message
        if not isinstance(hello, Hello):
            return
        self._check_known(hello)
        peer = self.peers.by_id.get(hello.peer_id) or self._new_peer(hello.peer_id, hello.role)
        greeting = peer.session.greet(envelope, wall_s)
        if greeting.new_boot:
            peer.sent = peer.session.outstanding
            peer.stored_ack = 0
            self._open.acknowledged.pop(peer.peer_id, None)
        if greeting.new_boot and peer.role is Role.ASSET:
            self._open.boots.append(PeerRow(peer.peer_id, hello.boot_id, 0, peer.sent))
        self._note_acknowledged(peer)
        self.peers.bind(peer, route)
        now = self.clock.now(wall_s)
        self._decide(hello, now, peer.peer_id)
        self._open.then.append(lambda: self._welcome(peer, wall_s, now))

    def _welcome(self, peer: Peer, wall_s: float, now: datetime) -> None:
        envelopes = peer.session.welcome(
            wall_s, token=self._make_token(), wall=now, lockstep=self.clock.lockstep
        )
        if peer.control is not None:
            self._out.extend((peer.control, encode(e, peer.session.version)) for e in envelopes)
        if isinstance(self.clock, GrantedClock) and peer.role is Role.TIMEKEEPER:
            self.clock.joined(peer.peer_id)
            peer.session.send(Grant(until=self.clock.at))
        self.peers.touched.add(peer.peer_id)

    def _check_known(self, hello: Hello) -> None:
        known = hello.peer_id in self.state.assets
        if hello.role is Role.ASSET and not known:
            raise RemoteError(Fault.WRONG_PEER, f"no asset {hello.peer_id!r} belongs to this fleet")
        if hello.role is not Role.ASSET and known:
            raise RemoteError(Fault.WRONG_ROLE, f"{hello.peer_id!r} is an asset, not {hello.role.value}")

    def _new_peer(self, peer_id: str, role: Role, *, boot_id: str | None = None, received: int = 0) -> Peer:
        session = HubSession(
            peer_id, role, heartbeat_s=self._settings.heartbeat_s, boot_id=boot_id, received=received
        )
        peer = Peer(session, role)
        self.peers.by_id[peer_id] = peer
        return peer

    def _refuse(self, route: Route, error: RemoteError) -> None:
        self._count(error)
        self._reply(route, refusal(error))

    def _reply(self, route: Route, envelope: Envelope) -> None:
        self._out.append((route, encode(envelope)))

    def _count(self, error: RemoteError) -> None:
        self.refused[error.code.value] = self.refused.get(error.code.value, 0) + 1

    # --- granted time ------------------------------------------------------------------------------------------------

    def _grant(self, clock: GrantedClock, wall_s: float) -> None:
        """Let time go on once everything of this step is stored, planned and sent, and the pace allows it."""
        waiting = self._inbox or self._hellos or self.state.planning is not None
        if not self.quiet or waiting or not clock.keepers:
            return
        until = self._aim(clock, wall_s)
        self._held_until_s = clock.held_until_s(until, wall_s)
        if self._held_until_s is not None:
            self._holding = True
            return
        self._holding = self._stirred = False
        for route, frames in list(self.output(wall_s)):
            self._out.append((route, frames))
        clock.advance(until, wall_s)
        sent = {}
        for peer in self.peers.of_role(Role.ASSET):
            if peer.session.frames_sent != peer.granted_frames:
                sent[peer.peer_id] = peer.granted_frames = peer.session.frames_sent
        for keeper in self.peers.of_role(Role.TIMEKEEPER):
            keeper.session.send(Grant(until=until, sent=sent))
            self.peers.touched.add(keeper.peer_id)

    def _aim(self, clock: GrantedClock, wall_s: float) -> datetime:
        """What to grant next. It does not depend on the pace, unless somebody spoke while a grant was held back: the
        assets that this concerns are to hear of it now, not at the end of a step that is long by the wall clock.
        """
        until = clock.aim(self._next_timer())
        return clock.nearer(until, wall_s) if self._stirred else until

    def _next_timer(self) -> datetime | None:
        while self._timers and self.state.timers.get(self._timers[0][1]) != self._timers[0][0]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None


_NOT_HEARD_ANYWAY = frozenset({AssetStatus.OFFLINE, AssetStatus.LINK_LOST, AssetStatus.FAULTED})

_EFFECTS: dict[type, Callable[[HubCore, Any, datetime], None]] = {
    fx.Send: HubCore._on_send,
    fx.Answer: HubCore._on_answer,
    fx.StartPlanning: HubCore._on_start_planning,
    fx.KeepContacts: HubCore._on_keep_contacts,
    fx.Watch: HubCore._on_watch,
}
