"""Brings the tables of a store to what this release has. Runs whenever a hub opens one; needs no ``alembic.ini``.

The whole of it is one transaction, which the caller begins (on SQLite with ``BEGIN IMMEDIATE``: Python 3.11's driver
begins none before it makes a table) and which is kept or undone as a whole. Alembic is imported only where there is
something to change: a store that is up to date, or new, opens without it.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from fleet.store.base import Failure, StoreError
from fleet.store.tables import meta, metadata

HEAD = "0002"
"""The revision of ``fleet.store.tables``."""
BASELINE = "0001"
"""The revision of what stores were before they had revisions (``meta`` says schema 1)."""
SCHEMA_WITH_REVISION = "2"
"""What ``meta`` says as schema where ``alembic_version`` has the revision: releases that know only 1 refuse it."""
SCRIPTS = Path(__file__).parent

_version = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)
_OURS = frozenset({*metadata.tables, "alembic_version"})


def bring_up_to_date(connection: sa.Connection, *, head: str = HEAD, scripts: Path = SCRIPTS) -> None:
    """Make the tables, or bring them to ``head``, within the connection's transaction.

    Raises ``StoreError`` where a newer release or another program made them; whatever a migration raises otherwise.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if not tables:
        metadata.create_all(connection)
        connection.execute(sa.insert(meta), {"key": "schema", "value": SCHEMA_WITH_REVISION})
        _stamp(connection, HEAD)
        tables = set(_OURS)
    found = _revision(connection, tables)
    if found == head:
        return
    # From here on Alembic is needed, which takes a tenth of a second to import.
    from fleet.store.migrations.running import known, upgrade

    if found is not None and found not in known(scripts):
        raise StoreError(
            f"the store has revision {found}, this release knows none after {HEAD}: upgrade lastmile-fleet",
            Failure.SCHEMA,
        )
    if found is None:
        _stamp(connection, BASELINE)
        connection.execute(sa.update(meta).where(meta.c.key == "schema").values(value=SCHEMA_WITH_REVISION))
    upgrade(connection, head, scripts)


def revision(connection: sa.Connection) -> str | None:
    """The revision of a store's tables; none where they are from before there were revisions."""
    return _revision(connection, set(sa.inspect(connection).get_table_names()))


def _revision(connection: sa.Connection, tables: set[str]) -> str | None:
    if not tables >= {"events", "meta"}:
        raise StoreError("these tables are no hub's: choose another file or database", Failure.SCHEMA)
    schema = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "schema"))
    if schema == SCHEMA_WITH_REVISION:
        return connection.scalar(sa.select(_version.c.version_num))
    if schema != "1":
        raise StoreError(
            f"the store has schema {schema}, this release knows 1 and 2: upgrade lastmile-fleet",
            Failure.SCHEMA,
        )
    return None


def _stamp(connection: sa.Connection, head: str) -> None:
    _version.create(connection, checkfirst=True)
    connection.execute(sa.delete(_version))
    connection.execute(sa.insert(_version), {"version_num": head})
