"""Broken sorties: machines, charge, paths, energy."""

from __future__ import annotations

import dataclasses
from datetime import datetime, time, timedelta
from itertools import pairwise

from tests.checker import Code
from tests.checker.document import Json
from tests.checker.fleet import PilotShift
from tests.unit.checker.builder import (
    LAUNCH,
    POINTS,
    Day,
    away,
    clock,
    order,
    sortie,
)
from tests.unit.checker.mutations import breaks


@breaks(Code.FLEET_SIZE)
def more_drones_fly_than_stand_there(day: Day) -> None:
    day.trip("F2")["asset_id"] = "drone-2"


@breaks(Code.PILOTS)
def a_drone_is_out_when_its_pilot_has_gone(day: Day) -> None:
    """He leaves ten seconds before the last trip is over; robots have somebody at any hour."""
    last = clock(day.trip("F3")["return"][11:19])
    everywhere = frozenset[str]()
    shifts = (
        PilotShift("drone", everywhere, 1, 1, time(6), (last - timedelta(seconds=10)).time()),
        PilotShift("sidewalk_robot", everywhere, 1, 9, time(0), time(0)),
    )
    day.fleet = dataclasses.replace(day.fleet, pilots=shifts)


@breaks(Code.PILOTS)
def a_third_drone_of_two_pilots_is_out(day: Day) -> None:
    """One who is at the site, and one for all sites, have a drone each."""
    day.depots[1]["drone_pads"] = 3
    for name, other in (("F2", "drone-2"), ("F3", "drone-3")):
        day.fly(name, clock("08:30:00"), other)
    shifts = tuple(PilotShift("drone", frozenset(sites), 1, 1, time(0), time(0)) for sites in (("S1",), ()))
    day.fleet = dataclasses.replace(day.fleet, pilots=shifts)


@breaks(Code.OVERLAP)
def a_drone_is_out_twice_at_once(day: Day) -> None:
    day.fly("F2", clock("08:32:00"))


@breaks(Code.TURNAROUND)
def a_drone_leaves_without_a_turnaround(day: Day) -> None:
    day.fly("F2", _back(day, "F1") + timedelta(seconds=60))


def _back(day: Day, sortie_id: str) -> datetime:
    return clock(day.trip(sortie_id)["return"][11:19])


@breaks(Code.RECHARGE)
def a_drone_leaves_without_enough_charge(day: Day) -> None:
    """There are chargers enough, but one gives too little in the time between."""
    day.depots[1]["chargers"] = 9
    day.fly("F2", clock("09:15:00"))
    drone, robot = day.fleet.sortie_types
    needed = day.trip("F2")["energy_wh"] + 100.0
    slow = dataclasses.replace(drone, charger_w=70.0, usable_wh=needed)
    day.fleet = dataclasses.replace(day.fleet, sortie_types=(slow, robot))
    for name in ("F1", "F2", "F3"):
        day.trip(name)["usable_wh"] = needed


@breaks(Code.CHARGERS)
def two_assets_need_the_only_charger_at_once(day: Day) -> None:
    drone, robot = day.fleet.sortie_types
    needed = day.trip("F2")["energy_wh"] + 100.0
    day.depots[1]["drone_pads"] = 2
    slow = dataclasses.replace(drone, usable_wh=needed, charger_w=150.0)
    day.fleet = dataclasses.replace(day.fleet, sortie_types=(slow, robot))
    for name in ("F1", "F2", "F3"):
        day.trip(name)["usable_wh"] = needed
    _second_drone(day)


def _second_drone(day: Day) -> None:
    """Two more far parcels, flown by a second drone at the times of the first one's."""
    for name, at in (("E1", "08:30:00"), ("E2", "09:30:00")):
        day.orders.append(order(name, POINTS["D2"]))
        day.plan["parcels"].append(day.parcel("D2") | {"order_id": name})
        trip = sortie(f"G{name}", "drone", name, POINTS["D2"], clock(at))
        same = {key: day.trip("F2")[key] for key in ("energy_wh", "usable_wh", "reserve_wh")}
        day.plan["sorties"].append(trip | same | {"asset_id": "drone-2"})
    day.balance()


@breaks(Code.PATH)
def a_path_ends_elsewhere(day: Day) -> None:
    for point in day.trip("F1")["path"][-2:]:
        point["lon"], point["lat"] = away(LAUNCH, 100, 0)


@breaks(Code.PATH)
def a_path_misses_its_drop(day: Day) -> None:
    place = away(POINTS["C1"], 100, 0)
    day.row("C1").update(lon=place[0], lat=place[1])
    day.trip("F1")["drops"][0].update(lon=place[0], lat=place[1])


@breaks(Code.PATH)
def a_parcel_is_dropped_at_a_neighbour(day: Day) -> None:
    place = away(POINTS["C1"], 100, 0)
    day.row("C1").update(lon=place[0], lat=place[1])


@breaks(Code.PATH)
def a_van_stops_in_another_street(day: Day) -> None:
    place = away(POINTS["V2"], 200, 0)
    day.row("V2").update(lon=place[0], lat=place[1])


@breaks(Code.SPEED)
def a_robot_runs(day: Day) -> None:
    drone, robot = day.fleet.sortie_types
    day.fleet = dataclasses.replace(
        day.fleet, sortie_types=(drone, dataclasses.replace(robot, cruise_mps=1.2))
    )


@breaks(Code.SPEED)
def a_drone_outruns_its_airspeed_and_the_wind(day: Day) -> None:
    drone, robot = day.fleet.sortie_types
    day.fleet = dataclasses.replace(
        day.fleet, sortie_types=(dataclasses.replace(drone, cruise_mps=11.0), robot)
    )


@breaks(Code.RADIUS)
def a_drop_is_too_far_away(day: Day) -> None:
    drone, robot = day.fleet.sortie_types
    day.fleet = dataclasses.replace(
        day.fleet, sortie_types=(dataclasses.replace(drone, max_radius_m=2900.0), robot)
    )


@breaks(Code.ENERGY)
def a_flight_is_planned_too_cheap(day: Day) -> None:
    day.trip("F2")["energy_wh"] *= 0.8


@breaks(Code.ENERGY)
def a_flight_is_planned_too_dear(day: Day) -> None:
    day.trip("F2")["energy_wh"] *= 1.25


@breaks(Code.ENERGY)
def a_drive_is_planned_too_cheap(day: Day) -> None:
    day.trip("W1")["energy_wh"] *= 0.8


@breaks(Code.USABLE)
def a_battery_is_counted_on_too_much(day: Day) -> None:
    day.trip("F1")["usable_wh"] = 470.0


@breaks(Code.RESERVE)
def a_reserve_is_eaten(day: Day) -> None:
    day.trip("F2")["usable_wh"] = day.trip("F2")["energy_wh"] + 99.0


@breaks(Code.RESERVE)
def a_reserve_is_smaller_than_the_rule_says(day: Day) -> None:
    day.trip("F1")["reserve_wh"] = 80.0


def _stated_charges(day: Day) -> list[Json]:
    """Charges in all the time between the sorties of each asset, as a sound plan would state them."""
    by_asset: dict[str, list[Json]] = {}
    for trip in sorted(day.plan["sorties"], key=lambda one: one["depart"]):
        by_asset.setdefault(trip["asset_id"], []).append(trip)
    charges = []
    for asset_id, trips in sorted(by_asset.items()):
        for earlier, later in pairwise(trips):
            start = datetime.fromisoformat(earlier["return"]) + timedelta(minutes=4)
            times = {"start": start.isoformat(), "end": later["depart"]}
            socs = {"soc_from": 0.5, "soc_to": 0.5, "swap": False}
            charges.append({"asset_id": asset_id, "depot_id": later["depot_id"], **times, **socs})
    return charges


@breaks(Code.CHARGING)
def a_drone_is_on_a_charger_while_it_flies(day: Day) -> None:
    day.depots[1]["chargers"] = 9
    out = day.trip("F1")
    while_out = {"start": out["depart"], "end": out["return"], "soc_from": 0.5, "soc_to": 0.5, "swap": False}
    own = {"asset_id": out["asset_id"], "depot_id": out["depot_id"]}
    day.plan["charging"] = [*_stated_charges(day), own | while_out]


@breaks(Code.SPARES)
def a_pack_is_changed_for_one_that_is_not_there(day: Day) -> None:
    day.depots[1]["chargers"] = 9
    first, *others = _stated_charges(day)
    day.plan["charging"] = [first | {"swap": True, "soc_to": 1.0}, *others]
