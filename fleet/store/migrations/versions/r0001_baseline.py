"""What stores were before they had revisions. New stores are made whole, so this runs only where it is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "events",
        sa.Column("position", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "peers",
        sa.Column("peer_id", sa.String(128), primary_key=True),
        sa.Column("boot_id", sa.String(128), nullable=False),
        sa.Column("received", _NUMBER, nullable=False),
        sa.Column("sent", _NUMBER, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("peer_id", sa.String(128), primary_key=True),
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "contacts",
        sa.Column("order_id", sa.String(128), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
