"""When a snapshot of the state is made: one at a time, each by a child that reads what is committed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

LOG = structlog.get_logger("hub.snapshots")

EVERY = 5_000
"""Events behind the newest snapshot at which the next one is made: to replay them takes about a fifth of a second."""

SHARE = 0.05
"""The part of the time for which one may be in the making, so that a large state is not written all the time."""

AGAIN_S = 60.0
"""Wall time after which one that failed is tried again."""

Start = Callable[[], subprocess.Popen[bytes]]


class Snapshots:
    """Has snapshots made as the log grows. ``made`` is the position of the one that the hub started from."""

    def __init__(
        self,
        start: Start,
        *,
        made: int = 0,
        every: int = EVERY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start, self._made, self._every, self._monotonic = start, made, every, monotonic
        self._child: subprocess.Popen[bytes] | None = None
        self._begun_at, self._begun_s, self._not_before_s = 0, 0.0, 0.0

    def committed(self, position: int) -> None:
        """The log ends at ``position`` now."""
        if self._child is not None and not self._ended(self._child):
            return
        now_s = self._monotonic()
        if position - self._made < self._every or now_s < self._not_before_s:
            return
        self._begun_at, self._begun_s = position, now_s
        try:
            self._child = self._start()
        except OSError as error:
            self._failed(str(error))

    def _ended(self, child: subprocess.Popen[bytes]) -> bool:
        code = child.poll()
        if code is None:
            return False
        self._child = None
        if code != 0:
            self._failed(f"its process ended with {code}; the end of its log says why")
            return True
        self._made = self._begun_at
        now_s = self._monotonic()
        self._not_before_s = now_s + (now_s - self._begun_s) * (1 / SHARE - 1)
        return True

    def _failed(self, why: str) -> None:
        self._not_before_s = self._monotonic() + AGAIN_S
        LOG.warning("no snapshot was made; a start takes longer", why=why)

    def close(self) -> None:
        """End the one that is in the making; it leaves nothing that would be taken for a snapshot."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


def snapshotter(store: Path | str, folder: Path, log: Path) -> Start:
    """How the child is started. ``store`` is a file or a database's address; what the child says goes to ``log``."""
    place = f"{store.absolute() if isinstance(store, Path) else store}\n".encode()
    command = [
        sys.executable,
        "-m",
        "fleet.hub.snapshotter",
        str(folder.absolute()),
        str(os.getpid()),
    ]

    def start() -> subprocess.Popen[bytes]:
        # No preexec_fn: it would have the whole memory of the hub mapped anew, which stalls the loop.
        with log.open("ab") as out:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out)
        assert child.stdin is not None
        # A line fits into the pipe; a child that has died at once is seen by its exit code.
        with suppress(BrokenPipeError), child.stdin as stdin:
            stdin.write(place)
        return child

    return start
