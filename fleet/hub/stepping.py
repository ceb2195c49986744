"""Granted time: when a step is complete, and how far the next one goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fleet.hub.clock import GrantedClock
from fleet.hub.peers import Peers
from fleet.protocol.messages import Grant, Role


class Stepping:
    """Lets granted time go on, step by step, once everything that belongs to a step has been dealt with."""

    def __init__(self, clock: GrantedClock, peers: Peers) -> None:
        self._clock, self._peers = clock, peers
        self._held_until_s: float | None = None
        self._holding = self._stirred = False

    def begin(self) -> None:
        """A turn begins: whether a grant is held back is not known yet."""
        self._held_until_s = None

    def spoken(self) -> None:
        """Something was decided: if a grant is held back, somebody spoke meanwhile."""
        self._stirred = self._holding

    def joined(self, peer_id: str) -> Grant:
        """A timekeeper has connected: what to tell it."""
        self._clock.joined(peer_id)
        return Grant(until=self._clock.at)

    def complete(self) -> bool:
        """Whether every timekeeper has come as far as the clock, and all that it says was sent is here."""
        if not self._clock.keepers:
            return True  # time has not begun to move: there is nothing to wait for
        if not self._clock.reached():
            return False
        return all(
            (peer := self._peers.by_id.get(peer_id)) is not None and peer.session.frames_received >= count
            for peer_id, count in self._clock.expected().items()
        )

    def patience_s(self, wall_s: float, idle_s: float) -> float:
        """How long the loop may sleep: ``idle_s``, or less when a grant is due before."""
        if self._held_until_s is None:
            return idle_s
        return min(idle_s, max(0.0, self._held_until_s - wall_s))

    def grant(self, next_timer: datetime | None, wall_s: float, flush: Callable[[], None]) -> None:
        """Let time go on, where the pace allows it. ``flush`` makes the frames of this step, so that they count."""
        if not self._clock.keepers:
            return
        until = self._aim(next_timer, wall_s)
        self._held_until_s = self._clock.held_until_s(until, wall_s)
        if self._held_until_s is not None:
            self._holding = True
            return
        self._holding = self._stirred = False
        flush()
        self._clock.advance(until, wall_s)
        sent = {}
        for peer in self._peers.of_role(Role.ASSET):
            if peer.session.frames_sent != peer.granted_frames:
                sent[peer.peer_id] = peer.granted_frames = peer.session.frames_sent
        for keeper in self._peers.of_role(Role.TIMEKEEPER):
            keeper.session.send(Grant(until=until, sent=sent))
            self._peers.touched.add(keeper.peer_id)

    def _aim(self, next_timer: datetime | None, wall_s: float) -> datetime:
        """What to grant next. It does not depend on the pace, unless somebody spoke while a grant was held back: the
        assets that this concerns are to hear of it now, not at the end of a step that is long by the wall clock.
        """
        until = self._clock.aim(next_timer)
        return self._clock.nearer(until, wall_s) if self._stirred else until
