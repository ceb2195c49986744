"""The tables, as the newest release has them. A change here needs a migration (``fleet/store/migrations``)."""

from __future__ import annotations

import sqlalchemy as sa

# SQLite's integers have eight bytes anyway, and only a column that is called INTEGER is the table's own key there.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

metadata = sa.MetaData()
events = sa.Table(
    "events",
    metadata,
    sa.Column("position", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
peers = sa.Table(
    "peers",
    metadata,
    sa.Column("peer_id", sa.String(128), primary_key=True),
    sa.Column("boot_id", sa.String(128), nullable=False),
    sa.Column("received", _NUMBER, nullable=False),
    sa.Column("sent", _NUMBER, nullable=False),
)
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("peer_id", sa.String(128), primary_key=True),
    sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)
contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("order_id", sa.String(128), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)
meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
lease = sa.Table(
    "lease",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("epoch", _NUMBER, nullable=False),
    sa.Column("commits", _NUMBER, nullable=False),
    sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
)
"""Who writes, where the database settles that (PostgreSQL): one row, counted up by each that takes it over."""
