"""What every command shares: where its output goes, its exit codes, and how it fails."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

from fleet.intake.errors import IntakeError
from fleet.intake.escapes import harmless, harmless_json, one_line
from fleet.network.errors import NetworkError


class ExitCode(IntEnum):
    """How a command ends. ``docs/commands.md`` is the list for people."""

    OK = 0
    NO = 1
    """The command worked, and its answer is no (a path is blocked, the hub or an asset refuses)."""
    BAD_INPUT = 2
    """A file, an option or a value is wrong; the message says which."""
    UNKNOWN = 3
    """The command worked, and its answer is that it can't be known (no word from an asset yet)."""
    UNREACHABLE = 4
    """There is no day of that name, its store can't be read, or its hub does not answer."""
    CRASH = 70
    """A fault of the program (``EX_SOFTWARE`` of sysexits.h)."""
    INTERRUPTED = 130
    READER_GONE = 141
    """Whoever read the output has closed it; what a shell shows for a command that SIGPIPE ends."""


class BadInput(Exception):
    """An option or value that cannot be used; the fault is the caller's."""


class Unreachable(Exception):
    """There is no hub to ask, or it does not answer; the message says what to do."""


def show(data: object, text: str, *, as_json: bool) -> None:
    """The result on stdout, at once: ``data`` as JSON, or ``text`` for people.

    Raises ``BadInput`` where there is no room for it.
    """
    try:
        print(_as_json(data) if as_json else harmless(text), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadInput(f"the output cannot be written: {error.strerror or error}") from error


def _as_json(data: object) -> str:
    return harmless_json(json.dumps(data, ensure_ascii=False, indent=2))


def note(message: str) -> None:
    """Progress, on stderr."""
    print(harmless(message), file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Something that the caller should know, in one line on stderr."""
    note(f"warning: {one_line(message)}")


def clock(at: datetime) -> str:
    """A moment to the second, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under a header, one line each, in columns as wide as they need; numbers to the right."""
    cells = [[one_line(str(cell)) for cell in row] for row in (header, *rows)]
    columns = range(len(header))
    widths = [max(len(row[at]) for row in cells) for at in columns]
    right = [bool(rows) and all(isinstance(row[at], int | float) for row in rows) for at in columns]
    return "\n".join(_line(row, widths, right) for row in cells)


def guarded(command: Callable[[], object], *, debug: bool, as_json: bool) -> NoReturn:
    """Runs a command and ends the process with its exit code; a fault ends it with a message.

    Nobody is told that the reader of the output has gone (``fleet … | head``): it is what the reader wanted.
    """
    stdout = sys.stdout
    try:
        code = _outcome(command, debug=debug, as_json=as_json)
    except BrokenPipeError:
        code = ExitCode.READER_GONE
    # Typer swallows a broken pipe, ends with 1, and leaves another stream in stdout's place.
    sys.exit(ExitCode.READER_GONE if sys.stdout is not stdout or not _all_written() else code)


def _outcome(command: Callable[[], object], *, debug: bool, as_json: bool) -> int | str | None:
    """The exit code, with what went wrong said. Raises ``BrokenPipeError`` when nobody reads any more."""
    try:
        command()
    except SystemExit as end:
        if as_json:
            _usage_as_json(end)
        return end.code
    except (IntakeError, BadInput, NetworkError) as error:
        return _failed(ExitCode.BAD_INPUT, "bad_input", str(error), _details(error), as_json=as_json)
    except Unreachable as error:
        return _failed(ExitCode.UNREACHABLE, "unreachable", str(error), [], as_json=as_json)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, the person gets a clear end
        if debug:
            traceback.print_exc()
        hint = "" if debug else "\nThis is a fault of the program; `fleet --debug …` shows where it happened."
        message = f"{type(error).__name__}: {error}{hint}"
        return _failed(ExitCode.CRASH, "crash", message, [], as_json=as_json)
    return ExitCode.OK


def _usage_as_json(end: SystemExit) -> None:
    """A wrong command line as JSON too: Typer has told it to people, and ends on account of it."""
    message = getattr(end.__context__, "format_message", None)
    if message is not None:
        _say_json("bad_input", message(), [])


def _all_written() -> bool:
    """Whether whoever reads has had all that was printed. The rest is dropped, or Python would complain at its end."""
    arrived = True
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            arrived = arrived and not isinstance(error, BrokenPipeError)
    return arrived


def relative(path: Path) -> str:
    """A path as a person would write it from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _failed(
    code: ExitCode, kind: str, message: str, details: list[dict[str, Any]], *, as_json: bool
) -> ExitCode:
    """Says what went wrong; the code."""
    if as_json:
        _say_json(kind, message, details)
    note(f"error: {message}")
    return code


def _say_json(kind: str, message: str, details: list[dict[str, Any]]) -> None:
    """At once: who closed the output is not to be told the same on stderr. Where there is no room, stderr has it."""
    told = {"error": kind, "message": message, "errors": details}
    try:
        print(_as_json(told), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        note(f"error: the output cannot be written: {error.strerror or error}")


def _details(error: IntakeError | BadInput | NetworkError) -> list[dict[str, Any]]:
    if not isinstance(error, IntakeError):
        return []
    names = ("file", "line", "field", "value", "message")
    return [{name: getattr(fault, name) for name in names} for fault in error.errors]


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if flush_right else cell.ljust(width)
        for cell, width, flush_right in zip(row, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()
