"""Read-only access to a hub's store, for readers in other processes: they see only what is committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from fleet.domain.events import ContactsErased
from fleet.protocol.values import Contact
from fleet.store.base import ClockAnchor, StoredEvent, StoreError
from fleet.store.rows import clock_from, event_from
from fleet.store.sqlitefailure import failure

Rows = list[tuple[Any, ...]]
Ask = Callable[[str, tuple[object, ...]], Rows]


class Reader:
    """Reads events and personal data of one store: of a SQLite file, or of the database of an address.

    It can be used from any thread: each call opens the file anew, or takes a connection of its own.
    """

    def __init__(self, place: Path | str) -> None:
        self._ask = partial(_from_file, place) if isinstance(place, Path) else _database(place)

    def events(self, after: int = 0, limit: int = 10_000) -> Iterator[StoredEvent]:
        """Committed events behind a position, at most ``limit``; ``StoreError`` when the file can't be read."""
        sql = "SELECT position, version, body FROM events WHERE position > ? ORDER BY position LIMIT ?"
        for position, version, body in self._rows(sql, (after, limit)):
            yield StoredEvent(position, event_from(body, version, position))

    def erasures(self) -> tuple[ContactsErased, ...]:
        """Who was erased, by whom and why, in the log's order."""
        sql = "SELECT position, version, body FROM events WHERE type = ? ORDER BY position"
        rows = self._rows(sql, (ContactsErased.model_fields["type"].default,))
        found = (event_from(body, version, position) for position, version, body in rows)
        return tuple(event for event in found if isinstance(event, ContactsErased))

    def last_position(self) -> int:
        """The position of the last committed event; 0 when there is none."""
        return int(self._rows("SELECT coalesce(max(position), 0) FROM events")[0][0])

    def contact(self, order_id: str) -> Contact | None:
        """The person behind an order; none when nothing is kept, or it was erased."""
        rows = self._rows("SELECT body FROM contacts WHERE order_id = ?", (order_id,))
        return Contact.model_validate_json(rows[0][0]) if rows else None

    def clock(self) -> ClockAnchor | None:
        """The last anchor of business time; none before the first."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'clock'")
        return clock_from(rows[0][0]) if rows else None

    def _rows(self, sql: str, parameters: tuple[object, ...] = ()) -> Rows:
        return self._ask(sql, parameters)


def _from_file(path: Path, sql: str, parameters: tuple[object, ...]) -> Rows:
    try:
        with closing(connected(path)) as connection:
            return connection.execute(sql, parameters).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: the store can't be read: {error}", failure(error, path)) from error


def _database(url: str) -> Ask:
    # Its driver is an extra that most hubs do without.
    from fleet.store.pgreading import asking

    return asking(url)


def connected(path: Path) -> sqlite3.Connection:
    """A connection that reads what is committed and never writes, not even a checkpoint. Raises ``sqlite3.Error``."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=5)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        # Readers of a write-ahead log share a file, which can't be made on a read-only disk. Where no log is left,
        # nobody can have it open for writing either.
        code = getattr(error, "sqlite_errorcode", None)
        if code != sqlite3.SQLITE_CANTOPEN or path.with_name(f"{path.name}-wal").exists():
            raise
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, timeout=5)
    return connection
