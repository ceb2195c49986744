"""The benchmark of zones works: each part runs to its end and its figures have the form of the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("part", ["legs", "wrong", "fleet", "samples", "loading", "paths"])
def test_a_smoke_run_prints_figures(part: str) -> None:
    """On a few hundred zones."""
    command = [sys.executable, "benchmarks/geofences.py", "--json", "--quick", "--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stderr
    for figure in json.loads(done.stdout)["figures"]:
        assert {"name", "value", "unit", "goal", "floor", "holds"} <= set(figure)
        assert figure["value"] > 0 or figure["name"] == "wrong_answers"
