"""``fleet weather``: a file's rows reach the hub, and a person can see what it believes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import weather
from fleet.cli.main import main
from fleet.domain.events import Event, WeatherReported, WindShown
from fleet.hub.rundir import RunDir
from fleet.intake.fleetfile import parse_fleet
from fleet.protocol.values import Place
from fleet.protocol.weather import WeatherSort
from fleet.store.base import Batch, ClockAnchor
from fleet.store.reader import Reader
from fleet.store.sql import SqlStore
from fleet.weather.reader import COLUMNS
from tests.support import smallday as day
from tests.support.commands import answer, run
from tests.support.fakehub import FakeHub, run_with
from tests.support.weather import weather_row


def csv_file(folder: Path, *winds: tuple[int, float], name: str = "harbour.csv") -> Path:
    """A weather file of winds by minutes after the day opens at eight."""
    lines = [f"{day.at(minutes).isoformat()},{mps},{mps * 1.5},240,9,0,8000" for minutes, mps in winds]
    file = folder / name
    file.write_text("\n".join([",".join(COLUMNS), *lines, ""]), encoding="utf-8")
    return file


def reported(at: RunDir) -> list[WeatherReported]:
    """The reports that the hub has stored."""
    return [s.event for s in Reader(at.store).events() if isinstance(s.event, WeatherReported)]


# --- report ----------------------------------------------------------------------------------------------------------


def test_a_files_rows_are_observations_of_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, file = run_with(tmp_path / "runs", [day.opened()]), csv_file(tmp_path, (-20, 4), (-10, 5))
    (tmp_path / "in").mkdir()
    with FakeHub(at, tmp_path / "in"):
        code, found = answer(capsys, at, "weather", "report", "--file", file, "--by", "ann")
        assert (code, found) == (
            0,
            {"ok": True, "source": "harbour", "rows": 2, "detail": "2 rows of harbour taken in"},
        )
        assert run(at, "weather", "report", "--file", file) == 0
        assert "0 rows of harbour taken in, 2 known already" in capsys.readouterr().out
    (event,) = reported(at)
    assert (event.by, [row.wind_mps for row in event.rows]) == ("ann", [4, 5])
    assert {row.sort for row in event.rows} == {WeatherSort.OBSERVED}


def test_each_place_of_a_file_is_a_source_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, file = run_with(tmp_path / "runs", [day.opened()]), csv_file(tmp_path, (-20, 4), (-20, 9), (-10, 5))
    head, *rows = file.read_text(encoding="utf-8").split()
    places = ("-8.6,41.15,10", "-8.7,41.15,10", "-8.6,41.15,10")
    lines = [f"{head},lon,lat,height_m", *(f"{row},{place}" for row, place in zip(rows, places, strict=True))]
    file.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "in").mkdir()
    with FakeHub(at, tmp_path / "in"):
        code, found = answer(capsys, at, "weather", "report", "--file", file)
        assert (code, found["rows"]) == (0, 3)
    said = [(e.source, e.place and e.place.lon, e.height_m, len(e.rows)) for e in reported(at)]
    assert said == [("harbour", -8.6, 10.0, 2), ("harbour", -8.7, 10.0, 1)]


def test_a_forecast_may_lie_ahead_and_an_observation_may_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, file = run_with(tmp_path / "runs", [day.opened()]), csv_file(tmp_path, (0, 4), (120, 5))
    (tmp_path / "in").mkdir()
    with FakeHub(at, tmp_path / "in"):
        code, found = answer(capsys, at, "weather", "report", "--file", file)
        assert (code, found["ok"]) == (1, False)
        assert found["detail"].startswith("rows[1].time: nobody can have observed")
        stamp = day.at(-5).isoformat()
        words = ("--forecast", "--source", "service", "--issued-at", stamp)
        assert answer(capsys, at, "weather", "report", "--file", file, *words)[0] == 0
    (event,) = reported(at)
    assert (event.source, event.issued_at) == ("service", day.at(-5))


def test_a_forecast_counts_from_when_its_file_says_that_it_was_issued(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row by row; another time beside it is refused before anything is reported."""
    at, file = run_with(tmp_path / "runs", [day.opened()]), csv_file(tmp_path, (0, 4), (60, 5), (120, 6))
    head, *rows = file.read_text(encoding="utf-8").split()
    issued = (day.at(-300), day.at(-300), day.at(-60))
    lines = [f"{head},issued_at", *(f"{r},{at_.isoformat()}" for r, at_ in zip(rows, issued, strict=True))]
    file.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "in").mkdir()
    with FakeHub(at, tmp_path / "in"):
        words = ("weather", "report", "--file", file, "--forecast")
        assert run(at, *words, "--issued-at", day.at(-5).isoformat()) == 2
        assert "states issued_at itself" in capsys.readouterr().err
        assert answer(capsys, at, *words)[0] == 0
    assert [(e.issued_at, len(e.rows)) for e in reported(at)] == [(issued[0], 2), (issued[2], 1)]


def test_a_long_file_goes_in_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = run_with(tmp_path / "runs", [day.opened()])
    file = csv_file(tmp_path, *((minute, 4) for minute in range(600)))
    (tmp_path / "in").mkdir()
    with FakeHub(at, tmp_path / "in"):
        code, found = answer(capsys, at, "weather", "report", "--file", file, "--forecast")
    assert (code, found["rows"]) == (0, 600)
    assert [len(event.rows) for event in reported(at)] == [512, 88]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("time,wind_mps\n", "harbour.csv:1: gust_mps: the column is missing"),
        (
            f"{','.join(COLUMNS)}\n2026-11-24T08:00:00+00:00,9,3,0,0,0,0\n",
            "harbour.csv:2: gust_mps: must be at least wind_mps (9)",
        ),
    ],
)
def test_a_bad_file_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    at = run_with(tmp_path / "runs", [day.opened()])
    file = tmp_path / "harbour.csv"
    file.write_text(content, encoding="utf-8")
    assert run(at, "weather", "report", "--file", file) == 2
    assert message in capsys.readouterr().err
    assert run(at, "weather", "report", "--file", csv_file(tmp_path, (0, 4)), "--issued-at", "noon") == 2
    assert run(at, "weather", "report", "--file", csv_file(tmp_path, (0, 4)), "--source", " ") == 2


def test_without_a_hub_it_is_4(tmp_path: Path) -> None:
    at = run_with(tmp_path / "runs", [day.opened()])
    assert run(at, "weather", "report", "--file", csv_file(tmp_path, (0, 4))) == 4


# --- show ------------------------------------------------------------------------------------------------------------


def said(minutes: float, wind_mps: float, source: str = "harbour") -> WeatherReported:
    """A station's observation of a moment, at that moment."""
    moment = day.at(minutes)
    return WeatherReported(
        at=moment, source=source, issued_at=moment, by=source, rows=(weather_row(moment, wind_mps),)
    )


def a_day(root: Path, *log: Event, weather_file: Path | None = None, lockstep: bool = True) -> RunDir:
    """A run with its setup, whose hub has stored that it is 8:30."""
    at = run_with(root, [day.opened(), *log])
    store = SqlStore.open(at.store)
    store.commit(Batch(clock=ClockAnchor(day.at(30), datetime(2030, 1, 1, 12, tzinfo=UTC), 1.0)))
    store.close()
    setup = {"lockstep": lockstep, "files": {"weather": None if weather_file is None else str(weather_file)}}
    at.setup.write_text(json.dumps(setup), encoding="utf-8")
    return at


def test_show_says_what_the_hub_believes_how_old_it_is_and_whose_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = csv_file(tmp_path, (0, 2), (60, 2), name="day.csv")
    at = a_day(tmp_path / "runs", said(0, 3), said(20, 6), weather_file=file)
    code, found = answer(capsys, at, "weather", "show")
    assert (code, found["known"], found["weather"]["wind_mps"]) == (0, True, 6)
    assert found["at"] == "2026-11-24T08:30:00.000Z"
    assert (found["observed"]["source"], found["observed"]["age_s"]) == ("harbour", 600)
    assert found["source"] == f"harbour, {file}"
    assert found["sources"] == [
        {
            "source": "harbour",
            "sort": "observed",
            "rows": 2,
            "first": "2026-11-24T08:00:00.000Z",
            "last": "2026-11-24T08:20:00.000Z",
            "issued_at": "2026-11-24T08:20:00.000Z",
        }
    ]
    assert run(at, "weather", "show") == 0
    text = capsys.readouterr().out
    assert "wind 6.0 m/s from 270°, gusts 9.0 m/s" in text
    assert found["wind_by"] == {"source": "harbour", "age_s": 600}
    assert "wind by harbour, 600 s ago" in text
    assert "last observed by harbour 600 s ago" in text


def test_show_says_what_decisions_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two stations all that they say, the age of the one whose wind it is, and a wind that an aircraft has shown."""
    hill = said(-35, 8.9, "hill")
    row = hill.rows[0].model_copy(update={"wind_from_deg": 20.0, "temperature_c": 31.0})
    log = [hill.model_copy(update={"rows": (row,)}), said(29, 3.5)]
    at = a_day(tmp_path / "two", *log)
    _, found = answer(capsys, at, "weather", "show")
    assert (found["weather"]["wind_mps"], found["weather"]["weakest_mps"]) == (8.9, 3.5)
    assert (found["weather"]["wind_from_deg"], found["weather"]["wind_turns_deg"]) == (325.0, 55.0)
    assert found["weather"]["warmest_c"] == 31.0 > found["weather"]["temperature_c"]
    assert found["wind_by"] == {"source": "hill", "age_s": 3900}
    assert run(at, "weather", "show") == 0
    assert "wind 3.5 to 8.9 m/s from 270° to 20°" in capsys.readouterr().out
    seen = WindShown(
        at=day.at(29), asset_id="S1/drone-1", place=Place(lon=-8.6, lat=41.15), height_m=60.0, wind_mps=11.0,
        wind_from_deg=120.0, sd_mps=0.5,
    )  # fmt: skip
    at = a_day(tmp_path / "shown", *log, seen)
    _, found = answer(capsys, at, "weather", "show")
    assert (found["weather"]["wind_mps"], found["weather"]["wind_from_deg"]) == (11.0, None)
    assert found["wind_by"] == {"source": "asset:S1/drone-1", "age_s": 60}
    assert run(at, "weather", "show") == 0
    assert "wind 3.5 to 11.0 m/s from anywhere" in capsys.readouterr().out


def test_in_real_time_a_silent_station_goes_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock goes on though nothing is stored: an old word is not shown as the weather of now."""
    at = a_day(tmp_path / "runs", said(30, 3), lockstep=False)
    found: dict[str, Any] = {}
    for minutes, expected in ((60, 0), (91, 3)):
        wall = datetime(2030, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        monkeypatch.setattr(weather, "wall_now", lambda wall=wall: wall)
        code, found = answer(capsys, at, "weather", "show")
        assert (code, found["observed"]["age_s"]) == (expected, 60 * minutes)
    assert found["why"] == "weather newer than 5400 s is missing; the newest row is 5460 s old"
    assert run(at, "weather", "show") == 3
    assert "unknown: weather newer than" in capsys.readouterr().out


def test_where_nobody_knows_the_answer_is_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = a_day(tmp_path / "runs")
    code, found = answer(capsys, at, "weather", "show")
    assert (code, found["known"], found["weather"], found["sources"]) == (3, False, None, [])
    assert run(at, "weather", "show") == 3
    assert "nobody has reported any" in capsys.readouterr().out


def test_a_run_that_is_not_there_is_4(tmp_path: Path) -> None:
    assert run(RunDir.named("day", tmp_path), "weather", "show") == 4


# --- fit -------------------------------------------------------------------------------------------------------------


def alone(*words: str) -> int:
    """The exit code of a command that needs no run."""
    with pytest.raises(SystemExit) as end:
        main(words)
    assert isinstance(end.value.code, int)
    return end.value.code


def test_fit_prints_what_the_fleet_file_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Forty forecasts said three hours before, all two metres a second too low; only those of the same place count."""
    seen = csv_file(tmp_path, *((30 * n, 6.0) for n in range(40)))
    head, *rows = (
        csv_file(tmp_path, *((30 * n, 4.0) for n in range(40)), name="service.csv").read_text("utf-8").split()
    )
    lines = [
        f"{head},issued_at",
        *(f"{row},{day.at(30 * n - 180).isoformat()}" for n, row in enumerate(rows)),
    ]
    service = tmp_path / "service.csv"
    service.write_text("\n".join(lines), encoding="utf-8")
    words = ["weather", "fit", "--forecast", str(service), "--observed", str(seen)]
    assert alone(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pairs"], found["longest_h"], found["per_sqrt_h_mps"]) == (40, 3.0, 0.0)
    assert 2.0 < found["now_mps"] < 3.0
    assert alone(*words) == 0
    rule = parse_fleet(capsys.readouterr().out, "fleet.toml").spec.weather
    assert rule is not None
    assert rule.forecast is not None
    assert rule.forecast.now_mps == found["now_mps"]
    assert rule.forecast.source == "fitted to 40 forecasts up to 3 h ahead"
    service.write_text("\n".join(lines[:11]), encoding="utf-8")
    assert alone(*words) == 1
    assert "refused: 10 forecasts can be held against a measurement, 30 are needed" in capsys.readouterr().out
