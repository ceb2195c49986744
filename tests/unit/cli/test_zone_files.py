"""`fleet zones show|convert|diff`: answers, exit codes, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from geofences import ZoneSet, read_zones_file
from tests.unit.cli.test_zones import answer, run, square, write

AIR = """AC D
AI CTR1
AN Home
AL GND
AH {high}
V X=41:09:00 N 008:36:36 W
DC 2
AC P
AI P1
AN Prison
AL GND
AH 1000ft AGL
V X=41:20:00 N 008:36:36 W
DC 1
"""


def air(folder: Path, name: str = "air.txt", high: str = "2500ft MSL") -> Path:
    """An OpenAir file of two zones."""
    path = folder / name
    path.write_text(AIR.format(high=high), encoding="utf-8")
    return path


@pytest.mark.parametrize("to", ["ed269", "ed318", "geojson"])
def test_zones_are_converted_and_say_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str
) -> None:
    source, out = air(tmp_path), tmp_path / "out.json"
    found = answer(capsys, "convert", source, "--to", to, "--out", out, "--country", "prt")
    assert (found[0], found[1]["zones"], found[1]["refused"]) == (0, 2, [])
    read = read_zones_file(out)
    assert (read.format, {zone.country for zone in read.zones}) == (to, {"PRT"})
    with_country = tmp_path / "again.json"
    assert run("convert", source, "--to", "geojson", "--out", with_country, "--country", "PRT") == 0
    capsys.readouterr()
    code, same = answer(capsys, "diff", out, with_country)
    assert (code, same["added"], same["removed"], same["changed"]) == (0, [], [], [])
    assert same["old_version"] == same["new_version"] == ZoneSet(read.zones).version


def test_what_a_format_cannot_express_leaves_the_file_unwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = air(tmp_path, high="FL100"), tmp_path / "out.json"
    code, found = answer(capsys, "convert", source, "--to", "ed318", "--out", out, "--country", "PRT")
    assert (code, found["error"], out.exists()) == (2, "bad_input", False)
    (error,) = found["errors"]
    assert (error["file"], error["field"]) == (str(source), "zone CTR1")
    assert "FL" in error["message"]


def test_tolerant_writes_the_others_and_says_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = air(tmp_path, high="FL100"), tmp_path / "out.json"
    options = ("--to", "ed318", "--out", out, "--country", "PRT", "--tolerant", "--json")
    assert run("convert", source, *options) == 1
    said = capsys.readouterr()
    assert "refused" in said.err
    assert [each["zone"] for each in json.loads(said.out)["refused"]] == ["zone CTR1"]
    assert [zone.zone_id for zone in read_zones_file(out).zones] == ["P1"]


def test_tolerant_tells_each_zone_and_each_field_that_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With why, on stderr and in the answer; also of a zone whose id another one has, that was refused."""
    wide, strange = (
        square("A", id="A", radius_m=30, country="PRT"),
        square("A", id="A", country="PRT", reasons=["BAR"]),
    )
    cut = square("B", country="PRT")
    cut["geometry"]["coordinates"][0][1] = [-8.61]
    source, out = write(tmp_path, wide, strange, cut), tmp_path / "out.json"
    options = ("--to", "ed269", "--out", out, "--tolerant", "--json")
    assert run("convert", source, *options) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert [(one["zone"], one["why"]) for one in found["refused"]] == [
        ("number 3 (B)", "geometry.coordinates[0][1]: a longitude and a latitude are needed, got [-8.61]"),
        ("zone A", "reasons: ED-269 knows no BAR"),
    ]
    heeded = {
        "file": str(source),
        "zone": "zone A",
        "what": "radius_m: only a Point has a radius: it is not heeded",
    }
    assert heeded in found["remarks"]
    for one in found["refused"]:
        assert f"refused: {source}: {one['zone']}: {one['why']}" in said.err
    for one in found["remarks"]:
        assert f"remarked: {source}: {one['zone']}: {one['what']}" in said.err


def test_remarks_alone_leave_no_zone_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, as all zones are in the file."""
    source, out = write(tmp_path, square("A", radius_m=30, country="PRT")), tmp_path / "out.json"
    code, found = answer(capsys, "convert", source, "--to", "ed269", "--out", out, "--tolerant")
    assert (code, found["zones"], found["refused"]) == (0, 1, [])
    assert any(one["what"].startswith("radius_m") for one in found["remarks"])


def test_an_empty_file_is_never_made_of_zones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would say that the air is free."""
    source, out = air(tmp_path), tmp_path / "out.json"
    code, found = answer(capsys, "convert", source, "--to", "ed269", "--out", out, "--tolerant")
    assert (code, len(found["errors"]), out.exists()) == (2, 2, False)
    assert "3 letters" in found["errors"][0]["message"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--to", "kml"), "--to: must be one of ed269, ed318, geojson"),
        (("--to", "ed269", "--country", "PT"), "--country: must be 3 letters"),
        (("--to", "ed318", "--language", "portuguese"), "--language"),
        (("--to", "ed318", "--authority", "A\n"), "--authority"),
    ],
)
def test_wrong_options_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert run("convert", air(tmp_path), "--out", tmp_path / "out.json", *options) == 2
    assert words in capsys.readouterr().err


def test_a_file_is_not_converted_onto_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = air(tmp_path)
    assert run("convert", source, "--to", "geojson", "--out", source) == 2
    assert "one of the files that are read" in capsys.readouterr().err
    assert run("convert", source, "--to", "geojson", "--out", tmp_path / "none" / "x.json") == 2
    assert run("convert", tmp_path / "none.txt", "--to", "geojson", "--out", tmp_path / "x.json") == 2


def test_a_fault_in_openair_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = air(tmp_path, high="somewhere")
    code, found = answer(capsys, "show", source)
    (error,) = found["errors"]
    assert (code, error["file"], error["line"]) == (2, str(source), 5)
    assert error["field"] == "zone number 1 (Home), AH"


def test_differences_are_told_and_end_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = air(tmp_path), air(tmp_path, "new.txt", high="FL100")
    with new.open("a", encoding="utf-8") as file:
        file.write("AC R\nAI R1\nAL GND\nAH UNL\nV X=41:30:00 N 008:36:36 W\nDC 1\n")
    code, found = answer(capsys, "diff", old, new)
    assert (code, found["added"], found["removed"]) == (1, ["R1"], [])
    changes = [{"what": "volume, upper", "old": "762 m AMSL", "new": "FL100"}]
    assert found["changed"] == [{"zone": "CTR1", "changes": changes}]
    assert run("diff", new, old) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "- R1  REQ_AUTHORISATION" in lines
    assert "    volume, upper: FL100 -> 762 m AMSL" in lines
    assert "0 added, 1 removed, 1 changed" in lines
    assert run("diff", old, old) == 0


def test_no_difference_is_unknown_when_zones_were_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = air(tmp_path), air(tmp_path, "new.txt")
    with new.open("a", encoding="utf-8") as file:
        file.write("AC R\nAN Nowhere\n")
    assert run("diff", old, new, "--tolerant") == 3
    assert "refused" in capsys.readouterr().err


def test_show_tells_all_of_a_zone_in_any_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    school = write(tmp_path, square("School", id="school", upper_m=120, upper_datum="AGL"))
    code, found = answer(capsys, "show", air(tmp_path), school)
    assert (code, [each["zone"] for each in found["zones"]]) == (0, ["CTR1", "P1", "school"])
    said: dict[str, Any] = found["zones"][0]
    assert said["restriction"] == "REQ_AUTHORISATION"
    assert said["conditions"] == "class D"
    assert said["volume, where"].startswith("circle of 3704 m around -8.61, 41.15")
    assert run("show", school, "--zone", "school") == 0
    text = capsys.readouterr().out
    assert "  volume, upper: 120 m AGL" in text
    assert "  when: always" in text
    assert "remarks: lower limit not stated" in text
    assert run("show", school, "--zone", "shcool") == 2
    assert "did you mean 'school'?" in capsys.readouterr().err


def test_real_files_can_be_shown(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in sorted((shared_data / "geozones" / "eu_small").glob("*.json")):
        assert run("show", file, "--tolerant") == 0
        assert "sha256:" in capsys.readouterr().out


def test_show_tells_what_is_held(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With number, validity and cap; what lifts nothing is warned of."""
    fleet = tmp_path / "fleet.toml"
    fleet.write_text(
        '[authorisations."A-1"]\nzone = "CTR1"\nvalid_until = 2026-08-31T20:00:00Z\nbelow_m = 60\n'
        '[authorisations."A-2"]\nzone = "P1"\n',
        encoding="utf-8",
    )
    assert run("show", str(air(tmp_path)), "--fleet", str(fleet)) == 0
    out, err = capsys.readouterr()
    assert "held: A-1, any time to 2026-08-31T20:00:00+00:00, below 60 m AGL" in out
    assert "authorisation 'A-2' for zone 'P1' lifts nothing: the zone can't be entered by approval" in err
