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
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from adapters.sdk.errors import JournalError
from fleet.protocol.messages import AnyMessage
from fleet.protocol.session import SessionRecord

SCHEMA_VERSION: Final = 2
LOCK_S: Final = 1.0
"""How long to wait for a process that is just letting go of the file."""
KEPT: Final = 20_000
"""So many executed instructions stay known, the newest ones: weeks of a busy asset. A hub sends again what it has no
acknowledgement of, and after it was restored from a backup all since then: none of that is older."""

Numbered = Sequence[tuple[int, AnyMessage]]
"""Reports with the numbers that they are sent under."""

ALL: Final = -1
"""As the most rows of an answer: no limit."""

_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_OUTBOX: Final = "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, message TEXT NOT NULL)"
_EXECUTED: Final = """
CREATE TABLE executed (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, progress TEXT NOT NULL,
    answers TEXT NOT NULL
)
"""
_BEGINNING: Final = {"acknowledged": "0", "taken": "0", "reached": "0", "met": "1"}
_STEPS: Final = {
    "": (_OUTBOX, _EXECUTED),
    "1": (
        "ALTER TABLE executed RENAME TO executed_1",
        _EXECUTED,
        "INSERT INTO executed (key, digest, progress, answers) SELECT key, '', progress, answers FROM executed_1",
        "DROP TABLE executed_1",
    ),
}
"""What makes the newest schema of an older one; of none at first."""
_MESSAGE: Final[TypeAdapter[AnyMessage]] = TypeAdapter(AnyMessage)
_MESSAGES: Final[TypeAdapter[list[AnyMessage]]] = TypeAdapter(list[AnyMessage])


class Progress(StrEnum):
    """How far an instruction got."""

    BEGUN = "begun"
    DONE = "done"


class Executed(NamedTuple):
    """An instruction that was given to the adapter before, and what it answered.

    ``digest`` is that of what it said; empty where an older release did not keep it.
    """

    digest: str
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

    def record(self, most: int) -> SessionRecord:
        """The session as it was last stored, with at most so many of the reports that wait."""
        acknowledged = int(self._meta("acknowledged"))
        return SessionRecord(
            boot_id=self._meta("boot_id"),
            acknowledged=acknowledged,
            taken=int(self._meta("taken")),
            pending=tuple(message for _, message in self.outbox(acknowledged, most)),
            reached=int(self._meta("reached")),
        )

    def last(self) -> int:
        """The highest number that a report has had in this boot."""
        row = self._row("SELECT max(seq) FROM outbox")
        return int(self._meta("acknowledged")) if row is None or row[0] is None else int(row[0])

    def outbox(self, after: int, most: int) -> list[tuple[int, AnyMessage]]:
        """At most so many of the reports behind a number that the hub has not acknowledged."""
        query = "SELECT seq, message FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?"
        return [(row[0], _MESSAGE.validate_json(row[1])) for row in self._found(query, after, most)]

    def adapter_state(self) -> str | None:
        """What the adapter saved last; none when it never did."""
        row = self._row("SELECT value FROM meta WHERE name = 'adapter'")
        return None if row is None else str(row[0])

    def executed(self, key: str) -> Executed | None:
        """What is known of an instruction; none when it is new, or was forgotten (``KEPT``)."""
        row = self._row("SELECT digest, progress, answers FROM executed WHERE key = ?", key)
        return None if row is None else Executed(row[0], Progress(row[1]), _MESSAGES.validate_json(row[2]))

    def begin(self, key: str, digest: str) -> None:
        """The adapter is about to be given this instruction."""
        with self._transaction():
            self._mark(key, digest, Progress.BEGUN, ())

    def finish(
        self, key: str, digest: str, taken: int, answers: Iterable[AnyMessage], sent: Numbered, state: str
    ) -> None:
        """The instruction numbered ``taken`` was handled: its answers, and the adapter's state after it."""
        with self._transaction():
            self._mark(key, digest, Progress.DONE, answers)
            self._db.execute(
                "DELETE FROM executed WHERE number <= (SELECT max(number) FROM executed) - ?", (KEPT,)
            )
            self._set("taken", str(taken))
            self._store(sent, state)

    def report(self, sent: Numbered, state: str) -> None:
        """The adapter reported something by itself."""
        with self._transaction():
            self._store(sent, state)

    def clock(self) -> timedelta:
        """The hub's time less this machine's clock, as it was when the hub was last met; zero if it never was."""
        row = self._row("SELECT value FROM meta WHERE name = 'clock'")
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

    def reboot(self, boot_id: str, acknowledged: int) -> None:
        """The session starts over under another boot id: the reports behind an acknowledged one are numbered from 1.

        What was executed stays known.
        """
        with self._transaction():
            waiting = self.outbox(acknowledged, ALL)
            self._db.execute("DELETE FROM outbox")
            self._insert([(seq - acknowledged, message) for seq, message in waiting])
            for name, value in {"boot_id": boot_id, "acknowledged": "0", "taken": "0"}.items():
                self._set(name, value)
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
        with self._transaction():
            self._db.execute(_META)
            row = self._row("SELECT value FROM meta WHERE name = 'schema'")
            for step in _STEPS.get("" if row is None else row[0], ()):
                self._db.execute(step)
            for name, value in {"peer_id": peer_id, "boot_id": fresh_boot_id, **_BEGINNING}.items():
                self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
            if row is None or row[0] in _STEPS:
                self._set("schema", str(SCHEMA_VERSION))
            if self._meta("met") == "1":
                self._not_met(self.last())
        self._check("schema", str(SCHEMA_VERSION))
        self._check("peer_id", peer_id)

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

    def _found(self, query: str, *values: Any) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise JournalError(f"{self._path}: can't be read: {error}") from error

    def _row(self, query: str, *values: Any) -> Any:
        return next(iter(self._found(query, *values)), None)

    def _meta(self, name: str) -> str:
        return str(self._row("SELECT value FROM meta WHERE name = ?", name)[0])

    def _set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _mark(self, key: str, digest: str, progress: Progress, answers: Iterable[AnyMessage]) -> None:
        text = json.dumps([answer.model_dump(mode="json") for answer in answers])
        self._db.execute(
            "INSERT INTO executed (key, digest, progress, answers) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
            " digest = excluded.digest, progress = excluded.progress, answers = excluded.answers",
            (key, digest, progress.value, text),
        )

    def _store(self, sent: Numbered, state: str) -> None:
        self._insert(sent)
        self._set("adapter", state)

    def _insert(self, sent: Numbered) -> None:
        rows = [(seq, message.model_dump_json()) for seq, message in sent]
        self._db.executemany("INSERT INTO outbox VALUES (?, ?)", rows)
