"""The run directory's locks: one holder at a time, and none that outlives its process."""

from __future__ import annotations

import errno
import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fleet.app import holder_of
from fleet.hub import rundir
from fleet.hub.rundir import RunDir, RunDirError, RunInUse, Running

HOLDER = """\
import sys, time
from pathlib import Path
from fleet.hub.rundir import RunDir
with RunDir(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_names_no_run_is_told_which_there_are(tmp_path: Path) -> None:
    assert "--name" not in RunDir(tmp_path / "nowhere" / "day").missing
    (tmp_path / "demo").mkdir()
    assert "--name" not in RunDir(tmp_path / "day").missing  # a folder that is no run
    RunDir(tmp_path / "demo").setup.touch()
    assert RunDir(tmp_path / "day").missing.endswith("`fleet hub`, or say which with --name: demo")


def test_runs_that_are_called_alike_are_told_apart(tmp_path: Path) -> None:
    """Names of machines and paths are the same on many: a hub must not take another one's place for its own."""
    names = []
    for machine in ("a", "b"):
        run = RunDir(tmp_path / "day")
        run.create()
        assert holder_of(run) == ""  # a file is guarded by the lock
        run.setup.write_text('{"store": "postgresql+psycopg://h/d"}', encoding="utf-8")
        names += [holder_of(run), holder_of(RunDir(run.path))]
        run.path.rename(tmp_path / machine)
    assert names[0] == names[1] != names[2] == names[3]


@contextmanager
def holder(run: RunDir) -> Iterator[int]:
    """Another process that holds a run; its pid. It is killed at the end."""
    words = [sys.executable, "-c", HOLDER, str(run.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    made = RunDir(tmp_path / "day")
    made.create()
    return made


def test_nobody_but_its_owner_looks_into_it(run: RunDir) -> None:
    """Whatever the umask: the names and addresses of a day are in there."""
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700


def test_a_second_holder_is_refused_and_the_first_is_named(run: RunDir) -> None:
    """The message has the process and what to do."""
    with run.held():
        with pytest.raises(RunInUse, match=rf"a hub of that name is running \(process {os.getpid()}\)"):
            run.held(within_s=0).__enter__()
        assert run.is_live()
    assert not run.is_live()
    with run.held(within_s=0):
        pass


def test_a_killed_holder_lets_go(run: RunDir) -> None:
    """``kill -9`` leaves no lock behind that somebody would have to remove."""
    with holder(run) as pid:
        assert run.is_live()
        with pytest.raises(RunInUse, match=f"kill {pid}"):
            run.held(within_s=0).__enter__()
    assert not run.is_live()
    with run.held():
        pass


def test_who_is_just_ending_is_waited_for(run: RunDir) -> None:
    """A hub that was told to end needs a moment; ``--resume`` right after it is no mistake."""
    with holder(run) as pid:
        later = threading.Timer(0.2, os.kill, (pid, signal.SIGKILL))
        later.start()
        with run.held(within_s=60):
            later.join()


def test_a_run_that_was_put_aside_takes_its_lock_with_it(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waited for the lock meanwhile holds that of the run which is there now."""
    opened, held, done = threading.Event(), threading.Event(), threading.Event()
    wait_for_lock = rundir._wait_for_lock

    def noted(*said: Any) -> None:
        if threading.current_thread() is waiting:
            opened.set()
        wait_for_lock(*said)

    monkeypatch.setattr(rundir, "_wait_for_lock", noted)

    def wait() -> None:
        with run.held(within_s=60):
            held.set()
            done.wait(60)

    waiting = threading.Thread(target=wait)
    with run.held():
        waiting.start()
        assert opened.wait(60)
        run.path.rename(run.path.with_name("aside"))
        run.create()
    try:
        assert held.wait(60)
        assert run.is_live()
    finally:
        done.set()
        waiting.join(60)


def test_a_pid_that_was_used_again_is_no_hub(run: RunDir) -> None:
    """What run.json says counts for nothing: its process may be anybody's by now."""
    ends = "tcp://127.0.0.1:1"
    run.write_running(Running(name="day", control=ends, telemetry=ends, feed=ends, pids={"hub": os.getpid()}))
    assert not run.is_live()
    assert not run.lock().exists()


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EROFS, "make the disk writable"), (errno.EIO, "the disk fails"), (errno.ENOSPC, "make room")],
)
@pytest.mark.parametrize("call", ["open", "pwrite"])
def test_a_disk_that_takes_nothing_is_no_fault_of_the_run(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, number: int, advice: str, call: str
) -> None:
    """It may pass: who keeps a hub running is to try again, and is not told to choose another place."""

    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(RunDirError, match=advice) as refused:
        run.held().__enter__()
    assert refused.value.transient
    assert "choose another" not in str(refused.value)
    monkeypatch.undo()
    with run.held():
        assert run.is_live()


def test_whose_a_file_is_that_can_t_be_read_is_told(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day that root has set up does not run as a service's own user; nothing but that is wrong with it."""
    owner = pwd.getpwuid(os.geteuid()).pw_name
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(RunDirError) as refused:
        run.held().__enter__()
    assert f"belongs to {owner}, and this process runs as 54321: run it as {owner}" in str(refused.value)
    assert f"chown -R 54321: {run.path}" in str(refused.value)
    assert not refused.value.transient


def denied(*_: object) -> int:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_mode_that_keeps_oneself_out_is_told(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(RunDirError, match=r"own: see its mode \(chmod u\+rwX\)"):
        run.held().__enter__()


def test_roles_do_not_exclude_each_other(run: RunDir) -> None:
    """The demo holds its run while its hub, a child, holds the hub's lock."""
    with run.held("demo"), run.held():
        assert run.is_live("demo")


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunDirError, match="cannot be used: Not a directory"):
        RunDir(tmp_path / "file" / "day").create()
    with pytest.raises(RunDirError, match="cannot be used: No such file or directory"):
        RunDir(tmp_path / "none").held().__enter__()
