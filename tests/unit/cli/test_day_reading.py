"""The commands that read a day's log; no hub has to be up for them."""

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fleet.cli import main as cli
from fleet.cli.exceptions import shortened
from fleet.cli.explanation import figures
from fleet.cli.main import KEY_VARIABLE
from fleet.hub.rundir import RunDir, Running
from fleet.store.base import Batch
from fleet.store.sql import SqlStore
from tests.support import smallday as day
from tests.support.fakehub import run_with


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Run directories with one day in them."""
    folder = tmp_path / "runs"
    run_with(folder, day.the_log())
    return folder


def run(root: Path, *words: object) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, words), "--root", str(root)])
    assert isinstance(end.value.code, int)
    return end.value.code


def answer(capsys: pytest.CaptureFixture[str], root: Path, *words: object) -> Any:
    assert run(root, *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


READERS = (
    ("orders", "list"),
    ("orders", "show", "A"),
    ("orders", "explain", "A"),
    ("assets", "list"),
    ("lockers", "list"),
    ("routes", "list"),
    ("routes", "show", "tour-1"),
    ("routes", "export"),
    ("exceptions", "list"),
    ("report",),
)


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_every_reader_speaks_to_people_and_programs(
    root: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(root, *words) == 0
    text = capsys.readouterr()
    assert text.out.strip()
    assert "\x1b" not in text.out
    assert isinstance(answer(capsys, root, *words), dict)


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_run_that_is_not_there_is_4(
    root: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(root, *words, "--name", "other", "--json") == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"] == "unreachable"
    assert "other: there is no run of that name" in captured.err


def test_a_store_that_is_none_is_4(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "day" / "hub.db").write_text("this is no database, whatever its name says" * 50)
    assert run(root, "orders", "list") == 4
    assert "the store can't be read" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../day", "a\tb"])
def test_a_name_that_leads_elsewhere_is_bad_input(
    root: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A run's name is that of a folder, so that no command reads or replaces anything outside of the root."""
    for words in (*READERS, ("demo",), ("hub",), ("console",), ("zones", "list")):
        assert run(root, *words, "--name", name) == 2
        assert f"--name: must be the plain name of a folder (found {name!r})" in capsys.readouterr().err


def test_a_kind_that_nobody_knows_is_bad_input(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list would be taken for an answer; one that the day has none of is answered."""
    for words in (("orders", "list", "--mode"), ("assets", "list", "--kind")):
        assert run(root, *words, "zeppelin") == 2
        known = "must be one of drone, locker, sidewalk_robot, van (found 'zeppelin')"
        assert f"{words[-1]}: {known}" in capsys.readouterr().err
        assert run(root, *words, "sidewalk_robot") == 0


# --- orders ----------------------------------------------------------------------------------------------------------


def test_orders_are_listed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, root, "orders", "list")["orders"]
    assert [(row["id"], row["status"], row["mode"]) for row in rows] == [
        ("A", "delivered", "drone"),
        ("B", "delivered", "van"),
        ("C", "in_locker", "locker"),
        ("D", "delivered", "van"),
        ("E", "delivered", "van"),
        ("F", "returned", None),
        ("G", "received", None),
        ("H", "under_way", "van"),
    ]


def test_orders_are_filtered_by_status_and_mode(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, root, "orders", "list", "--status", "delivered", "--mode", "van")["orders"]
    assert [row["id"] for row in rows] == ["B", "D", "E"]
    assert run(root, "orders", "list", "--status", "in_locker") == 0
    assert capsys.readouterr().out.endswith("\n1 of 8 parcels\n")


def test_a_status_that_is_none_is_bad_input(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "orders", "list", "--status", "lost") == 2
    assert "--status: must be one of received, planned," in capsys.readouterr().err


def keep_contact(root: Path) -> None:
    store = SqlStore.open(root / "day" / "hub.db")
    store.commit(Batch(contacts=(day.CONTACT,)))
    store.close()


def test_show_alone_tells_who_the_person_is(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_contact(root)
    assert answer(capsys, root, "orders", "show", "B")["contact"]["recipient"] == "Ana <Pérez>"
    for words in (
        ("orders", "list"),
        ("orders", "explain", "B"),
        ("routes", "show", "tour-1"),
        ("routes", "export"),
    ):
        assert run(root, *words, "--json") == 0
        assert "Pérez" not in capsys.readouterr().out


def test_what_is_true_is_shown_as_yes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list says that a parcel is late; `show` says it of each fact by its own name."""
    assert run(root, "orders", "show", "B") == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"late: yes", "locker_ok: yes", "handed_on: no", "size_m: 0.1, 0.2, 0.3"} <= set(lines)
    assert run(root, "orders", "list", "--status", "delivered") == 0
    ends = {
        line.split()[0]: line.split()[-1] == "late" for line in capsys.readouterr().out.splitlines()[1:-1]
    }
    assert ends == {"A": False, "B": True, "D": False, "E": False}


def test_a_person_that_is_not_kept_is_said_to_be_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, root, "orders", "show", "A")["contact"] is None
    assert run(root, "orders", "show", "A") == 0
    assert "contact: erased, or never kept" in capsys.readouterr().out


def test_an_unknown_order_is_bad_input(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "orders", "explain", "Z") == 2
    assert capsys.readouterr().err == "error: there is no order 'Z'; `fleet orders list` shows them\n"


def test_a_parcel_is_explained(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mode, each other mode with limit and actual, plan, zones, energy, and custody with times."""
    assert run(root, "orders", "explain", "A") == 0
    assert (
        capsys.readouterr().out
        == """\
A: delivery, delivered, with recipient
chosen: drone S1/drone-1, 4.00 EUR
not van: feasible, 9.00 EUR (5.00 more)
not locker: infeasible
  locker_too_far: the walk is 900 m (limit 800 m, actual 900 m)
plan plan-1, made 2026-11-24T08:02:00.000Z from plan-1@12
  zones: sha256:0
  assumes: terrain flat at 0 m
mission flight-1 of S1/drone-1: completed
  checked against zones sha256:0
  assumes: terrain flat at 0 m
  energy: planned 100.0 Wh + margin 0.0 Wh (0.0%) + reserve 30.0 Wh + to spare 70.0 Wh = usable 200.0 Wh, used 120.0 Wh
custody:
  2026-11-24T08:03:00.000Z  linehaul -> site S1
  2026-11-24T08:18:00.000Z  site S1 -> asset S1/drone-1
  2026-11-24T08:26:00.000Z  asset S1/drone-1 -> recipient
its ways: A is delivered since 2026-11-24T08:26:00+00:00: there is nothing left to choose
"""
    )


def test_a_hand_on_is_explained(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "orders", "explain", "E") == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("handed on at 2026-11-24T08:03:00.000Z from drone to van (D1/van-1)")
    assert lines[start + 1 : start + 3] == [
        "  wind: gusts of 15 m/s (limit 14 m/s, actual 15 m/s, source forecast)",
        "not tried again: drone",
    ]
    assert lines[-2] == "exceptions: exc-1"


def test_a_name_has_no_unit() -> None:
    """A conflict with an airspace has the zone's name as its limit, and metres along the path as its value."""
    reason = {"limit": "hospital", "actual": 812.5, "unit": "m along the path", "source": "zones"}
    assert figures(reason) == " (limit hospital, actual 812.5 m along the path, source zones)"
    assert figures({"limit": 12.0, "actual": 13.4, "unit": "m/s"}) == " (limit 12 m/s, actual 13.4 m/s)"


def test_a_parcel_without_a_plan_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "orders", "explain", "G", "--no-ways") == 0
    assert capsys.readouterr().out == (
        "G: delivery, received, with linehaul\nnot planned yet\ncustody: never handed over yet\n"
    )


def test_without_a_hub_the_ways_are_not_known(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All else is; what to do is said, in text and as JSON."""
    assert run(root, "orders", "explain", "G") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("its ways: ")
    assert "start one with `fleet demo` or `fleet hub`" in last
    found = answer(capsys, root, "orders", "explain", "G")
    assert found["ways"] is None
    assert "start one" in found["ways_missing"]


def test_with_a_bad_key_the_ways_are_not_known(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All else needs no key: it is told, and which file is at fault."""
    ends = "tcp://127.0.0.1:9"
    at = RunDir.named("day", root)
    at.write_running(Running(name="day", control=ends, telemetry=ends, feed=ends))
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "none.json"))
    assert run(root, "orders", "explain", "G") == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "G: delivery, received, with linehaul"
    assert last.startswith(f"its ways: {tmp_path / 'none.json'}: there is no key file; ")
    found = answer(capsys, root, "orders", "explain", "G")
    assert (found["ways"], "there is no key file" in found["ways_missing"]) == (None, True)


# --- assets, lockers, exceptions -------------------------------------------------------------------------------------


def test_assets_are_listed_by_kind(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, root, "assets", "list", "--kind", "van")["assets"]
    assert [(row["id"], row["status"], row["mission"]) for row in rows] == [
        ("D1/van-1", "on_mission", "tour-1")
    ]


def test_lockers_show_their_occupancy_by_size(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, root, "lockers", "list")["lockers"]
    assert row["sizes"]["small"] == {
        "total": 2,
        "free": 1,
        "wanted": 0,
        "reserved": 0,
        "occupied": 1,
        "expired": 0,
    }
    assert run(root, "lockers", "list") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == "L1 Kiosk ready small 2 1 0 0 0 1".split()


def test_exceptions_are_listed_open_or_all(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = answer(capsys, root, "exceptions", "list")["exceptions"]
    assert (found["code"], found["order"], found["outcome"]) == (
        "wind",
        "E",
        "put into the route of D1/van-1",
    )
    named = {name: found[name] for name in ("exception_id", "owner", "mission_id", "order_ids")}
    assert named == {"exception_id": "exc-1", "owner": "dispatcher", "mission_id": None, "order_ids": ["E"]}
    assert answer(capsys, root, "exceptions", "list", "--open")["exceptions"] == []


def test_the_parcels_of_an_exception_fit_into_a_line() -> None:
    assert shortened([]) == ""
    assert shortened(["A", "B", "C"]) == "A, B, C"
    assert shortened(["A", "B", "C", "D", "E"]) == "A, B, C and 2 more"


# --- routes ----------------------------------------------------------------------------------------------------------


def test_routes_say_how_far_they_are(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, root, "routes", "list")["routes"]
    assert (row["route_id"], row["stops"], row["done"], row["next"]) == ("tour-1", 5, 4, "see order H")


def test_a_route_is_shown_with_its_stops(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, root, "routes", "show", "tour-1")
    assert [stop["deliver"] for stop in found["stops"]] == [["B"], ["C"], [], ["E"], ["H"]]


def test_an_unknown_route_is_bad_input(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "routes", "show", "tour-2") == 2
    assert "did you mean 'tour-1'?" in capsys.readouterr().err


def test_a_manifest_goes_to_stdout_or_into_a_file(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_contact(root)
    assert run(root, "routes", "export", "tour-1", "--contacts") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["recipient"] for row in rows] == ["Ana <Pérez>", "", "", "", ""]
    out = tmp_path / "tour.gpx"
    assert answer(capsys, root, "routes", "export", "--format", "gpx", "--out", out)["out"] == str(out)
    assert len(ET.parse(out).getroot()) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "kml"], "--format: must be one of csv, gpx, geojson (found 'kml')"),
        (
            ["--out", "/nowhere/at/all.csv"],
            "/nowhere/at/all.csv: cannot be written: No such file or directory",
        ),
    ],
)
def test_an_export_that_cannot_be_is_bad_input(
    root: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert run(root, "routes", "export", *words) == 2
    assert message in capsys.readouterr().err


# --- report ----------------------------------------------------------------------------------------------------------


def test_the_report_uses_judge_and_seed_of_the_run(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge: dict[str, Any] = {"zone_breaches": [], "reserve_breaches": [{}], "custody_breaks": []}
    (root / "day" / "judge.json").write_text(json.dumps(judge))
    (root / "day" / "setup.json").write_text('{"seed": 11}')
    out = tmp_path / "report.json"
    found = answer(capsys, root, "report", "--out", out)
    assert json.loads(out.read_text(encoding="utf-8")) == found
    assert (found["judged_by"], found["seed"], found["reserve_breaches"]) == ("simulated world", 11, 1)


def test_the_report_for_people(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "report") == 0
    out = capsys.readouterr().out
    assert "8 parcels: 4 delivered, 1 in locker, 1 in driver route, 1 returned, 1 unresolved\n" in out
    assert "on time: 50.0%\n" in out
    assert "handed on: 1 planned, 1 under way (wind 1)\n" in out
    assert "as judged by the hub: 0 zone breaches," in out


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_judge_is_bad_input(root: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (root / "day" / "judge.json").write_text(text)
    assert run(root, "report") == 2
    assert "judge" in capsys.readouterr().err


# --- zones -----------------------------------------------------------------------------------------------------------


def test_zones_of_a_run_need_its_setup(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "day" / "setup.json").write_text("{}")
    assert run(root, "zones", "list", "--name", "day") == 2
    assert "setup.json: is damaged" in capsys.readouterr().err
