"""Who runs when tests run in several processes: many at once, or one that needs the machine to itself."""

from __future__ import annotations

import fcntl
from pathlib import Path


class Turns:
    """A lock between processes, in two files of a folder that they share; what a process has begun does not inherit it.

    Ordinary tests share the room; one that is to be alone has it to itself. Whoever wants in takes the door first and
    keeps it until the room is free, so one that waits to be alone is not overtaken without end.
    """

    def __init__(self, folder: Path) -> None:
        self._door = (folder / "door").open("a+")
        self._room = (folder / "room").open("a+")
        self._alone = False

    def enter(self, *, alone: bool) -> None:
        """Wait until a test may begin; at once where the last one has kept the room."""
        if self._alone and alone:
            return
        self.leave()  # one that was to follow did not
        fcntl.lockf(self._door, fcntl.LOCK_EX)
        try:
            fcntl.lockf(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        finally:
            fcntl.lockf(self._door, fcntl.LOCK_UN)
        self._alone = alone

    def leave(self, *, keep: bool = False) -> None:
        """A test has ended; ``keep`` when the next one here is to be alone too: nobody is let in between."""
        if not (keep and self._alone):
            fcntl.lockf(self._room, fcntl.LOCK_UN)
            self._alone = False

    def close(self) -> None:
        """Give up what is held."""
        self._room.close()
        self._door.close()
