"""SQLite as a store: one file, one connection that writes and that owns the checkpoints.

Facts that this rests on: in WAL mode ``synchronous=FULL`` syncs the log at each commit, ``NORMAL`` only at checkpoints
(sqlite.org/pragma.html#pragma_synchronous). Before 3.51.3, two connections that write and checkpoint at once may lose
what was committed (sqlite.org/wal.html, "the WAL-reset bug"): here readers are read-only, and the one that writes does
the checkpoints too.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fleet.store.base import Failure, StoreError
from fleet.store.tables import events

SOUND = (3, 51, 3)
"""The first version without the fault that the module's head tells of."""
LOG_KEPT = 64 * 2**20
"""Bytes of the write-ahead log that stay allocated after it grew: a backup or a slow reader lets it grow."""
PATIENCE_MS = 5000
"""How long a statement waits for a lock."""
TAIL = 100
"""How many of the last events are looked at when a file is opened."""

_FAILURES = {
    sqlite3.SQLITE_FULL: Failure.DISK_FULL,
    sqlite3.SQLITE_READONLY: Failure.READ_ONLY,
    sqlite3.SQLITE_IOERR: Failure.IO_ERROR,
    sqlite3.SQLITE_CANTOPEN: Failure.IO_ERROR,
    sqlite3.SQLITE_BUSY: Failure.LOCKED,
    sqlite3.SQLITE_LOCKED: Failure.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Failure.LOCKED,
    sqlite3.SQLITE_CORRUPT: Failure.CORRUPT,
    sqlite3.SQLITE_NOTADB: Failure.CORRUPT,
}


def failure(error: BaseException | None, path: Path) -> Failure:
    """What an error of the driver means. The lower byte of SQLite's code is the sort, the rest says more."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_CANTOPEN and _on_read_only_disk(path):
        return Failure.READ_ONLY
    return Failure.REFUSED if code is None else _FAILURES.get(code & 0xFF, Failure.REFUSED)


def _on_read_only_disk(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def engine(url: sa.URL, synchronous: str) -> sa.Engine:
    """An engine for the one connection that writes."""
    # Python 3.11's driver begins no transaction before a table is made or altered, so that what fails in the middle
    # would stay half done: the driver begins none at all, and we begin each.
    made = sa.create_engine(url, connect_args={"check_same_thread": False, "isolation_level": None})

    def on_connect(connection: Any, _record: Any) -> None:
        for setting in (
            f"synchronous={synchronous}",
            f"busy_timeout={PATIENCE_MS}",
            "secure_delete=ON",
            "wal_autocheckpoint=1000",
            f"journal_size_limit={LOG_KEPT}",
        ):
            connection.execute(f"PRAGMA {setting}").close()

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(made, "connect", on_connect)
    sa.event.listen(made, "begin", on_begin)
    return made


def keep_log(connection: sa.Connection) -> None:
    """Switch the file to a write-ahead log, once it is known to be ours. Raises ``StoreError`` where it can't."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    (mode,) = driver.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise StoreError(
            f"this file system can't hold a write-ahead log (SQLite stays in mode {mode!r}): "
            "put the run on a local disk, or use PostgreSQL",
            Failure.IO_ERROR,
        )


def write_anew(connection: sa.Connection, table: sa.Table) -> None:
    """Write a table's rows into fresh pages, so that what was deleted before is nowhere in its old ones.

    With ``secure_delete`` SQLite overwrites what it deletes and every page that it frees. But when it spreads rows over
    neighbouring pages, copies of them stay in the gaps (measured: one of 3,000 deleted rows could still be read).
    """
    rows = [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
    connection.execute(sa.delete(table))
    if rows:
        connection.execute(
            sa.insert(table), [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
        )


def empty_log(connection: sa.Connection) -> bool:
    """Take the write-ahead log over into the file and cut it to nothing; false where that can't be at the moment.

    Then a reader still needs it, or the disk is full. What is committed is committed all the same: nothing is raised.
    """
    driver = connection.connection.dbapi_connection
    assert driver is not None
    # A reader may take its time; who waits for a commit need not wait for it too.
    driver.execute("PRAGMA busy_timeout=0").close()
    try:
        (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout={PATIENCE_MS}").close()
    return bool(busy == 0)


def version_warning(found: tuple[int, ...] = sqlite3.sqlite_version_info) -> str | None:
    """What to tell the operator of an SQLite library that is too old; none where it is not."""
    if found >= SOUND:
        return None
    have, want = (".".join(map(str, version)) for version in (found, SOUND))
    return (
        f"SQLite {have} is older than {want}: a second program that writes to a hub's file can make it lose what was "
        "committed. The hub writes with one connection, which is safe; let no other program write to the file"
    )


def check(connection: sa.Connection) -> None:
    """See that the log begins at 1 and that its end has no gap. Quick, however long the log is.

    ``fleet hub verify`` reads all of it. Raises ``StoreError`` (``CORRUPT``).
    """
    first = connection.scalar(sa.select(sa.func.min(events.c.position)))
    if first is None:
        return
    tail = list(
        connection.scalars(sa.select(events.c.position).order_by(events.c.position.desc()).limit(TAIL))
    )
    if first != 1 or tail != list(range(tail[0], max(tail[0] - TAIL, 0), -1)):
        raise StoreError(f"the log has a gap (events {first} … {tail[0]})", Failure.CORRUPT)
