"""A disk that is really full, and one that is really read-only: nothing is lost, nothing is promised too early."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.app import Setup, run_hub
from fleet.hub.rundir import RunDir
from tests.support.bench import write_inputs
from tests.support.disks import on_small_disk

COMMON = """
import json, os, subprocess, sys, threading, time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from fleet.domain.events import TimerSet
from fleet.hub.reserve import Reserve
from fleet.hub.writer import Writer
from fleet.store import Batch, SqlStore
from fleet.store.reader import Reader

disk = Path(sys.argv[1])
at = datetime(2026, 11, 24, tzinfo=UTC)
woken = threading.Event()

def batch(number, size=200):
    return Batch(events=tuple(TimerSet(at=at, timer_id=f"{number}:{n}:" + "x" * 80, due=at) for n in range(size)))

def fill():
    "Leave no byte free."
    with open(disk / "filler", "ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)

def until(done):
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, (writer.trouble, writer.finished())
        woken.wait(0.01)
        woken.clear()

def trouble():
    return None if writer.trouble is None else str(writer.trouble.severity)

def stored():
    return [s.event.timer_id.split(":x")[0] for s in Reader(disk / "hub.db").events(limit=10**6)]

def expected(numbers, size=200):
    return [f"{number}:{n}" for number in numbers for n in range(size)]
"""

FULL = (
    COMMON
    + """
reserve = Reserve(disk / "hub.reserve", 1 << 20)
store = SqlStore.open(disk / "hub.db")
writer = Writer(store, woken.set, reserve)
until(lambda: reserve.held)
seen = []
fill()
number = 0
while trouble() != "failing":  # on the reserve for a while, then on nothing
    number += 1
    writer.submit(batch(number))
    until(lambda: writer.finished() is not None or trouble() == "failing")
    if trouble() not in seen:
        seen.append(trouble())
told = number - 1
message = writer.trouble.message
held = stored() == expected(range(1, number))
woken.clear()
time.sleep(0.2)  # some attempts go by
early = writer.finished()
(disk / "filler").unlink()
until(lambda: writer.finished() is not None)
until(lambda: trouble() is None)
writer.submit(batch(number + 1))
until(lambda: writer.finished() is not None)
writer.close()
store.close()
print(json.dumps({"seen": seen, "told": told, "message": message, "held": held, "early": early,
                  "whole": stored() == expected(range(1, number + 2)), "reserve": reserve.held}))
"""
)

READ_ONLY = (
    COMMON
    + """
# A file that is open for writing keeps a disk from being made read-only, and a hub's store is open: the limit on the
# size of files stands for the system's refusal to write.
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqlStore.open(disk / "hub.db")
writer = Writer(store, woken.set)
writer.submit(batch(1))
until(lambda: writer.finished() is not None)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
writer.submit(batch(2))
until(lambda: trouble() is not None)
severity, failure, early = trouble(), str(writer.trouble.failure), writer.finished()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
until(lambda: writer.finished() is not None)
after = trouble()
writer.close()
store.close()
print(json.dumps({"severity": severity, "failure": failure, "early": early, "after": after,
                  "whole": stored() == expected([1, 2])}))
"""
)

REMOUNTED = (
    COMMON
    + """
SqlStore.open(disk / "hub.db").close()
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
try:
    SqlStore.open(disk / "hub.db")
except Exception as error:
    reserve = Reserve(disk / "hub.reserve", 1 << 16)
    print(json.dumps({"type": type(error).__name__, "failure": error.failure, "message": str(error),
                      "full": not reserve.hold(), "reserve": reserve.held,
                      "readable": Reader(disk / "hub.db").last_position()}))
"""
)


KILLED = """
import json, sys
from contextlib import closing, suppress
from pathlib import Path
from benchmarks.faults.hubprocess import HubProcess
from benchmarks.faults.killing import judged, logged
from benchmarks.faults.reporters import Reporters

disk = Path(sys.argv[1])
hub = HubProcess(disk, drones=2)
filler, reserve = disk / "filler", disk / "day" / "hub.reserve"

def fill():
    "Leave no byte free."
    with open(filler, "ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)

def reported(more):
    before = reporters.acknowledged
    reporters.run(lambda: reporters.acknowledged >= before + more, 30)

try:
    with closing(Reporters(hub.asset_ids, hub.endpoints, each=400, ahead=4)) as reporters:
        hub.start()
        hub.wait_until_up()
        reporters.run(reserve.exists, 30)
        reported(20)
        hub.kill()
        fill()
        hub.start()
        hub.wait_until_up()
        reported(20)
        given_up = not reserve.exists()
        hub.kill()
        fill()
        hub.start()
        code = hub.wait()
        filler.unlink()
        hub.start()
        hub.wait_until_up()
        reporters.run(lambda: reporters.done, 60)
        hub.stop()
    log = hub.log.read_text(encoding="utf-8")
    print(json.dumps({"given_up": given_up, "code": code, "told": "make room" in log,
                      "judged": judged(logged(hub.run.store), hub.asset_ids, 400)}))
finally:
    hub.kill()
"""

BACKED_UP = """
import json, sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from fleet.backup import BackupError, back_up
from fleet.hub.rundir import RunDir

disk, run = Path(sys.argv[1]), RunDir(Path(sys.argv[2]))
with open(disk / "filler", "ab", buffering=0) as file, suppress(OSError):
    while file.tell() < int(sys.argv[3]) and file.write(b"x" * 4096):
        pass
try:
    back_up(run, disk / "kept", now=datetime(2026, 11, 24, tzinfo=UTC))
except BackupError as error:
    print(json.dumps({"message": str(error), "left": [p.name for p in disk.iterdir()]}))
"""

STARTED = """
import json, subprocess, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from fleet.app import Setup, run_hub
from fleet.hub.rundir import RunDir
from tests.support.bench import write_inputs

disk = Path(sys.argv[1])
at = datetime(2026, 11, 24, 8, tzinfo=UTC)
run = RunDir.named("day", disk / "runs")
(disk / "input").mkdir()
files = write_inputs(disk / "input")
sys.stdout = sys.stderr
run_hub(run, lambda: True, new=Setup(name="day", files=files, at=at, until=at + timedelta(hours=4)))
hub = [sys.executable, "-m", "fleet", "hub", "--resume", "--name", "day", "--root", str(disk / "runs")]
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
tried = subprocess.run(hub, capture_output=True, text=True, timeout=60)
subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
run_hub(run, lambda: True)
print(json.dumps({"code": tried.returncode, "said": tried.stderr}), file=sys.__stdout__, flush=True)
"""

REVOKED = """
import json, os, subprocess, sys
from contextlib import suppress
from pathlib import Path
from tests.support.fakehub import run_with
from tests.support.smallday import opened
from datetime import UTC, datetime
from fleet.hub.security.keyring import Keyring, new_hub_key
from fleet.protocol.messages import Role

disk = Path(sys.argv[1])
run = run_with(disk / "runs", [opened()])
run.setup.write_text("{}")
ring = Keyring(run.keys)
names = [f"drone-{n}" for n in range(300)]
ring.prepare(datetime.now(UTC), dict.fromkeys(names, Role.ASSET), new_hub_key())

def fill():
    "Leave no byte free."
    with open(disk / "filler", "ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)

def fleet(verb, *words):
    command = [sys.executable, "-m", "fleet", "keys", verb, *words, "--root", str(disk / "runs"), "--by", "ann"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)

GREEDY = '''
import sys
with open(sys.argv[1], "ab", buffering=0) as file:
    while True:
        try:
            file.write(b"x" * 4096)
        except OSError:
            pass
'''

fill()
created = fleet("create", "drone-900", "--role", "asset")
greedy = subprocess.Popen([sys.executable, "-c", GREEDY, str(disk / "filler")])
codes = [fleet("revoke", name).returncode for name in names[:2]]
for name in names[2:40]:
    ring.revoke(name, datetime.now(UTC), by="ann")
greedy.kill()
greedy.wait()
revoked = [key.subject for key in ring.table().keys if key.revoked_at is not None]
ring.spare.give_up()
fill()
refused = fleet("revoke", names[40])
left = sorted(path.name for path in run.keys.glob("*.json*"))
(disk / "filler").unlink()
last = fleet("revoke", names[40]).returncode
print(json.dumps({"created": created.returncode, "codes": codes, "revoked": revoked, "refused": refused.returncode,
                  "said": refused.stderr, "left": left, "last": last}))
"""


def outcome(folder: Path, megabytes: int, code: str, *words: object) -> dict[str, Any]:
    disk = folder / "disk"
    disk.mkdir()
    ended = on_small_disk(disk, megabytes, code, *map(str, words))
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert isinstance(found, dict)
    return found


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The hub goes on on its reserve, then waits. What it reported is there; what waited is stored once, in order."""
    found = outcome(tmp_path, 8, FULL)
    message = found.pop("message")
    assert found.pop("told") > 0
    assert found == {
        "seen": ["full_on_reserve", "failing"],
        "held": True,
        "early": None,
        "whole": True,
        "reserve": True,
    }
    assert "hub.db" in message
    assert "make room" in message


def test_writes_that_the_system_refuses_are_made_up_for(tmp_path: Path) -> None:
    """As from a disk that has gone bad or read-only, and comes back."""
    found = outcome(tmp_path, 8, READ_ONLY)
    assert found.pop("failure") in ("disk_full", "io_error", "read_only")
    assert found == {"severity": "failing", "early": None, "after": None, "whole": True}


def test_a_read_only_disk_is_named_at_the_start(tmp_path: Path) -> None:
    """A hub does not start on it; readers still read."""
    found = outcome(tmp_path, 2, REMOUNTED)
    assert found["type"] == "StoreError"
    assert found["failure"] == "read_only"
    assert "make the disk writable" in found["message"]
    assert not found["full"]
    assert not found["reserve"]
    assert found["readable"] == 0


def test_a_hub_that_is_started_on_a_read_only_disk_may_be_tried_again(tmp_path: Path) -> None:
    """It ends with 4, not with 2, after which nobody would start it again; once the disk can be written it goes on."""
    found = outcome(tmp_path, 32, STARTED)
    assert found["code"] == 4
    assert "Read-only file system; make the disk writable" in found["said"]
    assert "choose another" not in found["said"]


def test_keys_are_revoked_on_a_full_disk(tmp_path: Path) -> None:
    """One after the other, on room that is kept for it, while something else takes every byte that is set free. Where
    that room is gone, nothing is left half done, and it says that the key counts still. New keys have no such right.
    """
    found = outcome(tmp_path, 8, REVOKED)
    said = found.pop("said")
    assert "UNTIL THEN THE KEY COUNTS" in said
    assert "hub.reserve" in said
    assert found == {
        "created": 4,
        "codes": [0, 0],
        "revoked": [f"drone-{number}" for number in range(40)],
        "refused": 4,
        "left": ["hub.json", "keyring.json"],
        "last": 0,
    }


@pytest.fixture
def day(tmp_path: Path) -> RunDir:
    """A run whose hub has been up, on a disk with room enough."""
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    (tmp_path / "input").mkdir()
    files = write_inputs(tmp_path / "input")
    run = RunDir.named("day", tmp_path / "runs")
    run_hub(run, lambda: True, new=Setup(name="day", files=files, at=at, until=at + timedelta(hours=4)))
    return run


@pytest.mark.parametrize("filled", [2**30, 2**20 - 2**16])
def test_a_backup_onto_a_full_disk_names_that_disk(tmp_path: Path, day: RunDir, filled: int) -> None:
    """And not the hub's, which has room; also where it is full only in the middle of the store."""
    found = outcome(tmp_path, 1, BACKED_UP, day.path, filled)
    assert found["message"].startswith(f"{tmp_path / 'disk' / 'kept'}: ")
    assert "make room there" in found["message"] or "No space left" in found["message"]
    assert str(day.path) not in found["message"]
    assert found["left"] == ["filler"]


@pytest.mark.slow
def test_a_hub_that_was_killed_on_a_full_disk_starts_on_its_reserve(tmp_path: Path) -> None:
    """Once that is used up too it says what to do, and starts when there is room. No report is lost or taken twice."""
    found = outcome(tmp_path, 64, KILLED)
    assert found == {"given_up": True, "code": 4, "told": True, "judged": [0, 0, 0]}
