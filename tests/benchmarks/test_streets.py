"""The benchmark of streets: it runs, and its figures are of what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_it_runs_on_a_made_up_town(repo_root: Path) -> None:
    command = [sys.executable, "benchmarks/streets.py", "--quick", "--json"]
    run = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode in (0, 1), run.stderr[-2000:]
    said = json.loads(run.stdout)
    assert said["extract"] == "town.osm.pbf"
    figures = {figure["name"]: figure for figure in said["figures"]}
    assert len(figures) == 5
    for figure in figures.values():
        assert figure["value"] > 0
        assert figure["holds"] == (figure["value"] <= figure["floor"])
    walk = next(figure for name, figure in figures.items() if "(walk)" in name)
    assert 1.0 < walk["median_circuity"]["1 to 3 km"] < 2.0, "a grid's ways are longer than straight ones"
