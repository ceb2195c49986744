"""The README's commands on files work on the files that a demo leaves, as it says."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.cli.main import main
from fleet.demo import DemoOptions, build_day

INPUT = ".fleet/demo/input"


@pytest.fixture
def example(repo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """The words after `fleet` of the README's command that so begins, beside a fresh city where a demo leaves it."""
    build_day(tmp_path / ".fleet" / "demo", DemoOptions())
    monkeypatch.chdir(tmp_path)
    text = (repo_root / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")

    def words(begin: str) -> list[str]:
        (line,) = [line for line in text.splitlines() if line.strip().startswith(f".venv/bin/fleet {begin}")]
        return shlex.split(line)[1:]

    return words


def ended(words: list[str]) -> int:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert isinstance(end.value.code, int)
    return end.value.code


def test_the_plan_is_made(example: Callable[[str], list[str]], tmp_path: Path) -> None:
    """As written, but for the time that is spent in searching."""
    words = example("plan")
    assert ended([*words, "--iterations", "1"]) == 0
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert plan["summary"]["by_mode"].get("unassigned", 0) == 0


def test_the_flight_is_blocked(
    example: Callable[[str], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The README says so, and by what."""
    assert ended(example("zones check")) == 1
    said = capsys.readouterr().out
    assert said.startswith("blocked\n")
    assert "park" in said


def test_what_the_demo_is_asked_about_is_there(example: Callable[[str], list[str]], tmp_path: Path) -> None:
    """The order that is explained, and the launch site of the drone that is held."""
    order_id, asset_id = example("orders explain")[2], example("assets hold")[2]
    for file, name, wanted in (
        ("orders", "order_id", order_id),
        ("depots", "depot_id", asset_id.split("/")[0]),
    ):
        text = (tmp_path / INPUT / f"{file}.csv").read_text(encoding="utf-8")
        assert wanted in {row[name] for row in csv.DictReader(text.splitlines())}


def test_the_picture_is_drawn(
    example: Callable[[str], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the stretch in the park."""
    assert ended(example("zones draw")) == 0
    assert capsys.readouterr().out == "4 zones drawn into way.svg, path blocked\n"
    assert "What the path meets" in (tmp_path / "way.svg").read_text(encoding="utf-8")
