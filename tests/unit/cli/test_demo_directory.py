"""What `fleet demo` may replace, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.demo import DemoOptions, prepare
from fleet.hub.rundir import RunDir, RunDirError

SMALL = DemoOptions(parcels=5)


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    """The same name can be used again."""
    run = RunDir(tmp_path / "demo")
    prepare(run, SMALL)
    (run.path / "hub.db").write_text("old", encoding="utf-8")
    prepare(run, SMALL)
    assert not (run.path / "hub.db").exists()


def test_what_no_demo_has_made_is_left_alone(tmp_path: Path) -> None:
    """Neither a real day nor any other folder or file is lost to a name."""
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "hub.db").write_text("a real day", encoding="utf-8")
    with pytest.raises(RunDirError, match="no demo has made"):
        prepare(RunDir(folder), SMALL)
    with pytest.raises(RunDirError, match="no demo has made"):
        prepare(RunDir(folder / "hub.db"), SMALL)
    assert (folder / "hub.db").read_text(encoding="utf-8") == "a real day"


def test_a_demo_that_runs_is_left_alone(tmp_path: Path) -> None:
    """Its hub is alive: the files are in use."""
    run = RunDir(tmp_path / "demo")
    prepare(run, SMALL)
    with run.held(), pytest.raises(RunDirError, match="is running"):
        prepare(run, SMALL)
    assert (run.path / "setup.json").exists()
