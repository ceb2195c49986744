"""One thread that writes: while a batch is on its way to the disk, the loop goes on and fills the next one.

A disk that is full or read-only, or a database that is gone, ends nothing: the batch is kept and tried again until it
is stored. Nobody is told that it is before it is, and ``trouble`` says meanwhile what is wrong.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import structlog

from fleet.hub.reserve import Reserve
from fleet.hub.trouble import Severity, Trouble
from fleet.store.base import Batch, Failure, Store, StoreError

LOG = structlog.get_logger("hub")

FIRST_DELAY_S = 0.05
MOST_DELAY_S = 2.0
"""Seconds between two attempts at a batch that can't be stored; the time doubles from the first to the most."""
CLOSE_S = 30.0
"""How long the end waits for a commit that is under way, in seconds."""
REST_S = 1.0
"""How often a writer that has nothing to write sees whether the store is its own still, and all is well, in seconds."""


class Writer:
    """Commits batches in the order in which they are given. ``wake`` is called from the thread after each, and when
    ``trouble`` begins, changes or ends.

    ``trouble`` may be read from any thread; none while all is well.
    """

    def __init__(self, store: Store, wake: Callable[[], None], reserve: Reserve | None = None) -> None:
        self._store, self._wake, self._reserve = store, wake, reserve
        self.trouble: Trouble | None = None
        self._in: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> None:
        """Have the batch written."""
        self._in.put(batch)

    def finished(self) -> int | None:
        """The log's last position after a commit that has ended since the last call; none when there is none.

        Raises what the store raised, unless that passes: the hub must then stop, since nothing later may be told to
        anyone. Once the writer is closed, what passes is raised too.
        """
        try:
            result = self._done.get_nowait()
        except queue.Empty:
            return None
        if isinstance(result, BaseException):
            raise result
        return result

    def see_all_written(self) -> None:
        """After ``close``: an end at which a batch was given up, or the store lost, must not look like a clean one.

        Raises what was wrong, also where it would have passed.
        """
        try:
            while self.finished() is not None:
                pass
        except StoreError as error:
            LOG.error(
                "stopped with something that is not stored",
                failure=error.failure,
                message=str(error),
                advice="nobody was told that it was: who sent it keeps it and sends it again",
            )
            raise

    def close(self) -> None:
        """Write what was submitted, then end the thread. What can't be stored now is given up: nobody knows of it.

        ``finished`` then raises why, whatever it was.
        """
        self._closing.set()
        self._in.put(None)
        self._thread.join(timeout=CLOSE_S)
        if self._thread.is_alive():
            self._done.put(StoreError(f"a commit has not ended within {CLOSE_S:g} s", Failure.IO_ERROR))

    def _run(self) -> None:
        try:
            self._look_after_reserve()
            while self._went_on():
                pass
        except BaseException as error:  # noqa: BLE001 - whatever it is, the loop must see it and stop
            self._done.put(error)  # What comes later rests on this batch.
            self._wake()

    def _went_on(self) -> bool:
        """Store the next batch, or rest where there is none; false at the end. Raises what waiting does not mend."""
        try:
            batch = self._in.get(timeout=REST_S)
        except queue.Empty:
            self._rest()
            return True
        if batch is None:
            return False
        self._done.put(self._stored(batch))
        self._wake()
        return True

    def _rest(self) -> None:
        """There was nothing to write for a while: stay the one that writes, and see whether all is well again."""
        try:
            self._store.keep()
        except StoreError as error:
            if not error.transient:
                raise
            self._tell(Trouble(Severity.FAILING, error.failure, str(error)))
        else:
            self._look_after_reserve()

    def _stored(self, batch: Batch) -> int:
        """The log's position once the batch is stored, however long that takes. Raises what waiting does not mend."""
        delay_s = FIRST_DELAY_S
        while True:
            last = self._closing.is_set()
            try:
                position = self._store.commit(batch)
            except StoreError as error:
                if not error.transient or last:
                    raise
                if (
                    error.failure is Failure.DISK_FULL
                    and self._reserve is not None
                    and self._reserve.give_up()
                ):
                    continue
                self._tell(Trouble(Severity.FAILING, error.failure, str(error)))
                self._closing.wait(delay_s)
                delay_s = min(2 * delay_s, MOST_DELAY_S)
            else:
                self._look_after_reserve()
                return position

    def _look_after_reserve(self) -> None:
        """Have the reserve made again where there is room; while there is not, that is the trouble."""
        if self._reserve is None or self._reserve.hold():
            self._tell(None)
        else:
            self._tell(
                Trouble(
                    Severity.FULL_ON_RESERVE,
                    Failure.DISK_FULL,
                    f"{self._reserve.path.parent}: the disk is full: make room "
                    f"({2 * self._reserve.size // 2**20} MiB at least)",
                )
            )

    def _tell(self, trouble: Trouble | None) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._wake()
