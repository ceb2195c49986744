"""Runs commands in this process, as a shell would."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet.cli import main as cli
from fleet.hub.rundir import RunDir


def run(at: RunDir, *words: object) -> int:
    """The command's exit code, on a run directory."""
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, words), "--root", str(at.path.parent)])
    assert isinstance(end.value.code, int)
    return end.value.code


def answer(capsys: pytest.CaptureFixture[str], at: RunDir, *words: object) -> tuple[int, Any]:
    """Exit code and JSON."""
    code = run(at, *words, "--json")
    return code, json.loads(capsys.readouterr().out)
