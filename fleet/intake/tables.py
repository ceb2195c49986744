"""Reads a CSV file into rows that know where they stand: UTF-8, with or without a byte-order mark, commas."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleet.intake.errors import FieldError, TableError, file_error
from fleet.intake.suggest import closest


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a table must have and those that it may have; any other is kept as it is."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Required and optional ones."""
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it begins, and its cells by column, trimmed."""

    file: str
    line: int
    cells: Mapping[str, str]

    def error(self, field: str | None, message: str, value: str | None = None) -> FieldError:
        """An error in this row; ``value`` is taken from the cell when it is not given."""
        found = self.cells.get(field) if value is None and field else value
        return FieldError(self.file, self.line, field, found, message)


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose header is right. ``broken`` are rows that have too few or too many cells."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    broken: tuple[FieldError, ...]

    def unknown(self, columns: Columns) -> tuple[str, ...]:
        """The columns that nothing is known of, in their order."""
        return tuple(name for name in self.header if name not in columns.known)


@dataclass(frozen=True, slots=True)
class Stream:
    """A table that is read row by row: what is not kept takes no memory. ``rows`` can be gone through once; a row with
    too few or too many cells is an error there."""

    file: str
    header: tuple[str, ...]
    rows: Iterator[Row | FieldError]

    def unknown(self, columns: Columns) -> tuple[str, ...]:
        """The columns that nothing is known of, in their order."""
        return tuple(name for name in self.header if name not in columns.known)


def read_table(path: Path, columns: Columns) -> Table:
    """The table in a file.

    Raises ``FileError`` when the file can't be read, ``TableError`` when it is not UTF-8 or no CSV, or when a
    column is missing or doubled. Rows with too few or too many cells are in ``broken``.
    """
    return parse_table(read_text(path), str(path), columns)


def parse_table(text: str, file: str, columns: Columns) -> Table:
    """The table in a text; ``file`` is its name in errors. Raises ``TableError`` as ``read_table`` does."""
    stream = _stream(io.StringIO(text, newline=""), file, columns)
    rows: list[Row] = []
    broken: list[FieldError] = []
    for row in stream.rows:
        if isinstance(row, Row):
            rows.append(row)
        else:
            broken.append(row)
    return Table(file, stream.header, tuple(rows), tuple(broken))


@contextmanager
def open_table(path: Path, columns: Columns) -> Iterator[Stream]:
    """The table in a file, read as far as its rows are asked for. Raises what ``read_table`` raises, what is wrong
    farther down while the rows are gone through."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield _stream(file, str(path), columns)
    except OSError as error:
        raise file_error(str(path), f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        if path.is_file():
            read_text(path)  # of the whole file it is known on which line that is
        raise file_error(
            str(path), "is not UTF-8 text; send UTF-8, or give it as a file, which is told by the line"
        ) from error


def _stream(text: Iterable[str], file: str, columns: Columns) -> Stream:
    records = _records(text, file)
    line, header = next(records, (1, ()))
    if errors := list(_header_errors(file, line, header, columns)):
        raise TableError(errors)
    return Stream(file, header, _rows(records, file, header))


def _rows(
    records: Iterable[tuple[int, tuple[str, ...]]], file: str, header: tuple[str, ...]
) -> Iterator[Row | FieldError]:
    for line, cells in records:
        if len(cells) == len(header):
            yield Row(file, line, dict(zip(header, cells, strict=True)))
        else:
            message = f"{len(cells)} cells under {len(header)} columns; is a comma or a quote missing?"
            yield FieldError(file, line, None, None, message)


def read_text(path: Path) -> str:
    """A file's text, without a byte-order mark; raises ``FileError`` when it is not there or is not UTF-8."""
    return decoded(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """What a file holds; raises ``FileError`` when it is not there."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise file_error(str(path), f"cannot be read: {error.strerror or error}") from error


def decoded(data: bytes, source: str) -> str:
    """The text of a file, without a byte-order mark; raises ``TableError`` when it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "is not UTF-8 text here; save the file as UTF-8"
        raise TableError([FieldError(source, line, None, None, message)]) from error


def _records(text: Iterable[str], file: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(text, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise TableError([FieldError(file, line, None, None, f"is no CSV: {error}")]) from error
        if record is None:
            return
        cells = tuple(cell.strip() for cell in record)
        if any(cells):
            yield line, cells


def _header_errors(file: str, line: int, header: tuple[str, ...], columns: Columns) -> Iterator[FieldError]:
    if not header:
        yield FieldError(
            file, line, None, None, f"is empty; expected the columns {','.join(columns.required)}"
        )
        return
    missing = [name for name in columns.required if name not in header]
    if len(header) == 1 and missing and (";" in header[0] or "\t" in header[0]):
        yield FieldError(file, line, None, None, "separate the columns by commas, not by ';' or tabs")
        return
    spare = [name for name in header if name and name not in columns.known]
    for name in missing:
        near = closest(name, spare)
        hint = f"; did you mean it by {near!r}?" if near else ""
        yield FieldError(file, line, name, None, f"the column is missing{hint}")
    yield from (FieldError(file, line, name, None, "the column is there twice") for name in _doubled(header))
    if "" in header:
        yield FieldError(file, line, None, None, f"column {header.index('') + 1} has no name")


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1 and name]
