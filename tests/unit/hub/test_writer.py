"""The writer's thread: what passes is waited out, what does not ends the hub, nothing is written twice."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fleet.domain.events import TimerSet
from fleet.hub import writer as writing
from fleet.hub.reserve import Reserve
from fleet.hub.trouble import Severity
from fleet.hub.writer import Writer
from fleet.store import Batch, Failure, MemoryStore, StoreError

AT = datetime(2026, 11, 24, tzinfo=UTC)


def batch(name: str) -> Batch:
    return Batch(events=(TimerSet(at=AT, timer_id=name, due=AT),))


class Ailing(MemoryStore):
    """A store that refuses while ``failure`` says why."""

    def __init__(self, failure: Failure | None = None) -> None:
        super().__init__()
        self.failure = failure
        self.attempts = 0

    def commit(self, batch: Batch) -> int:
        self.attempts += 1
        if self.failure is not None:
            raise StoreError(f"it is {self.failure}", self.failure)
        return super().commit(batch)

    @property
    def names(self) -> list[str]:
        return [stored.event.timer_id for stored in self.events()]  # type: ignore[attr-defined]


@contextmanager
def writing_to(store: Ailing, reserve: Reserve | None = None) -> Iterator[tuple[Writer, threading.Event]]:
    """A writer, and the event that it wakes the loop by."""
    woken = threading.Event()
    writer = Writer(store, woken.set, reserve)
    try:
        yield writer, woken
    finally:
        writer.close()


def until(woken: threading.Event, done: Callable[[], bool]) -> None:
    """Turn as the loop does: when woken, and now and then."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, "it did not happen within 20 s"
        woken.wait(0.01)
        woken.clear()


def finished(writer: Writer, into: list[int]) -> int:
    """Note the commits that have ended; how many there are by now."""
    while (position := writer.finished()) is not None:
        into.append(position)
    return len(into)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr(writing, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(writing, "MOST_DELAY_S", 0.01)
    monkeypatch.setattr(writing, "REST_S", 0.01)


PASSING = [f for f in Failure if StoreError("", f).transient]


@pytest.mark.parametrize("failure", PASSING)
def test_a_batch_that_cannot_be_stored_is_kept_until_it_can(failure: Failure) -> None:
    """It is not reported before, it is stored once, and what comes after it comes after it."""
    store = Ailing(failure)
    with writing_to(store) as (writer, woken):
        writer.submit(batch("a"))
        writer.submit(batch("b"))
        until(woken, lambda: writer.trouble is not None and store.attempts > 5)
        trouble = writer.trouble
        assert trouble is not None
        assert (trouble.severity, trouble.failure) == (Severity.FAILING, failure)
        assert trouble.message == f"it is {failure}"
        assert writer.finished() is None
        store.failure = None
        positions: list[int] = []
        until(woken, lambda: finished(writer, positions) == 2)
        assert positions == [1, 2]
        assert writer.trouble is None
    assert store.names == ["a", "b"]


@pytest.mark.parametrize("failure", [f for f in Failure if f not in PASSING])
def test_what_does_not_pass_is_raised_at_once(failure: Failure) -> None:
    """The hub must stop: it can't promise anything any more."""
    store = Ailing(failure)
    with writing_to(store) as (writer, woken):
        writer.submit(batch("a"))
        assert woken.wait(60)
        with pytest.raises(StoreError, match=failure):
            writer.finished()
    assert store.attempts == 1


def test_a_hub_can_be_stopped_while_nothing_can_be_stored() -> None:
    """One more attempt, then the batch is given up: nobody was told of it."""
    store = Ailing(Failure.DISK_FULL)
    with writing_to(store) as (writer, woken):
        writer.submit(batch("a"))
        until(woken, lambda: writer.trouble is not None)
        writer.submit(batch("b"))
    assert not writer._thread.is_alive()
    assert store.names == []
    with capture_logs() as logs, pytest.raises(StoreError, match=Failure.DISK_FULL):
        writer.see_all_written()
    assert [(line["log_level"], line["failure"]) for line in logs] == [("error", Failure.DISK_FULL)]
    writer.see_all_written()


def test_nothing_is_written_behind_what_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next batch rests on it, also where the disk takes it again."""
    store = Ailing(Failure.DISK_FULL)
    commit = Ailing.commit

    def recovers(self: Ailing, batch: Batch) -> int:
        try:
            return commit(self, batch)
        finally:
            if writer._closing.is_set():
                self.failure = None

    monkeypatch.setattr(Ailing, "commit", recovers)
    with writing_to(store) as (writer, woken):
        monkeypatch.setattr(writing, "MOST_DELAY_S", 20)
        monkeypatch.setattr(writing, "FIRST_DELAY_S", 20)
        for name in "ab":
            writer.submit(batch(name))
        until(woken, lambda: writer.trouble is not None)
    assert store.names == []


def test_a_commit_that_hangs_at_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether it lands."""
    monkeypatch.setattr(writing, "CLOSE_S", 0.05)
    let_go = threading.Event()
    monkeypatch.setattr(Ailing, "commit", lambda _store, _batch: 1 if let_go.wait(20) else 0)
    with writing_to(Ailing()) as (writer, _):
        writer.submit(batch("a"))
    with pytest.raises(StoreError, match="has not ended within"):
        writer.finished()
    let_go.set()
    writer._thread.join(20)


def test_what_was_submitted_is_written_before_the_end() -> None:
    """Closing is not losing."""
    store = Ailing()
    with writing_to(store) as (writer, _):
        for name in "abc":
            writer.submit(batch(name))
    assert store.names == ["a", "b", "c"]


class Full(Ailing):
    """A disk that has room only where the reserve was."""

    def __init__(self, reserve: Reserve) -> None:
        super().__init__()
        self.reserve = reserve

    def commit(self, batch: Batch) -> int:
        self.failure = Failure.DISK_FULL if self.reserve.held else None
        return super().commit(batch)


def test_the_reserve_is_given_up_for_what_is_in_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is stored at once, the trouble stays until there is room for a reserve again."""
    reserve = Reserve(tmp_path / "hub.reserve", 2**16)
    store = Full(reserve)
    room = [2**30]
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": room[0]}))
    with writing_to(store, reserve) as (writer, woken):
        until(woken, lambda: reserve.held)
        room[0] = 0
        writer.submit(batch("a"))
        until(woken, lambda: writer.trouble is not None)
        trouble = writer.trouble
        assert trouble is not None
        assert trouble.severity is Severity.FULL_ON_RESERVE
        assert str(tmp_path) in trouble.message
        until(woken, lambda: writer.finished() == 1)
        assert not reserve.held
        room[0] = 2**30
        until(woken, lambda: writer.trouble is None)
        assert reserve.held


def test_a_reserve_is_space_in_fact(tmp_path: Path) -> None:
    """A file with holes is none; giving up what is not there says so."""
    reserve = Reserve(tmp_path / "hub.reserve", 2**20)
    assert not reserve.give_up()
    with reserve.path.open("wb") as file:
        file.truncate(2**20)
    assert not reserve.held
    assert reserve.hold()
    assert reserve.path.stat().st_blocks * 512 >= 2**20
    assert reserve.give_up()
    assert not reserve.path.exists()


def _allocates_nothing(handle: int, _offset: int, length: int) -> None:
    os.ftruncate(handle, length)


def _refuses(_handle: int, _offset: int, _length: int) -> None:
    raise OSError(errno.EOPNOTSUPP, "operation not supported")


@pytest.mark.parametrize("fallocate", [_allocates_nothing, _refuses])
def test_a_disk_that_allocates_nothing_ahead_is_not_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fallocate: Callable[[int, int, int], None]
) -> None:
    """ZFS does so: the hub has no reserve there, and takes orders all the same."""
    monkeypatch.setattr(os, "posix_fallocate", fallocate)
    with writing_to(Ailing(), Reserve(tmp_path / "hub.reserve", 1 << 16)) as (writer, woken):
        writer.submit(batch("a"))
        until(woken, lambda: writer.finished() == 1)
        assert writer.trouble is None


def test_a_disk_that_fails_is_not_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is told to make room looks for the wrong thing: a folder that is gone, a reserve that can't be written."""

    def broken(_handle: int, _offset: int, _length: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    assert Reserve(tmp_path / "gone" / "hub.reserve", 1 << 16).hold()
    monkeypatch.setattr(os, "posix_fallocate", broken)
    reserve = Reserve(tmp_path / "hub.reserve", 1 << 16)
    assert reserve.hold()
    assert not reserve.path.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_quota_that_is_used_up_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_handle: int, _offset: int, _length: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert not Reserve(tmp_path / "hub.reserve", 1 << 16).hold()


@pytest.mark.parametrize("error", [RuntimeError("unforeseen"), StoreError("it is gone", Failure.CORRUPT)])
def test_what_goes_wrong_at_rest_reaches_the_loop(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Not only what a batch meets: a writer that ended in silence would leave a hub that takes and never answers."""

    def keep(_store: Ailing) -> None:
        raise error

    monkeypatch.setattr(Ailing, "keep", keep)
    with writing_to(Ailing()) as (writer, woken):
        assert woken.wait(60)
        with pytest.raises(type(error), match=str(error)):
            writer.finished()


def test_what_goes_wrong_with_the_reserve_reaches_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold(_reserve: Reserve) -> bool:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(Reserve, "hold", hold)
    with writing_to(Ailing(), Reserve(tmp_path / "hub.reserve")) as (writer, woken):
        assert woken.wait(60)
        with pytest.raises(RuntimeError, match="unforeseen"):
            writer.finished()
