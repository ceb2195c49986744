"""`fleet zones`: answers, exit codes, and what it refuses."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.main import main

AT = "2026-11-24T10:00:00Z"
THROUGH = "-8.62,41.15,60 -8.60,41.15,60"
BESIDE = "-8.62,41.17,60 -8.60,41.17,60"


def square(name: str, **properties: Any) -> dict[str, Any]:
    """A zone of some 800 m around -8.61, 41.15."""
    ring = [[-8.615, 41.146], [-8.605, 41.146], [-8.605, 41.154], [-8.615, 41.154], [-8.615, 41.146]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": name, **properties}, "geometry": geometry}


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """A file with one zone that is prohibited from the ground up."""
    return write(tmp_path, square("School"))


def write(folder: Path, *features: dict[str, Any]) -> Path:
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main(["zones", *map(str, arguments)])
    assert isinstance(end.value.code, int)
    return end.value.code


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def test_a_path_through_a_zone_is_blocked(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "check", "--zones", zones, "--path", THROUGH, "--at", AT)
    assert (code, found["status"]) == (1, "blocked")
    assert found["zones_version"].startswith("sha256:")
    (conflict,) = found["conflicts"]
    assert "school" in conflict["zone"]
    assert conflict["why"] == "prohibited"
    assert conflict["from_m"] == pytest.approx(420, abs=3)
    assert conflict["to_m"] == pytest.approx(1259, abs=5)


@pytest.mark.parametrize("command", ["check", "landings", "draw"])
def test_a_zone_that_would_be_on_the_way_with_its_coordinates_swapped_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """41 E, 8 S is in the Indian Ocean, where no path to Porto ever meets it: only the path knows."""
    swapped = square("School")
    (ring,) = swapped["geometry"]["coordinates"]
    swapped["geometry"]["coordinates"] = [[[lat, lon] for lon, lat in ring]]
    file = write(tmp_path, swapped)
    depots = tmp_path / "depots.csv"
    header = "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes"
    depots.write_text(f"{header}\nnorth,North,-8.61,41.16,1,2,0,0,08:00,20:00\n", encoding="utf-8")
    asked = {
        "check": ("--zones", file),
        "landings": ("--zones", file, "--depots", depots),
        "draw": (file, "--out", tmp_path / "seen.svg"),
    }
    way = ("--path", THROUGH, "--at", AT)
    assert run(command, *asked[command], *way) == 2
    assert "are they swapped?" in capsys.readouterr().err
    assert run(command, *asked[command], *way, "--tolerant") != 2
    assert "are they swapped?" in capsys.readouterr().err


def test_files_that_can_not_matter_are_told_and_how_many_zones_were_looked_at(
    tmp_path: Path, zones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No zones, or none within reach of the path: the answer is clear, and of nothing."""
    empty, far = tmp_path / "empty.geojson", tmp_path / "far.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    far.write_text(zones.read_text(encoding="utf-8").replace("-8.6", "8.6"), encoding="utf-8")
    way = ("--path", BESIDE, "--at", AT)
    assert run("check", "--zones", empty, "--zones", far, *way) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[:1] == ["clear"]
    assert out.splitlines()[1].startswith("1 zone, sha256:")
    assert err.splitlines() == [
        f"warning: {empty}: holds 0 zones: is it the right file?",
        f"warning: {far}: all of its zones (1) are over 300 km from the path: is it the right file?",
    ]
    assert answer(capsys, "check", "--zones", empty, *way)[1]["zones"] == 0
    assert run("check", "--zones", zones, *way) == 0
    assert capsys.readouterr().err == ""


def test_a_path_beside_a_zone_is_clear(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "check", "--zones", zones, "--path", BESIDE, "--at", AT)
    assert (code, found["status"], found["conflicts"]) == (0, "clear", [])


def test_the_speed_says_when_a_zone_is_entered(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = answer(capsys, "check", "--zones", zones, "--path", THROUGH, "--at", AT, "--speed-mps", "4.2")
    assert found["conflicts"][0]["entered_at"].startswith("2026-11-24T10:01:39")


def limited(folder: Path) -> Path:
    """A zone of ED-269 between 50 and 100 m above ground."""
    volume = {
        "uomDimensions": "M",
        "lowerLimit": 50,
        "lowerVerticalReference": "AGL",
        "upperLimit": 100,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {"type": "Circle", "center": [-8.61, 41.15], "radius": 300},
    }
    zone = {
        "identifier": "LOW1",
        "country": "PRT",
        "name": "Low",
        "type": "COMMON",
        "restriction": "PROHIBITED",
        "reason": ["SENSITIVE"],
        "applicability": [{"permanent": "YES"}],
        "zoneAuthority": [{"name": "A", "purpose": "INFORMATION", "email": "a@example.org"}],
        "geometry": [volume],
    }
    path = folder / "zones.json"
    path.write_text(json.dumps({"features": [zone]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("terrain", "code", "status"),
    [
        ([], 3, "unknown"),
        (["--terrain", "flat:0±5"], 1, "blocked"),
        (["--terrain", "flat:200+-5"], 0, "clear"),
        (["--terrain", "flat:0+-15"], 3, "unknown"),
    ],
)
def test_a_height_above_ground_needs_the_ground(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], terrain: list[str], code: int, status: str
) -> None:
    file = limited(tmp_path)
    found = answer(capsys, "check", "--zones", file, "--path", THROUGH, "--at", AT, *terrain)
    assert (found[0], found[1]["status"]) == (code, status)


GRID = "ncols 2\nnrows 2\nxllcorner -8.7\nyllcorner 41.1\ncellsize 0.1\n{0} {0}\n{0} {0}\n"


@pytest.mark.parametrize(
    ("height", "more", "code", "status"),
    [
        (0, ["--terrain-error-m", "5"], 1, "blocked"),
        (200, ["--terrain-error-m", "5"], 0, "clear"),
        (0, ["--terrain-error-m", "15"], 3, "unknown"),
        (0, ["--terrain-error-m", "5", "--canopy-m", "45"], 3, "unknown"),
    ],
)
def test_the_ground_may_be_a_grid_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], height: int, more: list[str], code: int, status: str
) -> None:
    """The answer says which file it rests on, with its hash."""
    grid = tmp_path / "hills.asc"
    grid.write_text(GRID.format(height), encoding="ascii")
    options = ("--path", THROUGH, "--at", AT, "--terrain", grid, "--terrain-datum", "AMSL", *more)
    found = answer(capsys, "check", "--zones", limited(tmp_path), *options)
    assert (found[0], found[1]["status"]) == (code, status)
    digest = sha256(grid.read_bytes()).hexdigest()
    assert found[1]["terrain"].startswith(f"grid hills.asc sha256:{digest} AMSL ±")


def test_a_limit_above_the_ellipsoid_needs_a_geoid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """100 m above the ellipsoid is 55 m above a sea that lies 45 m above it: a path at 60 m is clear of it."""
    geoid = tmp_path / "geoid.asc"
    geoid.write_text(GRID.format(45), encoding="ascii")
    shape = {
        "type": "Polygon",
        "coordinates": [[[-8.62, 41.14], [-8.6, 41.14], [-8.6, 41.16], [-8.62, 41.14]]],
    }
    properties = {"id": "E", "upper_m": 100, "upper_datum": "WGS84"}
    zones = tmp_path / "ellipsoid.geojson"
    feature = {"type": "Feature", "geometry": shape, "properties": properties}
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    for height_m, status in ((60, "clear"), (50, "blocked"), (55, "unknown")):
        asked = ("--zones", zones, "--path", f"-8.605,41.145,{height_m}", "--at", AT)
        assert answer(capsys, "check", *asked)[1]["status"] == "unknown"
        found = answer(capsys, "check", *asked, "--geoid", geoid, "--geoid-error-m", "1")[1]
        assert found["status"] == status
        assert found["terrain"].startswith("geoid geoid.asc sha256:")


PAST = "-8.63,41.1515,100 -8.60,41.1515,100"
"""At 10 m/s, 167 m to the north of the town."""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A zone over people, up to 50 m above the sea."""
    ring = [[-8.62, 41.14], [-8.61, 41.14], [-8.61, 41.15], [-8.62, 41.15], [-8.62, 41.14]]
    properties = {"id": "town", "upper_m": 50, "upper_datum": "AMSL", "reasons": ["POPULATION"]}
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": properties,
    }
    file = tmp_path / "town.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("buffer", "reach_m", "status"),
    [
        ("ballistic,wind=8,span=1.2", 149.8, "clear"),
        ("one-to-one,wind=8,span=1.2", 192.5, "blocked"),
        ("ballistic,wind=8,span=1.2,reaction=3", 194.2, "blocked"),
        ("parachute,wind=8,span=1.2,opens=1,sinks=6", 256.0, "blocked"),
        ("glide,wind=0,span=1.2,ratio=9", 1106.8, "blocked"),
    ],
)
def test_what_falls_stays_away_from_people(
    town: Path, capsys: pytest.CaptureFixture[str], buffer: str, reach_m: float, status: str
) -> None:
    """Flown past the town above its zone; the volumes are as large as the formulas give by hand."""
    asked = (
        "check",
        "--zones",
        town,
        "--path",
        PAST,
        "--at",
        AT,
        "--terrain",
        "flat:0±5",
        "--buffer",
        buffer,
    )
    _, found = answer(capsys, *asked)
    assert found["status"] == status
    volumes = found["volumes"]
    assert volumes["contingency_m"] + volumes["ground_risk_buffer_m"] == pytest.approx(reach_m, abs=0.2)
    assert {each["why"] for each in found["conflicts"]} <= {"ground_risk"}
    _, other = answer(capsys, *asked, "--falls-on", "NATURE")
    assert other["status"] == "clear"


def test_errors_that_grow_meet_a_zone_later_on(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("check", "--zones", zones, "--path", BESIDE, "--at", AT)
    assert answer(capsys, *asked, "--uncertainty", "sideways=10,vertical=3")[1]["status"] == "clear"
    assert answer(capsys, *asked, "--uncertainty", "sideways=10,sideways-rate=20")[1]["status"] == "blocked"


@pytest.mark.parametrize(
    ("point", "terrain", "code", "status"),
    [
        ("-8.61,41.15,70", "flat:0±5", 1, "blocked"),
        ("-8.61,41.15,120", "flat:0±5", 0, "clear"),  # above
        ("-8.61,41.15,30", "flat:0±5", 0, "clear"),  # below
        ("-8.61,41.16,70", "flat:0±5", 0, "clear"),  # beside
        ("-8.61,41.15,102", "flat:0±5", 3, "unknown"),  # above or within, who knows
        ("-8.61,41.15,70", None, 3, "unknown"),
    ],
)
def test_one_point_is_a_position(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    point: str,
    terrain: str | None,
    code: int,
    status: str,
) -> None:
    """May I be here now? It is answered as for a path that stands still."""
    ground = [] if terrain is None else ["--terrain", terrain]
    options = ("--zones", limited(tmp_path), "--path", point, "--at", AT, *ground)
    found = answer(capsys, "check", *options)
    assert (found[0], found[1]["status"]) == (code, status)
    assert [each["zone"] for each in found[1]["conflicts"]] == ["LOW1"] * (status != "clear")


def test_a_position_in_a_zone_from_the_ground_up(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However high; without conflict there is none to list."""
    for point, status in (
        ("-8.61,41.15,60", "blocked"),
        ("-8.61,41.15,3000", "blocked"),
        (BESIDE.split(maxsplit=1)[0], "clear"),
    ):
        _, found = answer(capsys, "check", "--zones", zones, "--path", point, "--at", AT)
        assert found["status"] == status
    _, found = answer(capsys, "check", "--zones", zones, "--path", "-8.61,41.15,60", "--at", AT)
    (conflict,) = found["conflicts"]
    assert (conflict["from_m"], conflict["to_m"], conflict["entered_at"]) == (
        0,
        0,
        "2026-11-24T10:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--path", BESIDE, "--at", "2026-11-24T10:00:00"], "--at: has no offset from UTC"),
        (["--path", BESIDE, "--at", "noon"], "--at: is not an ISO 8601 time"),
        (
            ["--path", "-8.6,41.1", "--at", AT],
            "--path, point 1: must be lon,lat,alt_amsl (found '-8.6,41.1')",
        ),
        (["--path", "-8.6,41.1,x", "--at", AT], "--path, point 1: alt_amsl: is not a number (found 'x')"),
        (
            ["--path", "-8.6,141.1,1", "--at", AT],
            "--path, point 1: lat: must lie within -90 and 90 (found '141.1')",
        ),
        (
            ["--path", "-8.6,41.1,1e300", "--at", AT],
            "--path, point 1: alt_amsl: must lie within -1000 and 100000 (found '1e300')",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--speed-mps", "1e-300"],
            "--speed-mps: the path would last longer than time is counted (found 1e-300)",
        ),
        (["--path", " ", "--at", AT], "--path: is empty; write lon,lat,alt_amsl for each point"),
        (["--path", BESIDE, "--at", AT, "--speed-mps", "0"], "--speed-mps: must be above 0 (found 0)"),
        (["--path", BESIDE, "--at", AT, "--terrain", "hilly"], "--terrain: must be like flat:120±15"),
        (
            ["--path", BESIDE, "--at", AT, "--terrain", "a.hgt"],
            '--terrain-datum: must say what the grid\'s heights are above, "AMSL" or "WGS84"',
        ),
        (
            ["--path", BESIDE, "--at", AT, "--terrain", "a.hgt", "--terrain-datum", "AMSL"],
            "--terrain-error-m: must say by how much the grid's heights may err",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--geoid", "g.gtx"],
            "--geoid-error-m: must say by how much the geoid may err",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--terrain", "flat:0±5", "--canopy-m", "-1"],
            "--canopy-m: must be 0 or more (found -1)",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "balistic"],
            "--buffer: there is no such way to come down; did you mean 'ballistic'? (found 'balistic')",
        ),
        (["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wind=3"], "--buffer: span=… is missing"),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wind=x"],
            "--buffer: wind must be a number (found 'x')",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wnid=3"],
            "--buffer: 'wnid' is not known; did you mean 'wind'?",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wind=3,span=1"],
            "--buffer: how high it flies above ground is not known: give --terrain, or height=… in metres",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wind=3,span=1,height=50,bank=60"],
            "--buffer: bank_deg must be above 0 and at most 45, got 60.0",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wind=3,span=1,height=50,reaction=2000"],
            "--buffer, --uncertainty: margins must be 0 to 10000 m",
        ),
        (["--path", BESIDE, "--at", AT, "--falls-on", "NATURE"], "--falls-on: needs --buffer"),
        (
            ["--path", BESIDE, "--at", AT, "--buffer", "ballistic,wind=3,span=1", "--falls-on", "POPULATON"],
            "--falls-on: there is no reason 'POPULATON': did you mean POPULATION?",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--uncertainty", "sideways=-1"],
            "--uncertainty: errors and their growth must be numbers of 0 or more",
        ),
        (
            ["--path", BESIDE, "--at", AT, "--geoid", "g.gtx", "--geoid-error-m", "1"],
            "g.gtx: file: cannot be read: No such file or directory",
        ),
    ],
)
def test_bad_options_are_named(
    zones: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run("check", "--zones", zones, *arguments) == 2
    assert f"error: {message}" in capsys.readouterr().err


def test_a_check_needs_a_zone_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--path", BESIDE, "--at", AT) == 2
    assert capsys.readouterr().err == "error: --zones: give at least one zone file\n"


def test_a_list_needs_a_file_or_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 2
    assert "give at least one zone file, or --name for those in force in a run" in capsys.readouterr().err


def test_a_broken_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    assert run("check", "--zones", broken, "--path", BESIDE, "--at", AT) == 2
    assert str(broken) in capsys.readouterr().err
    assert run("list", "--zones", tmp_path / "none.json") == 2
    assert "none.json: cannot be read: No such file or directory" in capsys.readouterr().err


def test_a_broken_zone_names_the_option_that_goes_on_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = square("Bad")
    bad["geometry"]["coordinates"] = [[[0, 0]]]
    file = write(tmp_path, square("School"), bad)
    assert run("list", "--zones", file) == 2
    assert "--tolerant takes the sound zones" in capsys.readouterr().err
    assert run("list", "--zones", file, "--tolerant") == 0
    assert "--tolerant" not in capsys.readouterr().err


def test_heights_below_the_ground_are_told(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who writes heights above ground where heights above the sea are asked for should hear of it."""
    options = ("check", "--zones", zones, "--path", BESIDE, "--at", AT)
    assert run(*options, "--terrain", "flat:90±5") == 0
    told = capsys.readouterr().err
    assert "--path, point 1: 60 m above mean sea level is below the ground there" in told
    assert "85 to 95 m" in told
    for terrain in ("flat:60±5", "flat:0±0"):
        assert run(*options, "--terrain", terrain) == 0
        assert "below" not in capsys.readouterr().err


def test_a_refused_zone_makes_a_clear_answer_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = square("Bad")
    bad["geometry"]["coordinates"] = [[[0, 0]]]
    file = write(tmp_path, square("School"), bad)
    options = ("check", "--zones", file, "--path", BESIDE, "--at", AT)
    assert run(*options) == 2
    capsys.readouterr()
    code, found = answer(capsys, *options, "--tolerant")
    assert (code, found["status"]) == (3, "unknown")


def test_list_shows_the_zones(zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "list", "--zones", zones)
    assert code == 0
    (zone,) = found["zones"]
    assert (zone["name"], zone["restriction"], zone["lower"]) == ("School", "PROHIBITED", None)
    assert run("list", "--zones", zones) == 0
    assert "1 zone, sha256:" in capsys.readouterr().out


def test_real_zones_are_listed(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shared_data / "zones_osm" / "porto_zones.geojson"
    code, found = answer(capsys, "list", "--zones", file)
    assert (code, len(found["zones"])) == (0, 56)


def test_broken_json_is_named_by_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words as `file:line: …`, and in JSON as a number."""
    file = tmp_path / "zones.geojson"
    file.write_text('{"type": "FeatureCollection",\n "features": [}', encoding="utf-8")
    problem = "broken JSON in column 15: Expecting value"
    for words in (
        ["list", "--zones", str(file)],
        ["check", "--zones", str(file), "--path", "0,0,0", "--at", "2026-11-24T10:00:00Z"],
    ):
        with pytest.raises(SystemExit) as end:
            main(["zones", *words, "--json"])
        captured = capsys.readouterr()
        assert end.value.code == 2
        assert captured.err == f"error: {file}:2: {problem}\n"
        (fault,) = json.loads(captured.out)["errors"]
        assert (fault["file"], fault["line"], fault["message"]) == (str(file), 2, problem)


def test_a_picture_is_drawn(tmp_path: Path, zones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "picture.svg"
    words = ("--path", THROUGH, "--path", BESIDE, "--at", AT, "--title", "School & park")
    code, found = answer(capsys, "draw", zones, "--out", out, *words)
    assert (code, found["zones"], found["paths"]) == (0, 1, ["blocked", "clear"])
    picture = out.read_text(encoding="utf-8")
    assert "School &amp; park" in picture
    assert "path, blocked" in picture
    assert run("draw", zones, "--path", BESIDE, "--around", "-8.61,41.15,2000", "--out", out) == 0
    assert "give --at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("FILE", "--out", "picture.png"), "must end in .svg"),
        (("--out", "picture.svg"), "give zone files, or --name"),
        (("FILE", "--out", "picture.svg", "--around", "1,2"), "--around: must be lon,lat,metres"),
        (("FILE", "--out", "picture.svg", "--around", "1,2,0"), "--around: metres: "),
        (("FILE", "--out", "picture.svg", "--height-m", "nan"), "--height-m: must be from -1000 to 100000"),
        (("FILE", "--out", "nowhere/picture.svg"), "--out: must be a file in a folder that exists"),
        (("EMPTY", "--out", "picture.svg"), "there is nothing to draw"),
    ],
)
def test_a_picture_that_can_t_be_drawn_is_bad_input(
    tmp_path: Path, zones: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    empty = tmp_path / "empty.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    files = {"FILE": zones, "EMPTY": empty}
    placed = [tmp_path / word if "picture" in word else files.get(word, word) for word in words]
    assert run("draw", *placed) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "picture.svg").exists()


@pytest.mark.parametrize(
    ("at", "height_m", "drawn"),
    [
        ("2023-06-14T10:00:00Z", "500", "needs an authorisation"),
        ("2026-06-01T10:00:00Z", "90000", "not then"),
    ],
)
def test_real_zones_are_drawn(
    tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str], at: str, height_m: str, drawn: str
) -> None:
    """A national file at two times and heights, and a town's zones with a path."""
    out = tmp_path / "picture.svg"
    swiss = shared_data / "geozones" / "ed269_che_sample.json"
    code, _ = answer(capsys, "draw", swiss, "--at", at, "--height-m", height_m, "--out", out)
    assert code == 0
    assert drawn in out.read_text(encoding="utf-8")
    porto = shared_data / "zones_osm" / "porto_zones.geojson"
    way = "-8.64,41.14,80 -8.62,41.155,80 -8.59,41.165,80"
    code, found = answer(capsys, "draw", porto, "--path", way, "--at", at, "--out", out)
    assert (code, found["zones"], found["paths"]) == (0, 56, ["blocked"])


def test_where_and_when_a_zone_is_met_is_in_the_table(
    zones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in the JSON, to the second in UTC."""
    run("check", "--zones", zones, "--path", THROUGH, "--at", "2026-11-24T12:00:00+02:00")
    header, row = capsys.readouterr().out.splitlines()[1:3]
    assert header.split() == ["zone", "why", "status", "from_m", "to_m", "entered", "left"]
    assert re.search(r"2026-11-24T10:00:4\dZ +2026-11-24T10:0\d:\d\dZ$", row)


@pytest.mark.parametrize(("lon", "lat", "code"), [(41.15, -8.62, 2), (-8.62, 41.15, 0), (0.0, 0.0, 0)])
def test_longitude_and_latitude_of_a_path_that_were_swapped_are_told(
    zones: Path, capsys: pytest.CaptureFixture[str], lon: float, lat: float, code: int
) -> None:
    """From there the zone of Porto seems swapped: which of the two is, only people know."""
    asked = ("check", "--zones", zones, "--path", f"{lon},{lat},60", "--at", AT)
    assert run(*asked) == code
    told = "or are longitude and latitude swapped in --path? lon comes first"
    assert (told in capsys.readouterr().err) == (code == 2)
    assert run(*asked, "--tolerant") == (3 if code else 0)
    assert (told in capsys.readouterr().err) == (code == 2)


def test_an_answer_that_only_lacks_the_ground_says_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not where something else is unknown or blocked."""
    zones = write(tmp_path, square("Town", upper_m=120, upper_datum="AGL"))
    assert run("check", "--zones", zones, "--path", THROUGH, "--at", AT) == 3
    assert "give its height with --terrain" in capsys.readouterr().err
    assert run("check", "--zones", zones, "--path", THROUGH, "--at", AT, "--terrain", "flat:0±5") == 1
    assert "--terrain" not in capsys.readouterr().err
