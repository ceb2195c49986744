"""Several parcels at one building: the van parks once, as far as windows, loads and directions allow."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from fleet.domain.plan import Plan, RouteStop
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.board import Board
from fleet.planner.buildings import door_visits, gathered, shared
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.greedy import van_only
from fleet.planner.problem import Problem
from fleet.planner.search import search
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import door_visit
from fleet.protocol.options import Status
from fleet.protocol.values import Direction, Order, Place
from tests.property.test_planner import (
    check_each_once,
    check_lockers,
    check_money,
    check_routes,
    check_sorties,
)
from tests.unit.planner.town import CENTRE, EIGHT, order, place, random_town, snapshot

HOUSE = place(1500, 300)
PARKING_S, EACH_S, LOADING_S, HOURLY = 75, 180, 1200, 24.0
"""Of the default fleet's van, and of three minutes a parcel."""


def made(town: Snapshot, iterations: int = 20) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(iterations), made_at=EIGHT)


def stops(found: Plan) -> list[RouteStop]:
    return [stop for route in found.routes for stop in route.stops]


def lasts_s(stop: RouteStop) -> float:
    return (stop.depart - stop.arrive).total_seconds()


def at_house(name: str, **more: object) -> Order:
    return order(name, HOUSE, locker_ok=False, **more)  # type: ignore[arg-type]


def test_parcels_of_one_building_share_a_stop_by_hand() -> None:
    """Three of them: parking once and three services; the route takes loading, the way there and back, and that."""
    town = snapshot([at_house(f"O{n}") for n in range(3)], vans=1)
    found = made(town)
    (stop,) = stops(found)
    assert (set(stop.deliver), lasts_s(stop)) == ({"O0", "O1", "O2"}, PARKING_S + 3 * EACH_S)
    leg = town.context.network.leg(CENTRE, HOUSE, "drive")
    assert leg is not None
    (route,) = found.routes
    taken_s = (route.end - route.start).total_seconds()
    assert taken_s == pytest.approx(LOADING_S + 2 * leg.duration_s + PARKING_S + 3 * EACH_S, abs=3)
    # Each parcel's saving is its own service; the parking would be left for the others.
    assert [parcel.saving for parcel in found.parcels] == pytest.approx(
        [EACH_S / 3600 * HOURLY] * 3, abs=0.01
    )


def test_a_metre_is_the_same_building_and_ten_are_not() -> None:
    """Coordinates of one address agree, but for their last digit."""
    near = Place(lon=HOUSE.lon + 2e-6, lat=HOUSE.lat)
    next_door = Place(lon=HOUSE.lon + 1.4e-4, lat=HOUSE.lat)
    problem = Problem(snapshot([order("A", HOUSE), order("B", near), order("C", next_door)]))
    assert set(shared(problem)) == {0, 1}


@pytest.mark.parametrize(
    ("hours", "count"),
    [(((0, 4), (2, 8)), 1), (((0, 2), (3, 8)), 2), (((0, 4), (3.95, 8)), 2), (((0, 4), (3.8, 8)), 1)],
)
def test_windows_decide_whether_they_can(hours: tuple[tuple[float, float], ...], count: int) -> None:
    """The whole stop must lie in both: three minutes of overlap are too few for seven and a quarter, twelve are not."""
    found = made(snapshot([at_house(f"O{n}", hours=span) for n, span in enumerate(hours)], vans=1))
    assert len(stops(found)) == count
    for stop in stops(found):
        for name in stop.deliver:
            start, end = (EIGHT + timedelta(hours=h) for h in hours[int(name[1:])])
            assert start <= stop.arrive <= stop.depart <= end


def test_all_stops_at_a_building_that_follow_each_other_become_one() -> None:
    """Three parcels one behind the other, and a fourth of another hour that the van comes back for."""
    orders = [at_house(name, hours=(1, 2)) for name in "abc"]
    orders += [order("far", place(3000, 0), hours=(2, 4)), at_house("d", hours=(5, 6))]
    problem = Problem(snapshot(orders, vans=1))
    ways = find_ways(problem, Flights(problem))
    visits = tuple(door_visit(problem, number, ways[number].bases) for number in range(5))
    tour = gathered(Tour(Case(problem, visits), problem.vans[0], (0, 1, 2, 3, 4)))
    assert [tour.case.visits[v].orders for v in tour.visits] == [(0, 1, 2), (3,), (4,)]


def test_what_is_fetched_has_a_stop_of_its_own() -> None:
    """What is brought, and what is fetched."""
    found = made(snapshot([at_house("A"), at_house("B", direction=Direction.PICKUP)], vans=1))
    assert sorted((stop.deliver, stop.collect) for stop in stops(found)) == [((), ("B",)), (("A",), ())]


def test_a_stop_does_not_fill_a_van() -> None:
    """Ten parcels of 60 kg are more than half of its 900 kg: two stops, each with no more than 450 kg."""
    found = made(snapshot([at_house(f"O{n}", weight_kg=60.0) for n in range(10)], vans=1))
    assert sorted(len(stop.deliver) for stop in stops(found)) == [3, 7]


def test_a_shared_stop_that_no_van_can_make_leaves_only_who_must_be_left() -> None:
    """One van can't be at the house and at the other end of the town within the same half hour: one of these parcels
    stays behind, but not the other one of the house, which any hour suits."""
    far = place(9000, 2000)
    orders = [
        order("A", far, hours=(8.7, 9.2), locker_ok=False),
        order("B", far, hours=(0, 10), locker_ok=False),
        *(order(f"C{n}", place(-9000, 900 * n), hours=(8.8, 9.2), locker_ok=False) for n in range(2)),
    ]
    town = snapshot(orders, vans=1)
    assert {one.order_id for one in made(town).unassigned} == {"A"}
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    assert van_only(problem, ways, flights, seed=1, stop=None).unserved == (0,)


def test_stops_that_a_search_left_apart_are_gathered() -> None:
    """Two stops at the house and one elsewhere between them become two, and the parking is saved."""
    orders = [at_house("A"), order("B", place(1500, 500)), at_house("C")]
    problem = Problem(snapshot(orders, vans=1))
    ways = find_ways(problem, Flights(problem))
    visits = tuple(door_visit(problem, n, ways[n].bases) for n in range(3))
    apart = Tour(Case(problem, visits), problem.vans[0], (0, 1, 2))
    together = gathered(apart)
    assert [together.case.visits[v].orders for v in together.visits] == [(0, 2), (1,)]
    assert apart.work_s - together.work_s >= PARKING_S
    assert together.cost < apart.cost
    assert gathered(together) is together


def test_a_parcel_is_lifted_out_of_a_shared_stop_and_put_back() -> None:
    """It saves its own service only; back in its stop it costs the same again."""
    town = snapshot([at_house("A"), at_house("B")], vans=1)
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(search(problem, ways, flights, seed=1, stop=MaxIterations(5), baselines=False).best, ways)
    before = board.draft().cost
    seat = board.lift(0)
    assert seat.cost == pytest.approx(EACH_S / 3600 * HOURLY, abs=0.01)
    assert before - board.draft().cost == pytest.approx(seat.cost)
    found = board.cheapest(0, 10.0)
    assert found is not None
    assert found.cost == pytest.approx(seat.cost)
    board.put(0, found)
    assert board.draft().cost == pytest.approx(before)
    (tour,) = board.draft().routing.tours
    assert sorted(tour.case.visits[tour.visits[0]].orders) == [0, 1]


def crowded(town: Snapshot, seed: int, houses: int = 6) -> Snapshot:
    """The town with its parcels at few doors."""
    rng = random.Random(seed)
    doors = [one.place for one in town.orders[:houses]]
    moved = tuple(one.model_copy(update={"place": rng.choice(doors)}) for one in town.orders)
    return replace(town, orders=moved)


def test_plans_of_crowded_towns_keep_every_rule() -> None:
    """By the checker of the property tests, which shares no code with the planner; and what is cheaper says why not.
    Most of these towns have stops of several parcels."""
    share = [_keeps_every_rule(crowded(random_town(seed, 30), seed)) for seed in range(5)]
    assert sum(share) >= 3


def _keeps_every_rule(town: Snapshot) -> bool:
    """Whether its plan, which is right, has a stop of several parcels at a door."""
    found = made(town)
    orders = {one.order_id: one for one in town.orders}
    check_each_once(found, orders)
    check_routes(found, town, orders)
    check_sorties(found, town, orders)
    check_lockers(found, town, orders)
    check_money(found)
    for parcel in found.parcels:
        mark = max(parcel.cost, parcel.saving or 0.0)
        for other in parcel.alternatives:
            if other.verdict is Status.FEASIBLE and other.cost is not None and other.cost < mark:
                assert other.reasons, (parcel.order_id, other.mode)
    return any(len(stop.deliver) > 1 and stop.locker_id is None for stop in stops(found))


def test_a_van_never_parks_twice_in_a_row_at_a_building_without_need() -> None:
    """Of one route's neighbours at one building, one brings and the other fetches, or their windows differ: no stop for
    both could begin then."""
    town = crowded(random_town(11, 40), 11)
    orders = {one.order_id: one for one in town.orders}
    problem = Problem(town)
    for route in made(town).routes:
        for first, second in pairwise(route.stops):
            same = (first.lon, first.lat, first.locker_id) == (second.lon, second.lat, None)
            if same and bool(first.deliver) == bool(second.deliver):
                both = [orders[o] for stop in (first, second) for o in (*stop.deliver, *stop.collect)]
                numbers = [town.orders.index(one) for one in both]
                joined = door_visits(problem, [(n, problem.bases) for n in numbers])
                arrives_s = (first.arrive - town.at).total_seconds()
                assert len(joined) > 1 or not joined[0].early_s <= arrives_s <= joined[0].late_s
