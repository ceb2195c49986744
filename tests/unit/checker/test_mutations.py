"""Each rule is proven by breaking the valid day in one way: exactly that code must come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checker import Code
from tests.unit.checker import mutations_places, mutations_rules, mutations_sorties
from tests.unit.checker.builder import Day
from tests.unit.checker.mutations import CASES

CHAPTERS = (mutations_places, mutations_sorties, mutations_rules)
"""Each notes its cases when it is loaded."""


@pytest.mark.parametrize("name", CASES)
def test_exactly_what_was_broken_is_reported(name: str, tmp_path: Path) -> None:
    """One change, one code."""
    code, change = CASES[name]
    day = Day(tmp_path)
    change(day)
    found = day.violations()
    assert {violation.code for violation in found} == {code}, "\n".join(map(str, found))


def test_every_code_is_proven() -> None:
    """A code that no broken day shows would be a rule that nobody has seen working."""
    assert {code for code, _ in CASES.values()} == set(Code)
