"""Broken rules of carriage, zones, travel, money and weather."""

from __future__ import annotations

import dataclasses
from datetime import time, timedelta

from shapely.geometry import shape

from tests.checker import Code
from tests.checker.fleet import Walk
from tests.checker.streets import Rules
from tests.unit.checker.builder import (
    LAUNCH,
    LOCKERS,
    POINTS,
    Day,
    Lanes,
    away,
    box,
    clock,
)
from tests.unit.checker.mutations import breaks, moment


@breaks(Code.WALK)
def a_van_stands_far_from_a_door_where_nobody_walks(day: Day) -> None:
    """Forty metres, which the van is not driven."""
    stop = day.route["stops"][1]
    stop["lon"], stop["lat"] = away(POINTS["V2"], -40, 0)


def _walks(day: Day, carry_kg: float) -> None:
    """Its driver walks up to fifty metres; V2, for which he walks forty and back, takes so much longer."""
    a_van_stands_far_from_a_door_where_nobody_walks(day)
    (van,) = day.fleet.route_types
    walk = Walk(50.0, carry_kg, 2.0)
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, walk=walk),))


@breaks(Code.WALK)
def a_driver_carries_too_much(day: Day) -> None:
    _walks(day, 1.5)
    stop = day.route["stops"][1]
    stop["arrive"] = (moment(stop["arrive"]) - timedelta(seconds=5)).isoformat()
    stop["depart"] = (moment(stop["arrive"]) + timedelta(seconds=280)).isoformat()
    _later(day, 2, timedelta(seconds=60))


@breaks(Code.SERVICE_TIME)
def a_driver_has_no_time_for_his_walk(day: Day) -> None:
    _walks(day, 15.0)


def _later(day: Day, first: int, by: timedelta) -> None:
    """The stops from one on, and the route's end, come later."""
    for stop in day.route["stops"][first:]:
        for name in ("arrive", "depart"):
            stop[name] = (moment(stop[name]) + by).isoformat()
    (van,) = day.fleet.route_types
    day.route["end"] = (moment(day.route["end"]) + by).isoformat()
    day.route["cost"] += van.rates.per_hour * by.total_seconds() / 3600


@breaks(Code.TRAVEL_TIME)
def a_van_is_faster_than_its_streets(day: Day) -> None:
    """Half a minute on the longest of its legs, which no crow needs."""
    stop = day.route["stops"][2]
    stop["arrive"] = (moment(stop["arrive"]) - timedelta(seconds=30)).isoformat()


@breaks(Code.TRAVEL_TIME)
def a_van_drives_as_fast_in_the_traffic_as_without(day: Day) -> None:
    jam = (time(8), time(9), 0.5)
    day.fleet = dataclasses.replace(day.fleet, streets=Rules(traffic=(jam,)))


@breaks(Code.DISTANCE)
def a_route_is_shorter_than_its_streets(day: Day) -> None:
    """By a tenth, which straight lines would allow."""
    (van,) = day.fleet.route_types
    day.route["cost"] -= van.rates.per_km * day.route["distance_m"] / 10_000
    day.route["distance_m"] *= 0.9


@breaks(Code.STREETS)
def a_van_comes_where_no_street_leads(day: Day) -> None:
    day.streets = Lanes(severed=frozenset({POINTS["V2"]}))


@breaks(Code.STREETS)
def a_robot_goes_where_no_way_is(day: Day) -> None:
    """From the middle of its path on it goes over the fields."""
    halfway = away(LAUNCH, 0, 450)
    day.streets = Lanes(wheelways=((LAUNCH, halfway),))


@breaks(Code.STREETS)
def a_robot_goes_through_a_closed_street(day: Day) -> None:
    shut = shape(box(away(LAUNCH, 0, 500), 20)["geometry"])
    day.fleet = dataclasses.replace(day.fleet, streets=Rules(closed=(shut,)))


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
