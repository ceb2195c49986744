"""Several hubs on one PostgreSQL database: one writes, and nothing of one that was stopped or cut off gets in late."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fleet.domain.events import TimerSet
from fleet.hub import writer as writing
from fleet.hub.writer import Writer
from fleet.protocol.messages import CancelMission
from fleet.store import Batch, Failure, OutboxRow, SqlStore, StoreError
from fleet.store.reader import Reader
from tests.support.postgres import Server, serving

AT = datetime(2026, 11, 24, tzinfo=UTC)
TTL_S = 1.0

LEADER = """
import os, signal, sys
from datetime import UTC, datetime
from fleet.domain.events import TimerSet
from fleet.store import Batch, SqlStore, StoreError

at = datetime(2026, 11, 24, tzinfo=UTC)
store = SqlStore(sys.argv[1], holder="leader", ttl_s=float(sys.argv[2]))
store.commit(Batch(events=(TimerSet(at=at, timer_id="first", due=at),)))
if sys.argv[3] == "middle":  # stop with the transaction open, everything written but the commit
    write = store._write
    def stopping(connection, batch):
        write(connection, batch)
        print("ready", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
    store._write = stopping
else:
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
for attempt in range(100):
    try:
        store.commit(Batch(events=(TimerSet(at=at, timer_id="late", due=at),)))
        print("stored", flush=True)
        break
    except StoreError as error:
        if not error.transient:
            print(error.failure, flush=True)
            break
"""


def batch(name: str) -> Batch:
    return Batch(events=(TimerSet(at=AT, timer_id=name, due=AT),))


def names(url: str) -> list[str]:
    return [stored.event.timer_id for stored in Reader(url).events()]  # type: ignore[attr-defined]


def turned(writer: Writer, done: Callable[[], bool], into: list[int]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, writer.trouble
        if (position := writer.finished()) is not None:
            into.append(position)
        time.sleep(0.01)


@contextmanager
def stopped_leader(url: str, where: str, root: Path) -> Iterator[subprocess.Popen[str]]:
    """A hub's store that writes, and whose process does not run any more."""
    command = [sys.executable, "-c", LEADER, url, str(TTL_S), where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as leader:
        try:
            assert leader.stdout is not None
            assert leader.stdout.readline() == "ready\n"
            yield leader
        finally:
            leader.kill()


@pytest.mark.alone
@pytest.mark.parametrize("where", ["between", "middle"])
def test_a_stopped_leader_is_replaced_and_writes_nothing_late(
    postgres: Server, repo_root: Path, where: str
) -> None:
    """SIGSTOP, also in the middle of a transaction: the next one takes over; the first one, awake again, is fenced."""
    url = postgres.new()
    with stopped_leader(url, where, repo_root) as leader:
        begun = time.monotonic()
        with closing(SqlStore(url, holder="follower", ttl_s=TTL_S)) as follower:
            assert time.monotonic() - begun < 5 * TTL_S
            assert follower.commit(batch("second")) == 2
            leader.send_signal(signal.SIGCONT)
            assert leader.stdout is not None
            assert leader.stdout.readline() == "lease_lost\n"
            assert follower.commit(batch("third")) == 3
    assert names(url) == ["first", "second", "third"]


@pytest.mark.alone
def test_a_leader_that_lives_is_not_replaced(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second is told who writes; a leader with nothing to write says from time to time that it lives."""
    monkeypatch.setattr(writing, "REST_S", 0.05)
    url = postgres.new()
    with closing(SqlStore(url, holder="host-a:/day", ttl_s=TTL_S)) as store:
        leader = Writer(store, lambda: None)
        try:
            with pytest.raises(StoreError, match="host-a:/day") as caught:  # it waits for twice the lease
                SqlStore(url, holder="host-b:/day", ttl_s=TTL_S)
            assert caught.value.failure is Failure.LOCKED
            leader.submit(batch("only"))
            reported: list[int] = []
            turned(leader, lambda: reported == [1], reported)
        finally:
            leader.close()


def test_the_same_holder_takes_its_place_at_once(postgres: Server) -> None:
    """A hub that was killed starts again without waiting; what is left of the first is fenced all the same."""
    url = postgres.new()
    first = SqlStore(url, holder="host-a:/day", ttl_s=60)
    with closing(SqlStore(url, holder="host-a:/day", ttl_s=60)) as second:
        assert second.commit(batch("second")) == 1
        with pytest.raises(StoreError, match=r"host-a:/day.*writes to this database now") as caught:
            first.commit(batch("late"))
        assert caught.value.failure is Failure.LEASE_LOST
    first.close()
    assert names(url) == ["second"]


def test_a_store_that_was_closed_makes_room_at_once(postgres: Server) -> None:
    """An orderly end does not make the next one wait."""
    url = postgres.new()
    SqlStore(url, holder="a", ttl_s=60).close()
    with closing(SqlStore(url, holder="b", ttl_s=60)) as store:
        assert store.commit(batch("b")) == 1


BATCHES = {
    "events": batch("x"),
    "no events": Batch(outbox=(OutboxRow("drone-1", 1, CancelMission(mission_id="m-1", why="test")),)),
}


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("what", BATCHES)
def test_a_commit_whose_outcome_is_unknown_is_stored_once(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, what: str, landed: bool
) -> None:
    """The connection goes away while the commit is under way: before the server has it, or after."""
    url = postgres.new()
    with closing(SqlStore(url)) as store:
        store.commit(batch("before"))
        dialect = store._engine.dialect
        commit = dialect.do_commit

        def lose(connection: Any) -> None:
            if landed:
                commit(connection)
            connection.dbapi_connection.close()
            raise psycopg.OperationalError("the connection is lost")

        monkeypatch.setattr(dialect, "do_commit", lose)
        with pytest.raises(StoreError) as caught:
            store.commit(BATCHES[what])
        assert caught.value.failure is Failure.DISCONNECTED
        assert caught.value.transient
        monkeypatch.undo()
        position = 1 + len(BATCHES[what].events)
        assert store.commit(BATCHES[what]) == position
        assert store.commit(batch("after")) == position + 1
    expected = ["before", *(e.timer_id for e in BATCHES[what].events), "after"]  # type: ignore[attr-defined]
    assert names(url) == expected
    with closing(SqlStore(url)) as store:
        assert sum(len(rows) for rows in store.outbox().values()) == len(BATCHES[what].outbox)


def test_a_server_that_is_restarted_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies as in a power cut; the writer keeps its batch, says what is wrong, and goes on when it is back."""
    monkeypatch.setattr(writing, "MOST_DELAY_S", 0.1)
    with serving() as server:
        url = server.url()
        with closing(SqlStore(url, ttl_s=30)) as store:
            writer = Writer(store, lambda: None)
            try:
                reported: list[int] = []
                for number in range(1, 6):
                    writer.submit(batch(f"a{number}"))
                turned(writer, lambda: reported.count(5) == 1, reported)
                server.stop()
                writer.submit(batch("b"))
                turned(writer, lambda: writer.trouble is not None, reported)
                assert writer.trouble is not None
                assert writer.trouble.failure is Failure.DISCONNECTED
                assert "fleet" in writer.trouble.message
                server.start()
                turned(writer, lambda: 6 in reported, reported)
                turned(writer, lambda: writer.trouble is None, reported)
            finally:
                writer.close()
        assert names(url) == ["a1", "a2", "a3", "a4", "a5", "b"]


def test_a_writer_with_nothing_to_write_learns_that_it_was_replaced(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub must stop soon, not at its next order."""
    monkeypatch.setattr(writing, "REST_S", 0.05)
    url = postgres.new()
    with closing(SqlStore(url, holder="a", ttl_s=0.3)) as store:
        writer = Writer(store, lambda: None)
        try:
            postgres.run("UPDATE lease SET epoch = epoch + 1, holder = 'b'", schema=url.rpartition("%3D")[2])
            with pytest.raises(StoreError, match="another hub"):
                turned(writer, lambda: False, [])
        finally:
            writer.close()


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    """It would end up in files and logs."""
    with pytest.raises(StoreError, match="PGPASSFILE") as caught:
        SqlStore("postgresql+psycopg://fleet:hush@/postgres")
    assert "hush" not in str(caught.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    """At the start, with what to do; readers say it too."""
    url = f"postgresql+psycopg://fleet@/postgres?host={tmp_path}"
    for ask in (SqlStore, lambda place: Reader(place).last_position()):
        with pytest.raises(StoreError, match=str(tmp_path)) as caught:
            ask(url)
        assert caught.value.failure is Failure.DISCONNECTED
