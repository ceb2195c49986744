"""Files that commands write: looked at before the work begins, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from fleet.cli.output import BadInput


def check_out(option: str, path: Path | None, *read: Path) -> None:
    """Raises ``BadInput`` for a file that could not be written, or that is one of those that are ``read``: before the
    work rather than after it."""
    if path is None:
        return
    if any(_same(path, one) for one in read):
        raise BadInput(f"{option}: is read as well; give another file (found {str(path)!r})")
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(f"{option}: must be a file in a folder that exists (found {str(path)!r})")
    if not os.access(path.parent, os.W_OK):
        raise BadInput(f"{option}: its folder cannot be written to (found {str(path)!r})")


def _same(path: Path, other: Path) -> bool:
    """Whether both name one file; a pipe or a device is none that could be lost."""
    try:
        return path.is_file() and other.is_file() and path.samefile(other)
    except OSError:
        return False


AT_A_TIME = 1 << 20
"""Characters that are encoded at a time: a large plan is in memory once, not twice."""


def write_out(path: Path, text: str | Iterable[str]) -> None:
    """Writes a file whole or not at all; ``text`` may come in pieces, as they are made. Raises ``BadInput`` when it
    can't be written."""
    pieces = _sliced(text) if isinstance(text, str) else text
    try:
        if path.exists() and not path.is_file():
            with path.open(
                "w", encoding="utf-8"
            ) as file:  # a pipe or a device, such as /dev/null, stays what it is
                file.writelines(pieces)
        else:
            _replace(path, pieces)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror or error}") from error


def _sliced(text: str) -> Iterator[str]:
    return (text[begin : begin + AT_A_TIME] for begin in range(0, len(text), AT_A_TIME))


def _replace(path: Path, pieces: Iterable[str]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(pieces)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask; the only way to ask for it is to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
