"""The checker from files to violations, as a caller uses it."""

import json
from pathlib import Path

from tests.checker import Code, check_plan
from tests.checker.fleet_file import read_fleet
from tests.unit.checker.builder import Day

FLEET = """
timezone = "UTC"
[[drone]]
type = "courier-x4"
[[sidewalk_robot]]
type = "walker-s1"
[[van]]
type = "van-e"
per_depot = 1
crew = 2
skills = ["white_glove"]
[rates.van]
per_trip = 40.0
per_hour = 12.0
per_km = 0.3
[types.van-e]
stop_s = 60
locker_parcel_s = 30
load_s = 900
[types.parcel-locker]
pickup_hours = 12
[types.courier-x4]
charger_w = 600
"""
"""Laid over the default fleet; a crew of two at 12 an hour each."""


def whole_day(folder: Path) -> tuple[Day, Path]:
    """The built day, planned for a fleet that a file describes."""
    fleet = folder / "fleet.toml"
    fleet.write_text(FLEET, encoding="utf-8")
    return Day(folder, fleet=read_fleet(fleet)), fleet


def codes(day: Day, fleet: Path) -> set[Code]:
    """What ``check_plan`` finds in the day's files."""
    day.case()
    plan = day.folder / "plan.json"
    plan.write_text(json.dumps(day.plan), encoding="utf-8")
    orders, depots, lockers, weather = (
        day.folder / f"{name}.csv" for name in ("orders", "depots", "lockers", "weather")
    )
    found = check_plan(plan, orders, depots, lockers, fleet, [day.folder / "zones.geojson"], weather)
    return {violation.code for violation in found}


def test_a_sound_plan_in_files(tmp_path: Path) -> None:
    """Everything read from disk, the fleet file laid over the default fleet."""
    assert codes(*whole_day(tmp_path)) == set()


def test_a_broken_plan_in_files(tmp_path: Path) -> None:
    """What is wrong is found through the files too."""
    day, fleet = whole_day(tmp_path)
    day.row("D2")["service"] = "signature"
    assert codes(day, fleet) == {Code.SERVICE_LEVEL}


def test_a_depot_with_a_time_zone_of_its_own(tmp_path: Path) -> None:
    """05:00 to 22:00 in Tokyo is 20:00 to 13:00 UTC, which holds the whole plan; in Honolulu it is night."""
    day, fleet = whole_day(tmp_path)
    for site in day.depots:
        site["timezone"] = "Asia/Tokyo"
    assert codes(day, fleet) == set()
    for site in day.depots:
        site["timezone"] = "Pacific/Honolulu"
    assert codes(day, fleet) == {Code.SITE_CLOSED}


def test_malformed_plans_are_asked_nothing_else(tmp_path: Path) -> None:
    """The contract comes first: no rule runs on a document that is not one."""
    day, fleet = whole_day(tmp_path)
    day.case()
    day.plan["sorties"] = {}
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(day.plan), encoding="utf-8")
    found = check_plan(
        plan, tmp_path / "orders.csv", tmp_path / "depots.csv", tmp_path / "lockers.csv", fleet
    )
    assert [(violation.code, violation.where) for violation in found] == [(Code.FORMAT, "plan.sorties")]
