"""Broken rules of carriage, zones, travel, money and weather."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from tests.checker import Code
from tests.unit.checker.builder import (
    LAUNCH,
    LOCKERS,
    Day,
    away,
    box,
    clock,
)
from tests.unit.checker.mutations import breaks, moment


@breaks(Code.GOODS)
def a_drone_carries_lithium(day: Day) -> None:
    day.row("D2")["goods"] = "lithium"


@breaks(Code.GOODS)
def a_robot_carries_dangerous_goods_whatever_the_fleet_file_says(day: Day) -> None:
    drone, robot = day.fleet.sortie_types
    goods = dataclasses.replace(robot.carriage, goods=robot.carriage.goods | {"dangerous"})
    day.fleet = dataclasses.replace(
        day.fleet, sortie_types=(drone, dataclasses.replace(robot, carriage=goods))
    )
    day.row("R1")["goods"] = "dangerous"


@breaks(Code.CHILLED)
def a_flight_is_too_long_for_chilled_goods(day: Day) -> None:
    drone, robot = day.fleet.sortie_types
    cold = dataclasses.replace(drone.carriage, chilled_minutes=2.0)
    day.fleet = dataclasses.replace(
        day.fleet, sortie_types=(dataclasses.replace(drone, carriage=cold), robot)
    )


@breaks(Code.CHILLED)
def a_drive_is_too_long_for_chilled_goods(day: Day) -> None:
    day.row("V2")["goods"] = "chilled"
    (van,) = day.fleet.route_types
    cold = dataclasses.replace(van.carriage, chilled_minutes=30.0)
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, carriage=cold),))


@breaks(Code.AGE_CHECK)
def a_robot_would_have_to_see_an_id(day: Day) -> None:
    day.row("R1")["min_age"] = 18


@breaks(Code.SERVICE_LEVEL)
def a_drone_would_have_to_take_a_signature(day: Day) -> None:
    day.row("D2")["service"] = "signature"


@breaks(Code.SERVICE_LEVEL)
def a_locker_would_have_to_take_a_signature(day: Day) -> None:
    day.row("L1")["service"] = "signature"


@breaks(Code.DIRECTION)
def a_pick_up_is_delivered(day: Day) -> None:
    day.route["stops"][2].update(deliver=["P1"], collect=[])


@breaks(Code.DIRECTION)
def a_drone_collects(day: Day) -> None:
    day.row("D2")["direction"] = "return"
    day.restate_energy()


@breaks(Code.ZONE)
def a_path_crosses_a_zone(day: Day) -> None:
    day.zones.append(box(away(LAUNCH, 1500, 0), 200))


@breaks(Code.ZONE)
def a_drop_lies_in_a_small_zone(day: Day) -> None:
    day.zones.append(box(LOCKERS["K2"], 15))


@breaks(Code.TRAVEL_TIME)
def a_van_is_faster_than_traffic(day: Day) -> None:
    first, second = day.route["stops"][:2]
    late = moment(second["arrive"]) - timedelta(seconds=5)
    first.update(arrive=(late - timedelta(seconds=1260)).isoformat(), depart=late.isoformat())


@breaks(Code.DISTANCE)
def a_route_is_shorter_than_straight_lines(day: Day) -> None:
    (van,) = day.fleet.route_types
    free = dataclasses.replace(van.rates, per_km=0.0)
    day.route["cost"] -= van.rates.per_km * day.route["distance_m"] / 1000
    day.route["distance_m"] *= 0.7
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, rates=free),))


@breaks(Code.SERVICE_TIME)
def a_stop_is_shorter_than_its_service(day: Day) -> None:
    day.row("V2")["service_minutes"] = 10


@breaks(Code.SERVICE_TIME)
def a_locker_stop_is_too_short(day: Day) -> None:
    (van,) = day.fleet.route_types
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, locker_parcel_s=60.0),))


@breaks(Code.MONEY)
def the_total_is_wrong(day: Day) -> None:
    day.plan["summary"]["cost"]["total"] *= 1.02


@breaks(Code.MONEY)
def the_parcels_do_not_add_up(day: Day) -> None:
    day.parcel("C1")["cost"] += 3.0


@breaks(Code.MONEY)
def a_route_costs_less_than_its_rates_say(day: Day) -> None:
    day.route["cost"] *= 0.97


@breaks(Code.WEATHER)
def a_drone_flies_in_the_rain(day: Day) -> None:
    for row in day.weather[9:11]:
        row["precipitation_mm_h"] = 2.4


@breaks(Code.WEATHER)
def a_drone_flies_where_ice_forms(day: Day) -> None:
    for row in day.weather[8:12]:
        row["temperature_c"] = -2.0
        row["precipitation_mm_h"] = 0.2


@breaks(Code.WEATHER)
def the_weather_of_the_evening_is_not_known(day: Day) -> None:
    day.weather = day.weather[:9]
    day.fly("F1", clock("08:30:00"))


@breaks(Code.PRIORITY)
def one_who_counts_for_less_has_the_place(day: Day) -> None:
    day.row("U1").update(day.row("V1") | {"order_id": "U1", "priority": 1.5, "weight_kg": 0.5})


@breaks(Code.SKILLS)
def a_van_lacks_a_skill(day: Day) -> None:
    day.row("V1")["skills"] = "fitting"
