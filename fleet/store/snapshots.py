"""Snapshots of the state beside the log, so that a start reads a file and a few events instead of all of them.

They are only an aid: whoever deletes them loses nothing. One that is damaged, was made by other code, or belongs to
another log is passed over with a word, and the next older one is taken, or the log is replayed from its beginning.

A snapshot belongs to a log if the last ``MARK`` events before its position are the same there to the letter: a log that
was put back from a backup has others at the same positions.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from fleet.domain.apply import apply
from fleet.domain.state import State
from fleet.store.base import StoredEvent
from fleet.store.rows import event_text
from fleet.store.statecodec import code_fingerprint, decode, encode

FORMAT: Final = 1
MARK: Final = 64
"""Events at its end by which a snapshot knows its log again."""

KEPT: Final = 2
"""Snapshots that are kept: the newest, and the one before in case the newest is damaged."""

PIECE: Final = 4 << 20
"""Bytes that are written before the disk is asked for, so that nobody else's small writes wait behind a large one."""

SPARE: Final = 64 << 20
"""Bytes that stay free on the disk beside a snapshot: nobody's order may have to wait for the sake of an aid."""

SUFFIX: Final = ".state"
Tell = Callable[[str], None]


class Log(Protocol):
    """What snapshots need of a store, or of a reader of one."""

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """Committed events behind a position, in order; a reader may give fewer than there are."""

    def last_position(self) -> int:
        """The position of the last committed event; 0 when there is none."""


class SnapshotError(Exception):
    """A snapshot that can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A state and the snapshot's position that it was made from (0: from nothing)."""

    state: State
    snapshot: int


class Shelf:
    """The folder of a store's snapshots. ``tell`` hears of each that is passed over."""

    def __init__(self, folder: Path, tell: Tell = lambda _: None) -> None:
        self._folder, self._tell = folder, tell

    def restored(self, log: Log) -> Restored:
        """The state at the end of the log: from the newest snapshot that can be used, and the events behind it.

        Raises ``StoreError`` where the log can't be read.
        """
        with _nothing_collected():
            return self._restored(log)

    def _restored(self, log: Log) -> Restored:
        last = log.last_position()
        for position in sorted(self._positions(), reverse=True):
            try:
                state = self._taken_up(position, log, last)
            except SnapshotError as error:
                self._tell(f"{self._file(position)}: passed over: {error}")
                continue
            return Restored(state, position)
        return restored_from(log)

    def put(self, state: State, mark: str) -> Path:
        """Write a snapshot: all of it is there under its name, on disk, or nothing is. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        body = encode(state)
        header = {
            "format": FORMAT,
            "position": state.position,
            "code": code_fingerprint(),
            "log": mark,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        path = self._file(state.position)
        _leave_room(self._folder, len(body))
        unfinished = path.with_suffix(".new")
        try:
            _write(unfinished, json.dumps(header).encode() + b"\n" + body)
        except OSError:
            # What is there of it would keep the hub's own writes from a disk that is full.
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.replace(path)
        _sync_folder(self._folder)
        self._keep_newest(state.position)
        return path

    def _taken_up(self, position: int, log: Log, last: int) -> State:
        if position > last:
            raise SnapshotError(f"the log ends at {last}: it was put back from an older backup")
        header, content, start = self._read(position)
        # Its own marks are the first of the events that are read anyway.
        events = log.events(after=max(0, position - MARK))
        if mark_of(islice(events, min(MARK, position))) != header["log"]:
            raise SnapshotError("it belongs to another log: events at the same positions differ")
        try:
            state = decode(content, start)
        except (ValueError, TypeError, KeyError) as error:
            raise SnapshotError(f"it can't be decoded: {error}") from error
        for stored in events:
            state = apply(state, stored.event)
        return _replayed(state, log)

    def _read(self, position: int) -> tuple[dict[str, Any], bytes, int]:
        """The header, the whole file, and where in it the state begins."""
        try:
            content = self._file(position).read_bytes()
        except OSError as error:
            raise SnapshotError(f"it can't be read: {error.strerror or error}") from error
        start = content.find(b"\n") + 1
        try:
            header = json.loads(content[:start])
        except ValueError:
            header = None
        found = hashlib.sha256(memoryview(content)[start:]).hexdigest()
        if not isinstance(header, dict) or header.get("sha256") != found:
            raise SnapshotError("it is damaged")
        if header.get("format") != FORMAT or header.get("code") != code_fingerprint():
            raise SnapshotError("another release made it")
        if header.get("position") != position:
            raise SnapshotError(f"it is one of position {header.get('position')}, renamed")
        return header, content, start

    def _file(self, position: int) -> Path:
        return self._folder / f"{position:012}{SUFFIX}"

    def _positions(self) -> list[int]:
        try:
            return [int(each.stem) for each in self._folder.iterdir() if _is_snapshot(each)]
        except OSError:
            return []

    def _keep_newest(self, position: int) -> None:
        """Away with older ones, and with those that are newer than the log itself was just now."""
        known = sorted(self._positions())
        others = [each for each in known if each > position]
        for each in others + [each for each in known if each <= position][:-KEPT]:
            with suppress(OSError):
                self._file(each).unlink()

    def _sweep(self) -> None:
        """Away with what a process that was killed has left half written."""
        for each in self._folder.glob("*.new"):
            with suppress(OSError):
                each.unlink()


def restored_from(log: Log) -> Restored:
    """The state at the end of the log, from all of its events."""
    with _nothing_collected():
        return Restored(_replayed(State(), log), 0)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """No search for cycles of garbage meanwhile: of what a replay makes nearly everything stays, and to look through it
    again and again takes as long as the replay itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def mark_of(events: Iterable[StoredEvent]) -> str:
    """What the events say, to the letter."""
    digest = hashlib.sha256()
    for stored in events:
        digest.update(f"{stored.position} {event_text(stored.event)}\n".encode())
    return digest.hexdigest()


def mark_at(log: Log, position: int) -> str:
    """The mark of a log at a position."""
    return mark_of(islice(log.events(after=max(0, position - MARK)), min(MARK, position)))


def _replayed(state: State, log: Log) -> State:
    """The state at the end of the log. A reader gives a number of events at a time, so it is asked until none come."""
    while True:
        before = state.position
        if before >= log.last_position():
            return state
        for stored in log.events(after=before):
            state = apply(state, stored.event)
        if state.position == before:
            return state


def _is_snapshot(path: Path) -> bool:
    return path.suffix == SUFFIX and path.stem.isdigit()


def _leave_room(folder: Path, size: int) -> None:
    """Raises ``OSError`` where a file of that size would leave the store no room on its disk."""
    if shutil.disk_usage(folder).free < size + SPARE:
        raise OSError(
            errno.ENOSPC, f"it would leave less than {SPARE >> 20} MiB of the disk free", str(folder)
        )


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        for start in range(0, len(content), PIECE):
            file.write(content[start : start + PIECE])
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Have the new name itself on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
