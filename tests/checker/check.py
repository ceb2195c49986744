"""The checker's whole run: the contract of the file first, then its ids, then every rule on its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.checker.context import Case
from tests.checker.document import Json, parse_plan
from tests.checker.fleet_file import read_fleet
from tests.checker.inputs import read_lockers, read_orders, read_sites, read_weather
from tests.checker.rules import (
    airspace,
    breaks,
    capacity,
    charging,
    energy,
    goods,
    identity,
    lockers,
    money,
    pilots,
    placement,
    priority,
    sorties,
    streets,
    travel,
    walks,
    weather,
    windows,
)
from tests.checker.shape import PLAN
from tests.checker.streets import Streets
from tests.checker.violation import Violation
from tests.checker.zones import read_zones

Rule = Callable[[Case], Iterator[Violation]]

RULES: tuple[Rule, ...] = (
    placement.check_placement,
    placement.check_directions,
    placement.check_summary,
    windows.check_windows,
    windows.check_locker_service,
    windows.check_ready,
    windows.check_not_before_planning,
    windows.check_opening_hours,
    windows.check_shifts,
    breaks.check_breaks,
    capacity.check_van_loads,
    capacity.check_parcel_limits,
    capacity.check_crews,
    capacity.check_sortie_payloads,
    lockers.check_counts,
    lockers.check_fit,
    lockers.check_times,
    lockers.check_consent,
    sorties.check_one_at_a_time,
    sorties.check_charge,
    sorties.check_chargers,
    charging.check_charging,
    charging.check_stated_chargers,
    charging.check_spares,
    sorties.check_fleet_size,
    pilots.check_pilots,
    sorties.check_paths,
    sorties.check_speeds,
    sorties.check_radius,
    energy.check_energy,
    energy.check_reserve,
    goods.check_goods,
    goods.check_cold_chain,
    goods.check_service,
    airspace.check_zones,
    travel.check_legs,
    travel.check_distances,
    travel.check_stop_places,
    walks.check_walks,
    streets.check_drives,
    streets.check_driven_distances,
    streets.check_wheelways,
    money.check_sums,
    money.check_route_costs,
    priority.check_priorities,
    weather.check_weather,
)


def check_plan(
    plan_json: Path,
    orders_csv: Path,
    depots_csv: Path,
    lockers_csv: Path | None,
    fleet_toml: Path | None,
    zones_files: Sequence[Path] = (),
    weather_csv: Path | None = None,
    on_streets: Streets | None = None,
) -> list[Violation]:
    """Everything that is wrong with a plan file, measured against the raw inputs that it was made from.

    Without a fleet file the default fleet counts. Times of the CSV files must be aware. ``on_streets``: the map,
    where the plan was made on one.
    """
    document = json.loads(plan_json.read_text(encoding="utf-8"))
    malformed = list(PLAN(document, "plan"))
    if malformed:
        return malformed
    case = Case(
        plan=parse_plan(document),
        orders=read_orders(orders_csv),
        sites=read_sites(depots_csv),
        lockers=read_lockers(lockers_csv),
        fleet=read_fleet(fleet_toml),
        zones=tuple(zone for path in zones_files for zone in read_zones(path)),
        weather=read_weather(weather_csv),
        streets=on_streets,
    )
    return check_case(case)


def check_case(case: Case) -> list[Violation]:
    """The rules alone; with an unknown id nothing else is asked."""
    unknown = list(identity.check_ids(case))
    return unknown or [violation for rule in RULES for violation in rule(case)]


def check_document(document: Json) -> list[Violation]:
    """The contract of the file alone."""
    return list(PLAN(document, "plan"))
