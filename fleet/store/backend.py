"""What differs between the databases that a store can be in."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa

from fleet.store.base import Failure


class Backend(Protocol):
    """One database. ``where`` is how messages call it, without a password."""

    where: str

    def engine(self) -> sa.Engine:
        """An engine for the one connection that writes."""

    def claim(self, connection: sa.Connection) -> None:
        """Become the one that writes, in the transaction in which the tables are then brought up to date.

        Raises ``StoreError`` (``LOCKED``) while another has it.
        """

    def opened(self, connection: sa.Connection) -> str | None:
        """The tables are ours: set up what they need. What the operator should know; none where all is well."""

    def begin(self, connection: sa.Connection, *, again: bool) -> bool:
        """At the head of each commit's transaction: whether there is still something to write.

        There is not where this is another attempt (``again``) at what had landed after all. Raises ``StoreError``
        (``LEASE_LOST``) where another hub writes by now.
        """

    def committed(self) -> None:
        """The transaction that ``begin`` headed has ended well.

        Raises ``StoreError`` (never a transient one: the batch is in) where it has not ended in what the hub opened.
        """

    def keep(self, connection: sa.Connection) -> None:
        """Stay the one that writes while there is nothing to write."""

    def let_go(self, connection: sa.Connection) -> None:
        """Make room for the next one that writes."""

    def write_anew(self, connection: sa.Connection, table: sa.Table) -> None:
        """Rows of the table were erased: leave no trace of them in its pages, as far as a transaction can."""

    def empty_log(self, connection: sa.Connection) -> bool:
        """After the transaction: leave no trace of what was erased elsewhere; false where that can't be just now.

        It is then called again: with each commit, and each time that ``keep`` is.
        """

    def failure(self, error: BaseException | None) -> Failure:
        """What an error of the driver means."""
