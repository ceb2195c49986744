"""A store in memory: for simulations in one process, and for tests of everything that needs a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fleet.protocol.values import Contact
from fleet.store.base import Batch, ClockAnchor, OutboxRow, PeerRow, StoredEvent, StoreError, last


class MemoryStore:
    """Keeps everything until the process ends. Events are kept as they are, not as text."""

    def __init__(self) -> None:
        self._events: list[StoredEvent] = []
        self._peers: dict[str, PeerRow] = {}
        self._outbox: dict[str, list[OutboxRow]] = {}
        self._contacts: dict[str, Contact] = {}
        self._clock: ClockAnchor | None = None

    def commit(self, batch: Batch) -> int:
        """Take the whole batch over."""
        for boot in batch.boots:
            self._start_boot(boot)
        for peer_id, seq in batch.received.items():
            self._peers[peer_id] = replace(self._peer(peer_id), received=seq)
        for row in batch.outbox:
            self._outbox.setdefault(row.peer_id, []).append(row)
            self._peers[row.peer_id] = replace(self._peer(row.peer_id), sent=row.seq)
        for peer_id, seq in batch.acknowledged.items():
            self._outbox[peer_id] = [r for r in self._outbox.get(peer_id, []) if r.seq > seq]
        for contact in batch.contacts:
            self._contacts[contact.order_id] = contact
        for order_id in batch.erased:
            self._contacts.pop(order_id, None)
        first = len(self._events) + 1
        self._events.extend(StoredEvent(first + i, e) for i, e in enumerate(batch.events))
        self._clock = batch.clock or self._clock
        return len(self._events)

    def _peer(self, peer_id: str) -> PeerRow:
        return self._peers.get(peer_id) or PeerRow(peer_id, boot_id="")

    def _start_boot(self, boot: PeerRow) -> None:
        rows = last(self._outbox.get(boot.peer_id, []), boot.sent)
        self._outbox[boot.peer_id] = [replace(r, seq=i) for i, r in enumerate(rows, 1)]
        self._peers[boot.peer_id] = PeerRow(boot.peer_id, boot.boot_id, 0, len(rows))

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """The events behind a position, in order."""
        if after > len(self._events):
            raise StoreError(f"there is no event {after} yet; the last one is {len(self._events)}")
        return iter(self._events[after:])

    def last_position(self) -> int:
        """The position of the last event."""
        return len(self._events)

    def peers(self) -> Mapping[str, PeerRow]:
        """All peers that have ever said hello."""
        return dict(self._peers)

    def outbox(self) -> Mapping[str, tuple[OutboxRow, ...]]:
        """What peers have not acknowledged yet."""
        return {peer_id: tuple(rows) for peer_id, rows in self._outbox.items() if rows}

    def contacts(self) -> Iterator[Contact]:
        """The personal data that is kept."""
        return iter(tuple(self._contacts.values()))

    def clock(self) -> ClockAnchor | None:
        """The last anchor of business time."""
        return self._clock

    def keep(self) -> None:
        """Nobody else can write."""

    def close(self) -> None:
        """Nothing to let go of."""
