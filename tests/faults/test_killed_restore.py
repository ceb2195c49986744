"""A backup and a restore that are killed at each step that the disk knows of: nothing is lost or half there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.app import Setup, read_setup, run_hub
from fleet.backup import back_up, check, restore
from fleet.domain.events import TimerSet
from fleet.hub import folders
from fleet.hub.rundir import RunDir
from fleet.hub.security.keyring import Keyring
from fleet.store import Batch, SqlStore
from fleet.store.reader import Reader
from fleet.store.verify import verify
from tests.support.bench import write_inputs

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 24, 8, tzinfo=UTC)

KILLED = """
import json, os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from fleet import backup
from fleet.hub import folders
from fleet.hub.rundir import RunDir

work, what = Path(sys.argv[1]), sys.argv[2]
at = datetime(2026, 11, 24, 9, tzinfo=UTC)

def counted(call, left):
    def step(*words):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*words)
    return step

def done(where, steps):
    left = [steps]
    os.fsync = counted(os.fsync, left)
    folders._renameat2 = counted(folders._renameat2, left)
    run = RunDir.named("day", where / "runs")
    if what == "backup":
        backup.back_up(run, where / "out" / "kept", now=at)
    else:
        backup.restore(where / "kept", run, now=at, replace=True)

steps, code = 0, -9
while code == -9:
    shutil.copytree(work / "first", work / str(steps))
    if (child := os.fork()) == 0:
        try:
            done(work / str(steps), steps)
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    steps += 1
print(json.dumps({"code": code, "steps": steps}))
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Below ``first``: a run, a backup of it, and what it has stored since."""
    first = tmp_path / "first"
    (first / "input").mkdir(parents=True)
    run = RunDir.named("day", first / "runs")
    setup = Setup(name="day", files=write_inputs(first / "input"), at=AT, until=AT + timedelta(hours=4))
    run_hub(run, lambda: True, new=setup)
    back_up(run, first / "kept", now=AT)
    with closing(SqlStore.open(run.store)) as store:
        store.commit(Batch(events=(TimerSet(at=AT, timer_id="since", due=AT),)))
    return tmp_path


def tries(work: Path, what: str) -> list[Path]:
    """What each try left behind, each killed a step later; the last one was not killed."""
    words = [sys.executable, "-c", KILLED, str(work), what]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout)
    assert found["code"] == 0, ended.stderr
    assert found["steps"] > 5
    return [work / str(number) for number in range(found["steps"])]


def holds(run: RunDir) -> list[str]:
    """What a run's log holds, if it is whole, can be taken up and lets in who was let in before."""
    assert verify(run.store).whole
    assert read_setup(run).name == "day"
    assert Keyring(run.keys).table().keys
    return [stored.event.type for stored in Reader(run.store).events()]  # type: ignore[attr-defined]


OLD, NEW = ["day_opened", "timer_set"], ["day_opened", "store_put_back"]


def test_a_restore_that_is_killed_leaves_the_old_run_or_the_new_one(work: Path) -> None:
    """Under the run's name, whole, with the keys; the old one is nowhere lost; a second try works."""
    seen = []
    for where in tries(work, "restore"):
        run = RunDir.named("day", where / "runs")
        seen.append(holds(run))
        logs = [
            [stored.event.type for stored in Reader(folder / "hub.db").events()]  # type: ignore[attr-defined]
            for folder in run.path.parent.glob("day*")
        ]
        assert OLD in logs
        assert restore(where / "kept", run, now=AT, replace=True).aside is not None
        assert holds(run) == NEW
    assert seen == sorted(seen, key=(OLD, NEW).index)
    assert {*map(tuple, seen)} == {tuple(OLD), tuple(NEW)}


def test_a_backup_that_is_killed_is_there_whole_or_not_at_all(work: Path) -> None:
    """And the next one does not stumble over it."""
    there = []
    for where in tries(work, "backup"):
        out = where / "out" / "kept"
        there.append(out.exists())
        if not out.exists():
            back_up(RunDir.named("day", where / "runs"), out, now=AT)
        assert check(out)[1].whole
    assert there == sorted(there)
    assert not there[0]


def test_a_folder_is_on_the_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, folders, and then the name; else a loss of power leaves a name with nothing in it."""
    done: list[str] = []
    fsync, rename = os.fsync, folders._renameat2

    def noted(handle: int) -> None:
        fsync(handle)
        done.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    def renamed(source: Path, target: Path, flags: int) -> None:
        rename(source, target, flags)
        done.append("renamed")

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(folders, "_renameat2", renamed)
    with folders.unfinished(tmp_path / "a" / "place") as folder:
        (folder / "in").mkdir()
        (folder / "in" / "file").touch()
        folders.put(folder, tmp_path / "a" / "place")
    inside = [str(folder / "in" / "file"), str(folder / "in"), str(folder)]
    assert done == [str(tmp_path), *inside, "renamed", str(tmp_path / "a")]
