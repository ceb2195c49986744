"""A broker in place of the hub's own store: all that it decides is the same, and counts once the broker has it."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.harness.front import BROKERS, dialled
from fleet.store.base import Batch, Store
from fleet.store.rows import event_text


class BrokerLog:
    """A store whose batches go to a broker: each event, and how far each peer's messages were taken, as an entry of
    its own, everything of one batch in one write. It is read from ``store``, which gets nothing more.
    """

    def __init__(self, store: Store, name: str, port: str) -> None:
        self._store = store
        self._text, self._sign, first = BROKERS[name]
        self._line = dialled(port, first)
        self._position = store.last_position()
        self._entries = 0

    def commit(self, batch: Batch) -> int:
        """Publish, and wait until everything is acknowledged."""
        bodies = [event_text(event).encode() for event in batch.events]
        bodies.append(json.dumps(dict(batch.received)).encode())
        self._line.sendall(b"".join([self._text(self._name(), body) for body in bodies]))
        self._wait_for(len(bodies))
        self._position += len(batch.events)
        return self._position

    def _name(self) -> bytes:
        self._entries += 1
        return b"log.%d" % self._entries

    def _wait_for(self, acknowledgements: int) -> None:
        tail = b""
        while acknowledgements > 0:
            data = tail + self._line.recv(1 << 20)
            acknowledgements -= data.count(self._sign)
            tail = data[-(len(self._sign) - 1) :] if len(self._sign) > 1 else b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
