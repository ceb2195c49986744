"""All stores behave alike: the one in memory, the one in a SQLite file, and the one in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fleet.domain.events import Event, TimerRang, TimerSet
from fleet.protocol.messages import Action, Command
from fleet.protocol.values import Contact
from fleet.store import (
    Batch,
    ClockAnchor,
    MemoryStore,
    OutboxRow,
    PeerRow,
    SqlStore,
    Store,
    StoreError,
)
from fleet.store.reader import Reader
from tests.support.postgres import Server

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store may be that outlives its process."""
    if request.param == "sqlite":
        return tmp_path / "hub.db"
    server: Server = request.getfixturevalue("postgres")
    return server.new()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found: Store
    if request.param == "memory":
        found = MemoryStore()
    elif request.param == "sqlite":
        found = SqlStore.open(tmp_path / "hub.db")
    else:
        found = SqlStore.open(request.getfixturevalue("postgres").new())
    yield found
    found.close()


def changed(place: Path | str, sql: str) -> None:
    """Change something behind the store's back."""
    url = f"sqlite:///{place}" if isinstance(place, Path) else place
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(sql)


def timer(number: int) -> Event:
    return TimerSet(at=AT + timedelta(seconds=number), timer_id=f"t-{number}", due=AT)


def row(seq: int, peer_id: str = "drone-1") -> OutboxRow:
    return OutboxRow(peer_id, seq, Command(command_id=f"c-{seq}", action=Action.HOLD, why="test"))


def test_events_come_back_in_order_from_any_position(store: Store) -> None:
    """Positions start at 1 and have no gaps, over several batches."""
    assert store.commit(Batch(events=(timer(1), timer(2)))) == 2
    assert store.commit(Batch(events=(TimerRang(at=AT, timer_id="t-1"),))) == 3
    assert [e.position for e in store.events()] == [1, 2, 3]
    assert [e.event for e in store.events(after=1)] == [timer(2), TimerRang(at=AT, timer_id="t-1")]


def test_an_empty_store_holds_nothing(store: Store) -> None:
    """Nothing is made up."""
    assert list(store.events()) == []
    assert store.peers() == {}
    assert store.outbox() == {}
    assert store.clock() is None
    assert list(store.contacts()) == []


def test_what_was_received_and_sent_is_kept_by_peer(store: Store) -> None:
    """The inbox is a number for each peer, the outbox what it has not acknowledged."""
    store.commit(Batch(boots=(PeerRow("drone-1", "boot-1"),)))
    store.commit(Batch(received={"drone-1": 4}, outbox=(row(1), row(2), row(3))))
    store.commit(Batch(acknowledged={"drone-1": 2}))
    assert store.peers() == {"drone-1": PeerRow("drone-1", "boot-1", 4, 3)}
    assert store.outbox() == {"drone-1": (row(3),)}


def test_a_new_boot_numbers_what_waits_from_one(store: Store) -> None:
    """The peer has lost its memory: it gets what waits for it again, in the same order."""
    store.commit(Batch(boots=(PeerRow("drone-1", "boot-1"),)))
    store.commit(Batch(received={"drone-1": 9}, outbox=(row(1), row(2), row(3))))
    store.commit(Batch(acknowledged={"drone-1": 1}))
    store.commit(Batch(boots=(PeerRow("drone-1", "boot-2", sent=2),)))
    waiting = store.outbox()["drone-1"]
    assert [r.seq for r in waiting] == [1, 2]
    assert [r.message for r in waiting] == [row(2).message, row(3).message]
    assert store.peers()["drone-1"] == PeerRow("drone-1", "boot-2", 0, 2)


def test_a_new_boot_drops_what_was_acknowledged_but_not_stored(store: Store) -> None:
    """Acknowledgements alone are not committed: the row of the boot says how many messages still wait."""
    store.commit(Batch(boots=(PeerRow("drone-1", "boot-1"),)))
    store.commit(Batch(outbox=(row(1), row(2), row(3))))
    store.commit(Batch(boots=(PeerRow("drone-1", "boot-2", sent=1),)))
    assert [r.message for r in store.outbox()["drone-1"]] == [row(3).message]
    store.commit(Batch(boots=(PeerRow("drone-1", "boot-3"),)))
    assert store.outbox() == {}


def test_messages_may_wait_for_a_peer_that_never_came(store: Store) -> None:
    """Its row has no boot until its first hello."""
    store.commit(Batch(outbox=(row(1, "locker-9"),)))
    assert store.peers()["locker-9"] == PeerRow("locker-9", "", 0, 1)


def test_the_clock_and_contacts_are_replaced(store: Store) -> None:
    """The last one counts."""
    first = ClockAnchor(AT, AT, 1.0)
    last = ClockAnchor(AT + timedelta(hours=1, microseconds=7), AT, 60.0)
    ana = Contact(order_id="P-1", recipient="Ana")
    store.commit(Batch(clock=first, contacts=(ana,)))
    store.commit(Batch(clock=last, contacts=(ana.model_copy(update={"phone": "1"}),)))
    assert store.clock() == last
    assert list(store.contacts()) == [ana.model_copy(update={"phone": "1"})]


def test_a_store_comes_back_as_it_was(place: Path | str) -> None:
    """Everything is there after the store was closed and opened again."""
    batch = Batch(
        events=(timer(1),),
        boots=(PeerRow("drone-1", "boot-1"),),
        received={"drone-1": 2},
        outbox=(row(1),),
        contacts=(Contact(order_id="P-1", recipient="Ana"),),
        clock=ClockAnchor(AT, AT, 1.0),
    )
    first = SqlStore.open(place)
    first.commit(batch)
    first.close()
    second = SqlStore.open(place)
    assert [e.event for e in second.events()] == [timer(1)]
    assert second.peers() == {"drone-1": PeerRow("drone-1", "boot-1", 2, 1)}
    assert second.outbox() == {"drone-1": (row(1),)}
    assert second.clock() == ClockAnchor(AT, AT, 1.0)
    assert second.commit(Batch(events=(timer(2),))) == 2
    second.close()
    assert Reader(place).last_position() == 2
    assert Reader(place).contact("P-1") == Contact(order_id="P-1", recipient="Ana")
    assert Reader(place).contact("P-2") is None


def test_a_batch_that_fails_leaves_nothing_behind(place: Path | str) -> None:
    """A message that is numbered twice is our fault; the batch's events are not kept either."""
    store = SqlStore.open(place)
    store.commit(Batch(outbox=(row(1),)))
    with pytest.raises(StoreError, match="can't be written"):
        store.commit(Batch(events=(timer(1),), outbox=(row(1),)))
    assert list(store.events()) == []
    assert store.commit(Batch(events=(timer(2),))) == 1
    store.close()


def test_a_newer_schema_is_refused(place: Path | str) -> None:
    """The message says what to do."""
    SqlStore.open(place).close()
    changed(place, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(StoreError, match="upgrade lastmile-fleet"):
        SqlStore.open(place)


def test_a_damaged_event_is_named(place: Path | str) -> None:
    """Its position is in the message; nothing is skipped in silence."""
    store = SqlStore.open(place)
    store.commit(Batch(events=(timer(1), timer(2))))
    store.close()
    changed(place, "UPDATE events SET body = '{' WHERE position = 2")
    with pytest.raises(StoreError, match="event 2 can't be read"):
        list(Reader(place).events())


def test_an_event_of_a_newer_release_is_refused(place: Path | str) -> None:
    """A reader does not guess what a later version means."""
    store = SqlStore.open(place)
    store.commit(Batch(events=(timer(1),)))
    store.close()
    changed(place, "UPDATE events SET version = 2")
    with pytest.raises(StoreError, match="newer release"):
        list(Reader(place).events())


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """The path is in the message."""
    path = tmp_path / "hub.db"
    path.write_text("not a database, but long enough to look like one" * 40, encoding="utf-8")
    with pytest.raises(StoreError, match=r"hub\.db"):
        SqlStore.open(path)
