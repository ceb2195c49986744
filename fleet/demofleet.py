"""The fleet file of a demo: one of the user's own in place of the city's, and the energy margin of trials in either."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fleet.intake.errors import FieldError, FleetFileError, IntakeError
from fleet.intake.tables import read_text
from fleet.intake.tomltext import TomlSource, parse_toml

MARGIN = ("reserve", "margin_scale")
"""The key in a fleet file that scales the energy margin."""

_HEADER = re.compile(r"\s*\[\s*reserve\s*\]")


@dataclass(frozen=True, slots=True)
class OwnFleet:
    """What a fleet file says; its path, for errors. It is read once: a pipe has nothing more to say."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> OwnFleet:
        """The file's content. Raises ``IntakeError`` when it can't be read, or is no text."""
        return cls(path, read_text(path))


@contextmanager
def named_as_given(written: Path, own: OwnFleet | None) -> Iterator[None]:
    """What is wrong with the copy of a user's own file is told of that file."""
    try:
        yield
    except IntakeError as error:
        if own is None:
            raise
        raise type(error)([_told(one, written, own) for one in error.errors]) from error


def _told(error: FieldError, written: Path, own: OwnFleet) -> FieldError:
    file = Path(error.file)
    if file == written:
        return replace(error, file=str(own.path))
    if file.is_relative_to(written.parent) and not file.exists():
        message = "is not found from the copy of the fleet file that a demo keeps: name it by its whole path"
        return FieldError(str(own.path), None, None, str(file.relative_to(written.parent)), message)
    return error


def with_margin(text: str, scale: float, file: str) -> str:
    """The fleet file with the energy margin scaled: a trial that must end badly, since the world judges, not the hub.

    Raises ``FleetFileError``, of ``file``, where that can't be put into it.
    """
    source = parse_toml(text, file)
    reserve = source.data.setdefault(MARGIN[0], {})
    if not isinstance(reserve, dict):
        raise _refused(source, MARGIN[:1], "must be a table")
    if MARGIN[1] in reserve:
        raise _refused(
            source, MARGIN, "is said by the file, too: leave it out there, or leave out --margin-scale"
        )
    reserve[MARGIN[1]] = scale
    found = _put_in(text, source.line(MARGIN[:1]), f"{MARGIN[1]} = {scale!r}")
    if not _says(found, source):
        raise _refused(source, MARGIN[:1], "write it as a table of its own, [reserve], for --margin-scale")
    return found


def _put_in(text: str, at: int | None, line: str) -> str:
    """The line under the table's header on line ``at``; with a header of its own at the end where there is none."""
    lines = text.splitlines()
    if at is not None and _HEADER.match(lines[at - 1]):
        return "\n".join([*lines[:at], line, *lines[at:], ""])
    return "\n".join([*lines, "", f"[{MARGIN[0]}]", line, ""])


def _says(text: str, source: TomlSource) -> bool:
    """Whether a text says what the changed source does, and nothing else: a header may stand in a longer text, too."""
    try:
        return tomllib.loads(text) == source.data
    except tomllib.TOMLDecodeError:
        return False


def _refused(source: TomlSource, key: tuple[str, ...], message: str) -> FleetFileError:
    return FleetFileError([FieldError(source.file, source.line(key), ".".join(key), None, message)])
