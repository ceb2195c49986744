"""A store that can't be written for a while, as any real one at times; what it promises about that it keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet.store.base import Batch, Failure, Store, StoreError


class FailingStore:
    """``fails`` says of each attempt whether it fails, and how. Where the connection is lost (``DISCONNECTED``) with
    ``lands`` the batch is stored all the same, and nobody knows: given again, it is not stored once more. ``stored`` is
    told of each batch when it is stored.

    ``written_once`` is how a store is. A test turns it round to see that this is noticed.
    """

    written_once = True

    def __init__(
        self,
        store: Store,
        fails: Callable[[], Failure | None],
        lands: Callable[[], bool],
        stored: Callable[[Batch], None],
    ) -> None:
        self._store, self._fails, self._lands, self._stored = store, fails, lands, stored
        self._landed: Batch | None = None

    def commit(self, batch: Batch) -> int:
        """Store the batch once, however often it is given. Raises ``StoreError``."""
        failure = self._fails()
        if failure is None:
            self._write(batch)
            self._landed = None
            return self._store.last_position()
        if failure is Failure.DISCONNECTED and self._lands():
            self._write(batch)
            self._landed = batch
        raise StoreError("the store can't be written: it is meant to fail now", failure)

    def _write(self, batch: Batch) -> None:
        if self._landed is batch and self.written_once:
            return
        self._store.commit(batch)
        self._stored(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
