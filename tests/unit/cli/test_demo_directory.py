"""What `fleet demo` may replace, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.app import read_setup
from fleet.cli.main import main
from fleet.demo import DemoOptions, claimed, prepare
from fleet.hub.rundir import RunDir, RunDirError, RunInUse

SMALL = DemoOptions(parcels=5)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A demo whose hub has begun its day, and whose store says "old"."""
    made = RunDir(tmp_path / "demo")
    prepare(made, SMALL)
    made.store.write_text("old", encoding="utf-8")
    return made


def again(run: RunDir, *, fresh: bool = False) -> list[str]:
    """Begin a demo of the same name; what is said of the earlier one."""
    said: list[str] = []
    prepare(run, SMALL, fresh=fresh, tell=said.append)
    assert run.setup.exists()
    assert not run.store.exists()
    return said


def test_a_demo_that_has_ended_is_replaced(run: RunDir) -> None:
    """The same name can be used again, and one is told."""
    run.report.write_text("{}", encoding="utf-8")
    assert again(run) == [f"replacing the demo in {run.path}, which has ended"]
    assert not run.report.exists()
    assert [each.name for each in run.path.parent.iterdir()] == ["demo"]


def test_an_interrupted_demo_is_kept_beside_the_new_one(run: RunDir) -> None:
    """With its files, so that it can be taken up under its new name, and as often as it happens."""
    for number in (1, 2):
        kept = RunDir(run.path.with_name(f"demo-{number}"))
        how = f"fleet demo --resume --name demo-{number} --root {run.path.parent}"
        assert again(run) == [
            f"the demo in {run.path} had not ended; it is kept as {kept.path}. Go on with it: {how}"
        ]
        assert kept.store.read_text(encoding="utf-8") == "old"
        setup = read_setup(kept)
        assert setup.name == kept.path.name
        assert setup.files.depots == kept.path / "input" / "depots.csv"
        assert setup.files.read().context.zones.version == read_setup(run).files.read().context.zones.version
        run.store.write_text("old", encoding="utf-8")


def test_a_fresh_beginning_keeps_nothing(run: RunDir) -> None:
    assert again(run, fresh=True) == [f"replacing the demo in {run.path}, which had not ended"]
    assert [each.name for each in run.path.parent.iterdir()] == ["demo"]


def test_a_demo_that_never_began_is_replaced_without_a_word(run: RunDir) -> None:
    """It was interrupted while its city was made, or before its hub was up: there is nothing to go on with."""
    run.store.unlink()
    run.setup.unlink()
    assert again(run) == []
    (run.path / "options.json").unlink()
    for each in (*run.path.glob("*.json"), *run.path.glob("input/*")):
        each.unlink()
    (run.path / "input").rmdir()
    assert again(run) == []


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


def test_a_demo_that_runs_is_left_alone(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its hub nor the demo itself, which has no hub yet or none any more, lets another one in."""
    monkeypatch.setattr("fleet.demo.ENDING_S", 0)
    with run.held(), pytest.raises(RunInUse, match="a hub of that name is running"):
        prepare(run, SMALL)
    for resume in (False, True):
        with (
            claimed(run, resume=resume),
            pytest.raises(RunInUse, match="a demo of that name is running"),
            claimed(run, resume=resume),
        ):
            pass
    assert run.store.read_text(encoding="utf-8") == "old"


def test_only_a_demo_can_be_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A day of `fleet hub` is none, and nothing is made in asking."""
    day = RunDir(tmp_path / "day")
    day.create()
    day.setup.write_text("{}", encoding="utf-8")
    assert fleet("demo", "--resume", "--name", "day", "--root", tmp_path) == 4
    assert "there is no demo of that name to go on with" in capsys.readouterr().err
    assert fleet("demo", "--resume", "--root", tmp_path / "none") == 4
    assert not (tmp_path / "none").exists()


def test_a_demo_is_resumed_or_begun_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet("demo", "--resume", "--fresh", "--root", tmp_path) == 2
    assert capsys.readouterr().err == "error: give --resume or --fresh, not both\n"


@pytest.mark.parametrize("words", [("--network", "x.streets"), ("--seed", "3"), ("--parcels", "20")])
def test_what_a_demo_keeps_is_not_changed_by_going_on(
    words: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet("demo", "--resume", *words, "--root", tmp_path) == 2
    said = capsys.readouterr().err
    assert said == f"error: {words[0]}: is kept from the demo's beginning; leave it out with --resume\n"


def fleet(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([*map(str, words)])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_streets_that_are_none_cost_no_earlier_demo(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """It is looked for them before anything makes room."""
    run.report.write_text("{}", encoding="utf-8")
    where = ["--root", str(run.path.parent), "--name", run.path.name]
    with pytest.raises(SystemExit) as refused:
        main(["demo", "--headless", *where, "--network", "nope"])
    assert refused.value.code == 2
    assert "nope: is not there" in capsys.readouterr().err
    assert run.report.exists()
    assert run.store.read_text(encoding="utf-8") == "old"
