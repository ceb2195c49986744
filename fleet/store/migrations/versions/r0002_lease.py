"""Who writes to a database that several machines can reach."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("epoch", _NUMBER, nullable=False),
        sa.Column("commits", _NUMBER, nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
    )
