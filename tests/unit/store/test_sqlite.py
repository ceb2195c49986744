"""One SQLite file: how it is opened, what is looked at when it is, and what its errors mean."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.domain.events import TimerSet
from fleet.store import Batch, Failure, SqlStore, StoreError
from fleet.store.reader import Reader
from fleet.store.sqlite import version_warning

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def timers(count: int) -> Batch:
    return Batch(events=tuple(TimerSet(at=AT, timer_id=f"t-{n}", due=AT) for n in range(count)))


def filled(path: Path, count: int = 250) -> Path:
    with closing(SqlStore.open(path)) as store:
        store.commit(timers(count))
    return path


def changed(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


def asked(store: SqlStore, pragma: str) -> object:
    """What the connection that writes says of itself."""
    driver: Any = store._connection.connection.dbapi_connection
    found = driver.execute(f"PRAGMA {pragma}").fetchone()
    return None if found is None else found[0]


def test_the_writer_syncs_each_commit_and_owns_the_checkpoints(tmp_path: Path) -> None:
    """A write-ahead log, synchronous FULL (2), and checkpoints by the connection that writes."""
    with closing(SqlStore.open(tmp_path / "hub.db")) as store:
        assert asked(store, "journal_mode") == "wal"
        assert asked(store, "synchronous") == 2
        assert asked(store, "wal_autocheckpoint") == 1000


def test_readers_never_write(tmp_path: Path) -> None:
    """Nor do they take the log away from a writer: the file is as it was after they have read."""
    path = filled(tmp_path / "hub.db")
    with closing(SqlStore.open(path)) as store:
        store.commit(timers(1))
        before = path.read_bytes()
        assert Reader(path).last_position() == 251
        assert path.read_bytes() == before
        assert path.with_name("hub.db-wal").stat().st_size > 0


def removed(path: Path) -> None:
    path.unlink()


def folder_removed(path: Path) -> None:
    shutil.rmtree(path.parent)


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def log_removed(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


@pytest.mark.parametrize("done", [removed, folder_removed, replaced, log_removed])
@pytest.mark.parametrize("rests", [True, False])
def test_a_file_that_is_gone_takes_nothing(tmp_path: Path, done: Callable[[Path], None], rests: bool) -> None:
    """SQLite would go on writing to it, and nobody would find it again: no commit is reported, and none tried again."""
    path = tmp_path / "run" / "hub.db"
    path.parent.mkdir()
    with closing(SqlStore.open(path)) as store:
        store.commit(timers(1))
        store.keep()
        done(path)
        with pytest.raises(StoreError, match="removed or replaced") as caught:
            store.keep() if rests else store.commit(timers(1))
    assert caught.value.failure is Failure.CORRUPT
    assert not caught.value.transient


@pytest.mark.parametrize("missing", ["position = 1", "position = 200", "position BETWEEN 160 AND 249"])
def test_a_gap_at_either_end_is_seen_at_the_start(tmp_path: Path, missing: str) -> None:
    """Rows that another program took away: the hub does not start on what is left."""
    path = filled(tmp_path / "hub.db")
    changed(path, f"DELETE FROM events WHERE {missing}")
    with pytest.raises(StoreError, match=r"gap.*fleet hub verify.*fleet hub restore") as caught:
        SqlStore.open(path)
    assert caught.value.failure is Failure.CORRUPT
    assert str(path) in str(caught.value)


def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Its first page is overwritten."""
    path = filled(tmp_path / "hub.db")
    with path.open("r+b") as file:
        file.write(b"\xff" * 4096)
    with pytest.raises(StoreError, match="fleet hub restore") as caught:
        SqlStore.open(path)
    assert caught.value.failure is Failure.CORRUPT


def test_damage_that_is_met_while_reading_is_said_with_what_to_do(tmp_path: Path) -> None:
    """Opening looks at the log's end only; the tables behind it are read when a day is taken up."""
    path = filled(tmp_path / "hub.db")
    with closing(sqlite3.connect(path)) as connection:
        ((size,),) = connection.execute("PRAGMA page_size")
        ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'peers'")
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    with closing(SqlStore.open(path)) as store:
        with pytest.raises(StoreError, match="fleet hub restore") as caught:
            store.peers()
        assert caught.value.failure is Failure.CORRUPT
        assert str(path) in str(caught.value)


def test_an_event_that_is_damaged_is_said_with_what_to_do(tmp_path: Path) -> None:
    """Far from the log's end."""
    path = filled(tmp_path / "hub.db")
    changed(path, "UPDATE events SET body = '{' WHERE position = 3")
    said = "event 3 can't be read: Invalid JSON[^\n]*; see `fleet hub verify`, then take up a backup"
    with closing(SqlStore.open(path)) as store, pytest.raises(StoreError, match=said):
        list(store.events())


def test_a_file_of_another_program_is_not_touched(tmp_path: Path) -> None:
    """Not even its journal's mode is changed."""
    path = tmp_path / "other.db"
    changed(path, "CREATE TABLE invoices (a INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="no hub's") as caught:
        SqlStore.open(path)
    assert caught.value.failure is Failure.SCHEMA
    assert path.read_bytes() == before


def test_a_file_whose_last_event_is_damaged_is_refused(tmp_path: Path) -> None:
    """The end of the log is what a torn write would hit."""
    path = filled(tmp_path / "hub.db")
    changed(path, "UPDATE events SET body = '{' WHERE position = 250")
    with pytest.raises(StoreError, match="event 250 can't be read") as caught:
        SqlStore.open(path)
    assert caught.value.failure is Failure.CORRUPT


def test_a_full_file_keeps_nothing_of_a_batch_and_takes_it_later(tmp_path: Path) -> None:
    """The same batch, once there is room."""
    with closing(SqlStore.open(tmp_path / "hub.db")) as store:
        store.commit(timers(1))
        limit = asked(store, "max_page_count")
        asked(store, "max_page_count=12")
        with pytest.raises(StoreError, match="make room") as caught:
            store.commit(timers(1000))
        assert caught.value.failure is Failure.DISK_FULL
        assert caught.value.transient
        assert len(list(store.events())) == 1
        asked(store, f"max_page_count={limit}")
        assert store.commit(timers(1000)) == 1001
        assert [s.position for s in store.events()] == list(range(1, 1002))


def test_a_file_that_may_not_be_written_keeps_the_batch_for_later(tmp_path: Path) -> None:
    """As on a disk that the system has made read-only."""
    with closing(SqlStore.open(tmp_path / "hub.db")) as store:
        asked(store, "query_only=ON")
        with pytest.raises(StoreError, match="writable") as caught:
            store.commit(timers(1))
        assert caught.value.failure is Failure.READ_ONLY
        assert caught.value.transient
        asked(store, "query_only=OFF")
        assert store.commit(timers(1)) == 1


def test_another_writer_is_named_as_such(tmp_path: Path) -> None:
    """A shell that holds the file."""
    path = filled(tmp_path / "hub.db", 1)
    with closing(SqlStore.open(path)) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        asked(store, "busy_timeout=10")
        with pytest.raises(StoreError, match="another program writes") as caught:
            store.commit(timers(1))
        assert caught.value.failure is Failure.LOCKED
        assert caught.value.transient
        other.rollback()
        assert store.commit(timers(1)) == 2


def test_a_fault_of_ours_is_not_tried_again(tmp_path: Path) -> None:
    """A position that is taken already stays taken."""
    path = filled(tmp_path / "hub.db", 1)
    with closing(SqlStore.open(path)) as store:
        store._position = 0
        with pytest.raises(StoreError, match="UNIQUE") as caught:
            store.commit(timers(1))
        assert caught.value.failure is Failure.REFUSED
        assert not caught.value.transient


def test_an_old_library_is_warned_of() -> None:
    """Never refused: most systems have an older one."""
    told = version_warning((3, 40, 1))
    assert told is not None
    assert "3.40.1" in told
    assert "3.51.3" in told
    assert version_warning((3, 51, 3)) is None
    assert version_warning((4, 0, 0)) is None


def test_a_copy_without_its_write_ahead_log_is_still_whole(tmp_path: Path) -> None:
    """What was checkpointed when the store was closed is in the file itself."""
    path = filled(tmp_path / "hub.db")
    shutil.copy(path, tmp_path / "copy.db")
    assert Reader(tmp_path / "copy.db").last_position() == 250
