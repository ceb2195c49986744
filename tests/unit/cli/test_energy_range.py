"""``fleet energy range``: the shape as GeoJSON, of an airframe and of an asset of a run, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.app import Files, Setup
from fleet.cli.main import main
from tests.support import smallday as day
from tests.support.fakehub import run_with

WEATHER = "time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m"


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_a_range_is_geojson(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of an airframe in a wind; the file and the answer are the same."""
    out = tmp_path / "range.geojson"
    told = ("--airframe", "courier-x4", "--from=-9.14,38.72", "--payload-kg", "1", "--wind-mps", "6")
    assert ended("energy", "range", *told, "--wind-from-deg", "270", "--out", str(out), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert json.loads(out.read_text(encoding="utf-8")) == said
    assert (said["type"], said["geometry"]["type"]) == ("Feature", "Polygon")
    ring = said["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert min(lon for lon, _ in ring) < -9.14 < max(lon for lon, _ in ring)
    assert 5_000 < said["properties"]["nearest_m"] < said["properties"]["farthest_m"] < 9_000
    assert ended("energy", "range", *told) == 0
    assert "out and back" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--payload-kg", "9"), 1, "over_vehicle_payload"),
        (("--payload-kg", "1", "--wind-mps", "12"), 1, "wind_too_strong"),
        (("--payload-kg", "1", "--temperature-c", "-50"), 3, "battery_temperature_unknown"),
    ],
)
def test_where_there_is_no_range_the_answer_says_why(
    options: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("energy", "range", "--airframe", "courier-x4", "--from", "0,40", *options, "--json") == code
    told = json.loads(capsys.readouterr().out)
    assert told["geometry"] is None
    assert said in [reason["code"] for reason in told["properties"]["reasons"]]


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        (("--from", "0,40"), "--airframe"),
        (("--airframe", "courier-x4", "--asset", "D-1", "--from", "0,40"), "--airframe"),
        (("--airframe", "courier-x4"), "--from"),
        (("--airframe", "courier-x4", "--from", "north"), "--from"),
        (("--airframe", "courier-x4", "--from", "0,89"), "--from"),
        (("--airframe", "courier-x4", "--from", "0,91"), "--from"),
        (("--airframe", "courier-x4", "--from", "0,40", "--wind-from-deg", "9"), "--wind-mps"),
        (("--airframe", "courier-x4", "--from", "0,40", "--soc", "2"), "--soc"),
        (("--airframe", "courier-x4", "--from", "0,40", "--speed-mps", "nan"), "--speed-mps"),
        (("--asset", "D-1", "--height-m", "60"), "--height-m"),
    ],
)
def test_a_range_is_asked_for_by_options_that_go_together(
    options: tuple[str, ...], blamed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("energy", "range", "--payload-kg", "1", *options) == 2
    assert blamed in capsys.readouterr().err


def test_the_range_of_an_asset_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its type, place and charge, in the hour's weather; unknown where that is old, and always of what drives
    or stands."""
    run = run_with(tmp_path, day.the_log())
    weather = tmp_path / "weather.csv"
    hours = [f"2026-11-24T{hour:02d}:00:00Z,4,6,270,12,0,10000" for hour in range(7, 13)]
    weather.write_text("\n".join([WEATHER, *hours, ""]), encoding="utf-8")
    files = Files(depots=tmp_path / "depots.csv", lockers=tmp_path / "lockers.csv", weather=weather)
    setup = Setup(name="day", files=files, at=day.OPENS, until=day.UNTIL, plain=True)
    run.setup.write_text(setup.model_dump_json(), encoding="utf-8")

    where = ("--name", "day", "--root", str(tmp_path))

    def asked(asset_id: str, *options: str) -> tuple[int, Any]:
        code = ended("energy", "range", "--asset", asset_id, "--payload-kg", "1", *options, *where, "--json")
        return code, json.loads(capsys.readouterr().out)

    assert ended("energy", "range", "--asset", day.DRONE, "--payload-kg", "1", *where) == 3
    assert "give --soc" in capsys.readouterr().out
    code, said = asked(day.DRONE, "--soc", "0.9")
    assert (code, said["properties"]["asset"]) == (0, day.DRONE)
    assert 1_000 < said["properties"]["nearest_m"] < said["properties"]["farthest_m"]
    elsewhere = asked(day.DRONE, "--soc", "0.9", "--from", "2,48")[1]
    assert elsewhere["properties"]["from"] == [2, 48]
    code, said = asked(day.ROBOT, "--soc", "0.9")
    assert (code, said["properties"]["reasons"][0]["code"]) == (3, "range_by_streets")
    code, said = asked(day.LOCKER)
    assert (code, said["properties"]["reasons"][0]["code"]) == (3, "range_of_a_station")
    weather.write_text("\n".join([WEATHER, hours[0], ""]), encoding="utf-8")
    setup = setup.model_copy(update={"at": day.OPENS + timedelta(hours=3)})
    run.setup.write_text(setup.model_dump_json(), encoding="utf-8")
    code, said = asked(day.DRONE, "--soc", "0.9")
    assert (code, said["properties"]["reasons"][0]["code"]) == (3, "weather_stale")
    assert ended("energy", "range", "--asset", "nobody", "--payload-kg", "1", "--root", str(tmp_path)) == 2
    assert "nobody" in capsys.readouterr().err
