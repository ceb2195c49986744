"""The hub's end of all connections: hellos and welcomes, what each session lets through, what it has to send.

A hello begins or renews a session; nothing else is believed that does not come over the newest connection of one.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime

from fleet.hub.batches import Batches
from fleet.hub.clock import FreeClock, GrantedClock
from fleet.hub.hellos import Hellos
from fleet.hub.inbox import HeldUp
from fleet.hub.links import DEAF_S
from fleet.hub.peers import Frames, Peer, Peers, Route
from fleet.hub.security.access import ANYONE, Credential
from fleet.hub.security.refusals import Refusals, Turned
from fleet.protocol.codec import encode
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import Attach, Busy, Envelope, Grant, Hello, Role
from fleet.protocol.roles import ALLOWED
from fleet.protocol.session import Delivery, HubSession, SessionState, refusal
from fleet.protocol.versions import WIRE_VERSIONS
from fleet.store.base import OutboxRow, PeerRow

STRANGERS = frozenset({"hello"})
"""What may come over a connection that has no session."""

SAY_HELLO = RemoteError(Fault.NO_SESSION, "say hello first")

POLL_ALL_S = 0.25
"""How often sessions that nothing was heard from are looked after (heartbeats, silence): a part of them with each turn,
so that thousands hold up none."""


class Sessions:
    """``peers`` are those that the hub knows; ``refusals`` counts what was turned away, by code. ``joined`` is told of
    a timekeeper that has connected, and says what time it may let it be; none where no time is granted.
    """

    def __init__(
        self,
        batches: Batches,
        *,
        make_token: Callable[[], str],
        heartbeat_s: float,
        clock: FreeClock | GrantedClock,
        refusals: Refusals,
    ) -> None:
        self.peers = Peers()
        self.refusals = refusals
        self.joined: Callable[[str], Grant] | None = None
        self._batches, self._make_token = batches, make_token
        self._heartbeat_s, self._clock = heartbeat_s, clock
        self._hellos = Hellos()
        self._out: list[tuple[Route, Frames]] = []
        self._rota: deque[str] = deque()
        self._polled_at = 0.0
        self._turned_at: float | None = None

    @property
    def refused(self) -> dict[str, int]:
        """How much was turned away so far, by code."""
        return self.refusals.counts()

    @property
    def waiting(self) -> bool:
        """Whether a hello has not been answered."""
        return bool(self._hellos)

    # --- who there is ------------------------------------------------------------------------------------------------

    def restore(
        self,
        peers: Mapping[str, PeerRow],
        outbox: Mapping[str, tuple[OutboxRow, ...]],
        roles: Mapping[str, Role],
    ) -> None:
        """Take up the sessions that the store knows, before anything is heard."""
        for peer_id, row in peers.items():
            if peer_id not in roles:
                continue
            peer = self._enter(
                self._made(peer_id, roles[peer_id], boot_id=row.boot_id or None, received=row.received)
            )
            waiting = outbox.get(peer_id, ())
            peer.session.resume([(r.seq, r.message) for r in waiting], sent=row.sent)
            peer.sent = row.sent
            peer.stored_ack = peer.session.acknowledged

    def asset(self, peer_id: str) -> Peer:
        """The asset of that id, whether or not it has ever connected."""
        return self.peers.by_id.get(peer_id) or self._enter(self._made(peer_id, Role.ASSET))

    def _made(self, peer_id: str, role: Role, *, boot_id: str | None = None, received: int = 0) -> Peer:
        # What waits for a peer is in the store too, so that the session need not bound it.
        session = HubSession(
            peer_id,
            role,
            heartbeat_s=self._heartbeat_s,
            boot_id=boot_id,
            received=received,
            limit=sys.maxsize,
            clock=None if self._clock.lockstep else self._clock.now,
        )
        return Peer(session, role)

    def _enter(self, peer: Peer) -> Peer:
        """From now on the peer is known and looked after."""
        self.peers.by_id[peer.peer_id] = peer
        self._rota.append(peer.peer_id)
        return peer

    # --- what comes in -----------------------------------------------------------------------------------------------

    def allowed(self, route: Route) -> frozenset[str]:
        """What may come over a connection: what the role of its session may send, without one a hello."""
        known = self.peers.by_control.get(route)
        return STRANGERS if known is None else ALLOWED[known[0].role]

    def hello(self, route: Route, envelope: Envelope, key: Credential) -> None:
        """A hello, to be answered by ``greet_all``. ``key`` counts where the connection has no session yet."""
        known = self.peers.by_control.get(route)
        key = key if known is None else known[0].key
        assert isinstance(envelope.message, Hello)
        self._hellos.put(route, envelope, envelope.message, key)

    def put_off(self, route: Route, hello: Hello, why: HeldUp) -> None:
        """Tell who says hello that it is heard, and why it is not answered yet."""
        common = set(hello.versions).intersection(WIRE_VERSIONS)
        if common:
            busy = Busy(retry_after_s=why.retry_after_s, code=why.code, detail=why.detail)
            self._out.append((route, encode(Envelope(message=busy), max(common))))

    def receive(self, route: Route, envelope: Envelope, wall_s: float) -> tuple[Peer, list[Delivery]]:
        """What a session lets through of what came over a connection.

        Raises ``RemoteError`` where the peer breaks a rule, and where the connection has no session.
        """
        known = self.peers.by_control.get(route)
        if known is None:
            raise SAY_HELLO
        peer, epoch = known
        deliveries = peer.session.receive(envelope, epoch, wall_s)
        self.peers.touched.add(peer.peer_id)
        self._note_acknowledged(peer)
        return peer, deliveries

    def attach(self, route: Route, message: Attach, wall_s: float, key: Credential = ANYONE) -> None:
        """A telemetry channel says whose it is: with the token of the session that stands, and its key."""
        peer = self.peers.by_id.get(message.peer_id)
        if peer is not None and peer.key == key and peer.session.attaches(message):
            self.peers.attach(peer, route)
            peer.session.heard_telemetry(wall_s)
        else:
            self.count(key.subject, Turned.NOT_ATTACHED, wall_s)

    def _note_acknowledged(self, peer: Peer) -> None:
        acknowledged = peer.session.acknowledged
        if acknowledged > peer.stored_ack:
            peer.stored_ack = acknowledged
            self._batches.open.acknowledged[peer.peer_id] = acknowledged

    # --- hellos ------------------------------------------------------------------------------------------------------

    def greet_all(
        self, wall_s: float, now: datetime, assets: Container[str], decide: Callable[[Hello, str], None]
    ) -> None:
        """Answer the hellos. That is done only when nothing waits for a commit: a new boot renumbers what is queued.

        ``decide`` is told of each that was accepted.
        """
        if not self._hellos or not self._batches.quiet:
            return
        # Once an answer has queued something, that must be stored before a new boot may number it anew.
        for route, envelope, hello, key in self._hellos.taken(lambda: not self._batches.open.outbox):
            try:
                peer = self._greet(route, envelope, hello, key, wall_s, assets)
            except RemoteError as error:
                self.refuse(route, error, wall_s, key)
            else:
                decide(hello, peer.peer_id)
                self._batches.open.then.append(lambda p=peer: self._welcome(p, wall_s, now))  # type: ignore[misc]

    def _greet(
        self,
        route: Route,
        envelope: Envelope,
        hello: Hello,
        key: Credential,
        wall_s: float,
        assets: Container[str],
    ) -> Peer:
        _check_known(hello, assets)
        _check_key(hello, key)
        known = self.peers.by_id.get(hello.peer_id)
        if known is not None and known.control is not None and known.key.subject != key.subject:
            raise RemoteError(Fault.WRONG_PEER, f"{hello.peer_id!r} is connected with a key of another")
        peer = known or self._made(hello.peer_id, hello.role)
        greeting = peer.session.greet(envelope, wall_s)
        if known is None:
            self._enter(peer)  # only now: who is refused leaves nothing behind
        batch = self._batches.open
        if greeting.new_boot:
            peer.sent = peer.session.outstanding
            peer.stored_ack = 0
            batch.acknowledged.pop(peer.peer_id, None)
        if greeting.new_boot and peer.role is Role.ASSET:
            batch.boots.append(PeerRow(peer.peer_id, hello.boot_id, 0, peer.sent))
        self._note_acknowledged(peer)
        self.peers.bind(peer, route)
        peer.key = key
        return peer

    def _welcome(self, peer: Peer, wall_s: float, now: datetime) -> None:
        if peer.session.state is not SessionState.CONNECTING:
            return  # while its hello waited for the disk it went silent, its key ended, or a later hello was answered
        envelopes = peer.session.welcome(
            wall_s,
            token=self._make_token(),
            wall=now,
            lockstep=self._clock.lockstep,
            rate=self._clock.rate,
        )
        if peer.control is not None:
            self._out.extend((peer.control, encode(e, peer.session.version)) for e in envelopes)
        if self.joined is not None and peer.role is Role.TIMEKEEPER:
            peer.session.send(self.joined(peer.peer_id))
        self.peers.touched.add(peer.peer_id)

    # --- what goes out -----------------------------------------------------------------------------------------------

    def output(self, wall_s: float) -> Iterator[tuple[Route, Frames]]:
        """The frames to send now."""
        self._excuse(wall_s)
        self._look_after(wall_s)
        touched, self.peers.touched = self.peers.touched, set()
        out, self._out = self._out, []
        yield from out
        for peer_id in sorted(touched):
            peer = self.peers.by_id.get(peer_id)
            if peer is not None:
                yield from self._poll(peer, wall_s)

    def _excuse(self, wall_s: float) -> None:
        """While the hub was deaf, nobody was silent (see ``links``): who has spoken meanwhile may not be read yet."""
        before, self._turned_at = self._turned_at, wall_s
        if before is not None and wall_s - before > DEAF_S:
            for peer in self.peers.by_id.values():
                session = peer.session
                session.last_heard = min(wall_s, session.last_heard + (wall_s - before))

    def _look_after(self, wall_s: float) -> None:
        """Have those polled whose turn it is."""
        rota, since = self._rota, wall_s - self._polled_at
        due = len(rota) if since >= POLL_ALL_S else int(len(rota) * since / POLL_ALL_S)
        if due == 0:
            return
        self._polled_at = wall_s
        for _ in range(due):
            peer_id = rota.popleft()
            if peer_id in self.peers.by_id:
                self.peers.touched.add(peer_id)
                rota.append(peer_id)

    def flush(self, wall_s: float) -> None:
        """Make the frames that are to be sent, and keep them for the next ``output``."""
        frames = list(self.output(wall_s))
        self._out.extend(frames)

    def undelivered(self, route: Route) -> None:
        """The transport could not take a frame for this connection; the session sends it again later."""
        known = self.peers.by_control.get(route)
        if known is not None:
            self.peers.touched.add(known[0].peer_id)

    def _poll(self, peer: Peer, wall_s: float) -> Iterator[tuple[Route, Frames]]:
        envelopes = peer.session.poll(wall_s)
        if peer.session.state is SessionState.LOST and peer.control is not None:
            self._lose(peer)
        if peer.control is not None:
            for envelope in envelopes:
                yield peer.control, encode(envelope, peer.session.version)

    def _lose(self, peer: Peer) -> None:
        self.peers.unbind(peer)
        if peer.role is not Role.ASSET:
            # A tool comes back under another name: what was known of this one is of no use.
            self.peers.by_id.pop(peer.peer_id, None)

    # --- refusals ----------------------------------------------------------------------------------------------------

    def refuse(self, route: Route, error: RemoteError, wall_s: float, key: Credential = ANYONE) -> None:
        """Count what was turned away, and say why to the connection that it came over."""
        known = self.peers.by_control.get(route)
        if known is None and error.code is Fault.NOT_ALLOWED:
            error = SAY_HELLO
        self.count(key.subject if known is None else known[0].peer_id, error.code, wall_s)
        self.reply(route, refusal(error))

    def void(self, counts: Callable[[Credential], bool], wall_s: float) -> None:
        """End the sessions whose key no longer counts, or whose name has become that of another: what comes over their
        connections is not believed any more.
        """
        self._hellos.keep(counts)
        for peer in [p for p in self.peers.by_id.values() if p.control is not None]:
            if not counts(peer.key):
                self._end(peer, RemoteError(Fault.KEY_ENDED, "its key was revoked or is over"), wall_s)
            elif not peer.key.may_call_itself(peer.peer_id):
                self._end(peer, _not_its_name(peer.key, peer.peer_id), wall_s)

    def _end(self, peer: Peer, why: RemoteError, wall_s: float) -> None:
        assert peer.control is not None
        self.count(peer.peer_id, why.code, wall_s)
        self.reply(peer.control, peer.session.refuse(why))
        self._lose(peer)

    def reply(self, route: Route, envelope: Envelope) -> None:
        """Answer a connection that has no session."""
        self._out.append((route, encode(envelope)))

    def count(self, who: str, code: str, wall_s: float) -> None:
        """Count what was turned away."""
        self.refusals.note(who, code, wall_s)


def _check_key(hello: Hello, key: Credential) -> None:
    """Whoever has a key is the one that it was made for, in the role that it was made for."""
    if not key.may_call_itself(hello.peer_id):
        raise _not_its_name(key, hello.peer_id)
    if key.role is not None and hello.role is not key.role:
        raise RemoteError(Fault.WRONG_ROLE, f"the key is for {key.role.value}, not for {hello.role.value}")


def _not_its_name(key: Credential, peer_id: str) -> RemoteError:
    return RemoteError(Fault.WRONG_PEER, f"the key belongs to {key.subject!r}, not to {peer_id!r}")


def _check_known(hello: Hello, assets: Container[str]) -> None:
    known = hello.peer_id in assets
    if hello.role is Role.ASSET and not known:
        raise RemoteError(Fault.WRONG_PEER, f"no asset {hello.peer_id!r} belongs to this fleet")
    if hello.role is not Role.ASSET and known:
        raise RemoteError(Fault.WRONG_ROLE, f"{hello.peer_id!r} is an asset, not {hello.role.value}")
