"""A process that is killed while it commits: what it was told is stored, is."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fleet.store import SqlStore

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from fleet.domain.events import TimerSet
from fleet.protocol.messages import CancelMission
from fleet.store import Batch, OutboxRow, SqlStore

store = SqlStore.open(Path(sys.argv[1]))
at = datetime(2026, 11, 24, tzinfo=UTC)
for number in range(1, 1_000_000):
    events = tuple(TimerSet(at=at, timer_id=f"{number}:{part}", due=at) for part in range(3))
    row = OutboxRow("drone-1", number, CancelMission(mission_id=f"m-{number}", why="test"))
    print(store.commit(Batch(events=events, outbox=(row,))), flush=True)
"""


@pytest.mark.parametrize("commits", [1, 7, 40])
def test_what_was_reported_as_committed_survives_kill_9(tmp_path: Path, commits: int) -> None:
    """Whole batches are there, none in part, and none that was reported is missing."""
    file = tmp_path / "hub.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(commits):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
    reported = 3 * commits if not rest else int(rest[-1])
    with closing(SqlStore.open(file)) as store:
        events = list(store.events())
        assert len(events) >= reported >= 3 * commits
        assert len(events) % 3 == 0
        assert [e.position for e in events] == list(range(1, len(events) + 1))
        assert len(store.outbox()["drone-1"]) * 3 == len(events)
