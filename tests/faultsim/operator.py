"""A person's tool: asks, and asks again under the same request until there is an answer."""

from __future__ import annotations

import random
from itertools import count

from fleet.protocol.codec import decode_control, encode
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import Action, AnyMessage, OperatorCommand, Reply, Role
from fleet.protocol.session import PeerSession, SessionState
from tests.faultsim.net import Frames, Network, Wire

PATIENCE_S = 8.0


class OperatorNode:
    """Has a list of things to say; the next one is said when the one before is answered."""

    def __init__(self, name: str, net: Network, rng: random.Random, asset_ids: tuple[str, ...]) -> None:
        self._name, self._net, self._rng, self._asset_ids = name, net, rng, asset_ids
        self._timeline = net.timeline
        self._boots = count(1)
        self._requests = count(1)
        self._session = self._fresh()
        self._wire: Wire | None = None
        self._asked: AnyMessage | None = None
        self._asked_at = 0.0
        self.talks = True
        self.first: list[AnyMessage] = []

    def _fresh(self) -> PeerSession:
        number = next(self._boots)
        return PeerSession(f"{self._name}-{number}", Role.OPERATOR, f"{self._name}-boot-{number}")

    @property
    def at_rest(self) -> bool:
        """Whether it waits for no answer."""
        return self._asked is None and not self.first

    def wake(self) -> None:
        """Do what is due, and come again."""
        self._timeline.after(self._rng.uniform(0.3, 0.9), self.wake)
        now = self._timeline.now
        session = self._session
        if session.must_reboot:
            session.reboot(f"{self._name}-boot-{next(self._boots)}")
            self._connect()
        elif session.state in (SessionState.CLOSED, SessionState.REFUSED) or session.wants_connection(now):
            self._connect()
        self._ask()
        self._send()

    def _ask(self) -> None:
        now = self._timeline.now
        if self._asked is None:
            self._asked = self._next()
        elif now - self._asked_at < PATIENCE_S:
            return
        elif self._session.outstanding:
            return  # the session still tries
        if self._asked is not None:
            self._asked_at = now
            self._session.send(self._asked)

    def _next(self) -> AnyMessage | None:
        if self.first:
            return self.first.pop(0)
        if not self.talks or self._rng.random() < 0.6:
            return None
        request_id = f"{self._name}-request-{next(self._requests)}"
        return OperatorCommand(
            request_id=request_id,
            by="ana",
            why=request_id,
            asset_id=self._rng.choice(self._asset_ids),
            action=self._rng.choice((Action.RETURN, Action.LAND, Action.HOLD, Action.RESUME)),
        )

    def _connect(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = self._net.dial("control", self._hear)
        for envelope in self._session.connect(self._timeline.now):
            self._wire.up(encode(envelope))

    def _hear(self, wire: Wire, frames: Frames) -> None:
        if wire is not self._wire:
            return
        try:
            deliveries = self._session.receive(decode_control(frames), self._timeline.now)
        except RemoteError:
            self._session.disconnected(self._timeline.now)
            return
        for delivery in deliveries:
            reply = delivery.message
            if isinstance(reply, Reply) and reply.request_id == getattr(self._asked, "request_id", None):
                self._asked = None
        self._send()

    def _send(self) -> None:
        if self._wire is not None:
            for envelope in self._session.poll(self._timeline.now):
                self._wire.up(encode(envelope, self._session.version))
