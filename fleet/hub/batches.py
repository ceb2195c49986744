"""What is to be stored, double-buffered: one batch is on its way to the disk while the next one fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet.hub.peers import Peer
from fleet.store.base import Batch, ClockAnchor, OutboxRow, PeerRow

Anchor = Callable[[datetime], ClockAnchor | None]


@dataclass(slots=True)
class Opened:
    """A batch in the making, and what is to be done once it is on disk.

    ``taken`` is the highest number of each peer's that the batch holds, with the boot that it came under; ``concerned``
    are the peers that have something to send once it is stored; ``at`` is the business time of the last decision.
    """

    events: list[Any] = field(default_factory=list)
    boots: list[PeerRow] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    outbox: list[OutboxRow] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    contacts: list[Any] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    taken: dict[str, tuple[Peer, int, int]] = field(default_factory=dict)
    then: list[Callable[[], None]] = field(default_factory=list)
    concerned: set[str] = field(default_factory=set)
    at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to store and nothing waits for a commit."""
        # Acknowledgements alone are not worth a commit: what is lost of them is only sent, and ignored, once more.
        stored = self.events or self.boots or self.received or self.outbox or self.contacts or self.erased
        return not (stored or self.taken or self.then)

    def take(self, peer: Peer, seq: int, boots: int) -> None:
        """The peer's message ``seq`` is decided on in this batch: once that is stored, it may be acknowledged."""
        self.taken[peer.peer_id] = (peer, seq, boots)

    def sealed(self, anchor: Anchor) -> Batch:
        """The batch as it goes to the store."""
        return Batch(
            tuple(self.events),
            tuple(self.boots),
            dict(self.received),
            tuple(self.outbox),
            dict(self.acknowledged),
            tuple(self.contacts),
            tuple(self.erased),
            None if self.at is None else anchor(self.at),
        )

    def stored(self) -> set[str]:
        """It is on disk: acknowledge and send what it holds. Returns the peers that have something to send."""
        for peer, seq, boots in self.taken.values():
            peer.session.taken(seq, boots)
        for action in self.then:
            action()
        return self.concerned.union(self.taken)


class Batches:
    """The batch that fills (``open``) and the one that is being stored. No timer: what comes in while a commit is under
    way is the next batch.
    """

    def __init__(self, anchor: Anchor) -> None:
        self.open = Opened()
        self._anchor = anchor
        self._in_flight: Opened | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing waits for a commit."""
        return self._in_flight is None and self.open.empty

    def take(self) -> Batch | None:
        """The batch to store now; none while another is being stored, or when there is nothing."""
        if self._in_flight is not None or self.open.empty:
            return None
        self._in_flight, self.open = self.open, Opened()
        return self._in_flight.sealed(self._anchor)

    def committed(self) -> set[str]:
        """The batch that was taken is on disk. Returns the peers that now have something to send."""
        if self._in_flight is None:
            raise RuntimeError("no batch was taken")
        done, self._in_flight = self._in_flight, None
        return done.stored()
