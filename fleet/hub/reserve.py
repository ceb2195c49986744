"""Disk space that is kept for the day when there is none: a file that is given up when the disk is full.

What is in hand, and an operator's stop-all, can then still be stored. The file is made again once there is twice its
size to spare, so that it is not made and given up in turn.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fleet.hub.unusable import unusable
from fleet.store.base import Failure, StoreError

SIZE = 16 * 2**20
"""Bytes: some 40,000 events, or a stop-all for more assets than a hub has."""
START = 2**20
"""Bytes that a start writes at most: the head of the store's log, ``run.json``, key files."""
_BLOCK = 512
"""What ``st_blocks`` counts in, whatever the file system's own blocks are."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Reserve:
    """``size`` bytes in the file ``path``, which lies on the disk of the store."""

    path: Path
    size: int = SIZE

    @property
    def held(self) -> bool:
        """Whether the space is there, allocated in fact (a file with holes takes none)."""
        try:
            return self.path.stat().st_blocks * _BLOCK >= self.size
        except OSError:
            return False

    def hold(self) -> bool:
        """Allocate the space if there is room enough; false where there is not.

        Where the space can't be had for another reason there is no reserve, and the disk is not full: a file system
        that can't allocate ahead (ZFS says that it has, others refuse), a disk that fails, a folder that is gone.
        """
        if self.held:
            return True
        try:
            if shutil.disk_usage(self.path.parent).free < 2 * self.size:
                return False
            self._allocate()
        except OSError as error:
            self.give_up()
            return error.errno not in _FULL
        return True

    def open_up(self) -> None:
        """See that there is room for a start; on a disk that is full the space is given up for it.

        Raises ``StoreError`` (``DISK_FULL``) where even that is not enough.
        """
        if self._free() >= START:
            return
        self.give_up()
        if self._free() < START:
            raise StoreError(
                f"{self.path.parent}: the disk is full, also without the hub's reserve: make room",
                Failure.DISK_FULL,
            )

    def _free(self) -> int:
        """Bytes that we may still write. Raises ``StoreError``."""
        try:
            return shutil.disk_usage(self.path.parent).free
        except OSError as error:
            why, _ = unusable(self.path.parent, error, "mend the disk")
            raise StoreError(f"{self.path.parent}: {why}", Failure.IO_ERROR) from error

    def _allocate(self) -> None:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self.size)
        finally:
            os.close(handle)

    def give_up(self) -> bool:
        """Let the space go; whether there was any to let go."""
        had = self.held
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        return had and not self.path.exists()
