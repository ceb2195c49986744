"""One thread that writes: while a batch is on its way to the disk, the loop goes on and fills the next one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from fleet.store.base import Batch, Store


class Writer:
    """Commits batches in the order in which they are given. ``wake`` is called from the thread after each."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store, self._wake = store, wake
        self._in: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> None:
        """Have the batch written."""
        self._in.put(batch)

    def finished(self) -> int | None:
        """The log's last position after a commit that has ended since the last call; none when there is none.

        Raises what the store raised: the hub must then stop, since nothing later may be told to anyone.
        """
        try:
            result = self._done.get_nowait()
        except queue.Empty:
            return None
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        """Write what was submitted, then end the thread."""
        self._in.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while (batch := self._in.get()) is not None:
            try:
                self._done.put(self._store.commit(batch))
            except BaseException as error:  # noqa: BLE001 - whatever it is, the loop must see it and stop
                self._done.put(error)
            self._wake()
