"""The README of geofences: its examples run, and the tests it names exist."""

import doctest
import re
from pathlib import Path


def test_examples_run(repo_root: Path) -> None:
    """As a user would type them."""
    flags = doctest.IGNORE_EXCEPTION_DETAIL | doctest.NORMALIZE_WHITESPACE
    readme = repo_root / "geofences" / "README.md"
    outcome = doctest.testfile(str(readme), module_relative=False, optionflags=flags, encoding="utf-8")
    assert outcome.attempted > 20
    assert outcome.failed == 0


def test_every_rule_names_tests_that_exist(repo_root: Path) -> None:
    """E1 to E16, each with at least one."""
    text = (repo_root / "geofences" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (E\d+) \|(.*)$", text, re.MULTILINE))
    assert list(rows) == [f"E{number}" for number in range(1, 17)]
    for row in rows.values():
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row)
        assert named
        for file, test in named:
            source = (repo_root / "tests" / "unit" / "geofences" / file).read_text(encoding="utf-8")
            assert f"def {test}(" in source
