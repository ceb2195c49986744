"""Room for a file on a disk that is full: a key must be revoked then too, while others take each byte that is set free.

So nothing is set free: beside the file lies another with as much room, which is written over in place and then changes
places with the first. Both have room beyond their ends, so that this can be done again and again.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet.hub.folders import exchange, synced
from fleet.hub.security.secretfiles import OWNER_ONLY, keep_owner

SLACK: Final = 2**16
"""Bytes beyond twice the file's own: what some hundreds of revocations make it longer."""
_KEEP_SIZE: Final = 1


@dataclass(frozen=True, slots=True)
class Spare:
    """The room that a ``file`` has at ``path``. Where none can be had there is none, and nothing fails."""

    path: Path
    file: Path

    def keep(self) -> None:
        """See that there is room, as much as can be had; for the file itself too, since it will be the spare one."""
        with suppress(OSError):
            wanted = 2 * self.file.stat().st_size + SLACK
            for path, make in ((self.path, os.O_CREAT), (self.file, 0)):
                handle = os.open(path, os.O_RDWR | make | os.O_CLOEXEC, OWNER_ONLY)
                try:
                    keep_owner(handle, self.file)
                    _allocate(handle, wanted)
                finally:
                    os.close(handle)

    def write(self, text: str) -> None:
        """Replace the file in one go, on the room that is there. Raises ``OSError``, and then nothing has changed.

        Blanks fill up what is longer than the text: to cut it off would set room free.
        """
        handle = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fchmod(handle, OWNER_ONLY)
            data = text.encode().ljust(os.fstat(handle).st_size)
            done = 0
            while done < len(data):
                done += os.pwrite(handle, data[done:], done)
            os.fsync(handle)
        finally:
            os.close(handle)
        exchange(self.path, self.file)
        synced(self.file.parent)

    def give_up(self) -> None:
        """Let the room go."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _allocate(handle: int, size: int) -> None:
    """Linux's fallocate(2), which leaves the file as long as it is; Python offers only the one that makes it longer."""
    libc = ctypes.CDLL(None, use_errno=True)
    call = getattr(libc, "fallocate64", None) or getattr(libc, "fallocate", None)
    if call is not None:
        call(handle, _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(size))  # what can't be had can't be had
