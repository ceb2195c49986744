"""Who is there: peers by role, assets by kind and liveness, and what has changed since the last look, for the log.

Looking once a second instead of logging each connection bounds what a storm of reconnects can write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

import structlog

from fleet.domain.state import Asset, State
from fleet.hub.observability.vitals import Heard, Liveness
from fleet.hub.peers import Peers
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import Role
from fleet.protocol.session import SessionState

LOG = structlog.get_logger("hub")

NAMED = 10
"""How many assets one log line names; of the others it says how many there are."""


SLICE = 250
"""How many are looked at in one turn: a quarter of a millisecond's work, so that no sample waits for a large fleet."""


@dataclass(frozen=True, slots=True)
class Census:
    """Who was there at one moment. ``epochs`` are the connected assets with the number of their connection, ``outbox``
    how many messages peers have not acknowledged, ``heard`` when each asset was heard last.
    """

    peers: Mapping[str, int] = field(default_factory=dict)
    assets: Mapping[tuple[str, Liveness], int] = field(default_factory=dict)
    epochs: Mapping[str, int] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    outbox: int = 0
    heard: Mapping[str, Heard] = field(default_factory=dict)


class Counting:
    """Counts who is there, a slice at a time."""

    def __init__(self, peers: Peers, state: State) -> None:
        self._peers = peers
        self._roles: Counter[str] = Counter({role.value: 0 for role in Role})
        self._assets: Counter[tuple[str, Liveness]] = Counter()
        self._epochs: dict[str, int] = {}
        self._lost: set[str] = set()
        self._outbox = 0
        self._heard: dict[str, Heard] = {}
        # Peers come and go between two slices; the state's assets are as they were when it was taken.
        self._left = chain(
            (partial(self._peer, peer_id) for peer_id in tuple(peers.by_id)),
            (partial(self._asset, asset_id, asset) for asset_id, asset in state.assets.items()),
        )

    def go_on(self, most: int = SLICE) -> Census | None:
        """Look at some more; the census once all were looked at."""
        for look in islice(self._left, most):
            look()
        following = next(self._left, None)
        if following is not None:
            following()
            return None
        for kind in {kind for kind, _ in self._assets}:
            for liveness in Liveness:
                self._assets.setdefault((kind, liveness), 0)
        return Census(
            self._roles, self._assets, self._epochs, frozenset(self._lost), self._outbox, self._heard
        )

    def _peer(self, peer_id: str) -> None:
        peer = self._peers.by_id.get(peer_id)
        if peer is None:
            return
        self._outbox += peer.session.outstanding
        if peer.control is not None and peer.session.state is SessionState.WELCOMED:
            self._roles[peer.role.value] += 1
            if peer.role is Role.ASSET:
                self._epochs[peer_id] = peer.session.epoch

    def _asset(self, asset_id: str, asset: Asset) -> None:
        peer = self._peers.by_id.get(asset_id)
        # A session that was only taken up from the store has heard nothing yet.
        at_s = peer.session.last_heard if peer is not None and peer.session.epoch > 0 else None
        self._heard[asset_id] = Heard(asset_id in self._epochs, at_s)
        liveness = _liveness(asset.status, heard=asset_id in self._epochs)
        self._assets[asset.record.kind, liveness] += 1
        if liveness is Liveness.LOST:
            self._lost.add(asset_id)


def _liveness(status: AssetStatus, *, heard: bool) -> Liveness:
    if status is AssetStatus.LINK_LOST:
        return Liveness.LOST
    if heard:
        return Liveness.HEARD
    return Liveness.OFFLINE if status is AssetStatus.OFFLINE else Liveness.QUIET


def log_changes(before: Census, after: Census) -> None:
    """Say who has come, come back over a new connection, gone, been lost and been found."""
    came = after.epochs.keys() - before.epochs.keys()
    again = {a for a, epoch in after.epochs.items() if before.epochs.get(a, epoch) != epoch}
    _say("assets connected", came)
    _say("assets connected anew", again)
    _say("assets disconnected", before.epochs.keys() - after.epochs.keys())
    _say("link lost", after.lost - before.lost, warn=True)
    _say("link back", before.lost - after.lost)
    for role in sorted(after.peers):
        if role != Role.ASSET.value and before.peers.get(role, 0) != after.peers[role]:
            LOG.info("other peers connected", role=role, count=after.peers[role])


def _say(event: str, assets: Collection[str], *, warn: bool = False) -> None:
    if assets:
        say = LOG.warning if warn else LOG.info
        say(event, count=len(assets), assets=sorted(assets)[:NAMED])
