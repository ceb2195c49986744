"""A store in SQL: one SQLite file by default (WAL, synchronous FULL), written by one connection.

A peer may be sent messages before it has ever connected: its row then has an empty boot id, and its first hello
starts a boot, which numbers what waits for it from 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from fleet.protocol.values import Contact
from fleet.store.base import Batch, ClockAnchor, OutboxRow, PeerRow, StoredEvent, StoreError, last
from fleet.store.migrations import bring_up_to_date
from fleet.store.rows import clock_from, clock_text, event_from, event_text, message_from, message_text
from fleet.store.tables import contacts, events, meta, outbox, peers


class SqlStore:
    """The hub's store. Use it from one thread at a time; readers open the file by themselves, read-only."""

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        self._engine = sa.create_engine(url, connect_args=_DRIVER)
        sa.event.listen(self._engine, "connect", _pragmas(synchronous))
        sa.event.listen(self._engine, "begin", _begin)
        try:
            self._connection = self._engine.connect()
            self._open()
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise StoreError(f"{url}: the store can't be opened: {_cause(error)}") from error

    def _open(self) -> None:
        try:
            self._prepare()
            self._position = self._last_position()
        except BaseException:
            self._connection.close()
            self._engine.dispose()
            raise

    @classmethod
    def open(cls, path: Path, *, synchronous: str = "FULL") -> SqlStore:
        """The store in one SQLite file, made where it is not there yet."""
        return cls(f"sqlite:///{path}", synchronous=synchronous)

    def _prepare(self) -> None:
        with self._connection.begin():
            bring_up_to_date(self._connection)

    def _last_position(self) -> int:
        with self._connection.begin():
            return self._connection.scalar(sa.select(sa.func.max(events.c.position))) or 0

    def commit(self, batch: Batch) -> int:
        """Write the batch in one transaction."""
        position = self._position
        try:
            with self._connection.begin():
                for boot in batch.boots:
                    self._start_boot(boot)
                self._note_received(batch.received)
                self._add_outbox(batch.outbox)
                self._drop_acknowledged(batch.acknowledged)
                self._keep_contacts(batch.contacts)
                position = self._append(batch)
                if batch.clock is not None:
                    self._put_meta("clock", clock_text(batch.clock))
        except SQLAlchemyError as error:
            raise StoreError(f"the store can't be written: {_cause(error)}") from error
        self._position = position
        return position

    def _append(self, batch: Batch) -> int:
        if not batch.events:
            return self._position
        rows = [
            {
                "position": self._position + i,
                "type": event.type,  # type: ignore[attr-defined]
                "version": event.version,
                "at_us": int(event.at.timestamp() * 1_000_000),
                "body": event_text(event),
            }
            for i, event in enumerate(batch.events, 1)
        ]
        self._connection.execute(sa.insert(events), rows)
        return self._position + len(rows)

    def _start_boot(self, boot: PeerRow) -> None:
        waiting = last(self._rows_of(boot.peer_id), boot.sent)
        self._connection.execute(sa.delete(outbox).where(outbox.c.peer_id == boot.peer_id))
        again = [{"peer_id": boot.peer_id, "seq": i, "body": body} for i, body in enumerate(waiting, 1)]
        if again:
            self._connection.execute(sa.insert(outbox), again)
        self._connection.execute(sa.delete(peers).where(peers.c.peer_id == boot.peer_id))
        row = {"peer_id": boot.peer_id, "boot_id": boot.boot_id, "received": 0, "sent": len(again)}
        self._connection.execute(sa.insert(peers), row)

    def _rows_of(self, peer_id: str) -> list[str]:
        query = sa.select(outbox.c.body).where(outbox.c.peer_id == peer_id).order_by(outbox.c.seq)
        return list(self._connection.scalars(query))

    def _note_received(self, received: Mapping[str, int]) -> None:
        if received:
            statement = (
                sa.update(peers)
                .where(peers.c.peer_id == sa.bindparam("peer"))
                .values(received=sa.bindparam("seq"))
            )
            self._connection.execute(statement, [{"peer": p, "seq": s} for p, s in received.items()])

    def _add_outbox(self, rows: tuple[OutboxRow, ...]) -> None:
        if not rows:
            return
        values = [{"peer_id": r.peer_id, "seq": r.seq, "body": message_text(r.message)} for r in rows]
        self._connection.execute(sa.insert(outbox), values)
        highest = {r.peer_id: r.seq for r in rows}
        known = set(self._connection.scalars(sa.select(peers.c.peer_id).where(peers.c.peer_id.in_(highest))))
        for peer_id, seq in highest.items():
            if peer_id in known:
                self._connection.execute(sa.update(peers).where(peers.c.peer_id == peer_id).values(sent=seq))
            else:
                row = {"peer_id": peer_id, "boot_id": "", "received": 0, "sent": seq}
                self._connection.execute(sa.insert(peers), row)

    def _drop_acknowledged(self, acknowledged: Mapping[str, int]) -> None:
        if acknowledged:
            statement = sa.delete(outbox).where(
                outbox.c.peer_id == sa.bindparam("peer"), outbox.c.seq <= sa.bindparam("upto")
            )
            self._connection.execute(statement, [{"peer": p, "upto": s} for p, s in acknowledged.items()])

    def _keep_contacts(self, kept: tuple[Contact, ...]) -> None:
        if not kept:
            return
        rows = {c.order_id: c.model_dump_json() for c in kept}
        self._connection.execute(sa.delete(contacts).where(contacts.c.order_id.in_(rows)))
        self._connection.execute(sa.insert(contacts), [{"order_id": k, "body": v} for k, v in rows.items()])

    def _meta(self, key: str) -> str | None:
        return self._connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))

    def _put_meta(self, key: str, value: str) -> None:
        self._connection.execute(sa.delete(meta).where(meta.c.key == key))
        self._connection.execute(sa.insert(meta), {"key": key, "value": value})

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """The events behind a position, in order."""
        query = sa.select(events.c.position, events.c.version, events.c.body)
        query = query.where(events.c.position > after).order_by(events.c.position)
        with self._connection.begin():
            rows = self._connection.execute(query).all()
        for position, version, body in rows:
            yield StoredEvent(position, event_from(body, version, position))

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
            text = self._meta("clock")
        return None if text is None else clock_from(text)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()


# Python 3.11's driver begins no transaction before a table is made or altered, so that what fails in the middle would
# stay half done: the driver begins none at all, and we begin each.
_DRIVER = {"check_same_thread": False, "isolation_level": None}


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _pragmas(synchronous: str) -> Any:
    def on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "busy_timeout=5000",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return on_connect


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error)
