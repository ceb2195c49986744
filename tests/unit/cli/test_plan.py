"""`fleet plan`: the plan file, what it assumes, and that nothing is written when something is wrong."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.main import main
from fleet.cli.plan import WRITING_SHARE
from fleet.config import NO_WEATHER, NO_ZONES, read_inputs
from fleet.planner.stop import Deadline, within
from tests.checker.check import check_plan

AT = "2026-11-24T07:30:00+00:00"


def run(city: Path, *more: object, weather: bool = True) -> int:
    named = [("--orders", "orders.csv"), ("--depots", "depots.csv"), ("--lockers", "lockers.csv")]
    if weather:
        named.append(("--weather", "weather.csv"))
    files = [word for option, name in named for word in (option, str(city / name))]
    with pytest.raises(SystemExit) as end:
        main(["plan", *files, "--out", str(city / "plan.json"), *map(str, more)])
    assert isinstance(end.value.code, int)
    return end.value.code


def plan_of(city: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((city / "plan.json").read_text(encoding="utf-8"))
    return found


def edit(city: Path, name: str, old: str, new: str) -> None:
    path = city / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_day_is_planned(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--iterations", 5, "--json") == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert (summary["parcels"], summary["refused"]) == (6, 0)
    assert "planning 6 parcels with 5 assets" in captured.err
    plan = plan_of(city)
    assert plan["format"] == "lastmile-plan/1"
    assert sorted(parcel["order_id"] for parcel in plan["parcels"]) == [f"A-{at}" for at in range(1, 7)]
    assert plan["summary"]["by_mode"]["unassigned"] == 0
    assert (plan["iterations"], plan["seconds"], plan["currency"]) == (5, None, "EUR")
    assert plan["at"].startswith("2026-11-24T07:00:00")


@pytest.mark.parametrize("percent", [10.0, 80.0])
def test_people_are_told_how_far_a_plan_is_from_its_bound_where_that_says_something(
    city: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, percent: float
) -> None:
    """A bound that is loose says nothing of the plan; the file has it in any case."""
    assert run(city, "--iterations", 5) == 0
    cost = plan_of(city)["summary"]["cost"]["total"]
    assert plan_of(city)["summary"]["bound"] <= cost
    capsys.readouterr()
    bound = cost / (1 + percent / 100)
    monkeypatch.setattr("fleet.planner.planning.lower_bound", lambda *_: bound)
    assert run(city, "--iterations", 5) == 0
    assert (f"less than {bound:.2f} EUR: this one {percent:.1f} % more" in capsys.readouterr().out) == (
        percent < 50
    )
    assert plan_of(city)["summary"]["bound"] == pytest.approx(bound)


def test_people_get_a_table_and_what_is_assumed(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--iterations", 5) == 0
    out = capsys.readouterr().out
    assert out.startswith("6 parcels, ")
    assert f"assumes: {NO_ZONES}" in out


def test_what_was_not_given_is_said(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--iterations", 1, weather=False) == 0
    err = capsys.readouterr().err
    assert f"warning: {NO_ZONES}" in err
    assert f"warning: {NO_WEATHER}" in err
    assert "in UTC, the orders' own offset" in err
    plan = plan_of(city)
    assert NO_ZONES in plan["assumptions"]
    assert plan["summary"]["by_mode"]["drone"] == 0


def test_parcels_that_nobody_brings_are_warned_of(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A depot that is open at night only leaves all of them; without a word that looks like a plan."""
    depots = city / "depots.csv"
    text = depots.read_text(encoding="utf-8").replace("05:00,22:00", "22:00,23:30")
    depots.write_text(text, encoding="utf-8")
    assert run(city, "--iterations", 1, "--at", "2026-11-24T21:00:00Z") == 0
    captured = capsys.readouterr()
    left = plan_of(city)["unassigned"]
    assert len(left) == 6
    (line,) = [x for x in captured.err.splitlines() if "unassigned" in x]
    assert line.startswith("warning: 6 of 6 parcels are unassigned: ")
    codes = {reason["code"] for each in left for reason in each["reasons"]}
    assert any(f"{code} (6)" in line for code in codes)
    assert "unassigned:" not in captured.out


def test_given_zones_are_no_assumption(city: Path) -> None:
    zones = city / "zones.geojson"
    zones.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    assert run(city, "--iterations", 1, "--zones", zones) == 0
    assert NO_ZONES not in plan_of(city)["assumptions"]


def test_the_planning_moment_can_be_given(city: Path) -> None:
    assert run(city, "--iterations", 1, "--at", AT) == 0
    assert plan_of(city)["at"].startswith("2026-11-24T07:30:00")


def test_a_search_by_time_says_how_long_it_took(city: Path) -> None:
    assert run(city, "--seconds", 0) == 0
    plan = plan_of(city)
    assert plan["seconds"] >= 0
    assert plan["iterations"] is None


def test_iterations_give_the_same_plan_twice(city: Path) -> None:
    plans = []
    for _ in range(2):
        assert run(city, "--iterations", 20, "--seed", 7) == 0
        plans.append(plan_of(city))
    first, second = plans
    assert first["snapshot_id"] == second["snapshot_id"]
    for part in ("summary", "assumptions", "parcels", "lockers", "unassigned"):
        assert first[part] == second[part], part


def test_a_wrong_row_stops_the_plan_before_anything_is_written(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(city, "orders.csv", "A-3,acme", ",acme")
    edit(city, "orders.csv", "1.2,0.3", "-1.2,0.3")
    assert run(city, "--iterations", 1) == 2
    err = capsys.readouterr().err
    assert err == (
        f"error: {city}/orders.csv:2: weight_kg: must be above 0 (found '-1.2')\n"
        f"{city}/orders.csv:4: order_id: is empty (found '')\n"
    )
    assert not (city / "plan.json").exists()


def test_wrong_rows_can_be_left_out_on_request(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(city, "orders.csv", "1.2,0.3", "-1.2,0.3")
    assert run(city, "--iterations", 1, "--skip-bad-rows", "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["refused"] == 1
    assert f"warning: refused: {city}/orders.csv:2: weight_kg: must be above 0 (found '-1.2')" in captured.err
    assert len(plan_of(city)["parcels"]) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seconds", "1", "--iterations", "1"], "give --seconds or --iterations, not both"),
        (["--seconds", "-1"], "--seconds: must not be negative (found -1)"),
        (["--seconds", "nan"], "--seconds: must not be negative (found nan)"),
        (["--iterations", "-1"], "--iterations: must not be negative (found -1)"),
        (["--at", "2026-11-24T07:30:00"], "--at: has no offset from UTC"),
        (["--at", "2026-11-26T07:30:00+00:00"], "--at: the day of the last order ends before that"),
    ],
)
def test_bad_options_are_named(
    city: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert run(city, *options) == 2
    assert f"error: {message}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--seed", 2**32),
        ("simulate", "--seed", 2**32),
        ("demo", "--seed", 2**32),
        ("simulate", "--margin-scale", -1),
        ("demo", "--margin-scale", "nan"),
        ("hub", "--hours", 1e300),
    ],
)
def test_a_number_out_of_range_is_bad_input(
    capsys: pytest.CaptureFixture[str], words: tuple[object, ...]
) -> None:
    """Before anything is done with it."""
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert end.value.code == 2
    assert f"Invalid value for '{words[1]}'" in capsys.readouterr().err


def test_the_output_needs_a_folder(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--out", city / "none" / "plan.json") == 2
    assert "--out: must be a file in a folder that exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "weather.csv",
            "2026-11-24T05:00:00+00:00,1",
            "2026-11-24T05:00:00+00:00,x",
            "weather.csv:7: wind_mps",
        ),
        ("weather.csv", "wind_mps", "wind", "weather.csv:1: wind_mps: the column is missing"),
        ("weather.csv", "visibility_m\n", "visibility_m,lat\n", "weather.csv:2: "),
        ("depots.csv", "-8.62", "x", "depots.csv:2: lon: is not a number (found 'x')"),
        (
            "lockers.csv",
            "true",
            "perhaps",
            "lockers.csv:2: drone_port: must be true or false (found 'perhaps')",
        ),
    ],
)
def test_a_fault_in_any_file_is_named(
    city: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, message: str
) -> None:
    edit(city, name, old, new)
    assert run(city, "--iterations", 1) == 2
    assert message in capsys.readouterr().err


def test_the_faults_of_all_files_are_named_at_once(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to run the command once for each file."""
    for name, old, new in (
        ("depots.csv", "-8.62", "x"),
        ("lockers.csv", "true", "perhaps"),
        ("orders.csv", "1.2", "-1"),
        ("weather.csv", "T05:00:00+00:00,1", "T05:00:00+00:00,x"),
    ):
        edit(city, name, old, new)
    (city / "fleet.toml").write_text("[vans]\n", encoding="utf-8")
    options = ("--iterations", 1, "--fleet", city / "fleet.toml", "--zones", city / "none.json")
    assert run(city, *options) == 2
    lines = capsys.readouterr().err.splitlines()
    places = [":".join(line.rpartition("/")[2].split(":")[:2]) for line in lines]
    assert places == [
        "depots.csv:2",
        "lockers.csv:2",
        "orders.csv:2",
        "fleet.toml:1",
        "weather.csv:7",
        "none.json: cannot be read",
    ]
    assert run(city, *options, "--skip-bad-rows") == 2
    assert "orders.csv" not in capsys.readouterr().err


DIRTY = """
[co2]
grid_g_per_kwh = 1000
price_per_tonne = {price}
[rates.van]
per_trip = 0.0
per_hour = 2.0
[[drone]]
type = "courier-x4"
[[sidewalk_robot]]
type = "walker-s1"
[[van]]
type = "van-e"
"""


def test_a_price_on_co2_moves_parcels_to_what_emits_less(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a price vans that cost next to nothing take most; at a steep one they do not, and less is emitted.
    Both plans hold by the independent checker, which prices routes by itself."""
    told = {}
    for price in (0, 50_000):
        fleet = city / "fleet.toml"
        fleet.write_text(DIRTY.format(price=price), encoding="utf-8")
        assert run(city, "--iterations", 10, "--fleet", fleet, "--json") == 0
        told[price] = json.loads(capsys.readouterr().out)
        orders, depots, lockers = (city / f"{name}.csv" for name in ("orders", "depots", "lockers"))
        weather = city / "weather.csv"
        found = check_plan(city / "plan.json", orders, depots, lockers, fleet, weather_csv=weather)
        assert found == []
    assert told[0]["by_mode"]["van"] > told[50_000]["by_mode"]["van"]
    assert told[0]["co2_kg"] > 2 * told[50_000]["co2_kg"] > 0
    routes = plan_of(city)["routes"]
    assert all(route["distance_m"] > 0 for route in routes)


def test_a_plan_says_what_it_emits(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only where the fleet file says what vehicles emit."""
    assert run(city, "--iterations", 1, "--json") == 0
    assert "co2_kg" not in json.loads(capsys.readouterr().out)
    (city / "fleet.toml").write_text("[co2]\ngrid_g_per_kwh = 300\n", encoding="utf-8")
    assert run(city, "--iterations", 1, "--fleet", city / "fleet.toml") == 0
    plan, out = plan_of(city), capsys.readouterr().out
    metres = sum(route["distance_m"] for route in plan["routes"])
    wh = sum(sortie["energy_wh"] for sortie in plan["sorties"])
    assert f"{(metres * 0.25 + wh) * 300 / 1e6:.1f} kg of CO2" in out


def test_a_small_van_goes_more_than_once(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which is told, and holds by the independent checker. What it brings is too heavy for others."""
    heavy = (city / "orders.csv").read_text(encoding="utf-8").replace(",1.2,", ",30.0,")
    (city / "orders.csv").write_text(heavy, encoding="utf-8")
    fleet, usual = city / "fleet.toml", resources.files("fleet.intake") / "data" / "default_fleet.toml"
    small = usual.read_text(encoding="utf-8").replace("capacity_kg = 900", "capacity_kg = 70")
    fleet.write_text(small, encoding="utf-8")
    assert run(city, "--iterations", 10, "--fleet", fleet) == 0
    plan, out = plan_of(city), capsys.readouterr().out
    assert plan["unassigned"] == []
    assert len(plan["routes"]) > len({route["asset_id"] for route in plan["routes"]}) == 1
    assert len({route["route_id"] for route in plan["routes"]}) == len(plan["routes"])
    assert f"{len(plan['routes'])} van routes of 1 van," in out
    orders, depots, lockers = (city / f"{name}.csv" for name in ("orders", "depots", "lockers"))
    weather = city / "weather.csv"
    assert check_plan(city / "plan.json", orders, depots, lockers, fleet, weather_csv=weather) == []


def test_every_way_of_a_parcel_is_told_to_who_asks(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each, the chosen one first, with its cost or the reasons; in the file for that parcel alone."""
    assert run(city, "--iterations", 5, "--explain", "A-2") == 0
    lines = capsys.readouterr().out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("A-2: "))
    assert lines[first + 1].startswith("  * ")
    plan = plan_of(city)
    (parcel,) = [parcel for parcel in plan["parcels"] if "options" in parcel]
    assert parcel["order_id"] == "A-2"
    told = [line for line in lines[first + 1 :] if line.startswith(("  * ", "  - "))]
    assert len(told) == len(parcel["options"]) > 3
    for line, option in zip(told, parcel["options"], strict=True):
        assert f"{option['mode']} ({option['type_id']})" in line
        assert option["cost"] is None or f"{option['cost']:.2f} EUR" in line
    assert run(city, "--iterations", 5, "--explain", "A-2", "--json") == 0
    (explained,) = json.loads(capsys.readouterr().out)["explained"]
    assert explained == parcel


def test_a_parcel_that_there_is_not_can_not_be_explained(
    city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said before anything is planned."""
    assert run(city, "--iterations", 5, "--explain", "A-2", "--explain", "NONE") == 2
    assert "--explain: there is no order 'NONE'" in capsys.readouterr().err
    assert not (city / "plan.json").exists()


@pytest.mark.parametrize("many", [False, True])
def test_of_very_many_parcels_reading_and_writing_are_a_part_of_the_seconds(
    city: Path, monkeypatch: pytest.MonkeyPatch, *, many: bool
) -> None:
    """Of few they come on top: they take no time to speak of, and reading streets would leave none for planning."""
    asked, now = list[tuple[float, float]](), [0.0]

    def counted(clock: Callable[[], float], seconds: float, parcels: int, *, beside_s: float) -> Deadline:
        asked.append((seconds, beside_s))
        return within(clock, seconds, parcels, beside_s=beside_s)

    def read(*files: Any, **options: Any) -> Any:
        now[0] += 2.0
        return read_inputs(*files, **options)

    monkeypatch.setattr("fleet.cli.plan.time.monotonic", lambda: now[0])
    monkeypatch.setattr("fleet.cli.plan.read_inputs", read)
    monkeypatch.setattr("fleet.cli.plan.within", counted)
    if many:
        monkeypatch.setattr("fleet.cli.plan.MAX_ATLAS", 5)
    assert run(city, "--seconds", 0) == 0
    assert asked == [(0.0, pytest.approx(2.0 * (1 + WRITING_SHARE)) if many else 0.0)]
