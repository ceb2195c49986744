"""What is wrong with an input file, said so that the person who wrote it can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.intake.escapes import one_line

SHOWN = 20
"""How many errors a message lists before it only counts the rest."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault: where it is (``line`` counts from 1, none for the whole file), what was found, what to do.

    ``field`` is a column of a table or a dotted key of a TOML file; ``value`` is the text that was found.
    """

    file: str
    line: int | None
    field: str | None
    value: str | None
    message: str

    def __str__(self) -> str:
        """As ``file:line: field: message (found 'value')`` in one line, without the parts that are not known."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f"{self.field}: " if self.field else ""
        found = "" if self.value is None else f" (found {self.value!r})"
        return one_line(f"{place}: {field}{self.message}{found}")


class IntakeError(Exception):
    """An input that cannot be used. The root of every error of this package; the fault is the input's."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(_listed(self.errors))


class FileError(IntakeError):
    """A file that cannot be read at all."""


class TableError(IntakeError):
    """A CSV file with wrong columns or wrong rows."""


class FleetFileError(IntakeError):
    """A fleet file that says something that cannot be."""


class Faults:
    """Collects what is wrong with several files, so that all of it is said at once. Read each in a ``with`` of it."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def __enter__(self) -> None:
        """Begin to read a file."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Note what is wrong with it; any other error goes its way."""
        if not isinstance(error, IntakeError):
            return False
        self.errors += error.errors
        return True

    def raise_errors(self) -> None:
        """Raise ``IntakeError`` with everything that was noted, if anything was."""
        if self.errors:
            raise IntakeError(self.errors)


def file_error(file: str, message: str) -> FileError:
    """The error of a file as a whole."""
    return FileError([FieldError(file, None, None, None, message)])


def _listed(errors: Sequence[FieldError]) -> str:
    shown = [str(error) for error in errors[:SHOWN]]
    rest = len(errors) - len(shown)
    return "\n".join([*shown, f"… and {rest} more"] if rest else shown)
