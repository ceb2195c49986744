"""The network: connections that keep order like TCP, until they are cut; then, like ZeroMQ's, they may come back by
themselves under another routing id, with what was under way lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from itertools import count

from tests.faultsim.timeline import Timeline
from tests.faultsim.trouble import Trouble

Frames = list[bytes]
QUEUE = 40
"""Frames that may be under way to one peer; with more, a send fails as it does with EAGAIN."""


class Wire:
    """One socket of a peer. ``hear`` gets what the hub sends over it."""

    def __init__(self, net: Network, channel: str, hear: Callable[[Wire, Frames], None]) -> None:
        self.channel, self.hear, self._net = channel, hear, net
        self.open = True
        self.route = net.routed(self)
        self.twin: bytes | None = None
        self.stalled_until = 0.0
        self._cuts = 0
        self._up_at = self._down_at = 0.0
        self._under_way = 0

    def cut(self) -> None:
        """What is under way is lost. The socket connects anew by itself, if the peer has not closed it."""
        self._cuts += 1
        self._under_way = 0
        self._net.forget(self)
        if self.open:
            self.route = self._net.routed(self)

    def close(self) -> None:
        """The peer closes the socket; what it has sent already may still arrive."""
        self.open = False

    def duplicate(self) -> None:
        """Something between peer and hub opens a second connection, and sends all on both."""
        self.twin = self._net.routed(self)

    def up(self, frames: Frames) -> None:
        """Send to the hub."""
        if self.open:
            self._up_at = max(self._up_at, self._net.arrival(self.stalled_until))
            self._net.timeline.at(self._up_at, partial(self._arrives_up, self._cuts, frames))

    def down(self, frames: Frames) -> bool:
        """Send to the peer; false where too much waits for it."""
        if self._under_way >= QUEUE:
            return False
        self._under_way += 1
        self._down_at = max(self._down_at, self._net.arrival(self.stalled_until))
        self._net.timeline.at(self._down_at, partial(self._arrives_down, self._cuts, frames))
        return True

    def _arrives_up(self, cuts: int, frames: Frames) -> None:
        if cuts != self._cuts or self._net.loses():
            return
        self._net.to_hub(self.channel, self.route, frames)
        if self.twin is not None:
            self._net.to_hub(self.channel, self.twin, frames)

    def _arrives_down(self, cuts: int, frames: Frames) -> None:
        if cuts != self._cuts:
            return
        now = self._net.timeline.now
        if now < self.stalled_until:
            self._net.timeline.at(self.stalled_until, partial(self._arrives_down, cuts, frames))
            return
        self._under_way -= 1
        if self.open and not self._net.loses():
            self.hear(self, frames)


class Network:
    """All connections by routing id. ``to_hub`` is set by the hub."""

    def __init__(self, timeline: Timeline, rng: random.Random, trouble: Trouble) -> None:
        self.timeline, self._rng, self._trouble = timeline, rng, trouble
        self.to_hub: Callable[[str, bytes, Frames], None] = lambda _channel, _route, _frames: None
        self._wires: dict[bytes, Wire] = {}
        self._numbers = count(1)

    def dial(self, channel: str, hear: Callable[[Wire, Frames], None]) -> Wire:
        """A new socket of a peer's."""
        wire = Wire(self, channel, hear)
        if self._rng.random() < self._trouble.twin:
            wire.duplicate()
        return wire

    def routed(self, wire: Wire) -> bytes:
        """A fresh routing id for a connection."""
        route = f"route-{next(self._numbers)}".encode()
        self._wires[route] = wire
        return route

    def forget(self, wire: Wire) -> None:
        """The hub can't reach anyone by these ids any more."""
        self._wires = {route: w for route, w in self._wires.items() if w is not wire}
        wire.twin = None

    def send(self, route: bytes, frames: Frames) -> bool:
        """The hub's send; false where the peer is gone or its queue is full."""
        wire = self._wires.get(route)
        return wire is not None and wire.down(frames)

    def cut_some(self, wires: list[Wire]) -> None:
        """Cut connections at random."""
        for wire in wires:
            if self._rng.random() < self._trouble.cut:
                wire.cut()

    def cut_all(self) -> None:
        """The hub's process has died: all its connections with it."""
        for wire in dict.fromkeys(self._wires.values()):
            wire.cut()

    def arrival(self, stalled_until: float) -> float:
        """When something that is sent now arrives."""
        slow = self._rng.random() < self._trouble.slow_frame
        delay_s = self._rng.uniform(0.2, 2.5) if slow else self._rng.uniform(0.001, 0.05)
        return max(self.timeline.now + delay_s, stalled_until)

    def loses(self) -> bool:
        """Whether a frame is lost although the connection stands (a queue of ZeroMQ's that was full)."""
        return self._rng.random() < self._trouble.lose_frame
