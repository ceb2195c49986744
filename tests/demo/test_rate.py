"""A demo with a rate, as real processes: slow enough to be asked things, and taken up at another rate."""

from __future__ import annotations

import signal
import time
from datetime import datetime
from pathlib import Path

import pytest

from fleet.app import read_setup
from fleet.hub.clock import SLACK_S
from fleet.hub.rundir import RunDir
from fleet.store.reader import Reader
from tests.demo.test_interrupted import SMALL, events, said, start

RATE = 60.0


def times(run: RunDir) -> list[datetime]:
    """When each event was, in business time."""
    return [stored.event.at for stored in Reader(run.store).events()]


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_demo_keeps_its_rate_and_can_be_taken_up_at_another(tmp_path: Path) -> None:
    """However loaded the machine is, no more simulated time goes by than the wall clock allows."""
    run = RunDir(tmp_path / ".fleet" / "demo")
    begun = time.monotonic()
    with start(tmp_path, "--headless", *SMALL, "--rate", f"{RATE:g}") as slow:
        while events(run) < 130:
            assert slow.poll() is None, said(tmp_path)
            assert time.monotonic() - begun < 90
            time.sleep(0.02)
        slow.send_signal(signal.SIGINT)
        assert slow.wait(30) == 130
    found, took_s = times(run), time.monotonic() - begun
    assert "at most 60 simulated seconds a second: 4 hours take 4 minutes or more\n" in said(tmp_path)
    assert 0 < (found[-1] - found[0]).total_seconds() <= RATE * (took_s + SLACK_S)
    assert read_setup(run).pace == RATE
    with start(tmp_path, "--headless", "--resume", "--rate", "10000") as fast:
        assert fast.wait(100) == 0, said(tmp_path)
    assert read_setup(run).pace == 10_000
    assert "0 unresolved" in said(tmp_path, "out")
