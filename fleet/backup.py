"""A backup of a run: its store as it was at one moment, its setup and its input files, in a folder with a manifest.

A running hub is not disturbed: the copy is read as any reader reads, and the hub's next commits are not in it. Keys are
not in it: who restores a day gives it the keys of the old one, or makes new ones.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from fleet.app import Files, Setup, holder_of, note_put_back, read_setup
from fleet.domain.events import ContactsErased
from fleet.hub.folders import CannotExchange, put, put_instead, unfinished
from fleet.hub.observability.release import release
from fleet.hub.rundir import RunDir, write_atomically
from fleet.hub.security.keyring import Keyring
from fleet.hub.unusable import unusable
from fleet.store.base import StoreError
from fleet.store.reader import Reader, connected
from fleet.store.sql import SqlStore
from fleet.store.verify import Found, verify

MANIFEST = "manifest.json"
STORE = "hub.db"
SETUP = "setup.json"
FILES = "files"


class BackupError(Exception):
    """A backup can't be made or used; the message says which and what to do."""


class DamagedBackup(BackupError):
    """The backup is there, but not as it was made."""


class Manifest(BaseModel):
    """What a backup holds: ``position`` is the log's last, ``files`` have their SHA-256 by path within the backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["lastmile-backup/1"] = "lastmile-backup/1"
    run: str
    release: str
    revision: str | None
    position: int
    made_at: datetime
    files: dict[str, str]


def back_up(run: RunDir, out: Path, *, now: datetime) -> Manifest:
    """Make a backup of a run, whether its hub is up or not; ``out`` is there whole or not at all.

    Raises ``BackupError``, ``StoreError``, ``RunDirError`` (``NoSuchRun``).
    """
    setup = read_setup(run)
    if setup.store is not None:
        raise BackupError(
            f"{run.path}: its store is in PostgreSQL: back that up with pg_dump (and keep {SETUP} and the keys)"
        )
    with _made(out) as folder:
        _copy_store(run.store, folder / STORE, out)
        found = verify(folder / STORE)
        if not found.whole:
            raise StoreError(f"{run.store}: is damaged, so no backup was made: {'; '.join(found.faults)}")
        kept = setup.model_copy(update={"files": _copied(setup.files, folder)})
        (folder / SETUP).write_text(kept.model_dump_json(indent=1), encoding="utf-8")
        manifest = Manifest(
            run=setup.name,
            release=release(),
            revision=found.revision,
            position=found.position,
            made_at=now,
            files=_sums(folder),
        )
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        put(folder, out)
    return manifest


def check(backup: Path) -> tuple[Manifest, Found]:
    """Whether a backup is as it was made, and its store whole. Raises ``BackupError`` and ``StoreError``."""
    manifest = _manifest(backup)
    try:
        found = _sums(backup)
    except OSError as error:
        raise _unreadable(Path(error.filename or backup), error) from error
    for inside, expected in manifest.files.items():
        if found.get(inside) != expected:
            raise DamagedBackup(f"{backup / inside}: is not what was backed up; take another backup")
    return manifest, verify(backup / STORE)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made of a backup: ``aside`` is where the run is now that was there, ``erased`` of how many orders the
    personal data was erased again, ``unknown`` why it can't be told who was erased since the backup.
    """

    manifest: Manifest
    aside: Path | None
    erased: int
    unknown: str | None


def restore(backup: Path, run: RunDir, *, now: datetime, replace: bool = False) -> Restored:
    """Make a run of a backup. With ``replace`` one that is there is kept beside it, its keys are taken over, and who
    was erased there is erased here too.

    Raises ``BackupError``, ``StoreError`` and ``RunDirError``.
    """
    manifest, found = check(backup)
    if not found.whole:
        raise DamagedBackup(f"{backup}: its store is damaged: {'; '.join(found.faults)}; take another backup")
    if run.path.exists() and not replace:
        raise BackupError(f"{run.path}: is there already; choose another --name, or --force keeps it aside")
    # Held until the other is in its place: a hub that started in between would put aside what it acknowledged.
    there = run.path.exists()
    with run.held() if there else nullcontext(), _made(run.path, replace=replace) as folder:
        for inside in manifest.files:
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            _copy(backup / inside, folder / inside)
        (folder / "logs").mkdir()
        setup = _settle(folder, run)
        erasures, unknown = _erased_since(run, folder / STORE)
        with closing(SqlStore.open(folder / STORE)) as store:
            erased = note_put_back(store, setup, now, erasures)
        ring, aside = Keyring(run.keys), None
        # Nobody revokes a key between the copy and the exchange: that would be lost.
        with ring.locked() if ring.exists else nullcontext():
            if ring.exists:
                shutil.copytree(ring.folder, folder / "keys", copy_function=shutil.copy2)
            if there:
                aside = put_instead(folder, run.path)
            else:
                put(folder, run.path)  # nobody was kept out meanwhile: what is there by now is not put aside
    return Restored(manifest, aside, erased, unknown)


def put_back(run: RunDir, *, now: datetime) -> None:
    """Note in a run's store that it was put back from a backup by other means than ``restore`` (pg_restore, a copy).

    Raises ``StoreError`` and ``RunDirError``.
    """
    setup = read_setup(run)
    with run.held(), closing(SqlStore.open(run.place, holder=holder_of(run))) as store:
        note_put_back(store, setup, now)


def _erased_since(run: RunDir, store: Path) -> tuple[tuple[ContactsErased, ...], str | None]:
    """Who was erased in the run that is there, if it has the same day; or why that can't be told."""
    if not run.has_day:
        return (), f"{run.path} has no store to compare with"
    try:
        there = Reader(run.place)
        if next(there.events(limit=1), None) != next(Reader(store).events(limit=1), None):
            return (), f"{run.path} was another day"
        return there.erasures(), None
    except StoreError as error:
        return (), str(error)


def _settle(folder: Path, run: RunDir) -> Setup:
    """The setup of the restored run: its name, and its files where they will be."""
    setup = Setup.model_validate_json((folder / SETUP).read_text(encoding="utf-8"))
    where = run.path.absolute()
    files = {name: where / path for name, path in setup.files if isinstance(path, Path)}
    zones = tuple(where / path for path in setup.files.zones)
    settled = setup.model_copy(
        update={
            "name": run.path.name,
            "files": setup.files.model_copy(update={**files, "zones": zones}),
        }
    )
    write_atomically(folder / SETUP, settled.model_dump_json(indent=1))
    return settled


@contextmanager
def _made(out: Path, *, replace: bool = False) -> Iterator[Path]:
    """A folder that only its owner reads, for the block to fill and to put at ``out``. Raises ``BackupError``."""
    if out.exists() and not replace:
        raise BackupError(f"{out}: is there already; choose another place")
    try:
        with unfinished(out) as folder:
            yield folder
    except CannotExchange as error:
        raise BackupError(
            f"{out}: this file system {error.strerror}, so whoever is killed meanwhile would leave no run of that "
            "name; restore under another --name, and copy the keys there"
        ) from error
    except OSError as error:
        raise BackupError(f"{out}: {unusable(out, error, 'choose another place').why}") from error


def _copy_store(store: Path, copy: Path, out: Path) -> None:
    """Copy the store; ``out`` is what the copy's folder will be called. Raises ``StoreError`` and ``BackupError``."""
    try:
        with closing(connected(store)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)  # all pages in one step: as they were at one moment
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") in _WRITING:
            raise _full(out, error) from error
        raise StoreError(f"{store}: can't be copied to {out}: {error}") from error
    try:
        with closing(sqlite3.connect(copy)) as target:
            # A single file, which can also be read where nothing can be written.
            target.execute("PRAGMA journal_mode=DELETE").close()
    except sqlite3.Error as error:
        raise _full(out, error) from error


_WRITING = frozenset(
    {
        "SQLITE_FULL",
        "SQLITE_IOERR_WRITE",
        "SQLITE_IOERR_FSYNC",
        "SQLITE_IOERR_TRUNCATE",
        "SQLITE_IOERR_DIR_FSYNC",
    }
)
"""Errors of who writes, which is done to a copy only."""


def _full(out: Path, error: sqlite3.Error) -> BackupError:
    return BackupError(f"{out}: can't be written ({error}): make room there, or choose another place")


def _copy(source: Path, target: Path) -> None:
    """Copy a file. Raises ``BackupError`` where it can't be read, ``OSError`` where the copy can't be written."""
    try:
        file = source.open("rb")
    except OSError as error:
        why, _ = unusable(source, error, "put it back: the run's setup.json names it")
        raise BackupError(f"{source}: can't be copied: {why}") from error
    with file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy)


def _copied(files: Files, folder: Path) -> Files:
    """The input files beside the store, by their place in the backup."""
    numbers = count(1)

    def copy(path: Path) -> Path:
        inside = Path(FILES) / f"{next(numbers)}-{path.name}"
        (folder / FILES).mkdir(exist_ok=True)
        _copy(path, folder / inside)
        return inside

    single = {name: copy(path) for name, path in files if isinstance(path, Path)}
    return files.model_copy(update={**single, "zones": tuple(copy(path) for path in files.zones)})


def _manifest(backup: Path) -> Manifest:
    file = backup / MANIFEST
    try:
        return Manifest.model_validate_json(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValidationError) as error:
        raise BackupError(f"{file}: no backup that this release can read ({type(error).__name__})") from error
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> BackupError:
    return BackupError(f"{file}: cannot be read: {unusable(file, error, 'take another backup').why}")


def _sums(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def today() -> datetime:
    """Now, for the manifest."""
    return datetime.now(UTC)
