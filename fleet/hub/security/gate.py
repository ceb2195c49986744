"""The gate of the hub: who may connect, whose each frame is, and how many frames of one are worth a look.

It stands between sockets and core. The core hears only of frames that came over a connection whose key counts, within
its limits; everything else is counted in ``refusals`` and told there.
"""

from __future__ import annotations

from typing import Final

from fleet.hub.core import HubCore
from fleet.hub.peers import Frames, Peer, Route
from fleet.hub.security.access import Access, Credential
from fleet.hub.security.connections import Connections
from fleet.hub.security.limits import DEFAULTS, Limits, LimitSettings
from fleet.hub.security.refusals import Refusals, Turned
from fleet.hub.security.zap import CONTROL, FEED, TELEMETRY, Doorkeeper, Zap
from fleet.hub.sockets import Origin, Sockets, drain_known

TIDY_EVERY_S: Final = 5.0
AUTOMATIC_ID: Final = 5
"""Bytes of a routing id that the ROUTER made: a zero and a number that starts at random."""


class Gate:
    """``limited`` is false in granted time, where the hub waits for every frame of assets that are only simulated."""

    def __init__(
        self,
        sockets: Sockets,
        core: HubCore,
        access: Access,
        refusals: Refusals,
        *,
        settings: LimitSettings = DEFAULTS,
        limited: bool = True,
    ) -> None:
        self.access, self.refusals = access, refusals
        self.limits = Limits(settings)
        self.connections = Connections(sockets.events, refusals, settings.accepted, sockets.handshake_s)
        self._sockets, self._core, self._limited = sockets, core, limited
        self._doorkeeper = Doorkeeper(access, self.limits, lambda: self.connections.let_in)
        self._zap = Zap(sockets.zap, self._doorkeeper, refusals)
        self._tidy_at = 0.0

    def watch(self, wall_s: float) -> None:
        """What is due whether or not frames come: keys that changed, handshakes, connections."""
        ready = self._sockets.ready
        self.connections.follow(wall_s, ready)
        if self.access.refresh(wall_s):
            self._core.sessions.void(self._counts, wall_s)
            self._ask_readers_again()
        if self._sockets.zap in ready:
            self._zap.answer(wall_s)
        if wall_s >= self._tidy_at:
            self._tidy_at = wall_s + TIDY_EVERY_S
            self.refusals.tidy(wall_s)

    def _ask_readers_again(self) -> None:
        """Hang up on all who read the feed if the key of one has ended: nothing tells whose connection is whose there,
        since readers send nothing. Those whose keys count are back at once, and missed nothing that they can't look up.
        """
        if any(self.access.of_id(key_id) is None for key_id in self._doorkeeper.readers):
            self._doorkeeper.readers.clear()
            self.connections.hang_up(FEED)

    def control(self, wall_s: float, most: int) -> None:
        """Give the core what came in on the control channel."""
        core, sockets, takes = self._core, self._sockets, self.limits.control.takes
        if sockets.control not in sockets.ready:
            return
        known = core.sessions.peers.by_control
        for route, frames, origin in drain_known(sockets.control, most, known):
            if origin is not None:
                self.connections.spoke(CONTROL, origin.handle)
                if (key := self._stranger(route, frames, origin, wall_s)) is not None:
                    core.control(route, frames, wall_s, key)
            elif takes(route, wall_s) or not self._limited:
                core.control(route, frames, wall_s)
            else:
                self._hold_off(route, known[route][0], wall_s)

    def _hold_off(self, route: Route, peer: Peer, wall_s: float) -> None:
        """A frame too many: told once in each window, so that a sound peer need not find out by waiting."""
        self.refusals.note(peer.peer_id, Turned.CONTROL_RATE, wall_s)
        if self.limits.control.is_first_over(route):
            most = self.limits.settings.control_per_s
            peer.session.hold_off(1.0, code="too_fast", detail=f"more than {most} messages in a second")
            self._core.sessions.peers.touched.add(peer.peer_id)

    def telemetry(self, wall_s: float, most: int) -> None:
        """Give the core what came in on the telemetry channel."""
        core, sockets, takes = self._core, self._sockets, self.limits.telemetry.takes
        if sockets.telemetry not in sockets.ready:
            return
        known = core.sessions.peers.by_telemetry
        for route, frames, origin in drain_known(sockets.telemetry, most, known):
            if origin is not None:
                self.connections.spoke(TELEMETRY, origin.handle)
                if (key := self._stranger(route, frames, origin, wall_s)) is not None:
                    core.telemetry(route, frames, wall_s, key)
            elif takes(route, wall_s) or not self._limited:
                core.telemetry(route, frames, wall_s)
            else:
                self.refusals.note(known[route].peer_id, Turned.TELEMETRY_RATE, wall_s)

    def _stranger(self, route: Route, frames: Frames, origin: Origin, wall_s: float) -> Credential | None:
        """Whose a frame is that came over a connection without a session; none where it is not to be looked at."""
        key = self.access.of_id(origin.user_id)
        if key is None:
            self.refusals.note(origin.user_id or "no key", Turned.NO_CREDENTIAL, wall_s)
        elif len(route) != AUTOMATIC_ID or route[0]:
            # Names that peers choose could be those of connections that have just ended.
            self.refusals.note(key.subject, Turned.OWN_ROUTING_ID, wall_s)
        elif self._limited and not self.limits.strangers.takes(route, wall_s):
            self.refusals.note(key.subject, Turned.STRANGER_RATE, wall_s)
        else:
            return key
        frames.clear()
        return None

    def _counts(self, key: Credential) -> bool:
        return self.access.of_id(key.key_id) is not None
