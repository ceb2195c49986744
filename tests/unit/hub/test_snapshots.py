"""When snapshots are made, by whom, and that a hub starts from them."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from fleet.app import open_core
from fleet.demo import DemoOptions, build_day
from fleet.domain.apply import apply_all
from fleet.domain.state import State
from fleet.hub.snapshots import AGAIN_S, SHARE, Snapshots, snapshotter
from fleet.store import Batch, MemoryStore, SqlStore
from fleet.store.snapshots import Shelf, mark_at
from tests.support.smallday import the_log


class Child:
    """A process that is as far as the test says."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.killed = False

    def poll(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.killed = True

    def wait(self) -> int:
        assert self.killed
        return -9


class Maker:
    """Starts such children, by a clock that the test moves."""

    def __init__(self, *, made: int = 0) -> None:
        self.children: list[Child] = []
        self.now_s = 0.0
        self.broken = False
        self.snapshots = Snapshots(self._start, made=made, every=100, monotonic=lambda: self.now_s)

    def _start(self) -> subprocess.Popen[bytes]:
        if self.broken:
            raise OSError("no more processes")
        self.children.append(Child())
        return cast("subprocess.Popen[bytes]", self.children[-1])


def test_one_is_made_each_time_the_log_has_grown() -> None:
    """Not before, and one at a time."""
    maker = Maker(made=50)
    maker.snapshots.committed(149)
    assert maker.children == []
    maker.snapshots.committed(150)
    maker.snapshots.committed(300)
    assert len(maker.children) == 1
    maker.children[0].code = 0
    maker.snapshots.committed(301)
    assert len(maker.children) == 2, "the one that has ended was begun at 150"


def test_a_large_state_is_not_written_all_the_time() -> None:
    """Making them takes a small part of the time, however fast the log grows."""
    maker = Maker()
    maker.snapshots.committed(100)
    maker.now_s = 3.0
    maker.children[0].code = 0
    maker.snapshots.committed(5000)
    maker.now_s = 3.0 / SHARE - 0.1
    maker.snapshots.committed(9000)
    assert len(maker.children) == 1
    maker.now_s = 3.0 / SHARE + 0.1
    maker.snapshots.committed(9001)
    assert len(maker.children) == 2


@pytest.mark.parametrize("broken", [False, True])
def test_one_that_fails_is_tried_again_later(broken: bool) -> None:
    """A process that ends badly, or can't be started at all, stops nobody."""
    maker = Maker()
    maker.broken = broken
    maker.snapshots.committed(100)
    if not broken:
        maker.children[0].code = 1
    maker.snapshots.committed(200)
    maker.broken = False
    maker.now_s = AGAIN_S - 1
    maker.snapshots.committed(300)
    assert len(maker.children) == 1 - broken
    maker.now_s = AGAIN_S + 1
    maker.snapshots.committed(301)
    assert len(maker.children) == 2 - broken


def test_closing_ends_the_one_in_the_making() -> None:
    """And there need not be one."""
    maker = Maker()
    maker.snapshots.close()
    maker.snapshots.committed(100)
    maker.snapshots.close()
    assert maker.children[0].killed


PATIENCE_S = 110.0
"""It makes way for all else: on a busy machine it gets little."""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A store that holds a small day."""
    sqlite = request.param == "sqlite"
    place: Path | str = tmp_path / "hub.db" if sqlite else request.getfixturevalue("postgres").new()
    made = SqlStore.open(place)
    made.commit(Batch(events=tuple(the_log())))
    made.close()
    return place


@pytest.mark.alone
def test_the_child_makes_one_beside_the_hub(store: Path | str, tmp_path: Path) -> None:
    """The hub has its store open meanwhile, and takes the snapshot up later. The child lets all others go first: beside
    other tests it may have to wait for minutes."""
    with_hub = SqlStore.open(store)
    start = snapshotter(store, tmp_path / "snapshots", tmp_path / "log")
    for _ in range(2):
        with start() as child:
            assert child.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()
    found = Shelf(tmp_path / "snapshots").restored(with_hub)
    assert found.snapshot == len(the_log())
    assert found.state == apply_all(State(), the_log())
    assert len(list((tmp_path / "snapshots").iterdir())) == 1
    with_hub.close()


def test_the_child_says_what_is_wrong(tmp_path: Path) -> None:
    """A store that can't be read is a line in its log, and an exit code."""
    (tmp_path / "hub.db").write_text("no database" * 100)
    with snapshotter(tmp_path / "hub.db", tmp_path / "snapshots", tmp_path / "log")() as child:
        assert child.wait(PATIENCE_S) == 1
    assert "hub.db" in (tmp_path / "log").read_text()


def test_a_child_whose_hub_is_gone_makes_none(store: Path | str, tmp_path: Path) -> None:
    """It may have been started a moment before the hub was killed."""
    words = [sys.executable, "-m", "fleet.hub.snapshotter", str(tmp_path / "snapshots"), "1"]
    assert os.getpid() != 1
    done = subprocess.run(words, input=f"{store}\n".encode(), check=False, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert not (tmp_path / "snapshots").exists()


def test_a_hub_starts_from_a_snapshot(tmp_path: Path) -> None:
    """Its state is the one that a replay gives; a day that is opened needs none."""
    setup, _ = build_day(tmp_path / "day", DemoOptions(parcels=3, hours=3))
    inputs, store, shelf = setup.files.read(), MemoryStore(), Shelf(tmp_path / "snapshots")
    new = open_core(setup, inputs, store, shelf=shelf)
    assert (new.resumed, new.snapshot, store.last_position()) == (False, 0, 1)
    shelf.put(new.core.state, mark_at(store, 1))
    again = open_core(setup, inputs, store, shelf=shelf)
    assert (again.resumed, again.snapshot) == (True, 1)
    plain = open_core(setup, inputs, store)
    assert (plain.resumed, plain.snapshot) == (True, 0)
    assert plain.core.state == again.core.state
    assert gc.isenabled()
