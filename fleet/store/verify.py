"""Whether a store is whole: everything in it is read, and the state is rebuilt from it. Nothing is changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fleet.domain.apply import apply
from fleet.domain.state import State
from fleet.protocol.values import Contact
from fleet.store.base import StoreError
from fleet.store.migrations import HEAD
from fleet.store.reader import connected
from fleet.store.rows import event_from, message_from

Ask = Callable[[str], Iterator[tuple[Any, ...]]]
MOST = 20
"""How many faults are told of; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a store holds, and what is wrong with it (the first ``MOST``; ``more`` were not told)."""

    position: int
    revision: str | None
    faults: tuple[str, ...] = ()
    more: int = 0

    @property
    def whole(self) -> bool:
        """Whether a hub can go on from it."""
        return not self.faults


def verify(place: Path | str) -> Found:
    """Read all of a store, as it was at one moment. Raises ``StoreError`` where it can't be read at all."""
    faults: list[str] = []
    try:
        with _moment(place) as ask:
            revision = _revision(ask)
            position = int(next(ask("SELECT coalesce(max(position), 0) FROM events"))[0])
            for check in (_pages, _log, _outbox, _contacts):
                if check is not _pages or isinstance(place, Path):
                    faults.extend(check(ask))
    except sqlite3.OperationalError as error:
        raise StoreError(f"{place}: the store can't be read: {error}") from error
    except sqlite3.DatabaseError as error:
        return Found(0, None, (f"{place}: {error}",))
    return Found(position, revision, tuple(faults[:MOST]), max(0, len(faults) - MOST))


@contextmanager
def _moment(place: Path | str) -> Iterator[Ask]:
    """Ask a store questions whose answers are of the same moment, whatever a hub commits meanwhile."""
    if isinstance(place, Path):
        with closing(connected(place)) as connection:
            connection.execute("BEGIN")
            yield connection.execute
    else:
        from fleet.store.pgreading import moment

        with moment(place) as ask:
            yield ask


def _revision(ask: Ask) -> str | None:
    """The revision of the tables; none for those of the first release. Raises ``StoreError`` for a newer one."""
    (schema,) = next(ask("SELECT value FROM meta WHERE key = 'schema'"), (None,))
    if schema == "1":
        return None
    (revision,) = next(ask("SELECT version_num FROM alembic_version"))
    if revision > HEAD:
        raise StoreError(f"the store has revision {revision}, this release knows none after {HEAD}: upgrade")
    return str(revision)


def _pages(ask: Ask) -> Iterator[str]:
    yield from (f"file: {line}" for (line,) in ask(f"PRAGMA integrity_check({MOST})") if line != "ok")


def _log(ask: Ask) -> Iterator[str]:
    """Positions from 1 without a gap; every event can be read and has its place in what happened before."""
    state, expected = State(), 1
    for position, version, body in ask("SELECT position, version, body FROM events ORDER BY position"):
        if position != expected:
            yield f"event {expected} is missing: {position} comes next"
            expected = position
        expected += 1
        try:
            state = apply(state, event_from(body, version, position))
        except StoreError as error:
            yield str(error)
        except Exception as error:  # noqa: BLE001 - whatever a rule of the domain raises
            yield f"event {position} does not fit what happened before: {error}"


def _outbox(ask: Ask) -> Iterator[str]:
    """What waits for a peer are the last messages that it was sent, without a gap, and each can be read."""
    sent: dict[str, int] = dict(ask("SELECT peer_id, sent FROM peers"))
    highest: dict[str, int] = {}
    for peer_id, seq, body in ask("SELECT peer_id, seq, body FROM outbox ORDER BY peer_id, seq"):
        before = highest.get(peer_id)
        if before is not None and seq != before + 1:
            yield f"outbox of {peer_id}: message {before + 1} is missing"
        highest[peer_id] = seq
        try:
            message_from(body)
        except ValidationError as error:
            yield f"outbox of {peer_id}: message {seq} can't be read: {error.errors()[0]['msg']}"
    for peer_id, seq in highest.items():
        if sent.get(peer_id) != seq:
            yield f"outbox of {peer_id}: it ends with {seq}, but {sent.get(peer_id)} were sent"


def _contacts(ask: Ask) -> Iterator[str]:
    for order_id, body in ask("SELECT order_id, body FROM contacts ORDER BY order_id"):
        try:
            Contact.model_validate_json(body)
        except ValidationError:
            yield f"the contact of {order_id} can't be read"  # and must not be shown
