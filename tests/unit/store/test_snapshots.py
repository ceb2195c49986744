"""Snapshots: with one, a start gives the state that a replay gives; one that can't be used costs nothing but time."""

from __future__ import annotations

import dataclasses
import errno
import inspect
import json
import os
import shutil
import sys
import typing
from pathlib import Path
from types import NoneType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from fleet.domain import events as ev
from fleet.domain.apply import apply, apply_all
from fleet.domain.state import State
from fleet.store import Batch, MemoryStore, SqlStore
from fleet.store import snapshots as shelves
from fleet.store.reader import Reader
from fleet.store.rows import event_from, event_text
from fleet.store.snapshots import KEPT, MARK, Shelf, mark_at
from fleet.store.statecodec import GROWING, decode, encode, sources
from tests.support.smallday import at, order, placed, the_log

LOG = [event_from(event_text(event), 1, number) for number, event in enumerate(the_log(), 1)]
"""A small day, as a store gives it back."""


def later(number: int) -> ev.Event:
    """An event that is like no other."""
    return ev.TimerSet(at=at(300 + number), timer_id=f"later-{number}", due=at(400))


def filled(events: list[ev.Event]) -> MemoryStore:
    """A store that holds these."""
    store = MemoryStore()
    store.commit(Batch(events=tuple(events)))
    return store


def put(shelf: Shelf, events: list[ev.Event]) -> Path:
    """A snapshot of the state after these events."""
    return shelf.put(apply_all(State(), events), mark_at(filled(events), len(events)))


@pytest.fixture
def told() -> list[str]:
    """What a shelf had to say."""
    return []


@pytest.fixture
def shelf(tmp_path: Path, told: list[str]) -> Shelf:
    return Shelf(tmp_path / "snapshots", tell=told.append)


def test_every_state_of_a_day_comes_back() -> None:
    """Encoded and decoded it is equal, and the next event does the same to both."""
    state = State()
    for event in LOG:
        again = decode(encode(state))
        assert again == state
        assert state == again
        state = apply(state, event)
        assert apply(again, event) == state
    assert all(len(getattr(state, name)) for name in ("parcels", "choices", "missions", "exceptions"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(cuts=st.lists(st.integers(0, len(LOG)), max_size=4), ends=st.integers(1, len(LOG)))
def test_snapshots_and_the_rest_give_what_a_replay_gives(cuts: list[int], ends: int) -> None:
    """Also where one snapshot was made from another, with rows that nobody has looked at."""
    state = State()
    for cut in sorted(cut for cut in cuts if cut < ends):
        state = decode(encode(apply_all(state, LOG[state.position : cut])))
    assert apply_all(state, LOG[state.position : ends]) == apply_all(State(), LOG[:ends])


def test_what_nobody_looked_at_is_taken_over_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot from a snapshot encodes what is new, and decodes nothing."""
    state = decode(encode(apply_all(State(), LOG)))
    monkeypatch.setattr("fleet.store.statecodec.zlib.decompress", None)
    compressed: list[bytes] = []

    def compress(row: bytes, _level: int) -> bytes:
        compressed.append(row)
        return b"new"

    monkeypatch.setattr("fleet.store.statecodec.zlib.compress", compress)
    encode(state)
    assert compressed == []
    encode(apply_all(state, placed(order("Z"))))
    assert [json.loads(row)["order"]["order_id"] for row in compressed] == ["Z"]


def test_a_start_takes_the_newest_and_the_events_behind_it(shelf: Shelf, told: list[str]) -> None:
    """Nothing is read but the mark and what came after."""
    put(shelf, LOG[:20])
    put(shelf, LOG[:-5])
    store = filled(LOG)
    found = shelf.restored(store)
    assert (found.snapshot, told) == (len(LOG) - 5, [])
    assert found.state == apply_all(State(), LOG)


def test_without_a_snapshot_the_log_is_replayed(shelf: Shelf) -> None:
    """Also where the folder is not there, and where the log is empty."""
    assert shelf.restored(filled(LOG)) == shelves.Restored(apply_all(State(), LOG), 0)
    assert shelf.restored(MemoryStore()) == shelves.Restored(State(), 0)


def test_the_newest_are_kept(shelf: Shelf, tmp_path: Path) -> None:
    """And what a process that was killed has left half written is swept away."""
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "000000000007.new").write_bytes(b"half")
    (tmp_path / "snapshots" / "notes.txt").write_text("not ours")
    for end in (10, 20, 30, 40):
        put(shelf, LOG[:end])
    kept = sorted(each.name for each in (tmp_path / "snapshots").iterdir())
    assert kept == ["000000000030.state", "000000000040.state", "notes.txt"]
    assert KEPT == 2


def damaged(path: Path, place: int, *, cut: bool = False) -> None:
    """One bit is wrong, or the end is missing."""
    content = bytearray(path.read_bytes())
    if cut:
        del content[place:]
    else:
        content[place] ^= 1
    path.write_bytes(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(share=st.floats(0, 0.9999), cut=st.booleans())
def test_a_damaged_one_is_passed_over(tmp_path: Path, share: float, cut: bool) -> None:
    """Wherever the damage is: the one before is taken, with a word."""
    told: list[str] = []
    shelf = Shelf(tmp_path / "snapshots", tell=told.append)
    put(shelf, LOG[:20])
    path = put(shelf, LOG[:30])
    damaged(path, int(share * path.stat().st_size), cut=cut)
    found = shelf.restored(filled(LOG))
    assert (found.snapshot, len(told)) == (20, 1)
    assert path.name in told[0]
    assert found.state == apply_all(State(), LOG)


def test_with_all_damaged_the_log_is_replayed(shelf: Shelf, told: list[str]) -> None:
    """Each says so."""
    for end in (20, 30):
        damaged(put(shelf, LOG[:end]), 400)
    found = shelf.restored(filled(LOG))
    assert (found.snapshot, len(told)) == (0, 2)
    assert found.state == apply_all(State(), LOG)


def test_one_that_other_code_made_is_passed_over(
    shelf: Shelf, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold what this code would not have made of the same events."""
    with monkeypatch.context() as patch:
        patch.setattr(shelves, "code_fingerprint", lambda: "of another release")
        put(shelf, LOG[:20])
    assert shelf.restored(filled(LOG)).snapshot == 0
    assert "another release made it" in told[0]


def test_one_under_another_name_is_passed_over(shelf: Shelf, told: list[str]) -> None:
    """A copy does not become a later one."""
    path = put(shelf, LOG[:20])
    path.rename(path.with_name("000000000021.state"))
    assert shelf.restored(filled(LOG)).snapshot == 0
    assert "it is one of position 20, renamed" in told[0]


def test_one_that_is_newer_than_the_log_is_passed_over_and_goes(
    shelf: Shelf, told: list[str], tmp_path: Path
) -> None:
    """The store was put back from a backup: the log ends before. It must not crowd out those that are made from now."""
    put(shelf, LOG[:30])
    put(shelf, LOG[:40])
    store = filled(LOG[:20])
    found = shelf.restored(store)
    assert (found.snapshot, found.state) == (0, apply_all(State(), LOG[:20]))
    assert all("put back from an older backup" in each for each in told)
    put(shelf, LOG[:20])
    assert [each.name for each in (tmp_path / "snapshots").iterdir()] == ["000000000020.state"]


@pytest.mark.parametrize("back", [0, 1, MARK - 1])
def test_one_of_another_log_is_passed_over(shelf: Shelf, told: list[str], back: int) -> None:
    """The store was put back, and other things have happened since, at the same positions."""
    ours = [*LOG[:10], *(later(number) for number in range(100))]
    theirs = list(ours)
    theirs[-1 - back] = later(1000)
    put(shelf, ours)
    assert shelf.restored(filled(ours)).snapshot == len(ours)
    assert shelf.restored(filled(theirs)) == shelves.Restored(apply_all(State(), theirs), 0)
    assert "belongs to another log" in told[0]


def test_a_reader_s_pages_are_read_to_the_end(tmp_path: Path) -> None:
    """A reader gives some events at a time, and the store takes none away."""

    class Pages(Reader):
        def events(self, after: int = 0, limit: int = 7) -> typing.Iterator[typing.Any]:
            return super().events(after, limit)

    store = SqlStore.open(tmp_path / "hub.db")
    store.commit(Batch(events=tuple(LOG)))
    shelf = Shelf(tmp_path / "snapshots")
    reader = Pages(tmp_path / "hub.db")
    assert shelf.restored(reader).state == apply_all(State(), LOG)
    shelf.put(apply_all(State(), LOG[:3]), mark_at(store, 3))
    assert shelf.restored(reader) == shelves.Restored(apply_all(State(), LOG), 3)
    assert shelf.restored(store).snapshot == 3
    store.close()


def test_a_disk_that_is_nearly_full_is_left_to_the_store(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot is not begun where it would leave too little room."""
    free = shutil.disk_usage(tmp_path)._replace(free=shelves.SPARE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(OSError, match="64 MiB"):
        put(shelf, LOG)
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_one_that_cannot_be_written_leaves_nothing(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there was of it would take room from the store."""

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        put(shelf, LOG)
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_the_fingerprint_covers_every_type_of_the_state() -> None:
    """A field that is added anywhere makes another code of it."""
    covered = {str(path) for path in sources()}
    found = _modules(State, set())
    assert {"fleet.domain.state", "fleet.domain.plan", "fleet.protocol.mission"} <= found
    assert {name for name in found if str(sys.modules[name].__file__) not in covered} == set()


def test_growing_tables_are_tables_by_text() -> None:
    """Rows are found by a key that is text in the file."""
    hints = typing.get_type_hints(State)
    assert {name for name in GROWING if typing.get_args(hints[name])[0] is not str} == set()


def _modules(of: object, seen: set[object]) -> set[str]:
    """Where the classes are defined that a type is made of."""
    if of in seen or of is NoneType:
        return set()
    seen.add(of)
    found: set[str] = set()
    for inner in typing.get_args(of):
        found |= _modules(inner, seen)
    if inspect.isclass(of) and of.__module__.startswith("fleet"):
        found.add(of.__module__)
        if dataclasses.is_dataclass(of) or issubclass(of, BaseModel):
            for inner in typing.get_type_hints(of, include_extras=True).values():
                found |= _modules(inner, seen)
    return found
