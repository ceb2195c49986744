"""Where the hub keeps what must not be lost: events, what was received, what is to be sent, personal data, the
clock.

What a store is loads at once; the stores themselves, one of them with SQLAlchemy, only when they are asked for: most
commands read at most.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
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

_LATER = {"MemoryStore": "memory", "SqlStore": "sql"}
"""Where the names that are not loaded at once are defined."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
