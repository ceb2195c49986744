"""The table of attacks in ``docs/security.md`` names real tests, and all of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from fleet.hub.security.refusals import Turned
from fleet.protocol.errors import Fault

NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
SIMPLE = {Fault.TOO_DEEP, Fault.NO_COMMON_VERSION, Fault.BAD_SEQUENCE, Fault.BAD_ACK, Fault.FORGOTTEN}
"""Faults of a sound but old, or of a confused peer: sessions' own rules, shown in ``tests/unit/protocol``."""

UNIT = {
    Turned.NOT_THIS_MACHINE,
    Turned.BAD_ZAP_REQUEST,
    Turned.OUT_OF_FILES,
}
"""What needs another machine, another ZeroMQ or a system that is out of files: shown in ``tests/unit/hub``."""


def functions_of(folder: Path) -> set[tuple[str, str]]:
    return {
        (path.name, node.name)
        for path in folder.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_each_attack_names_its_test_and_each_test_is_named(repo_root: Path) -> None:
    table = (repo_root / "docs" / "security.md").read_text(encoding="utf-8")
    assert set(NAMED.findall(table)) == functions_of(repo_root / "tests" / "attacks")


def test_each_refusal_is_in_the_table(repo_root: Path) -> None:
    table = (repo_root / "docs" / "security.md").read_text(encoding="utf-8")
    missing = [code for code in {*Turned, *Fault} - SIMPLE - UNIT if f"`{code.value}`" not in table]
    assert not missing
