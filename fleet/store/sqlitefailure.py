"""What errors of SQLite's driver mean: apart from the store, since readers ask too and need nothing else of it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from fleet.store.base import Failure

_FAILURES = {
    sqlite3.SQLITE_FULL: Failure.DISK_FULL,
    sqlite3.SQLITE_READONLY: Failure.READ_ONLY,
    sqlite3.SQLITE_IOERR: Failure.IO_ERROR,
    sqlite3.SQLITE_CANTOPEN: Failure.IO_ERROR,
    sqlite3.SQLITE_BUSY: Failure.LOCKED,
    sqlite3.SQLITE_LOCKED: Failure.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Failure.LOCKED,
    sqlite3.SQLITE_CORRUPT: Failure.CORRUPT,
    sqlite3.SQLITE_NOTADB: Failure.CORRUPT,
}


def failure(error: BaseException | None, path: Path) -> Failure:
    """What an error of the driver means. The lower byte of SQLite's code is the sort, the rest says more."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_CANTOPEN and _on_read_only_disk(path):
        return Failure.READ_ONLY
    return Failure.REFUSED if code is None else _FAILURES.get(code & 0xFF, Failure.REFUSED)


def _on_read_only_disk(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False
