"""One more parcel into routes that are under way."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from fleet.domain.fleet import RouteType
from fleet.domain.plan import RoutePlan
from fleet.feasibility import Verdict
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import (
    FreeVan,
    Insertion,
    MaxIterations,
    RunningRoute,
    best_insertion,
    insert,
    open_route,
    plan,
)
from fleet.protocol.values import Direction, Order, Place
from tests.unit.planner.town import CENTRE, EIGHT, fleet, order, place, site, snapshot, type_of

NETWORK = GeodesicNetwork()
SITE = site("S", place(1000, 0))


def van_type() -> RouteType:
    """The default fleet's van."""
    kind = fleet().types[type_of("van")]
    assert isinstance(kind, RouteType)
    return kind


KIND = van_type()


def running(orders: list[Order]) -> RunningRoute:
    """The planned route of one van for these parcels."""
    made = plan(snapshot(orders), seed=1, stop=MaxIterations(30), made_at=EIGHT, baselines=False)
    return RunningRoute(
        made.routes[0], KIND, CENTRE, EIGHT + timedelta(hours=12), {o.order_id: o for o in orders}
    )


def around(seed: int, count: int = 6) -> list[Order]:
    """Parcels around the centre, to the door only."""
    rng = random.Random(seed)
    spots = [place(rng.uniform(-3000, 3000), rng.uniform(-3000, 3000)) for _ in range(count)]
    return [order(f"O{i}", spot, locker_ok=False) for i, spot in enumerate(spots)]


NEW = order("N", place(800, 900), locker_ok=False)


def length_m(route: RoutePlan) -> float:
    """The route's way, measured again."""
    nodes = [CENTRE, *(Place(lon=s.lon, lat=s.lat) for s in route.stops), CENTRE]
    return sum(NETWORK.leg(a, b, "drive").distance_m for a, b in pairwise(nodes))


def test_parcel_is_loaded_where_it_stands_then_delivered() -> None:
    """The site's stop comes first, and frozen stops stay exactly as they are."""
    before = running(around(1))
    found = insert(before, NEW, NETWORK, at=before.route.start, frozen_stops=2, pickup_site=SITE)
    assert isinstance(found, Insertion)
    stops = found.route.stops
    assert stops[:2] == before.route.stops[:2]
    load = next(i for i, s in enumerate(stops) if s.site_id == "S")
    door = next(i for i, s in enumerate(stops) if s.deliver == ("N",))
    assert 2 <= load < door
    assert stops[load].collect == ("N",)
    assert found.first_changed == load
    assert len(stops) == len(before.route.stops) + 2


@pytest.mark.parametrize("seed", range(6))
def test_cost_and_distance_are_those_of_the_new_route(seed: int) -> None:
    """What the arrays add up is what driving the new route takes."""
    before = running(around(seed))
    found = insert(before, NEW, NETWORK, at=before.route.start, frozen_stops=1, pickup_site=SITE)
    assert isinstance(found, Insertion)
    assert found.route.distance_m == pytest.approx(length_m(found.route), abs=20)
    hours = (found.route.end - before.route.end).total_seconds() / 3600
    km = (found.route.distance_m - before.route.distance_m) / 1000
    rates = KIND.rates
    assert found.cost == pytest.approx(hours * rates.per_hour + km * rates.per_km + rates.per_parcel)
    assert found.route.cost == pytest.approx(before.route.cost + found.cost)


@pytest.mark.parametrize("seed", range(4))
def test_times_leave_room_for_every_leg(seed: int) -> None:
    """No stop is reached earlier than the leg before allows, and windows hold."""
    before = running(around(seed))
    found = insert(before, NEW, NETWORK, at=before.route.start, frozen_stops=0, pickup_site=SITE)
    assert isinstance(found, Insertion)
    here, at = CENTRE, found.route.start + timedelta(seconds=KIND.load_s)
    for stop in found.route.stops:
        there = Place(lon=stop.lon, lat=stop.lat)
        assert stop.arrive >= at + timedelta(seconds=NETWORK.leg(here, there, "drive").duration_s)
        here, at = there, stop.depart


def test_cheapest_of_all_pairs_is_found() -> None:
    """Compared with fixing the loading stop in every place by freezing the stops before it."""
    before = running(around(3))
    costs = []
    for frozen in range(len(before.route.stops) + 1):
        found = insert(before, NEW, NETWORK, at=before.route.start, frozen_stops=frozen, pickup_site=SITE)
        assert isinstance(found, Insertion)
        costs.append(found.cost)
    assert costs == sorted(costs)


def test_parcel_from_the_depot_needs_a_van_that_has_not_left() -> None:
    """Before the start it is loaded with the others; after it there is a reason."""
    before = running(around(1))
    early = insert(before, NEW, NETWORK, at=before.route.start, frozen_stops=0)
    late = insert(before, NEW, NETWORK, at=before.route.start + timedelta(hours=1), frozen_stops=1)
    assert isinstance(early, Insertion)
    assert isinstance(late, Verdict)
    assert late.reasons[0].code == "route_full"


def test_pick_up_needs_no_loading() -> None:
    """What is collected at the door can join a van on its way."""
    before = running(around(1))
    collect = order("C", place(500, 500), direction=Direction.PICKUP, locker_ok=False)
    found = insert(before, collect, NETWORK, at=before.route.start + timedelta(hours=1), frozen_stops=3)
    assert isinstance(found, Insertion)
    assert any(s.collect == ("C",) for s in found.route.stops[3:])


def test_full_van_says_no() -> None:
    """A parcel heavier than the room that is left does not go in."""
    many = [
        order(f"H{i}", place(300 + i, 300), weight_kg=KIND.carriage.max_parcel_kg, locker_ok=False)
        for i in range(int(KIND.capacity_kg // KIND.carriage.max_parcel_kg))
    ]
    before = running(many)
    big = order("N", place(200, 200), weight_kg=KIND.carriage.max_parcel_kg, locker_ok=False)
    found = insert(before, big, NETWORK, at=before.route.start, frozen_stops=0)
    assert isinstance(found, Verdict)


def test_missed_window_says_by_how_much() -> None:
    """The nearest route's delay is in the reason."""
    before = running(around(1))
    narrow = order("N", place(800, 900), hours=(0, 0.2), locker_ok=False)
    at = before.route.stops[0].arrive
    found = insert(before, narrow, NETWORK, at=at, frozen_stops=1, pickup_site=SITE)
    assert isinstance(found, Verdict)
    assert found.reasons[0].code == "window_missed"
    assert isinstance(found.reasons[0].actual, float)
    assert found.reasons[0].actual > 0


def test_best_insertion_takes_the_cheapest_route() -> None:
    """A route nearby beats one far away."""
    near = running([order("A", place(700, 800), locker_ok=False)])
    far = running([order("B", place(-9000, -9000), locker_ok=False)])
    found = best_insertion([(far, 0), (near, 0)], NEW, NETWORK, at=EIGHT)
    assert isinstance(found, tuple)
    assert found[0] == 1


def test_no_routes_is_a_reason() -> None:
    """Nothing to insert into is said."""
    found = best_insertion([], NEW, NETWORK, at=EIGHT)
    assert isinstance(found, Verdict)
    assert found.reasons[0].code == "no_asset"


def test_van_that_has_been_out_opens_a_route_without_a_new_day() -> None:
    """The fixed day is paid once: the second route costs its time and its way."""
    cost = {}
    for day_paid in (False, True):
        van = FreeVan("V", KIND, site("D", CENTRE), EIGHT, EIGHT + timedelta(hours=10), day_paid)
        found = open_route(van, NEW, NETWORK, at=EIGHT, route_id="R")
        assert isinstance(found, Insertion)
        assert found.cost == pytest.approx(found.route.cost)
        cost[day_paid] = found.cost
    assert cost[False] - cost[True] == pytest.approx(KIND.rates.per_trip)
    assert cost[True] > 0


def test_new_route_starts_as_late_as_the_window_allows() -> None:
    """The van does not wait at the door for two hours."""
    van = FreeVan("V", KIND, site("D", CENTRE), EIGHT, EIGHT + timedelta(hours=10))
    noon = order("N", place(2000, 0), hours=(4, 6), locker_ok=False)
    found = open_route(van, noon, NETWORK, at=EIGHT, route_id="R")
    assert isinstance(found, Insertion)
    assert found.route.stops[0].arrive == EIGHT + timedelta(hours=4)
    assert found.route.start > EIGHT + timedelta(hours=3)
    rates, hours = KIND.rates, (found.route.end - found.route.start).total_seconds() / 3600
    wanted = rates.per_trip + rates.per_hour * hours + rates.per_km * found.route.distance_m / 1000
    assert found.route.cost == pytest.approx(wanted + rates.per_parcel)
