"""Folders that are put in their place in one step, whole and synced, or not at all: a backup, a restored run.

Nothing is deleted here but what was made here. Who is killed leaves a hidden folder beside the place, which is called
unfinished; nobody takes it for anything, and ``left_over`` finds it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".unfinished-"

_HERE: Final = -100  # AT_FDCWD
_NOREPLACE: Final = 1
_EXCHANGE: Final = 2
_UNKNOWN: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
"""How a file system or a system answers that does not know the flags."""


class CannotExchange(OSError):
    """The file system can't exchange two files or folders in one step."""


@contextmanager
def unfinished(place: Path) -> Iterator[Path]:
    """A new folder on the disk of a place, which only its owner reads. At the end it goes, unless it was put somewhere.

    Raises ``OSError``.
    """
    made = _missing(place.parent)
    place.parent.mkdir(parents=True, exist_ok=True)
    for parent in made:
        synced(parent.parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{place.name}-", dir=place.parent))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        with suppress(OSError):
            if os.path.samestat(os.fstat(handle), folder.stat()):
                shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def left_over(place: Path) -> tuple[Path, ...]:
    """The folders beside a place that were left unfinished, and that nobody is at work on."""
    return tuple(path for path in sorted(place.parent.glob(f"{UNFINISHED}*")) if not _worked_on(path))


def put(folder: Path, place: Path) -> None:
    """Give an unfinished folder its place, where nothing is. Raises ``FileExistsError``, or another ``OSError``."""
    sync_tree(folder)
    _move(folder, place)
    synced(place.parent)


def put_instead(folder: Path, place: Path) -> Path:
    """Give an unfinished folder the place of another one; where that is now: beside it, with a number.

    The place is never empty: whoever is killed leaves the old or the new there, and the other one with the number.
    Raises ``CannotExchange``, or another ``OSError``.
    """
    sync_tree(folder)
    aside = _numbered(folder, place)
    try:
        exchange(aside, place)
    except OSError:
        aside.rename(folder)
        raise
    synced(place.parent)
    return aside


def exchange(one: Path, other: Path) -> None:
    """Have two files or folders change names in one step. Raises ``CannotExchange``, or another ``OSError``."""
    try:
        _renameat2(one, other, _EXCHANGE)
    except OSError as error:
        if error.errno in _UNKNOWN:
            raise CannotExchange(error.errno, "can't exchange two folders in one step") from error
        raise


def _numbered(folder: Path, place: Path) -> Path:
    """Give a folder the first name with a number that is free."""
    for number in count(1):
        aside = place.with_name(f"{place.name}-{number}")
        with suppress(FileExistsError):
            _move(folder, aside)
            return aside
    raise AssertionError("numbers do not end")


def sync_tree(folder: Path) -> None:
    """Have everything on the disk: the files, and that they are in their folders."""
    for where, _, files in os.walk(folder, topdown=False):
        for name in files:
            synced(Path(where, name))
        synced(Path(where))


def synced(path: Path) -> None:
    """Have one file, or the names in one folder, on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _missing(folder: Path) -> list[Path]:
    """The folder and those above it that are not there yet, the outermost first."""
    return [each for each in reversed((folder, *folder.parents)) if not each.exists()]


def _worked_on(folder: Path) -> bool:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return True  # It has just gone, or is not ours to judge.
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _move(source: Path, target: Path) -> None:
    """Rename, but never over an empty folder, as ``rename`` does."""
    try:
        _renameat2(source, target, _NOREPLACE)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)


def _renameat2(source: Path, target: Path, flags: int) -> None:
    """Linux's renameat2(2), which Python does not offer."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(_HERE, os.fsencode(source), _HERE, os.fsencode(target), ctypes.c_uint(flags)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(source), None, str(target))
