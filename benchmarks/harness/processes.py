"""Starts what is measured, what it is held against, and loads; asks for counts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

from benchmarks.harness.day import Day
from fleet.app import read_setup
from fleet.hub.rundir import RunDir, write_atomically

HERE = Path(__file__).parent
PATIENCE_S = 120
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Served:
    """A process that serves, where, and since when by the monotonic clock."""

    process: subprocess.Popen[str]
    where: dict[str, str]
    up_at: float = field(default_factory=time.monotonic)

    def counts(self) -> dict[str, Any]:
        """What it has counted until now."""
        _pipe(self.process.stdin).write("\n")
        _pipe(self.process.stdin).flush()
        return _line(self.process)


def cpu_s(*pids: int) -> float:
    """The CPU time that these processes have taken until now, their ended children left out."""
    ticks = 0
    for pid in pids:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(*arguments: str, script: str = "serve.py") -> Iterator[Served]:
    """A server with these arguments, from when it listens until the block ends."""
    with _started(script, *arguments) as process:
        yield Served(process, _line(process))
        _pipe(process.stdin).close()
        process.wait(timeout=PATIENCE_S)


@contextmanager
def serving_day(day: Day, durable: str = "FULL", *, plain: bool = True) -> Iterator[Served]:
    """A hub on a fresh copy of a day, as ``serve.py`` says; without ``plain`` it wants the day's keys."""
    copy = RunDir(day.run.path.with_name("copy"))
    shutil.rmtree(copy.path, ignore_errors=True)
    shutil.copytree(day.run.path, copy.path)
    if not plain:
        write_atomically(copy.setup, read_setup(copy).model_copy(update={"plain": False}).model_dump_json())
    with serving("hub", str(copy.path), durable) as served:
        yield served


@dataclass(frozen=True, slots=True)
class Load:
    """A load that is connected and waits for its start."""

    process: subprocess.Popen[str]

    def go(self) -> None:
        """Begin."""
        _pipe(self.process.stdin).write("\n")
        _pipe(self.process.stdin).flush()

    def result(self) -> dict[str, Any]:
        """What it did, once it is done."""
        return _line(self.process)


@contextmanager
def loading(script: str, folder: Path, job: dict[str, Any]) -> Iterator[Load]:
    """A load (``telemetry.py`` or ``durable.py``) that is connected."""
    file = folder / f"job-{next(_NUMBERS)}.json"
    file.write_text(json.dumps(job), encoding="utf-8")
    with _started(script, str(file)) as process:
        if _pipe(process.stdout).readline() != "ready\n":
            raise RuntimeError(
                f"{script} could not connect; it ended with {process.wait(timeout=PATIENCE_S)}"
            )
        yield Load(process)


@contextmanager
def _started(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = _pipe(process.stdout).readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait(timeout=PATIENCE_S)}")
    found: dict[str, Any] = json.loads(line)
    return found


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("the process was started without pipes")
    return pipe
