"""Reads the whole store now and then, beside the hub's work: damage is found while a backup is still young.

A start only looks at the log's ends, so that it is quick. The reading has a connection of its own that can't write, and
a thread in which SQLite works without the interpreter's lock.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import structlog

from fleet.hub.observability.vitals import Integrity, Pulse

LOG = structlog.get_logger("hub")

FIRST_S = 60.0
AGAIN_S = 86_400.0
"""Seconds until the store is read first, and until it is read again: not while a hub starts and peers rush in."""

RETRY_S = 300.0
"""Seconds until a store that could not be read is tried again: it is not known to be sound, and a day is long."""


class IntegrityWatch:
    """Reads a store's file and notes in ``pulse`` what it found, until it is closed."""

    def __init__(
        self,
        file: Path,
        pulse: Pulse,
        first_s: float = FIRST_S,
        again_s: float = AGAIN_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._file, self._pulse, self._first_s = file, pulse, first_s
        self._again_s, self._retry_s = again_s, min(retry_s, again_s)
        self._stopped = threading.Event()
        self._reading: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="integrity", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, also in the middle of reading."""
        self._stopped.set()
        while self._thread.is_alive():
            reading = self._reading
            if reading is not None:
                with suppress(sqlite3.ProgrammingError):  # it has just been closed
                    reading.interrupt()
            self._thread.join(timeout=0.1)

    def _run(self) -> None:
        wait_s = self._first_s
        while not self._stopped.wait(wait_s):
            found = self._look()
            if found is not None:
                self._pulse.integrity = found
            wait_s = self._retry_s if found is None else self._again_s

    def _look(self) -> Integrity | None:
        """What the file is like; none where that could not be found out."""
        try:
            faults = self._read()
        except sqlite3.OperationalError as error:
            if not self._stopped.is_set():
                LOG.warning("the store could not be read through", why=str(error), again_s=self._retry_s)
            return None
        except sqlite3.DatabaseError as error:
            faults = [str(error)]
        if faults:
            LOG.error("the store is damaged", faults=faults)
        return Integrity.BAD if faults else Integrity.GOOD

    def _read(self) -> list[str]:
        reading = sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True)
        try:
            self._reading = reading
            rows = reading.execute("PRAGMA quick_check(5)").fetchall()
        finally:
            self._reading = None
            reading.close()
        return [str(row[0]) for row in rows if row[0] != "ok"]
