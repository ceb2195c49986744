"""A run can be asked about from anywhere: what its setup names is found wherever a command stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.app import Setup, read_setup
from fleet.demo import DemoOptions, build_day, prepare
from fleet.hub.rundir import RunDir

SMALL = DemoOptions(parcels=3, hours=3)


def paths_of(setup: Setup) -> list[Path]:
    files = setup.files
    return [*(path for _, path in files if isinstance(path, Path)), *files.zones]


def test_the_files_of_a_demo_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its run was named from the directory in which it was begun."""
    monkeypatch.chdir(tmp_path)
    setup, _ = build_day(Path("runs/day"), SMALL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert len(paths_of(setup)) >= 6
    assert all(path.is_absolute() and path.exists() for path in paths_of(setup))


def test_so_are_those_of_a_demo_that_was_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = RunDir(Path("runs/day"))
    for _ in range(2):
        prepare(run, SMALL)
        run.store.touch()
    kept = read_setup(RunDir(Path("runs/day-1")))
    assert all(path.is_absolute() and path.exists() for path in paths_of(kept))
