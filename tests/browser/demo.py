"""The demo's console for tests and pictures: the real hub and world, stopped at a moment to be looked at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleet.hub.rundir import RunDir, RunDirError
from fleet.progress import Follower
from fleet.store.reader import Reader

ROOT = Path(__file__).parents[2]
UP_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is running in the background; ``run`` is its directory."""

    run: RunDir
    process: subprocess.Popen[bytes]

    @property
    def console(self) -> str:
        """The console's address."""
        return self.run.running().console or ""

    def stop_time(self) -> None:
        """Stop the world's process: granted time then stands still, while hub and console go on."""
        os.kill(self.run.running().pids["world"], signal.SIGSTOP)

    def let_time_go_on(self) -> None:
        """Let the world go on."""
        os.kill(self.run.running().pids["world"], signal.SIGCONT)

    def wait_for_parcels(self, ended: int) -> Follower:
        """Wait until so many parcels have ended; returns the day as it then stands."""
        follower = Follower(Reader(self.run.store))
        deadline = time.monotonic() + UP_WITHIN_S
        while sum(p.ended_at is not None for p in follower.state.parcels.values()) < ended:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the demo did not come so far: {follower.line()}")
            time.sleep(0.02)
            follower.step()
        return follower


@contextmanager
def running_demo(folder: Path, *words: str) -> Iterator[Demo]:
    """A demo with its console, run in ``folder``; killed at the end."""
    log = (folder / "demo.log").open("wb")
    with log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fleet", "demo", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    demo = Demo(RunDir(folder / ".fleet" / "demo"), process)
    try:
        _wait_until_up(demo)
        yield demo
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_up(demo: Demo) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline and demo.process.poll() is None:
        try:
            running = demo.run.running()
        except RunDirError:
            time.sleep(0.05)
            continue
        if running.console and "world" in running.pids:
            return
        time.sleep(0.05)
    raise AssertionError("the demo was not up in time")
