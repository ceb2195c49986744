"""The day that the other tests break is whole."""

from pathlib import Path

from tests.unit.checker.builder import Day


def test_the_day_as_built_has_no_violation(tmp_path: Path) -> None:
    """Without this no other test of the checker means anything."""
    assert Day(tmp_path).violations() == []
