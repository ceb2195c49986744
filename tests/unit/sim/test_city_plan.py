"""The city's day, planned: every mode has its share, the farms go as they must, and there is time left at the end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from fleet.config import RunInputs, snapshot_of
from fleet.domain.plan import Plan, SortiePlan
from fleet.planner import MaxIterations, plan
from fleet.sim.city import City, make_city
from fleet.sim.city_parcels import HAMLETS
from geofences import Waypoint, ZoneSet, check_path
from tests.support.soak import chosen
from tests.unit.sim.city_files import read_city

DAY = date(2026, 11, 24)
SEEDS = chosen((1, 42), long=(1, 6, 42))
ITERATIONS = 30
MODES = ("drone", "locker", "sidewalk_robot", "van")
FARMS = tuple(hamlet.name for hamlet in HAMLETS)


@pytest.fixture(scope="module", params=SEEDS)
def city(request: pytest.FixtureRequest) -> City:
    return make_city(request.param, day=DAY)


@pytest.fixture(scope="module")
def inputs(city: City, tmp_path_factory: pytest.TempPathFactory) -> RunInputs:
    return read_city(city, tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def made(inputs: RunInputs) -> Plan:
    return planned(inputs)


def planned(inputs: RunInputs) -> Plan:
    snapshot = snapshot_of(inputs)
    return plan(snapshot, seed=0, stop=MaxIterations(ITERATIONS), made_at=snapshot.at, baselines=False)


@pytest.mark.slow
def test_each_mode_has_its_share_and_the_vans_have_time_left(
    city: City, inputs: RunInputs, made: Plan
) -> None:
    assert made.summary.by_mode["unassigned"] == 0
    shares = {mode: made.summary.by_mode[mode] / made.summary.parcels for mode in MODES}
    assert min(shares.values()) >= 0.15, shares
    arrivals = [stop.arrive for route in made.routes for stop in route.stops]
    assert max(arrivals) <= city.until - timedelta(minutes=25)
    assert farms_flown(inputs, made) == 3


def test_with_half_the_margin_the_farms_beyond_the_limit_are_flown_to(city: City, tmp_path: Path) -> None:
    thin = replace(city, fleet_toml=f"{city.fleet_toml}\n[reserve]\nmargin_scale = 0.5\n")
    inputs = read_city(thin, tmp_path)
    assert farms_flown(inputs, planned(inputs)) >= 7


def farms_flown(inputs: RunInputs, made: Plan) -> int:
    at_farms = {
        order.order_id for order, contact in inputs.orders.accepted if contact.address.endswith(FARMS)
    }
    return sum(parcel.mode == "drone" for parcel in made.parcels if parcel.order_id in at_farms)


def test_who_ignores_the_zones_flies_through_them(inputs: RunInputs, made: Plan) -> None:
    """And who heeds them does not; looked at without any margin to the side."""
    blind = replace(inputs, context=replace(inputs.context, zones=ZoneSet(())))
    assert set(zones_entered(inputs, made)) == set()
    entered = list(zones_entered(inputs, planned(blind)))
    assert len(entered) >= 3
    assert "park" in entered


def zones_entered(inputs: RunInputs, made: Plan) -> Iterator[str]:
    """The zones that each flight enters."""
    for sortie in made.sorties:
        if sortie.kind == "drone":
            result = check_path(inputs.context.zones, list(waypoints(sortie)), inputs.context.terrain)
            yield from sorted({conflict.zone_id for conflict in result.conflicts})


def waypoints(sortie: SortiePlan) -> Iterator[Waypoint]:
    return (Waypoint(point.lon, point.lat, point.alt_m, point.at) for point in sortie.path)
