"""The adapter of a weather station against a hub over a real socket: what is new goes out, and nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from adapters import weather
from adapters.sdk.errors import AdapterError, TurnedAway
from adapters.weather import Station, read_rows
from fleet.domain.events import WeatherReported
from fleet.hub.rundir import RunDir
from fleet.protocol.endpoint import Timing
from fleet.protocol.session import PeerSession
from fleet.protocol.values import Place
from fleet.protocol.weather import MOST_ROWS, WeatherSort
from fleet.store.reader import Reader
from fleet.weather.reader import COLUMNS
from tests.support import smallday as day
from tests.support.fakehub import FakeHub, run_with

QUICK = Timing(hello_s=2.0, missed_heartbeats=3, reconnect_s=0.05, reconnect_max_s=0.2)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[RunDir]:
    """A run with a hub that is up."""
    run = run_with(tmp_path / "runs", [day.opened()])
    (tmp_path / "in").mkdir()
    with FakeHub(run, tmp_path / "in"):
        yield run


def write(file: Path, *winds: tuple[float, float]) -> Path:
    """Winds by minutes from the day's opening."""
    rows = [f"{day.at(minutes).isoformat()},{mps},{mps + 2},240,9,0,8000" for minutes, mps in winds]
    file.write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    return file


def reported(at: RunDir) -> list[list[float]]:
    """The winds of each report that the hub has stored."""
    events = [s.event for s in Reader(at.store).events() if isinstance(s.event, WeatherReported)]
    return [[row.wind_mps for row in event.rows] for event in events]


def turn_until(station: Station, done: Callable[[], bool]) -> None:
    """Let the station work until then, for a few seconds at most."""
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it never came to that"
        station.step(wait_ms=5)


def started(at: RunDir, file: Path, said: list[str], **more: float) -> Station:
    """A station that looks at its file all the time."""
    return Station(
        file,
        at.running().control,
        source="harbour",
        every_s=more.get("every_s", 0.01),
        tell=said.append,
        timing=QUICK,
    )


def test_new_rows_of_a_file_are_reported_once(at: RunDir, tmp_path: Path) -> None:
    """What the station has written since, and what it has put right; nothing twice."""
    said: list[str] = []
    file = write(tmp_path / "station.csv", (-20, 4), (-10, 5))
    station = started(at, file, said)
    turn_until(station, lambda: len(said) == 1)
    write(file, (-10, 5.5), (0, 6))
    turn_until(station, lambda: len(said) == 2)
    for _ in range(40):
        station.step(wait_ms=1)
    station.close()
    assert reported(at) == [[4, 5], [5.5, 6]]
    assert len(said) == 2


def test_after_a_restart_all_is_said_again_and_nothing_changes(at: RunDir, tmp_path: Path) -> None:
    """The station keeps nothing: the hub knows what it has."""
    said: list[str] = []
    file = write(tmp_path / "station.csv", (-20, 4))
    for number in (1, 2):
        station = started(at, file, said)
        turn_until(station, lambda number=number: len(said) == number)  # type: ignore[misc]
        station.close()
    assert reported(at) == [[4]]
    assert said[1] == "0 rows of harbour taken in, 1 known already"


def test_a_file_that_is_being_written_is_read_again_later(at: RunDir, tmp_path: Path) -> None:
    """What is wrong is named by line and field, and the station goes on."""
    said: list[str] = []
    file = write(tmp_path / "station.csv", (-20, 4))
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[:-30], encoding="utf-8")
    station = started(at, file, said)
    turn_until(station, lambda: len(said) >= 1)
    assert f"{file}:2: " in said[0]
    file.write_text(whole, encoding="utf-8")
    turn_until(station, lambda: said[-1].endswith("taken in"))
    station.close()
    assert reported(at) == [[4]]


def test_what_the_hub_refuses_is_said_and_tried_again(at: RunDir, tmp_path: Path) -> None:
    """A clock that runs ahead may be put right."""
    said: list[str] = []
    file = write(tmp_path / "station.csv", (60, 4))
    station = started(at, file, said)
    turn_until(station, lambda: len(said) >= 2)
    assert said[0].startswith("refused: rows[0].time: nobody can have observed")
    write(file, (0, 4))
    turn_until(station, lambda: said[-1].endswith("taken in"))
    station.close()


def test_a_hub_that_knows_no_places_is_not_told_of_the_whole_area(
    at: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It speaks the first version of the wire: nothing is reported, and why is said; without a place it is told."""
    monkeypatch.setattr(weather, "PeerSession", partial(PeerSession, versions=(1,)))
    said: list[str] = []
    file = write(tmp_path / "station.csv", (-20, 4))
    text = file.read_text(encoding="utf-8").splitlines()
    placed = [f"{text[0]},lon,lat,height_m", f"{text[1]},-8.0,41.0,10", ""]
    file.write_text("\n".join(placed), encoding="utf-8")
    station = started(at, file, said)
    turn_until(station, lambda: len(said) >= 2)
    assert "knows no places of weather" in said[0]
    assert str(file) in said[0]
    assert reported(at) == []
    write(file, (-20, 4))
    turn_until(station, lambda: said[-1].endswith("taken in"))
    station.close()
    assert reported(at) == [[4]]


def test_a_name_that_belongs_to_an_asset_is_turned_away(at: RunDir, tmp_path: Path) -> None:
    """Trying again would not help."""
    file = write(tmp_path / "station.csv", (0, 4))
    station = Station(file, at.running().control, source=day.DRONE, every_s=1, timing=QUICK)
    with pytest.raises(TurnedAway, match="is an asset, not weather"):
        turn_until(station, lambda: False)
    station.close()


def test_only_the_newest_rows_of_a_long_file_are_read(tmp_path: Path) -> None:
    """As many as a report may have, in order of time."""
    file = write(tmp_path / "station.csv", *((minute, 4) for minute in reversed(range(MOST_ROWS + 9))))
    rows, _ = read_rows(file, WeatherSort.OBSERVED)
    assert len(rows) == MOST_ROWS
    assert rows[0].time == day.at(9)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("time,wind_mps\n", ":1: gust_mps: column missing"),
        (f"{','.join(COLUMNS)}\n2026-11-24T08:00:00,4,5,0,9,0,8000\n", ":2: time: "),
        (f"{','.join(COLUMNS)}\n2026-11-24T08:00:00Z,4,3,0,9,0,8000\n", ":2: gust_mps: "),
    ],
)
def test_a_bad_file_is_named_by_line_and_field(tmp_path: Path, text: str, why: str) -> None:
    """As the hub's own reader does."""
    file = tmp_path / "station.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AdapterError, match=why):
        read_rows(file, WeatherSort.OBSERVED)


def test_the_columns_are_those_of_the_weather_files() -> None:
    """One format, read at two places that may not know each other."""
    assert weather.VALUES == COLUMNS


def test_how_often_must_be_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line ends with 2."""
    with pytest.raises(SystemExit) as end:
        weather.main(["--control", "tcp://127.0.0.1:1", "--file", "f.csv", "--every", "0"])
    assert end.value.code == 2
    assert "above 0" in capsys.readouterr().err


def placed_file(folder: Path, *places: str) -> Path:
    """A row for each place, a minute apart."""
    rows = [f"{day.at(n - 10).isoformat()},4,6,240,9,0,8000,{place}" for n, place in enumerate(places)]
    file = folder / "mast.csv"
    file.write_text("\n".join([",".join((*COLUMNS, "lon,lat,height_m")), *rows]), encoding="utf-8")
    return file


def test_a_station_says_where_it_is_and_how_high_its_instrument_stands(tmp_path: Path) -> None:
    """Empty cells say neither; two places in one file are two stations."""
    rows, spot = read_rows(placed_file(tmp_path, "-8.6,41.15,10", "-8.6,41.15,10"), WeatherSort.OBSERVED)
    assert (len(rows), spot.place, spot.height_m) == (2, Place(lon=-8.6, lat=41.15), 10.0)
    assert read_rows(placed_file(tmp_path, ",,"), WeatherSort.OBSERVED)[1] == (None, None)
    with pytest.raises(AdapterError, match="speaks of 2 places or heights"):
        read_rows(placed_file(tmp_path, "-8.6,41.15,10", "-8.6,41.15,20"), WeatherSort.OBSERVED)
    for cells, why in (("-8.6,,10", "a place has lon and lat"), ("-8.6,41.15,0", "2: height_m: ")):
        with pytest.raises(AdapterError, match=why):
            read_rows(placed_file(tmp_path, cells), WeatherSort.OBSERVED)
