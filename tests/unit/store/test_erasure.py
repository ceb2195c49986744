"""What is erased is nowhere in the store's files, and the log is what it was."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from fleet.domain.events import ContactsErased, TimerSet
from fleet.protocol.values import Contact
from fleet.store import Batch, MemoryStore, SqlStore, Store
from fleet.store import postgres as pgstore
from fleet.store.sqlite import SqliteBackend
from tests.support.postgres import Server

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
NAME = re.compile(rb"NAME\d{6}X")


def person(number: int, length: int = 0) -> Contact:
    """Somebody who can be found again in a file."""
    return Contact(order_id=f"P-{number}", recipient=f"NAME{number:06}X", notes="ring twice" * length)


def erased(*numbers: int) -> Batch:
    """These people are erased, with the event that says so."""
    order_ids = tuple(f"P-{number}" for number in numbers)
    event = ContactsErased(at=AT, order_ids=order_ids, by="ana", why="wanted")
    return Batch(events=(event,), erased=order_ids)


def names_in(folder: Path) -> set[bytes]:
    """All names in all files of a store."""
    return {name for file in folder.iterdir() for name in NAME.findall(file.read_bytes())}


def names(*people: Contact) -> set[bytes]:
    return {contact.recipient.encode() for contact in people}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    sqlite = request.param == "sqlite"
    return SqlStore.open(tmp_path / "hub.db" if sqlite else request.getfixturevalue("postgres").new())


def test_who_is_erased_is_gone_and_others_stay(store: Store) -> None:
    """Also what came in with the same batch; one of whom nothing is kept does no harm."""
    store.commit(Batch(contacts=(person(1), person(2))))
    batch = erased(1, 3, 4)
    assert store.commit(Batch(events=batch.events, contacts=(person(3),), erased=batch.erased)) == 1
    assert list(store.contacts()) == [person(2)]
    assert [stored.event for stored in store.events()] == list(batch.events)
    store.commit(erased(1))
    assert list(store.contacts()) == [person(2)]
    store.close()


def lived(store: SqlStore, seed: int) -> dict[str, Contact]:
    """A hundred times people come in, are corrected and erased, with short notes and long ones; who is left."""
    chance = random.Random(seed)
    alive: dict[str, Contact] = {}
    number = 0

    def somebody(order_id: str, length: int) -> Contact:
        nonlocal number
        number += 1
        return person(number).model_copy(update={"order_id": order_id, "notes": "x" * length})

    for _ in range(100):
        for _ in range(chance.randint(1, 20)):
            length = chance.choice([20, 60, 200, 4500 if chance.random() < 0.2 else 90])
            order_id = f"P-{chance.randrange(10**6)}-{number}"
            alive[order_id] = somebody(order_id, length)
        store.commit(Batch(contacts=tuple(alive.values())[-20:]))
        concerned = chance.sample(sorted(alive), min(len(alive), chance.randint(0, 18)))
        moved = {each: somebody(each, chance.randint(0, 300)) for each in concerned if chance.random() < 0.3}
        gone = tuple(each for each in concerned if each not in moved)
        store.commit(Batch(contacts=tuple(moved.values())))
        store.commit(Batch(erased=gone))
        alive = {k: moved.get(k, c) for k, c in alive.items() if k not in gone}
    last = min(alive)
    store.commit(Batch(erased=(last,)))
    del alive[last]
    return alive


@pytest.mark.parametrize("seed", range(5))
def test_no_trace_stays_in_the_files(tmp_path: Path, seed: int) -> None:
    """Only those who are kept are in them."""
    store = SqlStore.open(tmp_path / "hub.db")
    alive = lived(store, seed)
    assert names_in(tmp_path) == names(*alive.values())
    assert {c.order_id: c for c in store.contacts()} == alive
    store.close()
    assert names_in(tmp_path) == names(*alive.values())


def test_a_correction_leaves_no_trace_once_something_is_erased(tmp_path: Path) -> None:
    """The earlier address of somebody who stays is nobody's business either."""
    store = SqlStore.open(tmp_path / "hub.db")
    store.commit(Batch(contacts=tuple(person(n) for n in range(200))))
    moved = tuple(person(n + 1000).model_copy(update={"order_id": f"P-{n}"}) for n in range(1, 200))
    store.commit(Batch(contacts=moved))
    store.commit(erased(0))
    assert names_in(tmp_path) == names(*moved)
    store.close()


def test_the_plain_way_would_leave_traces(tmp_path: Path) -> None:
    """The tests above can fail: without what the store does, names stay in file and log."""
    with closing(sqlite3.connect(tmp_path / "plain.db", isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("CREATE TABLE contacts (order_id TEXT PRIMARY KEY, body TEXT)")
        plain.execute("INSERT INTO contacts VALUES ('P-1', 'NAME000001X')")
        plain.execute("DELETE FROM contacts")
        assert names_in(tmp_path) == {b"NAME000001X"}


def test_a_reader_holds_nobody_up_and_the_trace_goes_after_it(tmp_path: Path) -> None:
    """While somebody reads the state before, the log is needed; with the next batch after that it is cut."""
    store = SqlStore.open(tmp_path / "hub.db")
    store.commit(Batch(contacts=(person(1), person(2))))
    with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM contacts").fetchone() == (2,)
        store.commit(erased(1))
        assert list(store.contacts()) == [person(2)]
        assert names_in(tmp_path) == names(person(1), person(2))
        reader.execute("COMMIT")
    store.commit(Batch(events=(TimerSet(at=AT, timer_id="t", due=AT),)))
    assert names_in(tmp_path) == names(person(2))
    store.close()


def test_an_erasure_that_a_reader_held_up_is_done_at_rest(tmp_path: Path) -> None:
    """No other batch need come."""
    store = SqlStore.open(tmp_path / "hub.db")
    store.commit(Batch(contacts=(person(1), person(2))))
    with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM contacts").fetchone()
        store.commit(erased(1))
        store.keep()
        assert names_in(tmp_path) == names(person(1), person(2))
        reader.execute("COMMIT")
    store.keep()
    assert names_in(tmp_path) == names(person(2))
    store.close()


@pytest.mark.alone
@pytest.mark.parametrize("reads", ["events", "contacts"])
def test_a_snapshot_of_the_database_holds_a_trace_only_as_long_as_it_stands(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, reads: str
) -> None:
    """A dump, or a verification that is still at the log: erased rows go along into the table's new file until it ends,
    which the store sees.
    """
    monkeypatch.setattr(pgstore, "VACUUM_AGAIN_S", 0.0)
    url = postgres.new()
    schema = url.rpartition("%3D")[2]
    store = SqlStore.open(url)
    store.commit(Batch(contacts=(person(1), person(2))))
    dump = sa.create_engine(postgres.url(schema), isolation_level="REPEATABLE READ", poolclass=sa.NullPool)
    with dump.connect() as reader:
        assert reader.exec_driver_sql(f"SELECT count(*) FROM {reads}").scalar() is not None
        begun = time.monotonic()
        store.commit(erased(1))
        store.keep()
        assert time.monotonic() - begun < 30  # a dump may take hours
        assert names_in_table(postgres, schema) == names(person(1), person(2))
    store.keep()
    assert names_in_table(postgres, schema) == names(person(2))
    assert list(store.contacts()) == [person(2)]
    store.close()


def test_a_table_that_can_t_be_cleaned_is_not_written_anew_with_each_commit(postgres: Server) -> None:
    """While a dump stands the hub goes on as fast as before."""
    url = postgres.new()
    schema = url.rpartition("%3D")[2]
    store = SqlStore.open(url)
    store.commit(Batch(contacts=(person(1), person(2))))
    dump = sa.create_engine(postgres.url(schema), isolation_level="REPEATABLE READ", poolclass=sa.NullPool)
    with dump.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM events")
        store.commit(erased(1))
        file = table_file(postgres, schema)
        for number in range(5):
            store.commit(Batch(events=(TimerSet(at=AT, timer_id=f"t-{number}", due=AT),)))
        assert table_file(postgres, schema) == file
    store.close()


def table_file(postgres: Server, schema: str) -> Path:
    """Where the server has the table of contacts."""
    ((name,),) = postgres.run("SELECT pg_relation_filepath('contacts')", schema)
    return postgres.folder / "data" / str(name)


def names_in_table(postgres: Server, schema: str) -> set[bytes]:
    """All names in the server's file of it, live and dead."""
    postgres.run("CHECKPOINT")
    return set(NAME.findall(table_file(postgres, schema).read_bytes()))


def test_a_hub_that_is_killed_leaves_none_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is on disk, the log is not cut yet: opening the store cuts it."""
    store = SqlStore.open(tmp_path / "hub.db")
    store.commit(Batch(contacts=(person(1), person(2))))
    with monkeypatch.context() as patch:
        patch.setattr(SqliteBackend, "empty_log", lambda *_: False)
        store.commit(erased(1))
    killed = tmp_path / "killed"
    killed.mkdir()
    for file in ("hub.db", "hub.db-wal"):
        shutil.copy(tmp_path / file, killed / file)
    assert names_in(killed) == names(person(1), person(2))
    again = SqlStore.open(killed / "hub.db")
    assert names_in(killed) == names(person(2))
    assert list(again.contacts()) == [person(2)]
    again.close()
    store.close()
