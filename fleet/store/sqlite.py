"""SQLite as a store: one file, one connection that writes and that owns the checkpoints.

Facts that this rests on: in WAL mode ``synchronous=FULL`` syncs the log at each commit, ``NORMAL`` only at checkpoints
(sqlite.org/pragma.html#pragma_synchronous). Before 3.51.3, two connections that write and checkpoint at once may lose
what was committed (sqlite.org/wal.html, "the WAL-reset bug"): here readers are read-only, and the one that writes does
the checkpoints too.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fleet.store.base import Failure, StoreError
from fleet.store.sqlitefailure import failure

SOUND = (3, 51, 3)
"""The first version without the fault that the module's head tells of."""
LOG_KEPT = 64 * 2**20
"""Bytes of the write-ahead log that stay allocated after it grew: a backup or a slow reader lets it grow."""
PATIENCE_MS = 5000
"""How long a statement waits for a lock."""


class SqliteBackend:
    """One file. Who may write to it is settled by the lock of the run directory (``fleet.hub.rundir``)."""

    def __init__(self, url: sa.URL, synchronous: str) -> None:
        self.where = url.database or ""
        self._url, self._synchronous = url, synchronous
        self._files: dict[Path, tuple[int, int]] = {}
        """The files that we write to, by the name that they had when we met them."""

    def engine(self) -> sa.Engine:
        """An engine that begins each transaction with the right to write."""
        # Python 3.11's driver begins no transaction before a table is made or altered, so that what fails in the middle
        # would stay half done: the driver begins none at all, and we begin each.
        settings = {"check_same_thread": False, "isolation_level": None}
        made = sa.create_engine(self._url, connect_args=settings)
        sa.event.listen(made, "connect", self._on_connect)
        sa.event.listen(made, "begin", _begin)
        return made

    def _on_connect(self, connection: Any, _record: Any) -> None:
        for setting in (
            f"synchronous={self._synchronous}",
            f"busy_timeout={PATIENCE_MS}",
            "secure_delete=ON",
            "wal_autocheckpoint=1000",
            f"journal_size_limit={LOG_KEPT}",
        ):
            connection.execute(f"PRAGMA {setting}").close()

    def claim(self, connection: sa.Connection) -> None:
        """The transaction has begun with the right to write already."""

    def opened(self, connection: sa.Connection) -> str | None:
        """Switch the file, now that it is known to be ours, to a write-ahead log. Raises ``StoreError``."""
        driver = connection.connection.dbapi_connection
        assert driver is not None
        (mode,) = driver.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise StoreError(
                f"this file system can't hold a write-ahead log (SQLite stays in mode {mode!r}): "
                "put the run on a local disk, or use PostgreSQL",
                Failure.IO_ERROR,
            )
        self.committed()
        return version_warning()

    def begin(self, connection: sa.Connection, *, again: bool) -> bool:  # noqa: ARG002 - see below
        """A commit that failed here has not landed: the outcome is never unknown."""
        return True

    def committed(self) -> None:
        """See that the batch went into files that somebody will find again. Raises ``StoreError`` (``CORRUPT``).

        A file that was removed, or had another put in its place, can be written to for as long as it is open, and is
        gone afterwards. The log is first there after the first commit.
        """
        for path in (Path(self.where), Path(f"{self.where}-wal")) if self.where else ():
            try:
                found = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                identity = None
            except OSError:
                continue  # the disk ails: whoever writes to it will be told
            else:
                identity = (found.st_dev, found.st_ino)
            known = self._files.get(path)
            if identity is not None and known is None:
                self._files[path] = identity
            elif identity != known:
                raise StoreError(f"{path} was removed or replaced while the hub wrote to it", Failure.CORRUPT)

    def keep(self, connection: sa.Connection) -> None:  # noqa: ARG002 - the run directory's lock settles who writes
        """See that the files are there still. Raises ``StoreError`` (``CORRUPT``)."""
        self.committed()

    def let_go(self, connection: sa.Connection) -> None:
        """The run directory's lock goes with the process."""

    def write_anew(self, connection: sa.Connection, table: sa.Table) -> None:
        """Write a table's rows into fresh pages, so that what was deleted before is nowhere in its old ones.

        With ``secure_delete`` SQLite overwrites what it deletes and every page that it frees. But when it spreads rows
        over neighbouring pages, copies of them stay in the gaps (measured: one of 3,000 deleted rows could still be
        read).
        """
        rows = [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
        connection.execute(sa.delete(table))
        if rows:
            connection.execute(
                sa.insert(table), [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
            )

    def empty_log(self, connection: sa.Connection) -> bool:
        """Take the write-ahead log over into the file and cut it to nothing; false where that can't be just now.

        Then a reader still needs it, or the disk is full. What is committed is committed all the same: nothing is
        raised.
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

    def failure(self, error: BaseException | None) -> Failure:
        """What an error of the driver means."""
        return failure(error, Path(self.where))


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def version_warning(found: tuple[int, ...] = sqlite3.sqlite_version_info) -> str | None:
    """What to tell the operator of an SQLite library that is too old; none where it is not."""
    if found >= SOUND:
        return None
    have, want = (".".join(map(str, version)) for version in (found, SOUND))
    return (
        f"SQLite {have} is older than {want}: a second program that writes to a hub's file can make it lose what was "
        "committed. The hub writes with one connection, which is safe; let no other program write to the file"
    )
