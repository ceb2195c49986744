"""Ctrl-C, as a newcomer uses it: in the middle of a demo, and at its end; and a demo's rate, which a demo that is taken
up may change.

One folder for all tests: a demo at a rate that is interrupted, another one at a terminal, and the first gone on with.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from fleet.app import read_setup
from fleet.hub.clock import SLACK_S
from fleet.hub.rundir import RunDir
from fleet.store.base import StoreError
from fleet.store.reader import Reader
from tests.support.soak import chosen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SMALL = ("--parcels", chosen("5", long="10"), "--iterations", "1")
RATE = 60.0


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


@dataclass(frozen=True)
class Ended:
    """What a demo has left: its run, its exit code, and what it has printed."""

    run: RunDir
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Interrupted(Ended):
    """The times of its events, in business time, and how long it was there, in seconds of the wall clock."""

    times: list[datetime]
    took_s: float


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all demos run."""
    return tmp_path_factory.mktemp("demos")


@pytest.fixture(scope="module")
def interrupted(folder: Path) -> Interrupted:
    """A demo at a rate, ended by Ctrl-C once it is under way."""
    run, begun = RunDir(folder / ".fleet" / "demo"), time.monotonic()
    with start(folder, "--headless", *SMALL, "--rate", f"{RATE:g}") as demo:
        while events(run) < 130:
            assert demo.poll() is None, said(folder)
            assert time.monotonic() - begun < 90
            time.sleep(0.02)
        demo.send_signal(signal.SIGINT)
        code = demo.wait(30)
    times = [stored.event.at for stored in Reader(run.store).events()]
    took_s = time.monotonic() - begun
    assert read_setup(run).pace == RATE
    return Interrupted(run, code, said(folder, "out"), said(folder), times, took_s)


@pytest.fixture(scope="module")
def beside(folder: Path, interrupted: Interrupted) -> Ended:
    """The next demo, at a terminal: its console stays up until Ctrl-C."""
    master, terminal = pty.openpty()
    try:
        with start(folder, *SMALL, stdin=terminal) as demo:
            deadline = time.monotonic() + 90
            while "the console stays up until Ctrl-C" not in said(folder):
                assert demo.poll() is None, said(folder)
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert "custody unbroken" in said(folder, "out")
            demo.send_signal(signal.SIGINT)
            code = demo.wait(30)
    finally:
        os.close(master)
        os.close(terminal)
    return Ended(interrupted.run, code, said(folder, "out"), said(folder))


def test_an_interrupted_demo_says_how_to_go_on(interrupted: Interrupted) -> None:
    """And ends as a program does that Ctrl-C has ended."""
    assert interrupted.code == 130
    assert interrupted.err.endswith("interrupted; go on with: fleet demo --resume\n")


def test_a_demo_keeps_its_rate(interrupted: Interrupted) -> None:
    """However loaded the machine is, no more simulated time goes by than the wall clock allows."""
    assert "at most 60 simulated seconds a second: 4 hours take 4 minutes or more\n" in interrupted.err
    simulated_s = (interrupted.times[-1] - interrupted.times[0]).total_seconds()
    assert 0 < simulated_s <= RATE * (interrupted.took_s + SLACK_S)


def test_a_person_has_the_report_before_the_console_goes(beside: Ended) -> None:
    """At a terminal the console stays up; Ctrl-C then ends it as any demo ends."""
    assert beside.code == 0, beside.err
    assert beside.out.count("custody unbroken") == 1


def test_an_interrupted_demo_is_not_lost(folder: Path, interrupted: Interrupted, beside: Ended) -> None:
    """The next `fleet demo` runs, and says where the interrupted one is kept; that one can be gone on with, at another
    rate, to its end.
    """
    assert (
        "the demo in .fleet/demo had not ended; it is kept as .fleet/demo-1. "
        "Go on with it: fleet demo --resume --name demo-1\n"
    ) in beside.err
    kept = RunDir(folder / ".fleet" / "demo-1")
    words = ("--headless", "--resume", "--name", "demo-1", "--rate", "10000", "--report", "report.json")
    with start(folder, *words) as third:
        assert third.wait(100) == 0, said(folder)
    assert events(kept) > len(interrupted.times)
    assert read_setup(kept).pace == 10_000
    assert "0 unresolved" in said(folder, "out")
    assert json.loads(said(folder, "report.json"))["ended"]["unresolved"] == 0
