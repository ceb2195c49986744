"""Room for the keyring on a disk that is full: a key must be revoked then too."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SLACK: Final = 2**16
"""Bytes beyond the keyring's own: what some hundreds of revocations make it longer."""
_PAGE: Final = 4096
_BLOCK: Final = 512
"""What ``st_blocks`` counts in, whatever the file system's own blocks are."""


@dataclass(frozen=True, slots=True)
class Spare:
    """A file that takes room, so that there is some when it goes. Where none can be had, nothing fails."""

    path: Path

    def keep(self, length: int) -> None:
        """See that there is room for a keyring of ``length`` bytes to be written anew, and more if there is."""
        size = 2 * length + SLACK
        while size > length:
            if self._held() >= size or self._allocated(size):
                return
            size -= _PAGE

    def give_up(self) -> None:
        """Let the room go."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _held(self) -> int:
        try:
            return self.path.stat().st_blocks * _BLOCK
        except OSError:
            return 0

    def _allocated(self, size: int) -> bool:
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, size)
            finally:
                os.close(handle)
        except OSError:
            return False
        return True
