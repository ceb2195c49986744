"""What would be on the disk had the power failed: from notes of every write and sync of a process (``powerloss.c``).

At any moment of the notes, what a file was synced with is there; of what was written to it since, each write is there
whole, in part or not at all. Names of files are taken to be there as soon as they are made, and gone when unlinked.
"""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("powerloss.c")
ROOT: Final = Path(__file__).resolve().parents[2]
SECTOR: Final = 512
"""A disk writes a sector whole or not at all."""
_HEAD: Final = struct.Struct("<cHqq")


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the process did: W write, T truncate (to ``offset``), S sync, U unlink."""

    what: str
    path: Path
    offset: int = 0
    data: bytes = b""


def run_noted(program: str, arguments: Sequence[str], folder: Path, scratch: Path) -> list[Note]:
    """Run a Python program and note what it does to the files of a folder. The compiler is the system's ``cc``."""
    library, log = scratch / "powerloss.so", scratch / "notes"
    build = ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(build, check=True)
    preloaded = {"LD_PRELOAD": str(library), "POWERLOSS_DIR": str(folder), "POWERLOSS_LOG": str(log)}
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **preloaded, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=300,
    )
    return list(_parsed(log.read_bytes()))


def _parsed(log: bytes) -> Iterator[Note]:
    at = 0
    while at < len(log):
        what, name_length, offset, length = _HEAD.unpack_from(log, at)
        at += _HEAD.size
        path = Path(log[at : at + name_length].decode())
        at += name_length
        yield Note(what.decode(), path, offset, log[at : at + length])
        at += length


@dataclass(slots=True)
class Disk:
    """What is certainly there of each file, and what may be."""

    synced: dict[Path, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    since: dict[Path, list[Note]] = field(default_factory=lambda: defaultdict(list))

    def do(self, note: Note) -> None:
        """Go on by one note."""
        if note.what == "S":
            for earlier in self.since.pop(note.path, ()):
                _apply(self.synced[note.path], earlier)
        elif note.what == "U":
            self.synced.pop(note.path, None)
            self.since.pop(note.path, None)
        else:
            self.since[note.path].append(note)

    def after_power_loss(self, rng: random.Random) -> dict[Path, bytes]:
        """One of the many states in which the files may be found."""
        found = {path: bytearray(content) for path, content in self.synced.items()}
        kept = rng.choice((0.0, 0.5, 0.9, 1.0))
        for path, notes in self.since.items():
            image = found.setdefault(path, bytearray())
            for note in notes:
                if rng.random() < kept:
                    _apply(image, note)
                elif note.what == "W" and kept and rng.random() < 0.5:
                    _apply_in_part(image, note, rng)
        return {path: bytes(image) for path, image in found.items()}


def _apply(image: bytearray, note: Note) -> None:
    if note.what == "T":
        del image[note.offset :]
        image.extend(bytes(note.offset - len(image)))
    else:
        image.extend(bytes(max(0, note.offset - len(image))))
        image[note.offset : note.offset + len(note.data)] = note.data


def _apply_in_part(image: bytearray, note: Note, rng: random.Random) -> None:
    """Only some sectors of a write have reached the disk."""
    for start in range(0, len(note.data), SECTOR):
        if rng.random() < 0.5:
            part = note.data[start : start + SECTOR]
            _apply(image, Note("W", note.path, note.offset + start, part))


def lay_out(files: dict[Path, bytes], folder: Path) -> None:
    """Write the files, by their names, into another folder."""
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / path.name).write_bytes(content)
