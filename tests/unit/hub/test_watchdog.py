"""The watchdog: it ends a hub whose loop hangs, and leaves alone one that was only stopped for a while."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fleet.hub.observability.systemd import READY, notify
from fleet.hub.observability.vitals import Phase, Pulse
from fleet.hub.observability.watchdog import STUCK, Stall, Watchdog

ROOT = Path(__file__).parents[3]

LOOP = """
import sys, time
from fleet.hub.observability import logs
from fleet.hub.observability.vitals import Phase, Pulse
from fleet.hub.observability.watchdog import Watchdog

logs.configure(as_json=True)
pulse = Pulse()
pulse.phase = Phase.RUNNING
Watchdog(pulse, end_s=1.0, warn_s=0.3, tick_s=0.1).start()

def a_handler_that_never_returns():
    while True:
        time.sleep(0.05)

for turn in range(int(sys.argv[1])):
    pulse.beat(time.monotonic())
    print(turn, flush=True)
    time.sleep(0.02)
a_handler_that_never_returns()
"""


def loop(turns: int) -> subprocess.Popen[str]:
    """A process whose loop turns so many times and then hangs."""
    return subprocess.Popen(
        [sys.executable, "-c", LOOP, str(turns)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.alone
def test_a_loop_that_hangs_ends_the_process_and_says_where() -> None:
    """One warning with the loop's stack, then all stacks, then the exit code that says: start me again."""
    with loop(3) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == STUCK
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "critical"]
    assert any("a_handler_that_never_returns" in call for call in lines[0]["stack"])
    assert any("a_handler_that_never_returns" in call for call in lines[1]["stacks"]["MainThread"])
    assert "watchdog" in lines[1]["stacks"]


HANGS_IN_ITS_LOG = """
import os, sys, time
import structlog
from fleet.hub.observability import logs
from fleet.hub.observability.vitals import Phase, Pulse
from fleet.hub.observability.watchdog import Watchdog

logs.configure(as_json=True)
pulse = Pulse()
pulse.phase = Phase.RUNNING
Watchdog(pulse, end_s=1.0, warn_s=0.3, tick_s=0.1).start()
while True:
    pulse.beat(time.monotonic())
    print("turns", flush=True)
    structlog.get_logger("hub").warning("refused", detail="x" * 4096)
"""


def test_a_loop_that_hangs_in_its_own_log_is_ended_too() -> None:
    """Nobody reads the pipe: the loop's line does not come to an end, and no line of the watchdog's would."""
    with subprocess.Popen(
        [sys.executable, "-c", HANGS_IN_ITS_LOG], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        turns = len(process.stdout.read().splitlines())  # until it has ended
        assert process.wait(60) == STUCK
        assert turns > 1


@pytest.mark.alone
def test_a_process_that_was_stopped_goes_on() -> None:
    """SIGSTOP for much longer than the limit, then SIGCONT: the loop was not at fault."""
    with loop(1_000_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        time.sleep(2.0)
        process.send_signal(signal.SIGCONT)
        seen = [process.stdout.readline() for _ in range(50)]  # a second more of turns
        assert all(seen)
        assert process.poll() is None
        process.kill()
        process.communicate(timeout=60)


def test_only_time_that_the_process_had_counts() -> None:
    """A gap between two looks counts as two ticks at most, however long it was."""
    stall = Stall(tick_s=0.5)
    assert stall.look(7, 0.0) == 0
    assert stall.look(7, 0.5) == 0.5
    assert stall.look(7, 3600.0) == 1.5
    assert stall.look(7, 3600.5) == 2.0
    assert stall.look(8, 3601.0) == 0


class Watched:
    """A watchdog that is turned by hand."""

    def __init__(self, end_s: float) -> None:
        self.pulse = Pulse()
        self.pulse.phase = Phase.RUNNING
        self.pulse.thread_id = threading.get_ident()
        self.now_s = 0.0
        self.ended: list[int] = []
        self.dog = Watchdog(self.pulse, end_s=end_s, end=self.ended.append, clock=lambda: self.now_s)

    def still(self, seconds: float) -> None:
        """The loop stands still for so long."""
        for _ in range(int(seconds / 0.5)):
            self.now_s += 0.5
            self.dog.tick()


def test_each_hang_is_told_once_and_its_end_too() -> None:
    """An operator reads two lines, not one for each look."""
    watched = Watched(end_s=0)
    with capture_logs() as said:
        watched.still(60)
        watched.pulse.beat(0.0)
        watched.still(10)
    assert [line["event"] for line in said] == [
        "the loop hangs",
        "the loop turns again",
        "the loop hangs",
    ]
    assert watched.ended == []  # 0 switches it off


def test_ended_after_the_limit() -> None:
    """Not before."""
    watched = Watched(end_s=30)
    with capture_logs():
        watched.still(30)
        assert watched.ended == []
        watched.still(1)
    assert watched.ended[0] == STUCK


def test_it_is_told_to_stop() -> None:
    """A hub that ends as it should is not ended once more."""
    ended: list[int] = []
    dog = Watchdog(Pulse(), end_s=0.05, tick_s=0.01, end=ended.append)
    dog.stop()  # before it has begun
    dog = Watchdog(Pulse(), end_s=1000, tick_s=0.01, end=ended.append)
    dog.start()
    dog.stop()
    assert ended == []


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path: Path, abstract: bool) -> None:
    """A datagram to the socket that the service manager names, with a file or without."""
    name = f"@fleet-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        manager.settimeout(10)
        assert notify(READY, {"NOTIFY_SOCKET": name})
        assert manager.recv(100) == b"READY=1"


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    """No socket, one that is gone, and a name that is none."""
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}, {"NOTIFY_SOCKET": "vsock:1:2"}):
        assert not notify(READY, environment)


def test_systemd_hears_nothing_from_a_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keep-alive is about the loop, not about the thread that watches it."""
    told: list[str] = []
    monkeypatch.setattr("fleet.hub.observability.watchdog.notify", told.append)
    watched = Watched(end_s=0)
    watched.pulse.beat(0.0)
    watched.still(0.5)
    assert told == ["WATCHDOG=1"]
    with capture_logs():
        watched.still(10)
    assert told == ["WATCHDOG=1"]
