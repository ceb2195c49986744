"""``fleet energy residuals``: what a run's trips took, for people, as JSON and as a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from fleet.cli.main import main
from fleet.intake.energytracks import read_tracks
from tests.support.fakehub import run_with
from tests.unit.dispatch.test_residuals import TYPE, log, trip


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_each_asset_with_its_trips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that takes a quarter more of late alarms (exit code 1); the file has a row for each trip, another what the
    next day is opened with."""
    hungry = [trip(number, 112.5 if number < 4 else 140.0) for number in range(8)]
    usual = [trip(number, 100.0, asset_id="D-2") for number in range(8)]
    run_with(tmp_path, log(*hungry, *usual))
    out = tmp_path / "residuals.csv"
    tracks = tmp_path / "tracks.csv"
    words = ("--out", out, "--tracks", tracks, "--json")
    assert ended("energy", "residuals", "--root", tmp_path, *words) == 1
    assert [(one.asset_id, one.track.flights) for one in read_tracks(tracks)] == [("D-1", 8), ("D-2", 8)]
    said = json.loads(capsys.readouterr().out)
    first, second = said["assets"]
    assert (first["asset_id"], first["trips"], len(first["alarms"]) >= 1) == ("D-1", 8, True)
    assert first["raised_by"] > 0.125 > first["type_margin"]
    assert (second["log_bias"], second["alarms"]) == (0, [])
    assert said["types"][TYPE.type_id]["assets"] == 2
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 16
    assert {row["used_wh"] for row in rows if row["asset_id"] == "D-1"} == {"112.50000", "140.00000"}
    assert [row["mission_id"] for row in rows if row["alarm"] == "yes"] == first["alarms"]
    assert ended("energy", "residuals", "--root", tmp_path) == 1
    text = capsys.readouterr().out
    assert "D-1" in text


def test_trips_that_are_as_they_should_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_with(tmp_path, log(*[trip(number, 100.0 + (-1) ** number) for number in range(6)]))
    assert ended("energy", "residuals", "--root", tmp_path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["assets"][0]["alarms"] == []


def test_a_day_without_trips_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_with(tmp_path, log())
    assert ended("energy", "residuals", "--root", tmp_path) == 0
    assert "no trip of a machine" in capsys.readouterr().out
    assert ended("energy", "residuals", "--root", tmp_path / "nowhere") == 4


def test_trips_that_taught_nothing_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_with(tmp_path, log(trip(0, 104.0), trip(1, 90.0, outcome="failed"), trip(2, None)))
    assert ended("energy", "residuals", "--root", tmp_path, "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["assets"]
    assert (one["trips"], one["skipped"]) == (1, {"no_meter": 1, "not_flown_as_sent": 1})
    assert ended("energy", "residuals", "--root", tmp_path) == 0
    assert "1 no_meter, 1 not_flown_as_sent" in capsys.readouterr().out


def test_a_file_that_can_t_be_written_is_told_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_with(tmp_path, log())
    assert ended("energy", "residuals", "--root", tmp_path, "--out", tmp_path / "no" / "such.csv") == 2
    assert "--out" in capsys.readouterr().err
