"""From the text of a cell to a value. A parser raises ``CellError``: what is wrong and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from fleet.domain.plausible import YEARS
from fleet.intake.suggest import did_you_mean

Parser = Callable[[str], Any]
"""From a cell's text to a value; raises ``CellError``."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(:([0-5]\d))?")
_FLAGS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
_LONGEST_ID = 128
_MOST_DECIMALS = 15


class CellError(ValueError):
    """A cell that cannot be used; the message says why and what to write."""


def text(cell: str) -> str:
    """Any text, also none."""
    return cell


def identifier(cell: str) -> str:
    """An id: one to 128 characters in one line."""
    _filled(cell)
    if not cell.isprintable():
        raise CellError("an id may not hold line breaks or control characters")
    if len(cell) > _LONGEST_ID:
        raise CellError(f"an id has at most {_LONGEST_ID} characters, not {len(cell)}")
    return cell


def number(cell: str) -> float:
    """A finite number with a decimal point."""
    _filled(cell)
    if not _NUMBER.fullmatch(cell):
        hint = "; write decimals with a point" if re.fullmatch(r"[+-]?\d+,\d+", cell) else ""
        raise CellError(f"is not a number{hint}")
    value = float(cell)
    if abs(value) == float("inf"):
        raise CellError("is too large a number")
    return value


def positive(cell: str) -> float:
    """A number above 0."""
    value = number(cell)
    if value <= 0:
        raise CellError("must be above 0")
    return value


def not_negative(cell: str) -> float:
    """A number of at least 0."""
    value = number(cell)
    if value < 0:
        raise CellError("must not be negative")
    return value


def at_most(parse: Parser, most: float, hint: str) -> Parser:
    """The same numbers, none above ``most``; ``hint`` says what a larger one may come from."""

    def bounded(cell: str) -> float:
        value: float = parse(cell)
        if value > most:
            raise CellError(f"must be at most {most:g}; {hint}")
        return value

    return bounded


def within(low: float, high: float) -> Parser:
    """Numbers from ``low`` to ``high``."""

    def parse(cell: str) -> float:
        value = number(cell)
        if not low <= value <= high:
            raise CellError(f"must lie within {low:g} and {high:g}")
        return value

    return parse


def whole(low: int, high: int) -> Parser:
    """Whole numbers from ``low`` to ``high``."""

    def parse(cell: str) -> int:
        _filled(cell)
        if not re.fullmatch(r"[+-]?\d{1,9}", cell):
            raise CellError(f"must be a whole number from {low} to {high}")
        value = int(cell)
        if not low <= value <= high:
            raise CellError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def money_minor(cell: str) -> int:
    """An amount in major units, as minor units, rounded half to even."""
    not_negative(cell)
    cents = (Decimal(cell) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) if _short(cell) else None
    if cents is None:
        raise CellError(f"must be an amount with at most {_MOST_DECIMALS} digits")
    return int(cents)


def flag(cell: str) -> bool:
    """``true`` or ``false``."""
    _filled(cell)
    value = _FLAGS.get(cell.lower())
    if value is None:
        raise CellError("must be true or false")
    return value


def moment(cell: str) -> datetime:
    """An ISO 8601 time that states its offset from UTC; the offset is kept."""
    _filled(cell)
    try:
        value = datetime.fromisoformat(cell)
    except ValueError:
        raise CellError("is not an ISO 8601 time; write 2026-11-24T08:00:00-06:00") from None
    if value.utcoffset() is None:
        raise CellError("has no offset from UTC, so the moment is not known; write 2026-11-24T08:00:00-06:00")
    if value.year not in YEARS:
        raise CellError(f"lies outside the years {YEARS.start} to {YEARS.stop - 1}")
    return value


def clock(cell: str) -> time:
    """A local time of day, ``HH:MM`` or ``HH:MM:SS``; ``24:00`` is midnight."""
    _filled(cell)
    match = _CLOCK.fullmatch(cell)
    if not match:
        raise CellError("is not a time of day; write 07:00")
    hour, minute, second = int(match[1]), int(match[2]), int(match[4] or 0)
    if hour == 24 and (minute or second):
        raise CellError("is not a time of day; the day ends at 24:00")
    return time(hour % 24, minute, second)


def timezone(cell: str) -> str:
    """The name of an IANA time zone."""
    _filled(cell)
    try:
        ZoneInfo(cell)
    except (ValueError, OSError, KeyError):
        raise CellError("is not an IANA time zone; write a name like America/Chicago") from None
    return cell


def choice(kinds: type[StrEnum]) -> Parser:
    """One of an enumeration's values."""

    def parse(cell: str) -> StrEnum:
        _filled(cell)
        try:
            return kinds(cell)
        except ValueError:
            names = [kind.value for kind in kinds]
            raise CellError(f"must be one of {', '.join(names)}{did_you_mean(cell.lower(), names)}") from None

    return parse


def names(most: int) -> Parser:
    """Names with spaces or semicolons between them, so many at most."""

    def parse(cell: str) -> frozenset[str]:
        found = frozenset(identifier(name) for name in re.split(r"[\s;]+", cell) if name)
        if len(found) > most:
            raise CellError(f"must be at most {most} names, with spaces or semicolons between them")
        return found

    return parse


def optional(parse: Parser, default: object = None) -> Parser:
    """The same parser for a cell that may be empty, which then means ``default``."""
    return lambda cell: parse(cell) if cell else default


def _filled(cell: str) -> None:
    if not cell:
        raise CellError("is empty")


def _short(cell: str) -> bool:
    return len(cell) <= _MOST_DECIMALS + 2 and "e" not in cell.lower()
