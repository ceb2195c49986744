"""`fleet zones preview` and `apply`: what they ask the hub, what they show, and what they refuse."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.domain.events import ZoneAdded, ZoneRemoved
from fleet.hub.rundir import RunDir
from fleet.store.reader import Reader
from tests.support import smallday as day
from tests.support.commands import answer, run
from tests.support.fakehub import run_with
from tests.unit.cli.test_day_asking import busy_day, hub

SOONER, LATER = "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"
ELSEWHERE = [-5.0, 42.0, 0.005]


def feature(name: str, west: float, south: float, side: float, **more: Any) -> dict[str, Any]:
    """A square of a zone file."""
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"id": name, **more}, "geometry": geometry}


def written(folder: Path, *features: dict[str, Any]) -> Path:
    file = folder / "zones.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def on_the_way() -> list[float]:
    """A square over the place where the drone of the busy day hands its parcel over."""
    flight = day.sortie("flight-1", "A", 20)
    place = next(step.place for step in flight.steps if step.step_id == "drop")  # type: ignore[union-attr]
    return [place.lon - 0.001, place.lat - 0.001, 0.002]


def changes(at: RunDir) -> list[ZoneAdded | ZoneRemoved]:
    """What is stored of zones."""
    events = (stored.event for stored in Reader(at.store).events())
    return [event for event in events if isinstance(event, ZoneAdded | ZoneRemoved)]


def test_a_preview_shows_what_comes_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, feature("fire", *on_the_way()), feature("school", *ELSEWHERE))
    with hub(tmp_path, busy_day()) as at:
        code, found = answer(capsys, at, "zones", "preview", file)
        assert (code, found["ok"]) == (0, True)
        told = found["consequences"]
        assert (told["added"], changes(at)) == (["fire", "school"], [])
        (flight,) = told["flights"]
        assert (flight["asset_id"], flight["order_ids"]) == (day.DRONE, ["A"])
        assert (flight["entry"]["zone_id"], flight["entry"]["code"]) == ("fire", "prohibited")
        assert run(at, "zones", "preview", file) == 0
        shown = capsys.readouterr().out.splitlines()
        assert shown[0] == "1 flight gets into it"
        assert shown[1].split() == ["flight", "asset", "parcels", "zone", "gets_there", "lon", "lat", "then"]
        assert shown[2].split()[:4] == ["flight-1", day.DRONE, "A", "fire"]
        assert shown[-1] == "nothing was changed"
        code, made = answer(capsys, at, "zones", "apply", file, "--by", "ann")
        assert (code, made["consequences"]["version"]) == (0, told["version"])
        assert [(each.zone_id, each.by, each.zones_version) for each in changes(at)] == [
            ("fire", "ann", told["version"]),
            ("school", "ann", told["version"]),
        ]


def test_a_zone_that_would_be_at_the_depot_with_its_coordinates_swapped_closes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Closed where it is written it would close the sea; whoever closed it would think the place closed."""
    west, south, side = on_the_way()
    swapped = feature("fire", west, south, side)
    (ring,) = swapped["geometry"]["coordinates"]
    swapped["geometry"]["coordinates"] = [[[lat, lon] for lon, lat in ring]]
    file = written(tmp_path, swapped)
    with hub(tmp_path, busy_day()) as at:
        assert run(at, "zones", "apply", file) == 2
        assert "are they swapped?" in capsys.readouterr().err
        assert changes(at) == []


def test_zones_close_for_a_while_under_another_name_and_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, feature("fire", *ELSEWHERE))
    with hub(tmp_path, busy_day()) as at:
        assert run(at, "zones", "apply", file) == 0
        capsys.readouterr()
        times = ("--from", "+10m", "--until", "+1h")
        code, found = answer(capsys, at, "zones", "apply", file, "--id", "smoke", *times)
        assert (code, found["consequences"]["added"]) == (0, ["smoke"])
        added = changes(at)[1]
        assert isinstance(added, ZoneAdded)
        said = added.feature["properties"]
        begin, end = datetime.fromisoformat(said["starts_at"]), datetime.fromisoformat(said["ends_at"])
        assert end - begin == pytest.approx(timedelta(minutes=50), abs=timedelta(seconds=1))
        code, found = answer(capsys, at, "zones", "preview", "--remove", "smoke")
        assert (code, found["consequences"]["removed"]) == (0, ["smoke"])
        assert run(at, "zones", "apply", file, "--remove", "smoke") == 0
        assert [type(each) for each in changes(at)] == [ZoneAdded, ZoneAdded, ZoneRemoved, ZoneAdded]


def test_a_zone_whose_id_would_steer_the_terminal_is_refused_with_its_id_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, feature("fire\x1b[2J\nFORGED", *on_the_way()))
    with hub(tmp_path, busy_day()) as at:
        for command in ("preview", "apply"):
            assert run(at, "zones", command, file) == 2
            (line,) = capsys.readouterr().err.splitlines()
            assert "zone fire\\x1b[2J\\nFORGED: its id must have 1 to 128 characters" in line
        assert changes(at) == []


def test_a_circle_needs_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    west, south, side = on_the_way()
    with hub(tmp_path, busy_day()) as at:
        circle = ("--circle", f"{west + side / 2},{south + side / 2},300", "--id", "fire")
        code, found = answer(capsys, at, "zones", "preview", *circle)
        assert (code, [flight["asset_id"] for flight in found["consequences"]["flights"]]) == (0, [day.DRONE])
        assert run(at, "zones", "apply", *circle, "--by", "ann") == 0
        (added,) = changes(at)
    assert isinstance(added, ZoneAdded)
    assert (added.zone_id, added.feature["properties"]["radius_m"]) == ("fire", 300)


def test_what_the_hub_refuses_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past = feature("fire", *ELSEWHERE, ends_at="2020-01-01T00:00:00Z")
    with hub(tmp_path, busy_day()) as at:
        for words in (["preview"], ["apply"]):
            code, found = answer(capsys, at, "zones", *words, written(tmp_path, past))
            assert (code, found["ok"]) == (1, False)
            assert "zone 'fire' is over: it ended at 2020-01-01T00:00:00+00:00" in found["detail"]
        assert run(at, "zones", "preview", "--remove", "nobody") == 1
    assert "refused: no zone 'nobody' was added by hand" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name at least one zone file, a --circle, or --remove a zone"),
        (["FILE", "--id", "x"], "--id: there must be one zone to close (there are 2)"),
        (["FILE", "--until", "soon"], "--until: "),
        (["--circle", "1,2,300"], "--id: say what the --circle is called"),
        (["--circle", "1,2,300", "--id", ""], "--id: is empty"),
        (["--circle", "1,2", "--id", "x"], "--circle: must be lon,lat,metres"),
        (["--circle", "1,2,0", "--id", "x"], "--circle: metres: "),
        (["FILE", "--until", "+20"], "such as +90s, +20m or +2h (found '+20')"),
        (["FILE", "--from", "+99999999h"], "--from: must be a time with offset"),
        (["FILE", "--from", LATER, "--until", SOONER], "--until: must be after --from"),
        (["FILE", "--from", "+2h"], "--from: the run has no time yet"),
        (["nowhere.geojson"], "nowhere.geojson"),
        (["LONG"], "its id must have 1 to 128 characters"),
    ],
)
def test_what_can_t_be_asked_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    at = run_with(tmp_path / "runs", busy_day())
    file = written(tmp_path, feature("fire", *ELSEWHERE), feature("school", *ELSEWHERE))
    long = tmp_path / "long.geojson"
    long.write_text(json.dumps(feature("x" * 129, *ELSEWHERE)), encoding="utf-8")
    words = [{"FILE": str(file), "LONG": str(long)}.get(word, word) for word in options]
    assert run(at, "zones", "preview", *words) == 2
    assert message in capsys.readouterr().err


def test_real_zones_are_previewed(
    tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A national file in the format of its state."""
    file = shared_data / "geozones" / "ed269_che_sample.json"
    with hub(tmp_path, busy_day()) as at:
        code, found = answer(capsys, at, "zones", "preview", file)
        assert (code, "is over: it ended at 2023" in found["detail"]) == (1, True)
        code, found = answer(capsys, at, "zones", "preview", file, "--until", "2027-01-01T00:00:00Z")
        assert code == 0, found
        added = found["consequences"]["added"]
        assert len(added) == len(set(added)) > 5
        assert "Gantrisch Nature Park (2)" in added


@pytest.mark.parametrize(
    ("count", "words", "message"),
    [(1001, "", "1000 zones may be closed at a time"), (900, "x" * 1100, "split the files")],
)
def test_what_is_too_much_for_one_change_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int, words: str, message: str
) -> None:
    many = [feature(f"z-{n}", *ELSEWHERE, message=words) for n in range(count)]
    with hub(tmp_path, busy_day()) as at:
        assert run(at, "zones", "preview", written(tmp_path, *many)) == 2
    assert message in capsys.readouterr().err
