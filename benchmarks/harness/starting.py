"""How soon a hub is ready again when a million events lie behind it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from benchmarks.harness.biglog import write_big_log
from benchmarks.harness.brokers import free_port
from benchmarks.harness.figure import Figure, Scale
from fleet.demo import DemoOptions, build_day
from fleet.hub.observability.observing import Observing
from fleet.hub.rundir import RunDir, write_atomically
from fleet.hub.snapshots import EVERY
from fleet.store.snapshots import Shelf, mark_at
from fleet.store.sql import SqlStore

EVENTS = 1_000_000
PATIENCE_S = 120


def start_time(folder: Path, scale: Scale) -> list[Figure]:
    """From the start of the process `fleet hub --resume` until `/readyz` says yes.

    The newest snapshot is as old as a hub lets it become while it runs: the events since then are replayed.
    """
    events = EVENTS if scale.assets >= 1000 else 2 * EVERY
    run = RunDir.named("long", folder)
    port = free_port()
    size = _prepare(run, folder, events, port)
    took = sorted(_ready_after(run, folder, port) for _ in range(scale.rounds))
    more = {
        "spread": [round(took[0], 3), round(took[-1], 3)],
        "events": events,
        "since_snapshot": EVERY,
        "store_mb": round(size / 1e6),
    }
    name = f"process start to /readyz after {events:,} events"
    return [Figure(name, statistics.median(took), "s", 1.0, 2.0, most=True, more=more)]


def _prepare(run: RunDir, folder: Path, events: int, port: str) -> int:
    """A run directory with a long log and its snapshot; the size of its store in bytes."""
    setup, _ = build_day(folder / "files", DemoOptions(seed=1, parcels=150, hours=4))
    run.create()
    state = write_big_log(run.store, events, behind=EVERY)
    with closing(SqlStore.open(run.store)) as store:
        Shelf(run.snapshots).put(state, mark_at(store, state.position))
        *_, last = store.events(events - 1)
    told = setup.model_copy(
        update={
            "lockstep": False,
            "pace": None,
            "plain": True,
            "at": last.event.at,
            "until": last.event.at + timedelta(hours=4),
            "observing": Observing(status=f"127.0.0.1:{port}"),
        }
    )
    write_atomically(run.setup, told.model_dump_json())
    return run.store.stat().st_size


def _ready_after(run: RunDir, folder: Path, port: str) -> float:
    command = [
        sys.executable,
        "-m",
        "fleet",
        "hub",
        "--resume",
        "--name",
        run.path.name,
        "--root",
        str(folder),
    ]
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > begun + PATIENCE_S:
                raise RuntimeError(f"{' '.join(command)} does not become ready (exit code {process.poll()})")
            time.sleep(0.005)
        return time.monotonic() - begun
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _is_ready(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
