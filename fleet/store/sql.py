"""A store in SQL: one SQLite file by default (WAL, synchronous FULL), written by one connection.

A peer may be sent messages before it has ever connected: its row then has an empty boot id, and its first hello
starts a boot, which numbers what waits for it from 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from fleet.domain.events import Event
from fleet.protocol.values import Contact
from fleet.store import sqlite
from fleet.store.base import Batch, ClockAnchor, Failure, OutboxRow, PeerRow, StoredEvent, StoreError, last
from fleet.store.migrations import bring_up_to_date
from fleet.store.rows import clock_from, clock_text, event_from, event_text, message_from, message_text
from fleet.store.statements import Statements
from fleet.store.tables import contacts, events, meta, outbox, peers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

REMEDIES = {
    Failure.DISK_FULL: "make room",
    Failure.READ_ONLY: "make the disk writable",
    Failure.IO_ERROR: "look after the disk",
    Failure.LOCKED: "another program writes to it: end that program",
    Failure.CORRUPT: "see `fleet hub verify`, then take up a backup with `fleet hub restore`",
}
"""What to do about a failure."""


class SqlStore:
    """The hub's store. Use it from one thread at a time; readers open the file by themselves, read-only."""

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        self._url = sa.make_url(url)
        self._engine = sqlite.engine(self._url, synchronous)
        self._sql = Statements(self._engine.dialect)
        try:
            self._connection = self._engine.connect()
            self._open()
        except (SQLAlchemyError, StoreError) as error:
            self._engine.dispose()
            raise self._failed(error, "opened") from error

    def _open(self) -> None:
        try:
            with self._connection.begin():
                bring_up_to_date(self._connection)
            sqlite.keep_log(self._connection)
            # What was erased just before the process was killed must not outlast it in the log.
            self._log_holds_erased = not sqlite.empty_log(self._connection)
            self._position = self._found_position()
        except BaseException:
            self._connection.close()
            self._engine.dispose()
            raise

    @classmethod
    def open(cls, path: Path, *, synchronous: str = "FULL") -> SqlStore:
        """The store in one SQLite file, made where it is not there yet."""
        return cls(f"sqlite:///{path}", synchronous=synchronous)

    @property
    def warning(self) -> str | None:
        """What the operator should know of this installation; none where all is well."""
        return sqlite.version_warning()

    def _found_position(self) -> int:
        """The position of the last event, which can be read, at the end of a log that looks whole."""
        query = sa.select(events.c.position, events.c.version, events.c.body)
        with self._connection.begin():
            sqlite.check(self._connection)
            newest = self._connection.execute(query.order_by(events.c.position.desc()).limit(1)).first()
        if newest is None:
            return 0
        position, version, body = newest
        event_from(body, version, position)
        return int(position)

    def _failed(self, error: Exception, done: str) -> StoreError:
        """The error, with where it is, what it means and what to do."""
        cause = getattr(error, "orig", None) or error
        path = Path(self._url.database or "")
        failure = cause.failure if isinstance(cause, StoreError) else sqlite.failure(cause, path)
        remedy = f"; {REMEDIES[failure]}" if failure in REMEDIES else ""
        return StoreError(f"{self._url.database}: the store can't be {done}: {cause}{remedy}", failure)

    def commit(self, batch: Batch) -> int:
        """Write the batch in one transaction."""
        try:
            with self._connection.begin():
                self._write(self._connection, batch)
        except SQLAlchemyError as error:
            raise self._failed(error, "written") from error
        self._position += len(batch.events)
        self._log_holds_erased |= bool(batch.erased)
        if self._log_holds_erased:
            self._log_holds_erased = not sqlite.empty_log(self._connection)
        return self._position

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
            sqlite.write_anew(connection, contacts)
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
        with self._connection.begin():
            rows = self._connection.execute(query).all()
        for position, version, body in rows:
            yield StoredEvent(position, event_from(body, version, position))

    def last_position(self) -> int:
        """The position of the last event."""
        return self._position

    def peers(self) -> Mapping[str, PeerRow]:
        """All peers that are known."""
        with self._connection.begin():
            rows = self._connection.execute(sa.select(peers)).all()
        return {r.peer_id: PeerRow(r.peer_id, r.boot_id, r.received, r.sent) for r in rows}

    def outbox(self) -> Mapping[str, tuple[OutboxRow, ...]]:
        """What peers have not acknowledged yet, by peer, in order."""
        with self._connection.begin():
            rows = self._connection.execute(sa.select(outbox).order_by(outbox.c.peer_id, outbox.c.seq)).all()
        found: dict[str, list[OutboxRow]] = defaultdict(list)
        for row in rows:
            found[row.peer_id].append(OutboxRow(row.peer_id, row.seq, message_from(row.body)))
        return {peer_id: tuple(waiting) for peer_id, waiting in found.items()}

    def contacts(self) -> Iterator[Contact]:
        """The personal data that is kept."""
        with self._connection.begin():
            bodies = list(self._connection.scalars(sa.select(contacts.c.body).order_by(contacts.c.order_id)))
        return (Contact.model_validate_json(body) for body in bodies)

    def clock(self) -> ClockAnchor | None:
        """The last anchor of business time."""
        with self._connection.begin():
            text = self._connection.scalar(sa.select(meta.c.value).where(meta.c.key == "clock"))
        return None if text is None else clock_from(text)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()


def _event_row(position: int, event: Event) -> tuple[int, str, int, int, str]:
    at_us = (event.at - _EPOCH) // _MICROSECOND
    return position, event.type, event.version, at_us, event_text(event)  # type: ignore[attr-defined]
