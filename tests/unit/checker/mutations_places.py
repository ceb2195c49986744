"""Broken contracts, windows, loads and compartments."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from tests.checker import Code
from tests.unit.checker.builder import (
    DEPOT,
    Day,
    clock,
    order,
    reservation,
)
from tests.unit.checker.mutations import breaks, moment


@breaks(Code.FORMAT)
def a_field_is_missing(day: Day) -> None:
    del day.plan["zones_version"]


@breaks(Code.FORMAT)
def a_time_is_naive(day: Day) -> None:
    day.route["start"] = "2026-11-24T07:30:00"


@breaks(Code.FORMAT)
def a_number_is_a_text(day: Day) -> None:
    day.trip("F1")["energy_wh"] = "12"


@breaks(Code.UNKNOWN_ID)
def a_drop_names_no_order(day: Day) -> None:
    day.trip("F1")["drops"][0]["order_id"] = "nobody"


@breaks(Code.UNKNOWN_ID)
def a_stop_names_no_locker(day: Day) -> None:
    day.route["stops"][3]["locker_id"] = "K9"


@breaks(Code.PLACEMENT)
def an_order_is_left_out(day: Day) -> None:
    day.orders.append(order("X1", DEPOT))


@breaks(Code.PLACEMENT)
def an_order_is_listed_twice(day: Day) -> None:
    day.plan["parcels"].append(dict(day.parcel("U1")))
    day.balance()


@breaks(Code.PLACEMENT)
def a_flown_parcel_is_unassigned_too(day: Day) -> None:
    day.plan["unassigned"].append(day.plan["unassigned"][0] | {"order_id": "C1"})


@breaks(Code.PLACEMENT)
def a_van_parcel_says_drone(day: Day) -> None:
    day.parcel("V2")["mode"] = "drone"
    day.balance()


@breaks(Code.PLACEMENT)
def a_locker_parcel_has_no_reservation(day: Day) -> None:
    day.row("L1")["service"] = "standard"
    day.plan["lockers"][0]["reservations"] = []


@breaks(Code.PLACEMENT)
def a_locker_parcel_is_brought_to_another_locker(day: Day) -> None:
    day.parcel("L1")["locker_id"] = "K2"


@breaks(Code.SUMMARY)
def a_count_is_wrong(day: Day) -> None:
    day.plan["summary"]["by_mode"]["drone"] += 1


@breaks(Code.WINDOW)
def a_van_comes_too_late(day: Day) -> None:
    day.row("V2").update({"due_by": clock("08:05:00").isoformat()})


@breaks(Code.WINDOW)
def a_drone_comes_too_early(day: Day) -> None:
    day.row("C1").update({"due_from": clock("09:00:00").isoformat()})


@breaks(Code.WINDOW)
def a_locker_is_filled_too_late(day: Day) -> None:
    day.row("L1").update({"due_by": clock("08:10:00").isoformat()})


@breaks(Code.NOT_READY)
def a_parcel_flies_before_it_is_ready(day: Day) -> None:
    day.row("C1").update({"ready_at": clock("08:31:00").isoformat()})


@breaks(Code.NOT_READY)
def a_parcel_rides_before_it_is_ready(day: Day) -> None:
    day.row("V2").update({"ready_at": clock("08:00:00").isoformat()})


@breaks(Code.TRAVEL_TIME)
def a_van_leaves_without_loading(day: Day) -> None:
    first = moment(day.route["stops"][0]["arrive"])
    start = first - timedelta(seconds=600)
    day.route["cost"] -= 24.0 * (start - moment(day.route["start"])).total_seconds() / 3600
    day.route["start"] = start.isoformat()


@breaks(Code.TOO_EARLY)
def a_van_starts_before_the_planning_moment(day: Day) -> None:
    day.plan["at"] = clock("08:00:00").isoformat()


@breaks(Code.SITE_CLOSED)
def a_drone_comes_back_to_a_closed_site(day: Day) -> None:
    day.depots[1]["closes"] = "10:31"


@breaks(Code.SHIFT)
def a_van_starts_before_its_shift(day: Day) -> None:
    (van,) = day.fleet.route_types
    day.fleet = dataclasses.replace(
        day.fleet, route_types=(dataclasses.replace(van, shift_start=clock("08:00:00").time()),)
    )


@breaks(Code.SHIFT)
def a_van_is_out_too_long(day: Day) -> None:
    (van,) = day.fleet.route_types
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, max_shift_s=3600.0),))


def _needs_a_break(day: Day) -> None:
    """Its driver has one of half an hour that begins between eight and ten past eight; the van is out from half past
    seven on."""
    (van,) = day.fleet.route_types
    rest = timedelta(minutes=30), clock("08:00:00").time(), clock("08:10:00").time()
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, rest=rest),))


@breaks(Code.DRIVER_BREAK)
def a_driver_has_no_break(day: Day) -> None:
    _needs_a_break(day)


@breaks(Code.DRIVER_BREAK)
def a_driver_has_his_break_while_he_drives_and_serves(day: Day) -> None:
    _needs_a_break(day)
    times = {"start": clock("08:00:00").isoformat(), "end": clock("08:30:00").isoformat()}
    day.route["driver_break"] = {"after": 0, **times}


@breaks(Code.DRIVER_BREAK)
def a_break_is_stated_that_the_fleet_file_knows_nothing_of(day: Day) -> None:
    times = {"start": clock("08:00:00").isoformat(), "end": clock("08:30:00").isoformat()}
    day.route["driver_break"] = {"after": 0, **times}


@breaks(Code.CAPACITY)
def a_van_is_overloaded_by_weight(day: Day) -> None:
    (van,) = day.fleet.route_types
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, capacity_kg=43.0),))


@breaks(Code.CAPACITY)
def a_van_is_overloaded_by_a_collection(day: Day) -> None:
    day.row("P1")["weight_kg"] = 60.0
    day.row("L1")["weight_kg"] = 41.0


@breaks(Code.CAPACITY)
def a_van_is_overfilled(day: Day) -> None:
    (van,) = day.fleet.route_types
    day.fleet = dataclasses.replace(day.fleet, route_types=(dataclasses.replace(van, capacity_m3=0.02),))


@breaks(Code.PARCEL_LIMIT)
def a_parcel_is_too_heavy_for_a_robot(day: Day) -> None:
    day.row("R1")["weight_kg"] = day.trip("W1")["payload_kg"] = 11.0
    day.restate_energy()


@breaks(Code.PARCEL_LIMIT)
def a_box_is_too_long_for_a_drone(day: Day) -> None:
    day.row("D2")["height_m"] = 0.41


@breaks(Code.CREW)
def a_parcel_takes_three_people(day: Day) -> None:
    day.row("V1")["crew"] = 3


@breaks(Code.PAYLOAD)
def a_sortie_states_another_weight(day: Day) -> None:
    day.trip("F1")["payload_kg"] = 1.9


@breaks(Code.PAYLOAD)
def a_sortie_names_an_order_that_it_does_not_drop(day: Day) -> None:
    day.trip("F1")["order_ids"] = ["C1", "D2"]


def _two_in_one_locker(day: Day) -> None:
    """V2 becomes a second locker parcel at K1, brought by the same stop."""
    day.row("V2").update(locker_ok="true", service="standard", min_age="")
    day.parcel("V2").update(mode="locker", locker_id="K1")
    stops = day.route["stops"]
    stops[1]["deliver"], stops[3]["deliver"] = [], ["L1", "V2"]
    leave = moment(stops[3]["arrive"]) + timedelta(seconds=120)
    stops[3]["depart"] = leave.isoformat()
    day.route["end"] = (moment(day.route["end"]) + timedelta(seconds=30)).isoformat()
    day.plan["lockers"][0]["reservations"].append(reservation("V2"))
    day.balance()


@breaks(Code.COMPARTMENT_COUNT)
def two_parcels_share_a_compartment(day: Day) -> None:
    _two_in_one_locker(day)


@breaks(Code.COMPARTMENT_FIT)
def a_parcel_is_too_big_for_its_compartment(day: Day) -> None:
    day.row("L1")["height_m"] = 0.12


@breaks(Code.COMPARTMENT_TIME)
def a_compartment_is_kept_too_late(day: Day) -> None:
    day.plan["lockers"][0]["reservations"][0]["from"] = clock("17:00:00").isoformat()


@breaks(Code.COMPARTMENT_TIME)
def a_compartment_is_given_up_too_soon(day: Day) -> None:
    day.plan["lockers"][1]["reservations"][0]["until"] = clock("18:00:00").isoformat()


@breaks(Code.CONSENT)
def a_recipient_wants_no_locker(day: Day) -> None:
    day.row("L1")["locker_ok"] = "false"


@breaks(Code.CONSENT)
def a_drone_meets_a_locker_without_port(day: Day) -> None:
    day.lockers[1]["drone_port"] = "false"
