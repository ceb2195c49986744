"""The air over the city: zones that matter, and farms on both sides of what a drone may reach."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fleet.config import RunInputs
from fleet.domain.fleet import SortieType
from fleet.feasibility import Context, SortieAssessment, assess_sortie
from fleet.protocol.values import Order, Place
from fleet.sim.city import City, make_city
from fleet.sim.city_parcels import HALF_MARGIN_REACH, HAMLETS
from fleet.sim.zonefiles import true_zones
from geofences import Waypoint, check_path
from tests.unit.sim.city_files import read_city

DAY = date(2026, 11, 24)
SEEDS = (0, 3, 8)
RING_SITE = "VNC-S3"


@pytest.fixture(params=SEEDS)
def city(request: pytest.FixtureRequest) -> City:
    return make_city(request.param, day=DAY)


@pytest.fixture
def inputs(city: City, tmp_path: Path) -> RunInputs:
    return read_city(city, tmp_path)


# Farms at the end of the range


def farms(inputs: RunInputs) -> dict[str, list[Order]]:
    """The parcels for each hamlet."""
    found: dict[str, list[Order]] = {hamlet.name: [] for hamlet in HAMLETS}
    for order, contact in inputs.orders.accepted:
        for name, farms_of in found.items():
            if contact.address.endswith(f", {name}"):
                farms_of.append(order)
    return found


def with_margin(context: Context, scale: float) -> Context:
    rule = context.fleet.reserve.model_copy(update={"margin_scale": scale})
    return replace(context, fleet=context.fleet.model_copy(update={"reserve": rule}))


def flight(context: Context, order: Order, at: datetime, site_id: str = RING_SITE) -> SortieAssessment:
    (drone,) = context.fleet.of_kind("drone")
    assert isinstance(drone, SortieType)
    return assess_sortie(context, order, drone, context.sites[site_id], at)


def reach(context: Context, orders: Iterable[Order], at: datetime) -> int:
    """How many of the parcels a drone may bring; range alone is what stops it from the others."""
    answers = [flight(context, order, at).verdict for order in orders]
    assert {reason.code for answer in answers for reason in answer.reasons} <= {"out_of_range"}
    return sum(answer.feasible for answer in answers)


def test_farms_lie_on_both_sides_of_both_limits(city: City, inputs: RunInputs) -> None:
    half = with_margin(inputs.context, 0.5)
    at = city.at + timedelta(minutes=40)
    for hamlet in HAMLETS:
        orders = farms(inputs)[hamlet.name]
        assert len(orders) == len(hamlet.shares)
        assert reach(inputs.context, orders, at) == sum(share < 1 for share in hamlet.shares)
        assert reach(half, orders, at) == sum(share < HALF_MARGIN_REACH for share in hamlet.shares)
    shares = sorted(share for hamlet in HAMLETS for share in hamlet.shares)
    assert sum(share < 1 for share in shares) == 3
    assert sum(1 < share < HALF_MARGIN_REACH for share in shares) == 6
    assert sum(share > HALF_MARGIN_REACH for share in shares) == 1


def test_farms_lie_close_together_around_the_limits(city: City, inputs: RunInputs) -> None:
    """In energy: steps below a fortieth of what may be drawn, from under one limit to over the other."""
    orders = [order for found in farms(inputs).values() for order in found]
    trips = [flight(inputs.context, order, city.at + timedelta(minutes=40)).trip for order in orders]
    budgets = [(trip.margin_wh, trip.usable_wh - trip.reserve_wh) for trip in trips if trip is not None]
    needs = sorted(1 - margin_wh / budget_wh for margin_wh, budget_wh in budgets)
    assert len(needs) == 10
    assert all(b - a < 0.025 for a, b in pairwise(needs))
    assert needs[0] < 0.99
    assert needs[-1] > 1.053


def test_farms_are_out_of_reach_for_everything_but_drones_from_one_site_and_vans(
    city: City, inputs: RunInputs
) -> None:
    generous = with_margin(inputs.context, 0.0)
    others = [each for each in inputs.context.sites if each != RING_SITE]
    for order in (order for found in farms(inputs).values() for order in found):
        assert not order.locker_ok
        assert not any(flight(generous, order, city.at, site).verdict.feasible for site in others)
        for robot in inputs.context.fleet.of_kind("sidewalk_robot"):
            assert isinstance(robot, SortieType)
            site = inputs.context.sites[RING_SITE]
            assert not assess_sortie(generous, order, robot, site, city.at).verdict.feasible


# Zones


def hop(start: Place, end: Place, at: datetime, alt_amsl_m: float = 65.0) -> tuple[Waypoint, Waypoint]:
    """A straight flight at the drones' height, as short in time as makes no difference."""
    return (
        Waypoint(start.lon, start.lat, alt_amsl_m, at),
        Waypoint(end.lon, end.lat, alt_amsl_m, at + timedelta(minutes=5)),
    )


def zones_met(inputs: RunInputs, path: tuple[Waypoint, ...]) -> set[str]:
    context = inputs.context
    return {
        each.zone_id for each in check_path(context.zones, path, context.terrain, margin_m=25.0).conflicts
    }


def test_each_blocking_zone_lies_across_the_way_to_several_addresses(city: City, inputs: RunInputs) -> None:
    """The nearest or second nearest launch site is where a planner would fly from."""
    at = city.at + timedelta(hours=1.5)
    launch_sites = [site for site in inputs.context.sites.values() if site.drone_pads]
    crossed: dict[str, int] = {}
    for order in inputs.orders.orders:
        met = {zone for site in launch_sites for zone in zones_met(inputs, hop(site.place, order.place, at))}
        for zone in met:
            crossed[zone] = crossed.get(zone, 0) + 1
    assert set(crossed) == {"park", "hospital", "school", "XVC0001"}
    assert min(crossed.values()) >= 3


def test_no_zone_covers_a_site_a_port_or_a_farm(city: City, inputs: RunInputs) -> None:
    context = inputs.context
    ports = [locker.place for locker in context.lockers.values() if locker.drone_port]
    launch_sites = [site.place for site in context.sites.values()]
    farm_places = [order.place for found in farms(inputs).values() for order in found]
    for place in (*ports, *launch_sites, *farm_places):
        for minutes in range(0, 240, 15):
            assert not zones_met(inputs, hop(place, place, city.at + timedelta(minutes=minutes)))


def test_the_school_and_the_published_zone_count_for_a_part_of_the_day_only(
    city: City, inputs: RunInputs
) -> None:
    for zone_id in ("school", "XVC0001"):
        zone = next(each for each in inputs.context.zones.zones if each.zone_id == zone_id)
        (period,) = zone.applicability.periods
        assert period.start is not None
        assert period.end is not None
        assert city.at < period.start < period.end < city.until


def test_gliders_fly_above_the_drones(city: City, inputs: RunInputs) -> None:
    south = inputs.context.sites["VNC-S2"].place
    suburb = inputs.context.lockers["VNC-L09"].place
    assert zones_met(inputs, hop(south, suburb, city.at, alt_amsl_m=65.0)) == set()
    assert zones_met(inputs, hop(south, suburb, city.at, alt_amsl_m=180.0)) == {"gliders"}


def test_the_judge_can_read_all_zones(city: City) -> None:
    documents = [json.loads(text) for text in (city.zones_geojson, city.zones_ed318_json)]
    found = [zone.zone_id for document in documents for zone in true_zones(document, ground_m=0.0)]
    assert found == ["park", "hospital", "school", "gliders", "XVC0001"]
