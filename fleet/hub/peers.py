"""Who is connected: sessions by peer, and which connection (routing id) belongs to which session.

A routing id is a connection, not an identity: only the session that said hello over it, in its current epoch, is
believed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fleet.hub.security.access import ANYONE, Credential
from fleet.protocol.messages import Role
from fleet.protocol.session import HubSession

Route = bytes
Frames = list[bytes]


@dataclass(slots=True)
class Peer:
    """One peer: its session (which outlives connections), its connections, and the last number given to a message."""

    session: HubSession
    role: Role
    control: Route | None = None
    telemetry: Route | None = None
    sent: int = 0
    stored_ack: int = 0
    granted_frames: int = 0
    key: Credential = ANYONE
    """Whose connection it is, as long as there is one."""

    @property
    def peer_id(self) -> str:
        """The peer's id."""
        return self.session.peer_id


@dataclass(slots=True)
class Peers:
    """All peers by id and by connection. ``touched`` are those that may have something to send."""

    by_id: dict[str, Peer] = field(default_factory=dict)
    by_control: dict[Route, tuple[Peer, int]] = field(default_factory=dict)
    by_telemetry: dict[Route, Peer] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def bind(self, peer: Peer, route: Route) -> None:
        """The peer's session now stands on this connection; its earlier connections are void."""
        self.unbind(peer)
        peer.control = route
        self.by_control[route] = (peer, peer.session.epoch)
        self.touched.add(peer.peer_id)

    def unbind(self, peer: Peer) -> None:
        """What comes over the peer's connections is no longer believed."""
        if peer.control is not None:
            # By now the connection may be that of another, who said hello over it later.
            if (found := self.by_control.get(peer.control)) is not None and found[0] is peer:
                del self.by_control[peer.control]
            peer.control = None
        self._detach(peer)

    def attach(self, peer: Peer, route: Route) -> None:
        """The peer's telemetry comes over this connection."""
        self._detach(peer)
        peer.telemetry = route
        self.by_telemetry[route] = peer

    def _detach(self, peer: Peer) -> None:
        if peer.telemetry is not None and self.by_telemetry.get(peer.telemetry) is peer:
            del self.by_telemetry[peer.telemetry]
        peer.telemetry = None

    def of_role(self, role: Role) -> Iterable[Peer]:
        """The connected peers of a role, by id."""
        found = [peer for peer in self.by_id.values() if peer.role is role and peer.control is not None]
        return sorted(found, key=lambda peer: peer.peer_id)
