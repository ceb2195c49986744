"""Stamps: a file that says from which inputs a thing was made, so that it is not made again for nothing."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(files: Iterable[Path], *words: str) -> str:
    """One hash of the files' contents and the words, in their order."""
    whole = hashlib.sha256()
    for part in [*(file.read_bytes() for file in files), *(word.encode() for word in words)]:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


def is_fresh(stamp: Path, wanted: str) -> bool:
    """Whether the stamp was written, after success, for the wanted digest."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == wanted
