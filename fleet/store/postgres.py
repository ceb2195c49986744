"""PostgreSQL as a store. Several machines reach it, so it settles itself who writes: one row, the lease.

Who takes the lease counts its epoch up. Each commit prolongs it in its own transaction, on condition that the epoch is
still the same: a hub that was stopped, or cut off, and comes back finds that it is not, and nothing of it is stored.
Advisory locks do not do: a stopped process keeps its lock for as long as its connection stands.

The row counts commits too, so that a commit whose outcome was lost with the connection is known to have landed or not.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from fleet.store.base import Failure, StoreError

_SETTINGS = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "application_name": "lastmile-fleet hub"}
VACUUM_AGAIN_S = 5.0
"""Seconds until erased rows that a transaction could still see are tried again: the table is locked meanwhile, and hubs
that serve for hours beside a long dump must not write it anew with each commit."""
_MIGRATING = 0x666C656574
"""The advisory lock under which the tables are made or changed."""

_PASSING = {
    "53100": Failure.DISK_FULL,
    "25006": Failure.READ_ONLY,
    "53200": Failure.IO_ERROR,
    "58030": Failure.IO_ERROR,
    "53300": Failure.DISCONNECTED,
    "57P01": Failure.DISCONNECTED,
    "57P02": Failure.DISCONNECTED,
    "57P03": Failure.DISCONNECTED,
    "57P05": Failure.DISCONNECTED,
    "25P03": Failure.DISCONNECTED,
    "3D000": Failure.DISCONNECTED,
    "40001": Failure.LOCKED,
    "40P01": Failure.LOCKED,
    "55P03": Failure.LOCKED,
    "57014": Failure.LOCKED,
    "42P01": Failure.SCHEMA,
    "42703": Failure.SCHEMA,
    "XX001": Failure.CORRUPT,
    "XX002": Failure.CORRUPT,
}
"""What PostgreSQL's codes mean (its manual, appendix A). Without a code the connection was lost, or never made."""
_CLASSES = {"08": Failure.DISCONNECTED, "28": Failure.DISCONNECTED, "58": Failure.IO_ERROR}


def failure(error: BaseException | None) -> Failure:
    """What an error of the driver means."""
    code = getattr(error, "sqlstate", None)
    if code is None:
        lost = type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
        return Failure.DISCONNECTED if lost else Failure.REFUSED
    return _PASSING.get(code) or _CLASSES.get(code[:2], Failure.REFUSED)


def engine_for(url: sa.URL, settings: dict[str, Any], **options: Any) -> sa.Engine:
    """An engine whose statements take their parameters by position. Raises ``StoreError`` without the driver."""
    if url.password is not None:
        raise StoreError(
            f"{url.render_as_string()}: a password in the address would end up in files and logs: "
            "leave it out, and give it in PGPASSWORD or in a file that PGPASSFILE names (~/.pgpass)"
        )
    try:
        return sa.create_engine(url, paramstyle="format", connect_args=settings, **options)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{url.render_as_string()}: {error.name} is not installed: pip install 'lastmile-fleet[postgres]'"
        ) from error


class PostgresBackend:
    """One database, or one schema of it (``?options=-csearch_path%3Dname``). ``holder`` says who we are."""

    def __init__(self, url: sa.URL, holder: str, ttl_s: float) -> None:
        self.where = url.render_as_string()
        self._url, self._holder, self._ttl_s = url, holder, ttl_s
        self._epoch = self._commits = 0
        self._prolonged_s = 0.0
        self._vacuum_at_s = 0.0

    def engine(self) -> sa.Engine:
        """An engine whose transactions the server ends when we hang in the middle of one."""
        made = engine_for(self._url, _SETTINGS)
        sa.event.listen(made, "connect", self._on_connect)
        return made

    def _on_connect(self, connection: Any, _record: Any) -> None:
        milliseconds = int(1000 * self._ttl_s)
        with connection.cursor() as cursor:
            # A hub that is stopped in the middle of a transaction must not keep the row from who takes over.
            cursor.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
            cursor.execute(f"SET lock_timeout = {2 * milliseconds}")
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()

    def claim(self, connection: sa.Connection) -> None:
        """Take the lease, or wait until that of one that has died runs out."""
        deadline = time.monotonic() + 2 * self._ttl_s
        while not self._take(connection):
            if time.monotonic() > deadline:
                raise StoreError(
                    f"another hub ({self._other(connection)}) writes to this database: stop it first",
                    Failure.LOCKED,
                )
            time.sleep(self._ttl_s / 20)

    def _take(self, connection: sa.Connection) -> bool:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        if not sa.inspect(connection).has_table("lease"):
            return True  # A database without tables: nobody writes to it, and the lock is ours until they are made.
        self._introduce(connection)
        row = connection.exec_driver_sql(
            "UPDATE lease SET holder = %s, epoch = epoch + 1, expires = clock_timestamp() + %s * interval '1 s' "
            "WHERE id = 1 AND (expires < clock_timestamp() OR (holder = %s AND holder <> '')) RETURNING epoch, commits",
            (self._holder, self._ttl_s, self._holder),
        ).first()
        if row is None:
            return False
        self._epoch, self._commits = row
        self._prolonged_s = time.monotonic()
        return True

    def _introduce(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO lease (id, holder, epoch, commits, expires) "
            "VALUES (1, '', 0, 0, clock_timestamp() - interval '1 s') ON CONFLICT DO NOTHING"
        )

    def _other(self, connection: sa.Connection) -> str:
        return str(connection.exec_driver_sql("SELECT holder FROM lease").scalar() or "unnamed")

    def opened(self, connection: sa.Connection) -> str | None:
        """Take the lease where there was no table for it; see that the server keeps its promises."""
        with connection.begin():
            if self._epoch == 0:
                self.claim(connection)
            fsync = connection.exec_driver_sql("SHOW fsync").scalar()
        if fsync == "off":
            return "the database's server has fsync off: a power cut loses what was acknowledged"
        return None

    def begin(self, connection: sa.Connection, *, again: bool) -> bool:
        """Prolong the lease and count the commit, if both are still as we know them."""
        found = connection.exec_driver_sql(
            "UPDATE lease SET expires = clock_timestamp() + %s * interval '1 s', commits = commits + 1 "
            "WHERE id = 1 AND epoch = %s AND commits = %s RETURNING epoch",
            (self._ttl_s, self._epoch, self._commits),
        ).first()
        if found is not None:
            return True
        epoch, commits = connection.exec_driver_sql("SELECT epoch, commits FROM lease WHERE id = 1").one()
        if epoch == self._epoch and commits == self._commits + 1 and again:
            return False
        raise StoreError(
            f"another hub ({self._other(connection)}) writes to this database now", Failure.LEASE_LOST
        )

    def committed(self) -> None:
        """The row has counted the commit; so do we."""
        self._commits += 1
        self._prolonged_s = time.monotonic()

    def keep(self, connection: sa.Connection) -> None:
        """Prolong the lease before it runs out. Raises ``StoreError`` where it is another's."""
        if time.monotonic() - self._prolonged_s < self._ttl_s / 3:
            return
        with connection.begin():
            found = connection.exec_driver_sql(
                "UPDATE lease SET expires = clock_timestamp() + %s * interval '1 s' WHERE id = 1 AND epoch = %s "
                "RETURNING epoch",
                (self._ttl_s, self._epoch),
            ).first()
            if found is None:
                raise StoreError(
                    f"another hub ({self._other(connection)}) writes to this database now", Failure.LEASE_LOST
                )
        self._prolonged_s = time.monotonic()

    def let_go(self, connection: sa.Connection) -> None:
        """Let the lease run out now."""
        with connection.begin():
            connection.exec_driver_sql(
                "UPDATE lease SET expires = clock_timestamp() - interval '1 s' WHERE id = 1 AND epoch = %s",
                (self._epoch,),
            )

    def write_anew(self, connection: sa.Connection, table: sa.Table) -> None:
        """A transaction can't here: see ``empty_log``."""

    def empty_log(self, connection: sa.Connection) -> bool:
        """Write the table of contacts into a file of its own, and drop the one in which erased rows still lie.

        Rows that some transaction may still see go along into the new file, whatever that transaction reads: then it is
        done once more after ``VACUUM_AGAIN_S``. The server's write-ahead log and what is archived of it are the
        database administrator's to expire.
        """
        if time.monotonic() < self._vacuum_at_s:
            return False
        kept = self._vacuumed(connection.connection.dbapi_connection)
        self._vacuum_at_s = 0.0 if kept == 0 else time.monotonic() + VACUUM_AGAIN_S
        return kept == 0

    def _vacuumed(self, driver: Any) -> int | None:
        """How many dead rows went along into the table's new file; none where it was not written."""
        details: list[str] = []

        def note(diagnostic: Any) -> None:
            details.append(diagnostic.message_detail or "")

        driver.autocommit = True
        driver.add_notice_handler(note)
        try:
            # A reader may take its time; who waits for a commit need not wait for it too.
            driver.execute("SET lock_timeout = 50")
            driver.execute("VACUUM (FULL, VERBOSE) contacts")
            return _dead_rows(details)
        except Exception:  # noqa: BLE001 - what is committed is committed; the next commit says what is wrong
            return None
        finally:
            driver.remove_notice_handler(note)
            with suppress(Exception):
                driver.execute(f"SET lock_timeout = {int(2000 * self._ttl_s)}")
            _end_autocommit(driver)

    def failure(self, error: BaseException | None) -> Failure:
        """What an error of the driver means."""
        return failure(error)


def _end_autocommit(driver: Any) -> None:
    """A connection that stayed in it would store later batches statement by statement: rather none at all."""
    try:
        driver.autocommit = False
    except Exception:  # noqa: BLE001 - the next commit finds it closed, and connects anew
        driver.close()


def _dead_rows(details: list[str]) -> int | None:
    """What ``VACUUM VERBOSE`` says in detail begins with the number of dead rows that it could not remove, in whatever
    language; none where it has not said so.
    """
    numbers = [int(found[0]) for detail in details if (found := re.search(r"\d+", detail)) is not None]
    return sum(numbers) if numbers else None
