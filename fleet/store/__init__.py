"""Where the hub keeps what must not be lost: events, what was received, what is to be sent, personal data, the
clock.
"""

from fleet.store.base import (
    Batch,
    ClockAnchor,
    Failure,
    OutboxRow,
    PeerRow,
    Store,
    StoredEvent,
    StoreError,
)
from fleet.store.memory import MemoryStore
from fleet.store.sql import SqlStore

__all__ = [
    "Batch",
    "ClockAnchor",
    "Failure",
    "MemoryStore",
    "OutboxRow",
    "PeerRow",
    "SqlStore",
    "Store",
    "StoreError",
    "StoredEvent",
]
