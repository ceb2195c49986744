"""`fleet zones landings`: where a drone could land along a path, by files of depots and lockers."""

from pathlib import Path

import pytest

from tests.unit.cli.test_zones import AT, answer, run, square, write

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
north,North,-8.61,41.16,1,2,0,0,08:00,20:00
vans,Vans only,-8.61,41.1565,3,0,0,0,08:00,20:00
"""
LOCKERS = """locker_id,name,lon,lat,small,medium,large,drone_port
port,Port,-8.60,41.1565,1,1,1,yes
box,Box,-8.605,41.1565,1,1,1,no
"""
PAST = "-8.62,41.157,60 -8.595,41.157,60"


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    """Zones, depots and lockers."""
    (tmp_path / "depots.csv").write_text(DEPOTS, encoding="utf-8")
    (tmp_path / "lockers.csv").write_text(LOCKERS, encoding="utf-8")
    zones = write(tmp_path, square("School"))
    return ["--zones", zones, "--depots", tmp_path / "depots.csv", "--lockers", tmp_path / "lockers.csv"]


def test_the_nearest_pad_or_port_of_each_part(
    files: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = answer(capsys, "landings", *files, "--path", PAST, "--at", AT, "--terrain", "flat:0±5")
    assert code == 0
    assert [one["site"] for one in found["stretches"]] == ["north", "port"]
    assert found["stretches"][0]["to_m"] == found["stretches"][1]["from_m"] == pytest.approx(1194, abs=3)
    assert found["zones_version"].startswith("sha256:")
    assert run("landings", *files, "--path", PAST, "--at", AT) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[2] == "north"


def test_what_has_none_says_why(files: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    """Over the zone, and too far away."""
    options = ("--path", "-8.62,41.15,60 -8.60,41.15,60", "--at", AT, "--range-m", "900")
    code, found = answer(capsys, "landings", *files, *options)
    assert code == 1
    whys = {one["why"] for one in found["stretches"]}
    assert {"too_far", "path_not_clear"} <= whys


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--range-m", "50000"], "range_m"),
        (["--margin-m", "-1"], "margins"),
        (["--slowest-mps", "99"], "slowest"),
    ],
)
def test_bad_options_are_refused(
    files: list[object], options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("landings", *files, "--path", PAST, "--at", AT, *options) == 2
    assert words in capsys.readouterr().err


def test_places_and_zones_are_needed(files: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("landings", *files[:2], "--path", PAST, "--at", AT) == 2
    assert "--depots" in capsys.readouterr().err
    assert run("landings", *files[2:], "--path", PAST, "--at", AT) == 2
    assert "--zones" in capsys.readouterr().err


def test_without_a_zone_that_was_refused_nothing_is_known(
    files: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would be clear of the sound ones may lie in the other one."""
    write(tmp_path, square("School"), square("Wrong", restriction="NO_SUCH", upper_m="high"))
    options = ("--path", PAST, "--at", AT, "--tolerant")
    code, found = answer(capsys, "landings", *files, *options)
    assert code == 3
    assert {one["site"] for one in found["stretches"]} == {None}
