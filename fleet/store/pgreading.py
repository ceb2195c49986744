"""Read-only questions to a PostgreSQL database, from any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from fleet.store.base import StoreError
from fleet.store.postgres import engine_for, failure
from fleet.store.reader import Ask, Rows

_SETTINGS = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "application_name": "lastmile-fleet reader"}


def asking(url: str) -> Ask:
    """Asks the database of this address. Raises ``StoreError`` without its driver."""
    engine = _engine(url).execution_options(isolation_level="AUTOCOMMIT")

    def ask(sql: str, parameters: tuple[object, ...]) -> Rows:
        try:
            with engine.connect() as connection:
                # A statement each: nothing is written, and no transaction is left open behind a reader that hangs.
                found = connection.exec_driver_sql(sql.replace("?", "%s"), parameters)
                return [tuple(row) for row in found]
        except SQLAlchemyError as error:
            cause: Any = getattr(error, "orig", None) or error
            where = engine.url.render_as_string()
            raise StoreError(
                f"{where}: the store can't be read: {str(cause).strip()}", failure(cause)
            ) from error

    return ask


@contextmanager
def moment(url: str) -> Iterator[Callable[[str], Iterator[tuple[Any, ...]]]]:
    """Ask questions whose answers are of the same moment, a part of the rows at a time. Raises ``StoreError``."""
    engine = _engine(url).execution_options(isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            yield partial(_streamed, connection.execution_options(yield_per=1000))
    except SQLAlchemyError as error:
        cause: Any = getattr(error, "orig", None) or error
        where = engine.url.render_as_string()
        raise StoreError(f"{where}: the store can't be read: {str(cause).strip()}", failure(cause)) from error


def _streamed(connection: sa.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.exec_driver_sql(sql) as found:
        yield from (tuple(row) for row in found)


@cache
def _engine(url: str) -> sa.Engine:
    """One for each address. Each question has a connection of its own, as with a file: none is left open behind it."""
    engine = engine_for(sa.make_url(url), _SETTINGS, poolclass=sa.NullPool)
    return engine.execution_options(postgresql_readonly=True)
