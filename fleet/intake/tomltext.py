"""A TOML file with its text, so that an error in a value can name the line on which the value stands."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet.intake.errors import FieldError, FleetFileError
from fleet.intake.tables import read_text

Key = tuple[str | int, ...]
"""Where a value stands: ``("van", 0, "type")`` is ``type`` of the first ``[[van]]``."""

_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


@dataclass
class TomlSource:
    """A parsed TOML file that collects what is wrong with it."""

    file: str
    data: dict[str, Any]
    lines: Mapping[Key, int]
    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, key: Key, message: str, value: object = None) -> None:
        """Notes an error at a key; ``value`` is what was found there."""
        found = None if value is None else str(value)
        self.errors.append(FieldError(self.file, self.line(key), dotted(key), found, message))

    def blames(self, key: Key) -> bool:
        """Whether an error was noted at a key, or at a part of its value."""
        name = dotted(key)
        return any(f"{error.field}.".startswith((f"{name}.", f"{name}[")) for error in self.errors)

    def line(self, key: Key) -> int | None:
        """The line of a key, else of the innermost table around it that is written down."""
        return line_of(self.lines, key)

    def raise_errors(self) -> None:
        """Raises ``FleetFileError`` with all errors noted so far, when there are any."""
        if self.errors:
            raise FleetFileError(sorted(self.errors, key=lambda error: error.line or 0))


def read_toml(path: Path) -> TomlSource:
    """The file; raises ``FileError`` when it can't be read and ``FleetFileError`` when it is no TOML."""
    return parse_toml(read_text(path), str(path))


def parse_toml(text: str, file: str) -> TomlSource:
    """A text; ``file`` is its name in errors. Raises ``FleetFileError`` when it is no TOML."""
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else len(text.splitlines())
        message = f"is no TOML: {_AT_LINE.sub('', str(error))}"
        raise FleetFileError([FieldError(file, line, None, None, message)]) from error
    return TomlSource(file, data, dict(_keys(text)))


def line_of(lines: Mapping[Key, int], key: Key) -> int | None:
    """The line of a key, else of the innermost table around it that is written down."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def dotted(key: Key) -> str:
    """A key as people write it: ``van[1].type`` for the first entry's type."""
    out = ""
    for part in key:
        out += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return out.removeprefix(".")


def _keys(text: str) -> Iterator[tuple[Key, int]]:
    """Each table and each assignment with its line. Inline tables and lists count as one value."""
    table: Key = ()
    entries: Counter[Key] = Counter()
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(content):
            table = _parts(header[2])
            if header[1] == "[[":
                entries[table] += 1
                yield table, line
                table = (*table, entries[table] - 1)
            yield table, line
        elif assignment := _ASSIGNMENT.match(content):
            yield (*table, *_parts(assignment[1])), line


def _parts(name: str) -> Key:
    return tuple(part.strip("\"'") for part in re.findall(_PART, name))
