"""What a commit writes, as SQL that is made once: SQLAlchemy Core says it for each database, the driver runs it.

Rows go to the driver as plain tuples, many at a time: the writer's thread shares the interpreter with the hub's loop,
and SQLAlchemy's own way with parameters costs several times as much for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from fleet.store.tables import contacts, events, meta, outbox, peers


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL for rows of values, in the order in which it names them."""

    text: str

    def run(self, connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the rows; nothing where there are none."""
        if rows:
            connection.exec_driver_sql(self.text, list(rows))


class Statements:
    """All that a commit needs, for one database."""

    def __init__(self, dialect: sa.Dialect) -> None:
        # The two that differ: both databases have ON CONFLICT, SQLAlchemy only in each one's own insert.
        insert = import_module(f"sqlalchemy.dialects.{dialect.name}").insert
        peer: sa.BindParameter[str] = sa.bindparam("peer_id")
        seq: sa.BindParameter[int] = sa.bindparam("seq")

        def statement(clause: Any, *order: str) -> Statement:
            compiled = clause.compile(dialect=dialect)
            if compiled.positiontup != list(order):
                raise AssertionError(f"{compiled}: takes {compiled.positiontup}")
            return Statement(str(compiled))

        def all_of(table: sa.Table) -> Statement:
            return statement(sa.insert(table), *(column.name for column in table.columns))

        def upsert(table: sa.Table, key: str, changed: str) -> Statement:
            made = insert(table)
            made = made.on_conflict_do_update(index_elements=[key], set_={changed: made.excluded[changed]})
            return statement(made, *(column.name for column in table.columns))

        self.append = all_of(events)
        self.queue = all_of(outbox)
        self.forget_peer = statement(sa.delete(peers).where(peers.c.peer_id == peer), "peer_id")
        self.know_peer = all_of(peers)
        self.empty_queue = statement(sa.delete(outbox).where(outbox.c.peer_id == peer), "peer_id")
        self.received = upsert(peers, "peer_id", "received")
        self.sent = upsert(peers, "peer_id", "sent")
        upto = sa.delete(outbox).where(outbox.c.peer_id == peer, outbox.c.seq <= seq)
        self.acknowledged = statement(upto, "peer_id", "seq")
        self.contact = upsert(contacts, "order_id", "body")
        order: sa.BindParameter[str] = sa.bindparam("order_id")
        self.erase = statement(sa.delete(contacts).where(contacts.c.order_id == order), "order_id")
        self.meta = upsert(meta, "key", "value")
