"""A store in SQL: one SQLite file by default, or a PostgreSQL database; written by one connection.

A peer may be sent messages before it has ever connected: its row then has an empty boot id, and its first hello
starts a boot, which numbers what waits for it from 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from fleet.domain.events import Event
from fleet.protocol.values import Contact
from fleet.store.backend import Backend
from fleet.store.base import Batch, ClockAnchor, Failure, OutboxRow, PeerRow, StoredEvent, StoreError, last
from fleet.store.migrations import bring_up_to_date
from fleet.store.rows import clock_from, clock_text, event_from, event_text, message_from, message_text
from fleet.store.sqlite import SqliteBackend
from fleet.store.statements import Statements
from fleet.store.tables import contacts, events, meta, outbox, peers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

TAIL = 100
"""How many of the last events are looked at when a store is opened."""

LEASE_S = 5.0
"""Seconds for which the right to write to a shared database holds without being prolonged; its own clock counts."""

REMEDIES = {
    Failure.DISK_FULL: "make room",
    Failure.READ_ONLY: "make the disk writable",
    Failure.IO_ERROR: "look after the disk",
    Failure.DISCONNECTED: "see that the database's server runs and takes us",
    Failure.LOCKED: "another program writes to it: end that program",
    Failure.LEASE_LOST: "this hub stops; the other one goes on",
    Failure.CORRUPT: "see `fleet hub verify`, then take up a backup with `fleet hub restore`",
}
"""What to do about a failure."""


class SqlStore:
    """The hub's store. Use it from one thread at a time; readers have connections of their own, read-only."""

    def __init__(
        self, url: str, *, synchronous: str = "FULL", holder: str = "", ttl_s: float = LEASE_S
    ) -> None:
        self._backend = _backend(sa.make_url(url), synchronous, holder, ttl_s)
        self._engine = self._backend.engine()
        self._sql = Statements(self._engine.dialect)
        self._doubtful: Batch | None = None
        """The batch that was on its way when the database went away: it may have landed."""
        try:
            self._connection = self._engine.connect()
            self._open()
        except (SQLAlchemyError, StoreError) as error:
            self._engine.dispose()
            raise self._failed(error, "opened") from error

    def _open(self) -> None:
        try:
            with self._connection.begin():
                self._backend.claim(self._connection)
                bring_up_to_date(self._connection)
            self.warning = self._backend.opened(self._connection)
            """What the operator should know of this database; none where all is well."""
            # What was erased just before the process was killed must not outlast it in the log.
            self._log_holds_erased = not self._backend.empty_log(self._connection)
            self._position = self._found_position()
        except BaseException:
            self._connection.close()
            self._engine.dispose()
            raise

    @classmethod
    def open(cls, place: Path | str, *, synchronous: str = "FULL", holder: str = "") -> SqlStore:
        """The store in one SQLite file, made where it is not there yet, or in the database of an address.

        ``holder`` is who writes, where the database settles that: the same holder may take its own place at once.
        """
        url = f"sqlite:///{place}" if isinstance(place, Path) else place
        return cls(url, synchronous=synchronous, holder=holder)

    def _found_position(self) -> int:
        """The position of the last event, which can be read, at the end of a log that looks whole."""
        query = sa.select(events.c.position, events.c.version, events.c.body)
        with self._connection.begin():
            _check_ends(self._connection)
            newest = self._connection.execute(query.order_by(events.c.position.desc()).limit(1)).first()
        if newest is None:
            return 0
        position, version, body = newest
        event_from(body, version, position)
        return int(position)

    def _failed(self, error: Exception, done: str) -> StoreError:
        """The error, with where it is, what it means and what to do."""
        cause = getattr(error, "orig", None) or error
        failure = cause.failure if isinstance(cause, StoreError) else self._backend.failure(cause)
        remedy = f"; {REMEDIES[failure]}" if failure in REMEDIES else ""
        return StoreError(
            f"{self._backend.where}: the store can't be {done}: {str(cause).strip()}{remedy}", failure
        )

    def commit(self, batch: Batch) -> int:
        """Write the batch in one transaction."""
        try:
            connection = self._connected()
            with connection.begin():
                if self._backend.begin(connection, again=self._doubtful is batch):
                    self._write(connection, batch)
            self._backend.committed()
        except (SQLAlchemyError, StoreError) as error:
            raise self._broken(self._failed(error, "written"), batch) from error
        self._doubtful = None
        self._position += len(batch.events)
        self._log_holds_erased |= bool(batch.erased)
        self._erase_traces()
        return self._position

    def _erase_traces(self) -> None:
        if self._log_holds_erased:
            self._log_holds_erased = not self._backend.empty_log(self._connection)

    def keep(self) -> None:
        """Stay the one that writes, while there is nothing to write; erase what could not be erased before.

        Raises ``StoreError``.
        """
        try:
            connection = self._connected()
            self._backend.keep(connection)
            self._erase_traces()
        except (SQLAlchemyError, StoreError) as error:
            raise self._broken(self._failed(error, "kept"), self._doubtful) from error

    def _connected(self) -> sa.Connection:
        if self._connection.closed:
            self._connection = self._engine.connect()
        return self._connection

    def _broken(self, error: StoreError, batch: Batch | None) -> StoreError:
        if error.failure is Failure.DISCONNECTED:
            self._doubtful = batch
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
            self._connection.close()
        return error

    def _write(self, connection: sa.Connection, batch: Batch) -> None:
        sql = self._sql
        for boot in batch.boots:
            self._start_boot(boot)
        sql.received.run(connection, [(peer, "", seq, 0) for peer, seq in batch.received.items()])
        sql.queue.run(connection, [(r.peer_id, r.seq, message_text(r.message)) for r in batch.outbox])
        highest = {r.peer_id: r.seq for r in batch.outbox}
        sql.sent.run(connection, [(peer, "", 0, seq) for peer, seq in highest.items()])
        sql.acknowledged.run(connection, list(batch.acknowledged.items()))
        sql.contact.run(connection, [(c.order_id, c.model_dump_json()) for c in batch.contacts])
        if batch.erased:
            sql.erase.run(connection, [(order_id,) for order_id in batch.erased])
            self._backend.write_anew(connection, contacts)
        rows = [_event_row(self._position + i, event) for i, event in enumerate(batch.events, 1)]
        sql.append.run(connection, rows)
        if batch.clock is not None:
            sql.meta.run(connection, [("clock", clock_text(batch.clock))])

    def _start_boot(self, boot: PeerRow) -> None:
        query = sa.select(outbox.c.body).where(outbox.c.peer_id == boot.peer_id).order_by(outbox.c.seq)
        waiting = last(list(self._connection.scalars(query)), boot.sent)
        connection, peer = self._connection, (boot.peer_id,)
        self._sql.empty_queue.run(connection, [peer])
        self._sql.queue.run(connection, [(boot.peer_id, i, body) for i, body in enumerate(waiting, 1)])
        self._sql.forget_peer.run(connection, [peer])
        self._sql.know_peer.run(connection, [(boot.peer_id, boot.boot_id, 0, len(waiting))])

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """The events behind a position, in order."""
        query = sa.select(events.c.position, events.c.version, events.c.body)
        query = query.where(events.c.position > after).order_by(events.c.position)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        for position, version, body in rows:
            try:
                event = event_from(body, version, position)
            except StoreError as error:
                raise self._failed(error, "read") from error
            yield StoredEvent(position, event)

    def last_position(self) -> int:
        """The position of the last event."""
        return self._position

    def peers(self) -> Mapping[str, PeerRow]:
        """All peers that are known."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(peers)).all()
        return {r.peer_id: PeerRow(r.peer_id, r.boot_id, r.received, r.sent) for r in rows}

    def outbox(self) -> Mapping[str, tuple[OutboxRow, ...]]:
        """What peers have not acknowledged yet, by peer, in order."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.peer_id, outbox.c.seq)).all()
        found: dict[str, list[OutboxRow]] = defaultdict(list)
        for row in rows:
            found[row.peer_id].append(OutboxRow(row.peer_id, row.seq, message_from(row.body)))
        return {peer_id: tuple(waiting) for peer_id, waiting in found.items()}

    def contacts(self) -> Iterator[Contact]:
        """The personal data that is kept."""
        with self._reading() as connection:
            bodies = list(connection.scalars(sa.select(contacts.c.body).order_by(contacts.c.order_id)))
        return (Contact.model_validate_json(body) for body in bodies)

    def clock(self) -> ClockAnchor | None:
        """The last anchor of business time."""
        with self._reading() as connection:
            text = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "clock"))
        return None if text is None else clock_from(text)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """Damage that opening did not come across is met here. Raises ``StoreError``."""
        try:
            with self._connection.begin():
                yield self._connection
        except SQLAlchemyError as error:
            raise self._failed(error, "read") from error

    def close(self) -> None:
        """Make room for the next one that writes, and close the connection."""
        with suppress(SQLAlchemyError, StoreError):
            if not self._connection.closed:
                self._backend.let_go(self._connection)
        self._connection.close()
        self._engine.dispose()


def _event_row(position: int, event: Event) -> tuple[int, str, int, int, str]:
    at_us = (event.at - _EPOCH) // _MICROSECOND
    return position, event.type, event.version, at_us, event_text(event)  # type: ignore[attr-defined]


def _backend(url: sa.URL, synchronous: str, holder: str, ttl_s: float) -> Backend:
    if url.get_backend_name() == "sqlite":
        return SqliteBackend(url, synchronous)
    # Its driver is an extra that most hubs do without.
    from fleet.store.postgres import PostgresBackend

    return PostgresBackend(url, holder, ttl_s)


def _check_ends(connection: sa.Connection) -> None:
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
