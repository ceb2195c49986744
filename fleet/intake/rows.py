"""From the cells of a row to checked values: one parser for each column, then the checks across columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.intake.cells import CellError, Parser
from fleet.intake.errors import FieldError
from fleet.intake.tables import Row

Values = dict[str, Any]
"""The parsed cells of a row by column; a column that could not be parsed is absent."""

Check = Callable[[Values], Iterable[tuple[str, str]]]
"""What is wrong with values that are each right: pairs of column and message."""


@dataclass(frozen=True)
class Schema:
    """How the rows of one table are read. A check runs when all columns of its key were parsed."""

    parsers: Mapping[str, Parser]
    checks: Sequence[tuple[tuple[str, ...], Check]] = ()

    def read(self, row: Row) -> tuple[Values, list[FieldError]]:
        """The row's values, and what is wrong with it."""
        values: Values = {}
        errors: list[FieldError] = []
        for column, parse in self.parsers.items():
            try:
                values[column] = parse(row.cells.get(column, ""))
            except CellError as error:
                errors.append(row.error(column, str(error)))
        for columns, check in self.checks:
            if values.keys() >= set(columns):
                errors += [row.error(column, message) for column, message in check(values)]
        return values, errors


@dataclass
class UniqueIds:
    """Remembers on which line each id stood first."""

    column: str
    lines: dict[str, int] = field(default_factory=dict)

    def errors(self, row: Row) -> Iterator[FieldError]:
        """An error when the row's id has been there before."""
        name = row.cells.get(self.column, "")
        first = self.lines.setdefault(name, row.line)
        if name and first != row.line:
            yield row.error(self.column, f"is already the id of line {first}")
