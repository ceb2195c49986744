"""Ctrl-C, as a newcomer uses it: in the middle of a demo, and at its end."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleet.hub.rundir import RunDir
from fleet.store.base import StoreError
from fleet.store.reader import Reader
from tests.support.soak import chosen

SMALL = ("--parcels", chosen("5", long="10"), "--iterations", "1")


def start(folder: Path, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """A demo in a folder; what it prints goes into two files there."""
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "fleet", "demo", *words],
            cwd=folder,
            stdin=stdin,
            stdout=out,
            stderr=err,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )


def said(folder: Path, name: str = "err") -> str:
    """What it has printed so far."""
    return (folder / name).read_text(encoding="utf-8")


def events(run: RunDir) -> int:
    """How many events are committed."""
    try:
        return Reader(run.store).last_position()
    except StoreError:
        return 0


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_an_interrupted_demo_is_not_lost(tmp_path: Path) -> None:
    """The next `fleet demo` runs, and says where the interrupted one is kept; that one can be gone on with."""
    run = RunDir(tmp_path / ".fleet" / "demo")
    with start(tmp_path, "--headless", *SMALL) as first:
        deadline = time.monotonic() + 60
        while events(run) < 100:
            assert first.poll() is None, said(tmp_path)
            assert time.monotonic() < deadline
            time.sleep(0.02)
        first.send_signal(signal.SIGINT)
        assert first.wait(30) == 130
    assert said(tmp_path).endswith("interrupted; go on with: fleet demo --resume\n")
    before = events(run)
    with start(tmp_path, "--headless", *SMALL) as second:
        assert second.wait(100) == 0, said(tmp_path)
    assert (
        "the demo in .fleet/demo had not ended; it is kept as .fleet/demo-1. "
        "Go on with it: fleet demo --resume --name demo-1\n"
    ) in said(tmp_path)
    with start(tmp_path, "--headless", "--resume", "--name", "demo-1", "--report", "report.json") as third:
        assert third.wait(100) == 0, said(tmp_path)
    assert events(RunDir(tmp_path / ".fleet" / "demo-1")) > before
    assert json.loads(said(tmp_path, "report.json"))["ended"]["unresolved"] == 0


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_person_has_the_report_before_the_console_goes(tmp_path: Path) -> None:
    """At a terminal the console stays up; Ctrl-C then ends it as any demo ends."""
    master, terminal = pty.openpty()
    try:
        with start(tmp_path, *SMALL, stdin=terminal) as demo:
            deadline = time.monotonic() + 90
            while "the console stays up until Ctrl-C" not in said(tmp_path):
                assert demo.poll() is None, said(tmp_path)
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert "custody unbroken" in said(tmp_path, "out")
            demo.send_signal(signal.SIGINT)
            assert demo.wait(30) == 0, said(tmp_path)
    finally:
        os.close(master)
        os.close(terminal)
    assert said(tmp_path, "out").count("custody unbroken") == 1
