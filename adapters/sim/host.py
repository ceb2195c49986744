"""The process of a world: sessions for all its assets, its weather station, the timekeeper, and the people who tell the
hub things.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import zmq

from adapters.sdk.keys import CurveKeys, key_file, load_keys
from adapters.sim.channel import Channel, Endpoints
from adapters.sim.errors import HostError, KeyGone
from adapters.sim.keeper import Said, WorldKeeper
from adapters.sim.peer import LIMIT, WINDOW, Peer
from fleet.protocol.endpoint import DEFAULT_TIMING, Timing
from fleet.protocol.messages import Grant, Granted, RecoverAsset, Role, Welcome
from fleet.protocol.session import Delivery, PeerSession
from fleet.sim import PEOPLE, STATION, TIMEKEEPER

WAIT_MS: Final = 50
ROUND_S: Final = WAIT_MS / 1000
"""How often all are looked after: timers (heartbeats, silence, sending again) wake nobody."""
FREE_STEP_S: Final = 0.2
VERDICT_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How a world is hosted. ``rate``: how many times faster than the wall clock it runs where no time is granted."""

    endpoints: Endpoints
    judge: Path | None = None
    rate: float = 1.0
    timekeeper: str = TIMEKEEPER
    people: str = PEOPLE
    timing: Timing = DEFAULT_TIMING
    keys: Path | None = None
    """The folder of the key files of all that connect; none for a hub without keys."""
    tell: Callable[[str], None] = lambda _: None
    """Is told what a person should know."""


Connections = dict[str, Welcome | None]
"""The welcome that each counted connection began with."""


@dataclass(slots=True)
class _Order:
    """A grant to be carried out. ``frames`` are to be taken first, on the connections that stood when it came."""

    until: datetime
    frames: dict[str, int]
    connections: Connections


class Host:
    """Call ``step`` in a loop, or ``run``."""

    def __init__(
        self,
        keeper: WorldKeeper,
        options: HostOptions,
        boot_id: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        context: zmq.Context[zmq.Socket[bytes]] | None = None,
    ) -> None:
        self._keeper, self._options, self._monotonic = keeper, options, monotonic
        self._context = context or zmq.Context()
        self._owns_context = context is None
        self._poller = zmq.Poller()
        self._assets = {asset_id: self._asset(asset_id) for asset_id in sorted(keeper.world.asset_ids)}
        self._gone: set[str] = set()
        self._timekeeper = self._other(options.timekeeper, Role.TIMEKEEPER, boot_id)
        self._people = self._other(options.people, Role.OPERATOR, boot_id)
        self._station = self._other(STATION, Role.WEATHER, boot_id)
        self._order: _Order | None = None
        self._answered_on: Connections | None = None
        self._announced = 0
        self._observed = 0
        self._verdict_at = keeper.world.now
        self._free_since: tuple[object, float, datetime] | None = None
        self._round_at_s = -math.inf

    def run(self, stop: Callable[[], bool]) -> None:
        """Step until ``stop`` says so; then write the verdict and hang up."""
        try:
            while not stop():
                self.step()
        finally:
            self.write_verdict()
            self.close()

    def step(self, wait_ms: int = WAIT_MS) -> None:
        """Do what there is to do, after waiting a little for something to come in."""
        ready = dict(self._poller.poll(wait_ms))
        now_s = self._monotonic()
        unheard = self._unheard()
        for peer in self._due(ready, now_s):
            if peer.session.peer_id in unheard:
                continue
            try:
                peer.step(now_s)
            except KeyGone as gone:
                self._leave_out(peer, gone)
        self._hear_timekeeper()
        welcome = self._timekeeper.welcome
        if welcome is not None and not welcome.lockstep:
            self._run_free(now_s)
        elif all(peer.up for peer in self._counted().values()):
            self._keep_time(now_s)

    def close(self) -> None:
        """Hang up."""
        for peer in self._peers():
            peer.close()
        if self._owns_context:
            self._context.term()

    def verdict(self) -> dict[str, Any]:
        """The judge's record so far."""
        return self._keeper.world.verdict()

    def write_verdict(self) -> None:
        """The judge's record so far, as a file that is never half written."""
        path = self._options.judge
        if path is None:
            return
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        fresh.write_text(json.dumps(self.verdict(), indent=1), encoding="utf-8")
        fresh.replace(path)

    # Granted time

    def _hear_timekeeper(self) -> None:
        for delivery in self._timekeeper.take_heard():
            if isinstance(delivery.message, Grant):
                grant = delivery.message
                self._order = _Order(grant.until, dict(grant.sent), self._connections())

    def _keep_time(self, now_s: float) -> None:
        """Carry the grant out once everything that belongs before it is here."""
        if self._order is not None:
            if self._has_everything(self._order):
                order, self._order = self._order, None
                self._act(order.until, now_s)
                self._answer(now_s)
        elif self._answered_on is not None and self._answered_on != self._connections():
            # Counts begin anew with a connection: the hub would wait for ever for those of the old one.
            self._answer(now_s)

    def _connections(self) -> Connections:
        return {peer_id: peer.welcome for peer_id, peer in self._counted().items()}

    def _counted(self) -> dict[str, Peer]:
        """The peers whose frames the hub counts before it lets time go on: those that say what the world does."""
        station = {} if STATION in self._gone else {STATION: self._station}
        return {**self._assets, **station}

    def _has_everything(self, order: _Order) -> bool:
        return all(
            peer_id not in self._assets
            or self._assets[peer_id].welcome is not order.connections[peer_id]
            or self._assets[peer_id].session.frames_received >= count
            for peer_id, count in order.frames.items()
        )

    def _answer(self, now_s: float) -> None:
        """Say how far time is. A grant that lies behind is answered again, and nothing is done twice."""
        sent = {peer_id: peer.session.frames_sent for peer_id, peer in self._counted().items()}
        self._answered_on = self._connections()
        world = self._keeper.world
        self._timekeeper.send(Granted(until=world.now, next_at=world.next_at(), sent=sent))
        self._timekeeper.flush(now_s)

    # Free running

    def _run_free(self, now_s: float) -> None:
        """Time goes on by itself: as far as the hub's time, at the rate that its welcome says.

        A hub of version 1 of the wire does not say it: then it is the one that we were told.
        """
        welcome = self._timekeeper.welcome
        assert welcome is not None
        if self._free_since is None or self._free_since[0] is not welcome:
            self._free_since = (welcome, now_s, welcome.now)
        _, since_s, start = self._free_since
        until = start + timedelta(seconds=(now_s - since_s) * self._options.rate)
        if welcome.rate is not None:
            until = self._timekeeper.session.hub_time.now(now_s) or until
        heard = any(peer.heard for peer in self._assets.values())
        if heard or until - self._keeper.world.now >= timedelta(seconds=FREE_STEP_S * self._options.rate):
            self._act(until, now_s)

    def _unheard(self) -> frozenset[str]:
        """Whose connections carry nothing now, not even heartbeats; in granted time, which waits for all, nobody."""
        welcome = self._timekeeper.welcome
        return frozenset() if welcome is None or welcome.lockstep else self._keeper.world.silent()

    # Both

    def _act(self, until: datetime, now_s: float) -> None:
        heard = [(a, d) for a, peer in self._assets.items() for d in peer.take_heard()]
        said = self._keeper.act(heard, until)
        self._take(heard)
        for asset_id, words in said.items():
            if asset_id in self._assets:
                self._send(self._assets[asset_id], words)
        # Only these have something to say; what timers want said comes with the next round.
        for asset_id in {**said, **dict(heard)}.keys() & self._assets.keys():
            self._assets[asset_id].flush(now_s)
        self._announce(now_s)
        self._report_weather(now_s)
        if self._keeper.world.now >= self._verdict_at:
            self._verdict_at = self._keeper.world.now + VERDICT_EVERY
            self.write_verdict()

    def _take(self, heard: list[tuple[str, Delivery]]) -> None:
        for asset_id, delivery in heard:
            if delivery.seq is not None:
                self._assets[asset_id].session.taken(delivery.seq)

    def _send(self, peer: Peer, words: Said) -> None:
        for message in words.messages:
            peer.send(message)
        peer.tell(words.samples)

    def _announce(self, now_s: float) -> None:
        """What people of the world tell the hub, as operators' tools would."""
        found = self._keeper.world.notices()
        fresh, self._announced = found[self._announced :], len(found)
        if self._people.session.peer_id in self._gone:
            return
        for notice in fresh:
            if not (isinstance(notice, RecoverAsset) and notice.asset_id in self._gone):
                self._people.send(notice)
        self._people.flush(now_s)

    def _report_weather(self, now_s: float) -> None:
        """What the station observes. After a restart all is said again; the hub takes what it does not have."""
        if STATION in self._gone:
            return
        found = self._keeper.world.observations()
        for report in found[self._observed :]:
            self._station.send(report)
        self._observed = len(found)
        self._station.flush(now_s)

    # Peers

    def _due(self, ready: Collection[object], now_s: float) -> list[Peer]:
        """Whose turn it is: of those that the hub has sent something, and every ``ROUND_S`` of all. A world has many
        peers, and most wakes are for one of them.
        """
        peers = self._peers()
        if ready and now_s - self._round_at_s < ROUND_S:
            return [peer for peer in peers if peer.has_mail(ready)]
        self._round_at_s = now_s
        return peers

    def _peers(self) -> list[Peer]:
        others = (self._station, self._people, self._timekeeper)
        return [*self._assets.values(), *(p for p in others if p.session.peer_id not in self._gone)]

    def _leave_out(self, peer: Peer, why: KeyGone) -> None:
        """Go on without a peer whose part somebody else has. In the world it finishes what it was told; nobody hears of
        that. Raises ``HostError`` where nothing could go on.
        """
        peer_id = peer.session.peer_id
        if peer is self._timekeeper:
            raise HostError(f"nobody of this world keeps the time any more: the key of {peer_id!r}: {why}")
        peer.close()
        self._gone.add(peer_id)
        self._assets.pop(peer_id, None)
        self._options.tell(
            f"{peer_id} is left out of the simulation from here on: its simulated key is gone ({why}), so it is "
            f"whoever has a key of that name now; {len(self._assets)} assets are left"
        )
        if not self._assets:
            raise HostError("no asset is left to simulate; a new run makes keys for all of them")

    def _asset(self, asset_id: str) -> Peer:
        world = self._keeper.world
        record = self._keeper.record(asset_id)
        session = PeerSession(
            asset_id,
            Role.ASSET,
            record.boot_id,
            kind=world.kind(asset_id),
            factsheet=world.factsheet(asset_id),
            limit=LIMIT,
            window=WINDOW,
            timing=self._options.timing,
        )
        session.restore(record)
        return Peer(session, self._channel(asset_id), self._rebooted)

    def _other(self, peer_id: str, role: Role, boot_id: str) -> Peer:
        session = PeerSession(peer_id, role, boot_id, timing=self._options.timing)
        return Peer(session, self._channel(peer_id), lambda _peer, _boot_id: None)

    def _channel(self, subject: str) -> Channel:
        return Channel(
            self._context, self._options.endpoints, self._poller, lambda: _key(self._options.keys, subject)
        )

    def _rebooted(self, peer: Peer, boot_id: str) -> None:
        self._keeper.reboot(peer.session.peer_id, boot_id, peer.session.outstanding)


def _key(folder: Path | None, subject: str) -> CurveKeys | None:
    """The simulated key of a subject. Raises ``KeyGone`` where it has none, ``AdapterError`` where it can't be used."""
    if folder is None:
        return None
    file = key_file(folder, subject)
    if not file.exists():
        raise KeyGone(f"{file}: there is no such file")
    keys = load_keys(file)
    if not keys.simulated:
        raise KeyGone(f"{file}: is not the simulation's")
    return keys
