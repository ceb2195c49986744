"""What an adapter must not forget when its process ends: one SQLite file for each asset.

It holds the session's numbers, the reports that the hub has not acknowledged, the instructions that were
executed (with what was answered), and the adapter's own state. Each change is one transaction that is on the
disk before it has an effect.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from adapters.sdk.errors import JournalError
from fleet.protocol.messages import AnyMessage
from fleet.protocol.session import SessionRecord

SCHEMA_VERSION: Final = 1
LOCK_S: Final = 1.0
"""How long to wait for a process that is just letting go of the file."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, message TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executed (
    key TEXT PRIMARY KEY, progress TEXT NOT NULL, answers TEXT NOT NULL
) WITHOUT ROWID;
"""
_BEGINNING: Final = {"acknowledged": "0", "taken": "0", "reached": "0", "met": "1"}
_MESSAGE: Final[TypeAdapter[AnyMessage]] = TypeAdapter(AnyMessage)
_MESSAGES: Final[TypeAdapter[list[AnyMessage]]] = TypeAdapter(list[AnyMessage])


class Progress(StrEnum):
    """How far an instruction got."""

    BEGUN = "begun"
    DONE = "done"


class Executed(NamedTuple):
    """An instruction that was given to the adapter before, and what it answered."""

    progress: Progress
    answers: Sequence[AnyMessage]


class Journal:
    """The file of one asset. One process at a time may have it open."""

    def __init__(self, path: Path | str, peer_id: str, fresh_boot_id: str, *, durable: bool = True) -> None:
        """Open the journal, or start it with ``fresh_boot_id``. ``JournalError`` if it is another asset's.

        Without ``durable`` a loss of power may lose what was stored last: for trials only.
        """
        self._path = path
        self._synchronous = "FULL" if durable else "OFF"
        self._db = self._connected()
        try:
            self._prepare(peer_id, fresh_boot_id)
        except sqlite3.Error as error:
            self.close()
            raise self._unusable(error) from error
        except JournalError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def record(self) -> SessionRecord:
        """The session as it was last stored."""
        rows = self._db.execute("SELECT message FROM outbox ORDER BY seq")
        return SessionRecord(
            boot_id=self._meta("boot_id"),
            acknowledged=int(self._meta("acknowledged")),
            taken=int(self._meta("taken")),
            pending=tuple(_MESSAGE.validate_json(row[0]) for row in rows),
            reached=int(self._meta("reached")),
        )

    def adapter_state(self) -> str | None:
        """What the adapter saved last; none when it never did."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'adapter'").fetchone()
        return None if row is None else str(row[0])

    def executed(self, key: str) -> Executed | None:
        """What is known of an instruction; none when it is new."""
        row = self._db.execute("SELECT progress, answers FROM executed WHERE key = ?", (key,)).fetchone()
        return None if row is None else Executed(Progress(row[0]), _MESSAGES.validate_json(row[1]))

    def begin(self, key: str) -> None:
        """The adapter is about to be given this instruction."""
        with self._transaction():
            self._mark(key, Progress.BEGUN, ())

    def finish(
        self,
        key: str,
        taken: int,
        answers: Iterable[AnyMessage],
        sent: Iterable[tuple[int, AnyMessage]],
        state: str,
    ) -> None:
        """The instruction numbered ``taken`` was handled: its answers, and the adapter's state after it."""
        with self._transaction():
            self._mark(key, Progress.DONE, answers)
            self._set("taken", str(taken))
            self._store(sent, state)

    def report(self, sent: Iterable[tuple[int, AnyMessage]], state: str) -> None:
        """The adapter reported something by itself."""
        with self._transaction():
            self._store(sent, state)

    def clock(self) -> timedelta:
        """The hub's time less this machine's clock, as it was when the hub was last met; zero if it never was."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'clock'").fetchone()
        return timedelta(seconds=float(row[0])) if row else timedelta()

    def set_clock(self, offset: timedelta) -> None:
        """Keep how far this machine's clock is behind the hub's."""
        with self._transaction():
            self._set("clock", repr(offset.total_seconds()))

    def acknowledge(self, seq: int) -> None:
        """The hub has durably taken the reports up to ``seq``."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox WHERE seq <= ?", (seq,))
            self._set("acknowledged", str(seq))

    def met(self) -> None:
        """The hub has welcomed us, and the numbers agree: from now on all that is stored may have been sent.

        Until then, what this process stores has not been sent. That is how a journal that was put back from an old
        backup is found out: the hub has had numbers that were never sent.
        """
        with self._transaction():
            self._set("met", "1")

    def reboot(self, record: SessionRecord) -> None:
        """The session starts over under another boot id; what was executed stays known."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox")
            self._insert(enumerate(record.pending, record.acknowledged + 1))
            for name in ("boot_id", "acknowledged", "taken"):
                self._set(name, str(getattr(record, name)))
            self._not_met(0)

    def _connected(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(self._path, isolation_level=None, timeout=LOCK_S)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> JournalError:
        return JournalError(
            f"{self._path}: {error}; another process may have it open, or it is no journal, or the disk is full"
        )

    def _prepare(self, peer_id: str, fresh_boot_id: str) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {self._synchronous}")
        self._db.executescript(_TABLES)
        first = {"schema": str(SCHEMA_VERSION), "peer_id": peer_id, "boot_id": fresh_boot_id}
        with self._transaction():
            for name, value in {**first, **_BEGINNING}.items():
                self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
            if self._meta("met") == "1":
                waiting = self._db.execute("SELECT count(*) FROM outbox").fetchone()[0]
                self._not_met(int(self._meta("acknowledged")) + waiting)
        self._check("peer_id", peer_id)
        self._check("schema", str(SCHEMA_VERSION))

    def _not_met(self, reached: int) -> None:
        self._set("reached", str(reached))
        self._set("met", "0")

    def _check(self, name: str, expected: str) -> None:
        if (found := self._meta(name)) != expected:
            raise JournalError(
                f"{self._path}: the journal's {name} is {found!r}, not {expected!r}: use another file"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing. The caller must see an error of the disk: nothing may be sent after it."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise JournalError(f"{self._path}: {error}; nothing was sent that is not stored") from error

    def _meta(self, name: str) -> str:
        return str(self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])

    def _set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _mark(self, key: str, progress: Progress, answers: Iterable[AnyMessage]) -> None:
        text = json.dumps([answer.model_dump(mode="json") for answer in answers])
        self._db.execute("INSERT OR REPLACE INTO executed VALUES (?, ?, ?)", (key, progress.value, text))

    def _store(self, sent: Iterable[tuple[int, AnyMessage]], state: str) -> None:
        self._insert(sent)
        self._set("adapter", state)

    def _insert(self, sent: Iterable[tuple[int, AnyMessage]]) -> None:
        rows = [(seq, message.model_dump_json()) for seq, message in sent]
        self._db.executemany("INSERT INTO outbox VALUES (?, ?)", rows)
