"""The power fails: what was acknowledged is on the disk, not only in the system's memory (kill -9 tests no sync)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy.exc import SQLAlchemyError

from fleet.domain.events import AssetChanged, CommandIssued
from fleet.store import SqlStore, StoreError
from tests.support.powerloss import Disk, Note, lay_out, run_noted
from tests.support.script import DRONE
from tests.support.soak import chosen

MOMENTS = chosen(60, long=3_000)
"""At so many moments the power fails."""

HUB = """
import os, sys
from pathlib import Path
from fleet.protocol.messages import Action, AssetReport, Command, OperatorCommand, Role
from fleet.store import SqlStore
from tests.support.bench import DAY, Bench
from tests.support.script import ready

folder, synchronous = Path(sys.argv[1]), sys.argv[2]
(folder / "inputs").mkdir()
bench = Bench(folder / "inputs", SqlStore.open(folder / "hub.db", synchronous=synchronous))
bench.connect("operator-1", Role.OPERATOR)
drone = ready(bench)
known = os.open(folder / "known", os.O_WRONLY | os.O_CREAT, 0o600)
serial = 0
for turn in range(400):
    for _ in range(3):
        serial += 1
        drone.session.send(AssetReport(condition="ready", at=DAY, soc=1.0, site_id="S1", detail=str(serial)))
    if turn % 5 == 0:
        about = dict(request_id=f"r-{turn}", by="ana", asset_id=drone.session.peer_id)
        bench.peers["operator-1"].session.send(OperatorCommand(action=Action.RETURN, **about))
    bench.run(0.01)
    told = ",".join(m.command_id for m in drone.inbox if isinstance(m, Command))
    drone.inbox.clear()
    os.write(known, f"{drone.session.acknowledged - 1} {told}\\n".encode())
bench.store.close()
"""
"""A hub's core on its store; what its drone knows is written down as soon as it knows it: how many of its reports were
acknowledged (its first one apart), and the commands that it was told.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a store holds after the power has failed, against what the drone knew then."""

    lost: int
    damaged: bool


@cache
def noted(synchronous: str) -> Sequence[Note]:
    """The notes of a run with SQLite's ``synchronous`` so set."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run"
        folder.mkdir()
        return run_noted(HUB, [str(folder), synchronous], folder, Path(scratch))


def failures(synchronous: str, scratch: Path, seed: int = 0) -> Iterator[Found]:
    """Let the power fail at moments of a run, and look at what is left each time."""
    rng = random.Random(seed)
    notes = noted(synchronous)
    first = next(i for i, note in enumerate(notes) if note.path.name == "known")
    moments = set(rng.sample(range(first, len(notes)), min(MOMENTS, len(notes) - first)))
    disk, known = Disk(), [b""]
    for moment, note in enumerate(notes):
        disk.do(note)
        if note.path.name == "known":
            known.append(note.data)
        if moment in moments:
            left = {p: c for p, c in disk.after_power_loss(rng).items() if p.name.startswith("hub.db")}
            lay_out(left, scratch / "left")
            yield looked_at(scratch / "left" / "hub.db", b"".join(known).decode())
            shutil.rmtree(scratch / "left")


def looked_at(path: Path, known: str) -> Found:
    """Open what is left as a hub does, and hold it against what the drone knew."""
    lines = [line.split(" ") for line in known.splitlines()]
    acknowledged = int(lines[-1][0]) if lines else 0
    told = {command for _, commands in lines for command in commands.split(",") if command}
    try:
        with closing(SqlStore.open(path)) as store:
            events = [stored.event for stored in store.events()]
            received = store.peers()[DRONE].received - 1
    except (StoreError, SQLAlchemyError, KeyError):
        return Found(acknowledged, damaged=True)
    reports = [e.detail for e in events if isinstance(e, AssetChanged) and e.detail.isdecimal()]
    if reports != [str(n) for n in range(1, max(0, received) + 1)]:
        return Found(acknowledged, damaged=True)  # one page of a commit without another
    commands = {event.command_id for event in events if isinstance(event, CommandIssued)}
    return Found(max(0, acknowledged - len(reports)) + len(told - commands), damaged=False)


def test_nothing_that_was_acknowledged_or_sent_is_lost_with_the_power(tmp_path: Path) -> None:
    """With the setting that the hub uses, at every moment, whatever the disk has made of what was not synced."""
    found = list(failures("FULL", tmp_path))
    assert len(found) == MOMENTS
    assert not [each for each in found if each.damaged or each.lost]


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_a_store_that_does_not_sync_each_commit_is_found_out(tmp_path: Path, synchronous: str) -> None:
    """The test can fail: with a laxer setting acknowledged reports are lost."""
    assert sum(each.lost for each in failures(synchronous, tmp_path)) > 0


def test_the_hub_syncs_each_commit_by_default(tmp_path: Path) -> None:
    """What is tested above is what runs: FULL (2)."""
    with closing(SqlStore.open(tmp_path / "hub.db")) as store, store._connection.begin():
        assert store._connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert store._connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_the_run_writes_over_its_log_again_and_again(tmp_path: Path) -> None:
    """Checkpoints, at which the database itself is written, are among the moments."""
    synced = [note.path.name for note in noted("FULL") if note.what == "S"]
    assert synced.count("hub.db-wal") > 400
    assert synced.count("hub.db") > 1


SETUP = """
import sys
from pathlib import Path
from fleet.hub.rundir import write_atomically

write_atomically(Path(sys.argv[1]) / "setup.json", "{}")
"""


def test_the_set_up_of_a_day_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    """A store that is whole is of no use where the file by which its day is taken up is empty."""
    folder = tmp_path / "day"
    folder.mkdir()
    disk = Disk()
    for note in run_noted(SETUP, [str(folder)], folder, tmp_path):
        disk.do(note)
    assert disk.synced[folder / "setup.json.new"] == b"{}"
