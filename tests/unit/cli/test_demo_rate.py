"""How fast a demo's time goes: where it is kept, what is said of it, and when a slow day is stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.app import Setup, read_setup
from fleet.cli.demo import beforehand
from fleet.cli.main import main
from fleet.demo import DemoOptions, keep_pace, prepare
from fleet.hub.rundir import RunDir, RunInUse
from fleet.progress import QUIET, STILL_S, Stillness, still_s
from fleet.sim.station import EVERY


def made(folder: Path, rate: float | None) -> RunDir:
    """A small demo that was prepared, and not begun."""
    run = RunDir(folder / "demo")
    prepare(run, DemoOptions(parcels=5, rate=rate))
    return run


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """How a demo without a rate is run."""
    return read_setup(made(tmp_path, None))


def test_the_rate_is_kept_with_the_demo(tmp_path: Path) -> None:
    """So that a resume goes on with it; another that is given then takes its place."""
    run = made(tmp_path, 60)
    assert read_setup(run).pace == 60
    before = read_setup(run)
    keep_pace(run, 5)
    assert read_setup(run) == before.model_copy(update={"pace": 5})
    assert RunDir(tmp_path / "demo").setup.exists()


def test_without_a_rate_it_goes_as_fast_as_it_can(setup: Setup) -> None:
    assert setup.pace is None


def test_the_rate_of_a_hub_that_runs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path, 60)
    monkeypatch.setattr("fleet.demo.ENDING_S", 0)
    with run.held(), pytest.raises(RunInUse):
        keep_pace(run, 5)
    assert read_setup(run).pace == 60


@pytest.mark.parametrize("rate", ["0", "-1", "0.05", "nan", "inf", "10001"])
def test_what_is_no_rate_is_refused(tmp_path: Path, rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["demo", "--headless", "--rate", rate, "--root", str(tmp_path)])
    assert end.value.code == 2
    assert "--rate: must be from 0.1 to 10000" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_a_person_is_told_how_to_have_time(setup: Setup) -> None:
    """And what to try in it; who runs a demo without a terminal is told only what they asked for."""
    run = RunDir(Path(".fleet/demo"))
    assert "--rate 60" in " ".join(beforehand(run, setup, person=True))
    assert beforehand(run, setup, person=False) == []
    slow = setup.model_copy(update={"pace": 60})
    took = "at most 60 simulated seconds a second: 4 hours take 4 minutes or more"
    assert beforehand(run, slow, person=False) == [took]
    told = beforehand(run, slow, person=True)
    assert told[0] == took
    assert "fleet stop-all --name demo; fleet resume-all --name demo" in told[1]


def test_a_slow_day_is_not_stuck(setup: Setup) -> None:
    """Between two reports of the weather nothing may happen; at one simulated second a second that is ten minutes."""
    assert still_s(setup) == STILL_S
    for pace in (0.1, 1, 60):
        slow = Stillness(still_s(setup.model_copy(update={"pace": pace})), since_s=100)
        assert not slow.lasts(100 + EVERY.total_seconds() / pace + STILL_S, moved=False)
        assert slow.lasts(101 + QUIET.total_seconds() / pace + STILL_S, moved=False)


def test_a_day_that_moves_is_not_stuck() -> None:
    still = Stillness(STILL_S, since_s=0)
    assert still.lasts(STILL_S + 1, moved=False)
    assert not still.lasts(STILL_S + 1, moved=True)
    assert not still.lasts(2 * STILL_S + 1, moved=False)
    assert still.lasts(2 * STILL_S + 2, moved=False)
