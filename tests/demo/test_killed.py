"""``kill -9`` of the hub at several moments of the demo, each followed by ``--resume``: nothing is lost, nothing done
twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fleet.hub.rundir import RunDir, RunDirError
from fleet.store.reader import Reader
from tests.support.soak import chosen

KILLS = chosen(3, long=10)
FIRST, LAST = 30, 560
"""Events after which the hub may die. There are about 900 in all, and the first of these fall into the planning."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start a demo, or take it up."""
    log = (folder / "demo.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "fleet", "demo", "--headless", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=ENVIRONMENT,
        )


def count(run: RunDir) -> int:
    """How many events are committed."""
    try:
        with closing(sqlite3.connect(f"file:{run.store}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])
    except sqlite3.Error:
        return 0


def kill_hub_at(run: RunDir, demo: subprocess.Popen[bytes], events: int) -> bool:
    """Kill the hub once so many events are there and it is up; false when the day was over before."""
    while demo.poll() is None:
        if count(run) >= events and kill_hub(run):
            return True
        time.sleep(0.02)
    return False


def kill_hub(run: RunDir) -> bool:
    """Kill the hub if it is up; what an earlier one has left in run.json does not count."""
    try:
        os.kill(run.running().pids["hub"], signal.SIGKILL)
    except (RunDirError, ProcessLookupError):
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(chosen(500, long=1200))
def test_killed_again_and_again(tmp_path: Path, rng: random.Random) -> None:
    """The day goes on after each kill, and ends like any other."""
    run = RunDir(tmp_path / ".fleet" / "demo")
    # One in each part of the day, however few they are.
    part = (LAST - FIRST) // KILLS
    moments = [FIRST + number * part + rng.randrange(part) for number in range(KILLS)]
    demo = start(tmp_path, "--parcels", "24", "--iterations", "10")
    killed = 0
    for moment in moments:
        if not kill_hub_at(run, demo, moment):
            break
        killed += 1
        assert demo.wait(60) == 4, (tmp_path / "demo.log").read_text(encoding="utf-8")[-3000:]
        demo = start(tmp_path, "--resume", "--report", "report.json")
    assert demo.wait(280) == 0, (tmp_path / "demo.log").read_text(encoding="utf-8")[-3000:]
    assert killed == KILLS
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["ended"]["unresolved"] == 0
    for what in (
        "zone_breaches",
        "reserve_breaches",
        "custody_breaks",
        "lost_messages",
        "duplicated_effects",
    ):
        assert report[what] == 0, what
    check_once(run)


def check_once(run: RunDir) -> None:
    """From the events alone: each parcel reached one recipient at most, each mission began and ended once."""
    events: list[Any] = [stored.event for stored in Reader(run.store).events()]
    handed = Counter(e.order_id for e in events if e.type == "custody_passed" and e.taker.kind == "recipient")
    begun = Counter(e.mission_id for e in events if e.type == "mission_begun")
    over = Counter(e.mission_id for e in events if e.type == "mission_over")
    placed = Counter(e.order.order_id for e in events if e.type == "order_placed")
    for counted in (handed, begun, over, placed):
        assert max(counted.values()) == 1
