"""Watches the loop from a thread of its own: says where it hangs, and in the end stops the process.

A hub whose loop hangs is worse than one that is gone: it holds the lock and the ports, and nobody is told anything.
What is stored is safe, so the process ends at once and whoever started it starts it again (crash-only).

What hangs may be the log itself: a pipe that nobody reads, a disk that does not answer. So a line is logged by a thread
of its own, and the end waits for it no longer than ``SAY_S``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from fleet.hub.observability.systemd import TURNING, notify
from fleet.hub.observability.vitals import Phase, Pulse

LOG = structlog.get_logger("hub")

STUCK = 75
"""The exit code of a hub that its watchdog has ended (``EX_TEMPFAIL`` of sysexits.h: try again)."""

TICK_S = 0.5
WARN_S = 2.0
END_S = 30.0
SAY_S = 2.0
"""How long a line may take to be logged, in seconds."""


@dataclass(slots=True)
class Stall:
    """How long the loop has stood still, in time that this process really had.

    A stopped process or a sleeping computer is no fault of the loop's: the time in which the watching thread itself
    did not come round counts as one tick, however long it was.
    """

    tick_s: float = TICK_S
    turns: int = -1
    still_s: float = 0.0
    looked_s: float | None = None

    def look(self, turns: int, now_s: float) -> float:
        """Look again after about a tick; for how long the loop has not turned, in seconds."""
        passed_s = 0.0 if self.looked_s is None else min(now_s - self.looked_s, 2 * self.tick_s)
        self.looked_s = now_s
        self.still_s = 0.0 if turns != self.turns else self.still_s + passed_s
        self.turns = turns
        return self.still_s


class Watchdog:
    """Watches from ``start`` to ``stop``. ``end_s`` 0 only warns; ``end`` ends the process with a code."""

    def __init__(
        self,
        pulse: Pulse,
        *,
        end_s: float = END_S,
        warn_s: float = WARN_S,
        tick_s: float = TICK_S,
        end: Callable[[int], None] = os._exit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse, self._end_s, self._warn_s, self._end, self._clock = pulse, end_s, warn_s, end, clock
        self._stall = Stall(tick_s)
        self._warned = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Watch from now on; the caller's thread is the one that turns."""
        self._pulse.thread_id = threading.get_ident()
        self._thread.start()

    def stop(self) -> None:
        """The loop is about to end as it should."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.wait(self._stall.tick_s):
            self.tick()

    def tick(self) -> None:
        """Look once, and do what follows. A hub that starts or stops has no loop that could hang."""
        if self._pulse.phase is not Phase.RUNNING:
            return
        still_s = self._stall.look(self._pulse.turns, self._clock())
        if still_s == 0:
            notify(TURNING)
            self._turns_again()
        elif 0 < self._end_s <= still_s:
            self._give_up(still_s)
        elif still_s >= self._warn_s and not self._warned:
            self._warned = True
            stack = stack_of(self._pulse.thread_id)
            _say(lambda: LOG.warning("the loop hangs", still_s=round(still_s, 1), stack=stack))

    def _turns_again(self) -> None:
        if self._warned:
            self._warned = False
            _say(lambda: LOG.warning("the loop turns again"))

    def _give_up(self, still_s: float) -> None:
        try:
            stacks = {thread.name: stack_of(thread.ident) for thread in threading.enumerate()}
            _say(lambda: _last_words(still_s, stacks))
        finally:
            self._end(STUCK)


def _last_words(still_s: float, stacks: dict[str, list[str]]) -> None:
    LOG.critical(
        "the loop hangs for good: the process ends, what is stored is safe",
        still_s=round(still_s, 1),
        exit_code=STUCK,
        stacks=stacks,
    )
    sys.stderr.flush()


def _say(line: Callable[[], object]) -> None:
    """Have a line logged, and go on after ``SAY_S`` whether it is or not."""
    speaker = threading.Thread(target=line, name="watchdog's log", daemon=True)
    with suppress(RuntimeError):  # no thread can be had: the watch goes on without a word
        speaker.start()
        speaker.join(SAY_S)


def stack_of(thread_id: int | None) -> list[str]:
    """Where a thread is, innermost call last; empty when it has ended. Reads no source files: the disk may hang."""
    frame = sys._current_frames().get(thread_id) if thread_id is not None else None
    if frame is None:
        return []
    calls = [
        f"{at.f_code.co_filename}:{line} {at.f_code.co_name}" for at, line in traceback.walk_stack(frame)
    ]
    return calls[::-1]
