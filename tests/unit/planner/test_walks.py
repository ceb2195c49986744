"""Doors near one another: the van parks once, and the driver walks, as far as it pays and he can carry it."""

from __future__ import annotations

from math import ceil

import pytest

from fleet.domain.fleet import FleetSpec, RouteType
from fleet.domain.plan import Plan, RouteStop
from fleet.domain.walking import Walking
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.board import Board
from fleet.planner.buildings import door_visits, shared
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.problem import Problem
from fleet.planner.search import search
from fleet.protocol.values import Direction, Order
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot

PARKING_S, EACH_S = 75, 180
"""Of the default fleet's van, and of three minutes a parcel."""
WALKED_MPS = 5 / 3.6 / 1.3
"""As the crow flies: over short ways one walks 1.3 times as far."""


def walkers(farthest_m: float = 60.0, carry_kg: float = 15.0) -> FleetSpec:
    """The default fleet, with drivers who walk."""
    walks = {"walking": Walking(farthest_m=farthest_m, carry_kg=carry_kg)}
    spec = fleet()
    types = {n: t.model_copy(update=walks) if isinstance(t, RouteType) else t for n, t in spec.types.items()}
    return spec.model_copy(update={"types": types})


def at(name: str, east_m: float, **more: object) -> Order:
    """At a street that leads east, a kilometre and a half from the depot."""
    return order(name, place(1500 + east_m, 300), locker_ok=False, **more)  # type: ignore[arg-type]


def made(town: Snapshot) -> list[RouteStop]:
    found: Plan = plan(town, seed=1, stop=MaxIterations(10), made_at=EIGHT)
    assert not found.unassigned
    return [stop for route in found.routes for stop in route.stops]


def served(stops: list[RouteStop]) -> list[tuple[str, ...]]:
    return sorted((*stop.deliver, *stop.collect) for stop in stops)


def test_a_door_nearby_is_walked_to_by_hand() -> None:
    """Forty metres there and back, and no second parking."""
    (stop,) = made(snapshot([at("A", 0), at("B", 40)], spec=walkers()))
    lasts_s = (stop.depart - stop.arrive).total_seconds()
    assert lasts_s == pytest.approx(ceil(PARKING_S + 2 * EACH_S + 80 / WALKED_MPS), abs=1)
    assert (stop.lon, stop.lat) == (at("A", 0).place.lon, at("A", 0).place.lat)


def test_nobody_walks_unless_the_fleet_file_says_so() -> None:
    assert served(made(snapshot([at("A", 0), at("B", 40)]))) == [("A",), ("B",)]


@pytest.mark.parametrize(
    ("second", "farthest_m"),
    [
        (at("B", 40), 50.0),  # on foot it is 52 m
        (at("B", 45), 200.0),  # there and back takes longer than parking
        (at("B", 30, weight_kg=16.0), 60.0),
        (at("B", 30, direction=Direction.PICKUP), 60.0),
        (at("B", 30, hours=(5, 9)), 60.0),
    ],
)
def test_what_is_too_far_too_heavy_or_of_another_sort_has_its_own_stop(
    second: Order, farthest_m: float
) -> None:
    first = at("A", 0, hours=(0, 4))
    assert served(made(snapshot([first, second], spec=walkers(farthest_m)))) == [("A",), ("B",)]


def test_what_is_carried_adds_up_but_for_the_building_where_the_van_stands() -> None:
    """Eight and six kilogrammes are carried; with two more there is a second stop. Thirty at the van count for none."""
    heavy = at("A", 0, weight_kg=30.0, hours=(0, 4))
    light = [at("B", 20, weight_kg=8.0), at("C", 30, weight_kg=6.0)]
    town = snapshot([heavy, *light], spec=walkers())
    assert served(made(town)) == [("A", "B", "C")]
    more = snapshot([heavy, *light, at("D", 25, weight_kg=2.0)], spec=walkers())
    assert [len(ids) for ids in served(made(more))] in ([3, 1], [1, 3], [2, 2])


def test_doors_are_named_in_the_order_of_the_walk() -> None:
    """From the van at the first to the near one and on to the far one, however the orders come."""
    orders = [at("A", 0, hours=(0, 4)), at("B", 40), at("C", 20)]
    (stop,) = made(snapshot(orders, spec=walkers()))
    assert stop.deliver in (("A", "B", "C"), ("A", "C", "B"))
    lasts_s = (stop.depart - stop.arrive).total_seconds()
    assert lasts_s == pytest.approx(ceil(PARKING_S + 3 * EACH_S + 80 / WALKED_MPS), abs=1)


def test_stops_do_not_depend_on_which_of_a_row_of_doors_come_first() -> None:
    """A street of doors every twenty metres: each is within a walk of its van, none is forgotten or served twice."""
    street = [at(f"O{n:02}", 20.0 * n) for n in (7, 2, 9, 0, 4, 1, 8, 3, 6, 5)]
    problem = Problem(snapshot(street, spec=walkers()))
    visits = door_visits(problem, [(n, problem.bases) for n in range(10)])
    assert sorted(o for visit in visits for o in visit.orders) == list(range(10))
    assert len(visits) < 5
    assert shared(problem).keys() == set(range(10))


def test_the_first_door_of_a_walk_is_lifted_out_and_put_back() -> None:
    """The van stands where it did, so that the walk to the other stays as it is; back in, all costs as before."""
    problem = Problem(snapshot([at("A", 0, hours=(0, 4)), at("B", 40)], spec=walkers()))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(search(problem, ways, flights, seed=1, stop=MaxIterations(5), baselines=False).best, ways)
    before = board.draft().cost
    seat = board.lift(0)
    (tour,) = board.draft().routing.tours
    (visit,) = (tour.case.visits[v] for v in tour.visits)
    assert visit.orders == (1,)
    assert visit.service_s == pytest.approx(PARKING_S + EACH_S + 80 / WALKED_MPS, abs=1)
    found = board.cheapest(0, 100.0)
    assert found is not None
    assert found.cost == pytest.approx(seat.cost)
    board.put(0, found)
    assert board.draft().cost == pytest.approx(before)
