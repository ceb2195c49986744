"""`docs/reliability.md` names only tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_each_test_that_the_promises_name_exists(repo_root: Path) -> None:
    """A promise is only as good as the test that shows it."""
    named = NAMED.findall((repo_root / "docs" / "reliability.md").read_text(encoding="utf-8"))
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(rf"^def {test}\(", (repo_root / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
    assert len(named) > 20
