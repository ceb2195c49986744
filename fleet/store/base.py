"""What a store does: one transaction for each batch, and everything back after a restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from fleet.domain.events import Event
from fleet.protocol.messages import AnyMessage
from fleet.protocol.values import Contact

T = TypeVar("T")


class Failure(StrEnum):
    """What is wrong with a store."""

    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    IO_ERROR = "io_error"
    DISCONNECTED = "disconnected"
    """The database's server is gone, or does not take us. Whether a commit landed may be unknown until it is back."""
    LOCKED = "locked"
    """Somebody else writes, longer than we wait."""
    CORRUPT = "corrupt"
    SCHEMA = "schema"
    """The tables are not what this release can work with."""
    LEASE_LOST = "lease_lost"
    """Another hub writes to this store now."""
    REFUSED = "refused"
    """The database does not take what it was given: a fault of ours, which trying again does not mend."""


_PASSES = frozenset(
    {Failure.DISK_FULL, Failure.READ_ONLY, Failure.IO_ERROR, Failure.DISCONNECTED, Failure.LOCKED}
)


class StoreError(Exception):
    """The store can't be opened, read or written; the message says which file and what to do."""

    def __init__(self, message: str, failure: Failure = Failure.REFUSED) -> None:
        super().__init__(message)
        self.failure = failure

    @property
    def transient(self) -> bool:
        """Whether the same batch may be taken later on: nothing of it is stored that is not stored whole."""
        return self.failure in _PASSES


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its position in the log, which starts at 1 and has no gaps."""

    position: int
    event: Event


@dataclass(frozen=True, slots=True)
class PeerRow:
    """What is known of a peer's boot: how far its messages were taken, and the last number sent to it."""

    peer_id: str
    boot_id: str
    received: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message that is sent to a peer until it has acknowledged ``seq``."""

    peer_id: str
    seq: int
    message: AnyMessage


@dataclass(frozen=True, slots=True)
class ClockAnchor:
    """Business time ``business`` was true when the wall clock said ``wall``; it ran ``rate`` times as fast."""

    business: datetime
    wall: datetime
    rate: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one transaction writes. All of it is there afterwards, or none.

    ``boots`` are peers that have lost their memory: their row starts anew, and of their outbox the last ``sent`` rows,
    which still wait, are numbered from 1 in the same order (before anything else of the batch is written; what was
    acknowledged before need not have been stored). ``received`` and ``acknowledged`` hold the highest sequence
    number by peer; outbox rows up to an acknowledged one are deleted. Of the orders in ``erased`` no personal data is
    kept, not even what came with ``contacts`` in the same batch, and no trace of it stays in the store's files.
    """

    events: tuple[Event, ...] = ()
    boots: tuple[PeerRow, ...] = ()
    received: Mapping[str, int] = field(default_factory=dict)
    outbox: tuple[OutboxRow, ...] = ()
    acknowledged: Mapping[str, int] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    erased: tuple[str, ...] = ()
    clock: ClockAnchor | None = None


def last(rows: list[T], count: int) -> list[T]:
    """The last ``count`` of the rows."""
    return rows[len(rows) - count :] if count else []


class Store(Protocol):
    """A place that keeps batches. Only one hub writes to it at a time."""

    def commit(self, batch: Batch) -> int:
        """Write the batch durably; returns the position of the last event.

        Raises ``StoreError``, nothing written. Where that is ``transient``, the same batch may be given again, and
        is then written once, also where it was unknown whether it had been (a server that went away in between).
        """

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """The events behind a position, in order."""

    def last_position(self) -> int:
        """The position of the last event; 0 when there is none."""

    def peers(self) -> Mapping[str, PeerRow]:
        """All peers that have ever said hello."""

    def outbox(self) -> Mapping[str, tuple[OutboxRow, ...]]:
        """What peers have not acknowledged yet, by peer, in order."""

    def contacts(self) -> Iterator[Contact]:
        """The personal data that is kept."""

    def clock(self) -> ClockAnchor | None:
        """The last anchor of business time; none before the first."""

    def keep(self) -> None:
        """Stay the one that writes, while there is nothing to write. Raises ``StoreError``."""

    def close(self) -> None:
        """Let go of files and connections."""
