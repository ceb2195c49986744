"""The demo's city: the same for the same seed, readable without a remark, and with everything in it."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from fleet.config import snapshot_of
from fleet.domain.fleet import RouteType
from fleet.protocol.values import Direction, Goods, ServiceLevel
from fleet.sim.city import City, make_city
from fleet.sim.city_map import LOCKERS, SITES, Layout, Spot, in_river
from fleet.sim.city_parcels import draw_parcels
from fleet.sim.errors import SimError
from geofences.geometry.geodesy import distance_m
from tests.unit.sim.city_files import read_city

DAY = date(2026, 11, 24)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def all_rows(city: City) -> list[dict[str, str]]:
    return rows(city.orders_csv) + rows(city.later_orders_csv)


def test_the_same_seed_gives_the_same_city() -> None:
    assert make_city(5, day=DAY) == make_city(5, day=DAY)
    assert make_city(5, day=DAY).orders_csv != make_city(6, day=DAY).orders_csv


@pytest.mark.parametrize("seed", range(4))
def test_its_files_are_read_without_a_remark(tmp_path: Path, seed: int) -> None:
    city = make_city(seed, day=DAY)
    inputs = read_city(city, tmp_path)
    assert inputs.warnings == ()
    assert inputs.orders.refused == ()
    assert inputs.orders.extra_columns == ()
    snapshot = snapshot_of(inputs)
    assert (snapshot.at, snapshot.until) == (city.at, city.until)


@pytest.mark.parametrize("seed", range(4))
def test_later_orders_are_read_like_the_others_and_come_one_by_one(tmp_path: Path, seed: int) -> None:
    city = make_city(seed, day=DAY)
    later = read_city(replace(city, orders_csv=city.later_orders_csv), tmp_path).orders
    assert later.refused == ()
    ready = [order.ready_at for order in later.orders]
    assert len(ready) == 15
    assert ready == sorted(ready)
    assert city.at < ready[0]
    assert ready[-1] < city.until - timedelta(hours=1.5)


def test_the_day_lasts_as_long_as_asked_from_nine_by_the_local_clock() -> None:
    winter, summer = make_city(1, day=DAY), make_city(1, day=date(2026, 7, 14), hours=3.0)
    assert winter.at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert winter.until - winter.at == timedelta(hours=4)
    assert summer.at == datetime(2026, 7, 14, 8, tzinfo=UTC)
    assert summer.until - summer.at == timedelta(hours=3)


def test_nothing_is_promised_for_the_last_half_hour() -> None:
    city = make_city(2, day=DAY)
    ends = [datetime.fromisoformat(row["due_by"]) for row in all_rows(city)]
    assert max(ends) == city.until - timedelta(minutes=30)


@pytest.mark.parametrize("parcels", [1, 12, 40, 150, 400])
def test_a_city_has_as_many_parcels_as_asked_for(parcels: int) -> None:
    city = make_city(3, day=DAY, parcels=parcels)
    assert len(rows(city.later_orders_csv)) == round(parcels / 10)
    assert len({row["order_id"] for row in all_rows(city)}) == len(all_rows(city)) == parcels


def test_a_small_city_is_read_too(tmp_path: Path) -> None:
    orders = read_city(make_city(4, day=DAY, parcels=12), tmp_path).orders
    assert len(orders.orders) == 11
    assert orders.refused == ()


@pytest.mark.parametrize(
    ("parcels", "hours"), [(0, 4.0), (-3, 4.0), (150, 1.9), (150, 13.0), (150, float("nan"))]
)
def test_an_impossible_day_is_refused(parcels: int, hours: float) -> None:
    with pytest.raises(SimError, match=r"at least one parcel|2 to 12 hours"):
        make_city(1, day=DAY, parcels=parcels, hours=hours)


@pytest.mark.parametrize("seed", range(4))
def test_every_sort_of_parcel_occurs(tmp_path: Path, seed: int) -> None:
    orders = read_city(make_city(seed, day=DAY), tmp_path).orders.orders
    assert {order.goods for order in orders} == set(Goods)
    assert {order.direction for order in orders} == set(Direction)
    assert {order.service for order in orders} == set(ServiceLevel)
    assert any(order.min_age == 18 for order in orders)
    assert any(order.crew == 2 and order.service is ServiceLevel.WHITE_GLOVE for order in orders)
    assert 0.15 < sum(order.locker_ok for order in orders) / len(orders) < 0.4
    assert 0.8 < sum(order.direction is Direction.DELIVERY for order in orders) / len(orders) < 1.0
    assert len({(order.due.start, order.due.end) for order in orders}) >= 4


def test_there_are_a_depot_three_launch_sites_and_twelve_lockers(tmp_path: Path) -> None:
    inputs = read_city(make_city(1, day=DAY), tmp_path)
    context = inputs.context
    assert [site.vans for site in context.sites.values()] == [4, 0, 0, 0]
    launch_sites = [site for site in context.sites.values() if not site.vans]
    assert all(2 <= site.drone_pads <= 3 and 3 <= site.robot_bays <= 4 for site in launch_sites)
    assert len(context.lockers) == 12
    assert sum(locker.drone_port for locker in context.lockers.values()) == 3
    types = [context.fleet.types[slot.type_id] for slot in inputs.assets]
    assert sorted(each.carriage.crew for each in types if isinstance(each, RouteType)) == [1, 1, 1, 2]


def test_nobody_lives_in_the_river() -> None:
    known, later = draw_parcels(600, Random(1))
    assert not any(in_river(parcel.spot) for parcel in [*known, *later])
    assert not any(in_river(place.spot) for place in (*SITES, *LOCKERS))


@pytest.mark.parametrize("turn_deg", [0.0, 37.0, 90.0, 211.5])
def test_distances_hold_however_the_plan_is_turned(turn_deg: float) -> None:
    layout, spots = Layout(turn_deg), (Spot(3600, 500), Spot(11300, -1200), Spot(-5400, 2200))
    for start in spots:
        for end in spots:
            a, b = layout.place(start), layout.place(end)
            found = distance_m(a.lon, a.lat, b.lon, b.lat)
            assert found == pytest.approx(start.away(end), rel=5e-4, abs=0.3)
