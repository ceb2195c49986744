"""What the world was given, one line of JSON for each input: replayed, it makes the same world again.

A line is handed to the operating system before it is acted on, so that the death of the process loses nothing that
had an effect. A line that was cut off in the middle had none, and is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from adapters.sim.errors import HostError

FORMAT: Final = 1
Entry = Mapping[str, Any]
_LINE: Final = json.JSONEncoder(separators=(",", ":"))


class Journal:
    """The file of one world. ``header`` says which world it is: another one is refused."""

    def __init__(self, path: Path, header: Entry) -> None:
        self._path = path
        self._header = {"journal": FORMAT, **header}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            self._drop_torn_line()
        except OSError as error:
            raise HostError(f"{path}: {error.strerror}; give a file that can be written") from None
        if path.stat().st_size == 0:
            self.append([self._header])

    def entries(self) -> Iterator[Entry]:
        """Every input so far, in order. Raises ``HostError`` for the journal of another world."""
        self._file.seek(0)
        for number, line in enumerate(self._file, start=1):
            entry = self._parsed(line, number)
            if number > 1:
                yield entry
            elif entry != self._header:
                raise HostError(
                    f"{self._path}: it was written for another world, seed or incidents; use another file"
                )

    def append(self, entries: Iterable[Entry]) -> None:
        """Write inputs down before they have an effect."""
        text = "".join(_LINE.encode(entry) + "\n" for entry in entries)
        self._file.write(text.encode())
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _drop_torn_line(self) -> None:
        text = self._path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            self._file.truncate(whole)

    def _parsed(self, line: bytes, number: int) -> Entry:
        try:
            entry = json.loads(line)
        except ValueError:
            raise HostError(
                f"{self._path}:{number}: not JSON; the file was changed by something else"
            ) from None
        if not isinstance(entry, dict):
            raise HostError(f"{self._path}:{number}: not an entry of a journal")
        return entry
