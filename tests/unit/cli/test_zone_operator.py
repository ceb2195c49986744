"""`fleet zones check` for somebody: approvals held, areas to stay inside of, permits to drive, speeds leg by leg."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.test_zones import AT, THROUGH, answer, run, square, write

APPROVAL = {"id": "CTR", "restriction": "REQ_AUTHORISATION"}
WAY = "-8.614,41.15,0 -8.606,41.15,0"
"""Inside the square, some 670 m long."""


def asked(zones: Path, *more: object, path: str = THROUGH) -> tuple[object, ...]:
    return ("check", "--zones", zones, "--path", path, "--at", AT, "--terrain", "flat:0±5", *more)


def fleet_file(folder: Path, **approval: object) -> Path:
    """One approval, for the control zone."""
    lines = [f"{key} = {value!r}" for key, value in {"zone": "CTR", **approval}.items()]
    path = folder / "fleet.toml"
    path.write_text("\n".join(['[authorisations."A-17"]', *lines]).replace("'", '"') + "\n", encoding="utf-8")
    return path


def test_an_approval_that_is_held_clears_the_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without limits by name, with limits by the fleet file; the answer says what was held."""
    zones = write(tmp_path, square("CTR", **APPROVAL))
    _, plain = answer(capsys, *asked(zones))
    assert plain["conflicts"][0]["why"] == "authorisation_not_held"
    _, held = answer(capsys, *asked(zones, "--hold", "CTR"))
    assert (held["status"], held["margins"]["held"]) == ("clear", ["CTR"])
    assert held["zones_version"] == plain["zones_version"]
    for limits, status in (({}, "clear"), ({"below_m": 90.0}, "clear"), ({"below_m": 40.0}, "blocked")):
        _, found = answer(capsys, *asked(zones, "--fleet", fleet_file(tmp_path, **limits)))
        assert found["status"] == status
        assert found["zones_version"] != plain["zones_version"]
        assert {one["why"] for one in found["conflicts"]} <= {"beyond_authorisation"}


def test_an_approval_for_some_vehicles_counts_for_these(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zones = write(tmp_path, square("CTR", **APPROVAL))
    file = fleet_file(tmp_path, vehicles=["courier-x4"])
    assert answer(capsys, *asked(zones, "--fleet", file))[1]["status"] == "blocked"
    assert answer(capsys, *asked(zones, "--fleet", file, "--vehicle", "courier-x4"))[1]["status"] == "clear"


def test_a_path_stays_inside_the_areas_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them unless some are."""
    far = square("South", id="south", restriction="OPERATING_AREA")
    ring = [[lon, lat - 0.1] for lon, lat in far["geometry"]["coordinates"][0]]
    far["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    zones = write(tmp_path, square("North", id="north", restriction="OPERATING_AREA"), far)
    inside = "-8.612,41.15,60 -8.608,41.15,60"
    for more in ((), ("--area", "north"), ("--area", "south", "--area", "north")):
        assert answer(capsys, *asked(zones, *more, path=inside))[1]["status"] == "clear"
    _, found = answer(capsys, *asked(zones, "--area", "south", path=inside))
    assert found["conflicts"][0]["why"] == "outside_operating_area"
    assert found["margins"]["areas"] == ["south"]


@pytest.mark.parametrize(
    ("speed", "weight", "surface", "why"),
    [
        ("2.5", 35, "sidewalk", []),
        ("3", 35, "sidewalk", ["above_permit_speed"]),
        ("2.5", 51, "sidewalk", ["above_permit_weight"]),
        ("2.5", 35, "street", ["outside_permit"]),
    ],
)
def test_a_robot_keeps_the_terms_of_its_permit(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    speed: str,
    weight: float,
    surface: str,
    why: list[str],
) -> None:
    terms = {"surface": "sidewalk", "max_speed_mps": 2.7, "max_weight_kg": 50}
    zones = write(tmp_path, square("Town", restriction="PERMIT_AREA", **terms))
    more = ("--drive", surface, "--weight-kg", weight, "--speed-mps", speed)
    code, found = answer(capsys, *asked(zones, *more, path=WAY))
    assert (code, [one["why"] for one in found["conflicts"]]) == (1 if why else 0, why)


def test_a_drive_says_what_it_was_held_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Surface, weight and margin of time: without these nobody could have the answer again."""
    zones = write(tmp_path, square("Town", restriction="PERMIT_AREA", surface="sidewalk"))
    more = ("--drive", "sidewalk", "--weight-kg", 35, "--speed-mps", 2, "--time-margin-s", 60)
    _, found = answer(capsys, *asked(zones, *more, path=WAY))
    assert found["driven"] == {"surface": "sidewalk", "weight_kg": 35.0}
    assert found["margins"]["time_s"] == 60.0
    run(*asked(zones, *more, path=WAY))
    assert "driven: sidewalk, 35 kg, 60 s early or late" in capsys.readouterr().out
    assert answer(capsys, *asked(zones))[1]["driven"] is None


def test_times_that_may_be_wrong_meet_what_begins_soon_and_leave_what_ends_soon(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of flights and of drives. The path through the zone takes 168 s from 10:00."""
    later = write(tmp_path, square("Later", starts_at="2026-11-24T10:05:00Z"))
    statuses = [answer(capsys, *asked(later, "--time-margin-s", s))[1]["status"] for s in (0, 120, 300)]
    assert statuses == ["clear", "clear", "blocked"]
    terms = {"restriction": "PERMIT_AREA", "surface": "sidewalk", "ends_at": "2026-11-24T10:10:00Z"}
    permit = write(tmp_path, square("Town", **terms))
    drive = ("--drive", "sidewalk", "--weight-kg", 35, "--speed-mps", 2)
    ways = [
        answer(capsys, *asked(permit, *drive, "--time-margin-s", s, path=WAY))[1]["status"]
        for s in (0, 240, 300)
    ]
    assert ways == ["clear", "clear", "blocked"]


@pytest.mark.parametrize("margin", ["-1", "86401", "nan", "inf"])
def test_a_margin_of_time_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], margin: str
) -> None:
    """With the option's name and what it may be."""
    zones = write(tmp_path, square("School"))
    assert run(*asked(zones, f"--time-margin-s={margin}")) == 2
    assert "--time-margin-s: must be 0 to 86400, a day" in capsys.readouterr().err


def test_speeds_of_legs_say_when_a_zone_is_entered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """4.2 m/s and then the half: the zone begins after 420 m of 1678."""
    zones = write(tmp_path, square("School"))
    halves = "-8.62,41.15,60 -8.61,41.15,60 -8.60,41.15,60"
    _, found = answer(capsys, *asked(zones, "--speed-mps", "4.2,2.1", path=halves))
    assert found["conflicts"][0]["entered_at"].startswith("2026-11-24T10:01:39")
    assert found["conflicts"][0]["left_at"].startswith("2026-11-24T10:06:39")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--hold", "CTX"), "--hold: there is no zone 'CTX'"),
        (("--hold", "School"), "can't be entered by approval"),
        (("--area", "CTR"), "is no operating area"),
        (("--vehicle", "drone"), "--vehicle: needs --fleet"),
        (("--drive", "sidewalk"), "--weight-kg: must be stated"),
        (("--drive", "sidewalk", "--weight-kg", "-3"), "--weight-kg: must be stated"),
        (("--weight-kg", "3"), "--weight-kg: needs --drive"),
        (
            ("--drive", "street", "--weight-kg", "3", "--area", "CTR", "--buffer", "ballistic"),
            "is no operating",
        ),
        (("--drive", "street", "--weight-kg", "3", "--buffer", "ballistic"), "--buffer are for what flies"),
        (("--speed-mps", "4,5"), "--speed-mps: the path has 1 legs, and 2 speeds are given"),
        (("--speed-mps", "fast"), "--speed-mps: must be a number"),
        (("--speed-mps", "0"), "--speed-mps: must be above 0"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[Any, ...], says: str
) -> None:
    zones = write(tmp_path, square("CTR", **APPROVAL), square("School", id="School"))
    assert run(*asked(zones, *more)) == 2
    assert says in capsys.readouterr().err


def test_the_text_says_what_the_answer_rests_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zones = write(tmp_path, square("School"))
    assert run(*asked(zones, "--uncertainty", "sideways=10,vertical=3,sideways-rate=0.5")) == 1
    said = capsys.readouterr().out
    assert "terrain: flat 0 ± 5 m AMSL" in said
    assert "margins: 10 m beside, 3 m above and below" in said
    assert "growing by 0.5 m/s beside" in said


@pytest.mark.parametrize(
    ("at", "days"),
    [
        ("2026-06-01T12:00:00+00:00", ["2026-06-02"]),
        ("2026-06-01T11:50:00+00:00", ["2026-06-01"]),
        ("2026-06-01T11:58:40+00:00", ["2026-06-01", "2026-06-02"]),
    ],
)
def test_it_is_told_which_approvals_with_a_number_it_counts_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], at: str, days: list[str]
) -> None:
    """On the days by the approval's own clocks; both where a minute may make the other one of it."""
    zones = write(tmp_path, square("CTR", **APPROVAL))
    file = fleet_file(tmp_path, max_per_day=2, timezone="Pacific/Auckland")
    path = ("check", "--zones", zones, "--path", "-8.625,41.15,60 -8.60,41.15,60", "--terrain", "flat:0±5")
    code = run(*path, "--at", at, "--fleet", file, "--json")
    said = capsys.readouterr()
    (told,) = json.loads(said.out)["counts_for"]
    assert code == 0
    assert (told["authorisation"], told["max_per_day"], told["days"]) == ("A-17", 2, days)
    assert f"it counts for authorisation 'A-17' of CTR on {', '.join(days)}, which allows 2 a day" in said.err
    _, found = answer(capsys, *asked(zones, "--fleet", fleet_file(tmp_path)))
    assert found["counts_for"] == []


def test_a_vehicle_that_the_fleet_does_not_have_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the pen would make every approval for some vehicles useless."""
    zones = write(tmp_path, square("CTR", **APPROVAL))
    file = fleet_file(tmp_path, vehicles=["courier-x4"])
    assert run(*asked(zones, "--fleet", file, "--vehicle", "curier-x4")) == 2
    assert "did you mean 'courier-x4'" in capsys.readouterr().err
    assert run(*asked(zones, "--fleet", file, "--vehicle", "drone")) == 1
