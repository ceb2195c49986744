"""What a version of the wire adds stands in the table that adapter makers read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.protocol.versions import NEW_FIELDS, NEW_KINDS

README = Path(__file__).parents[2] / "fleet" / "protocol" / "README.md"


@pytest.mark.parametrize("version", sorted({*NEW_FIELDS, *NEW_KINDS}))
def test_what_a_version_adds_is_in_the_table(version: int) -> None:
    row = re.search(rf"^\| {version} \| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None
    told = set(re.findall(r"`([\w.]+)`", row[1]))
    fields = NEW_FIELDS.get(version, {})
    added = {*NEW_KINDS.get(version, ()), *fields, *(name for names in fields.values() for name in names)}
    assert told == added
