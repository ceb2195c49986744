"""The benchmark of streets: it runs, and its figures are of what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.streets import CLOSED, ENDS, parted
from fleet.protocol.values import Place


@pytest.mark.timeout(300)
def test_it_runs_on_a_made_up_town(repo_root: Path) -> None:
    command = [sys.executable, "benchmarks/streets.py", "--quick", "--json"]
    run = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode in (0, 1), run.stderr[-2000:]
    said = json.loads(run.stdout)
    assert said["extract"] == "town.osm.pbf"
    figures = {figure["name"]: figure for figure in said["figures"]}
    assert len(figures) == 6
    (vans,) = (figure for name, figure in figures.items() if "vans' ways with" in name)
    assert vans["faster"] == 0
    assert vans["longer_share"] > 0
    for figure in figures.values():
        assert figure["value"] > 0
        assert figure["holds"] == (figure["value"] <= figure["floor"])
    walk = next(figure for name, figure in figures.items() if "(walk)" in name)
    assert 1.0 < walk["median_circuity"]["1 to 3 km"] < 2.0, "a grid's ways are longer than straight ones"


def test_what_is_no_folder_of_streets_is_said(tmp_path: Path, repo_root: Path) -> None:
    command = [sys.executable, "benchmarks/streets.py", "--streets", str(tmp_path)]
    ran = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {tmp_path}: is no folder of streets: build one with `fleet")


@pytest.mark.parametrize("count", [3, 60, 150, 299, 301, 2000])
def test_no_way_begins_or_ends_at_a_closed_stop(count: int) -> None:
    stops = [Place(lon=number / 1000, lat=0) for number in range(count)]
    ends, shut = parted(stops)
    assert ends
    assert shut
    assert not set(ends) & set(shut)
    if count >= ENDS + CLOSED:
        assert (len(ends), len(shut)) == (ENDS, CLOSED)
