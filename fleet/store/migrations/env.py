"""What Alembic runs around the migrations: on the connection, and within the transaction, of who called it."""

from alembic import context

from fleet.store.tables import metadata

# SQLite can't alter most things in place: a batch makes the table anew.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
