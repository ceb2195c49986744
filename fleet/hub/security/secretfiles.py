"""Files with secrets: never open to anybody but their owner, and replaced in one go or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from fleet.hub.folders import synced
from fleet.hub.security.keytable import KeyringError
from fleet.hub.unusable import FULL, unusable

OWNER_ONLY: Final = 0o600
FOLDER_MODE: Final = 0o700

UNFINISHED: Final = ".new"
"""How the name of a file ends that is being written."""


class NoRoom(KeyringError):
    """A file could not be written because its disk is full; what was there still is."""


def write_secret(path: Path, text: str, *, sync: bool = True) -> None:
    """Replace a file that only its owner can read, in one go. Raises ``KeyringError`` (``NoRoom``)."""
    write_secrets({path: text}, sync=sync)


def write_secrets(texts: Mapping[Path, str], *, sync: bool = True) -> None:
    """Replace files that only their owner can read, in this order, and each in one go: all are written before the first
    is replaced, so that nothing has changed where there is no room. Raises ``KeyringError`` (``NoRoom``).
    """
    fresh: dict[Path, Path] = {}
    path = Path()
    try:
        for path, text in texts.items():
            fresh[path] = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
            _write_fresh(fresh[path], text, path, sync=sync)
        for path, written in fresh.items():
            written.replace(path)
        for folder in {path.parent for path in texts} if sync else ():
            synced(folder)
    except OSError as error:
        kind = NoRoom if error.errno in FULL else KeyringError
        raise refused(kind, path, "cannot be written", error) from error
    finally:
        for written in fresh.values():
            with suppress(OSError):
                written.unlink(missing_ok=True)


def _write_fresh(fresh: Path, text: str, path: Path, *, sync: bool) -> None:
    fresh.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # Made anew with its mode: there is no moment at which others could open it.
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        keep_owner(file.fileno(), path)
        file.write(text)
        if sync:
            file.flush()
            os.fsync(file.fileno())


def keep_owner(handle: int, path: Path) -> None:
    """What root replaces stays its owner's: else the hub could not read its keyring any more."""
    if os.geteuid() == 0 and path.exists():
        before = path.stat()
        os.fchown(handle, before.st_uid, before.st_gid)


def delete_unfinished(folder: Path) -> None:
    """Delete what is left of files that somebody was writing who was killed. Only while nobody can be at work there."""
    for path in folder.glob(f"*.json.*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def refused(
    kind: type[KeyringError], path: Path, what: str, error: OSError, run: Path | None = None
) -> KeyringError:
    """What to raise of an error of the system with a file."""
    why, transient = unusable(path, error, "see what it is", run=run)
    return kind(f"{path}: {what}: {why}", transient=transient)
