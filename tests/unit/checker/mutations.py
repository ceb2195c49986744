"""The register of ways to break the valid day, with what must be reported for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tests.checker import Code
from tests.unit.checker.builder import Day, clock

Break = Callable[[Day], object]
CASES: dict[str, tuple[Code, Break]] = {}


def breaks(code: Code) -> Callable[[Break], Break]:
    """Notes a way to break the day and what must be reported."""

    def note(change: Break) -> Break:
        CASES[change.__name__] = (code, change)
        return change

    return note


def moment(text: str) -> datetime:
    """A time of the plan."""
    return clock(text[11:19])
