"""Where not all find room, those are left that count for less."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from fleet.domain.objective import Lateness
from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.cityof import model_of
from fleet.planner.flights import Flights
from fleet.planner.giveway import give_way
from fleet.planner.greedy import greedy
from fleet.planner.jointly import plan_jointly
from fleet.planner.prices import Prices, learn
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing
from fleet.planner.routing import Iterations
from fleet.planner.seats import Seat
from fleet.planner.settle import LEAST_GAIN
from fleet.planner.ways import DoorWay, LockerWay, SortieWay
from fleet.protocol.values import Order, TimeWindow
from tests.property.test_planner import check_plan
from tests.support.drafted import in_force
from tests.unit.planner.town import EIGHT, fleet, order, place, random_town, snapshot, with_capacity

SEEDS = range(6)
ROOM = 3
"""So many parcels of the towns below find room in their van, and it has no time for a second trip."""


def alike(priorities: Sequence[float], seed: int = 1) -> list[Order]:
    """Parcels that differ by little but what they count, within 200 m, due in three quarters of an hour."""
    rng = random.Random(seed)
    doors = [place(rng.uniform(-200, 200), rng.uniform(-200, 200)) for _ in priorities]
    return [
        order(f"O{i}", door, weight_kg=4.0, hours=(0, 0.7), locker_ok=False, priority=priority)
        for i, (door, priority) in enumerate(zip(doors, priorities, strict=True))
    ]


def crowded(orders: list[Order], lateness: Lateness | None = None) -> Snapshot:
    """One van with room for three of them."""
    spec = with_capacity(fleet(), ROOM * 4.0).model_copy(update={"lateness": lateness})
    return snapshot(orders, vans=1, spec=spec)


def made(town: Snapshot, iterations: int = 10) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(iterations), made_at=EIGHT)


def served(found: Plan) -> set[str]:
    return {parcel.order_id for parcel in found.parcels if parcel.mode != "unassigned"}


def dearest(orders: Sequence[Order], count: int = ROOM) -> set[str]:
    return {one.order_id for one in sorted(orders, key=lambda one: -one.priority)[:count]}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_room_of_a_van_goes_to_those_that_count_most(seed: int) -> None:
    """Whatever their sequence and their doors, and with any effort."""
    priorities = [1, 1, 1.5, 2, 2.5, 4, 10]
    random.Random(seed).shuffle(priorities)
    orders = alike(priorities, seed)
    for iterations in (0, 10):
        assert served(made(crowded(orders), iterations)) == dearest(orders)


@pytest.mark.parametrize("turned", [False, True])
def test_the_one_flight_is_for_the_parcel_that_counts_most(turned: bool) -> None:
    """A drone that comes back too late for a second one."""
    parcels = [
        order("A", place(2500, 0), hours=(0, 0.2), priority=1),
        order("B", place(2500, 30), hours=(0, 0.2), priority=1.1),
    ]
    town = snapshot(parcels[::-1] if turned else parcels, vans=0, drones=1)
    assert served(made(town)) == {"B"}


def test_what_a_parcel_counts_is_the_fleets_price_times_its_priority() -> None:
    """In the problem, in the city of the search over all modes, and in what a draft is worth."""
    town = crowded(alike([1, 1.5, 4]))
    problem = Problem(town)
    price = 10 * town.context.fleet.unserved_penalty
    assert problem.penalties == pytest.approx((price, 1.5 * price, 4 * price))
    ways = find_ways(problem, Flights(problem))
    model = model_of(problem, ways)
    by_parcel = min(kind.rates.per_parcel for kind in problem.route_types)
    assert list(model.city.parcels.penalty) == pytest.approx([p - by_parcel for p in problem.penalties])
    nothing = greedy(
        problem, [replace(one, door=None) for one in ways], Flights(problem), Prices((), {}, 0.0), seed=1
    )
    assert nothing.objective == pytest.approx(math.fsum(problem.penalties))


def test_the_search_over_all_modes_leaves_those_that_count_least() -> None:
    """By its own model, before anything is made exact."""
    orders = alike([1, 9, 2, 8, 3, 7])
    problem = Problem(crowded(orders))
    model = model_of(problem, find_ways(problem, Flights(problem)))
    found = plan_jointly(model.city, seed=1, budget=Iterations(300))
    left = {orders[model.orders[row]].order_id for row in found.unserved}
    assert {one.order_id for one in orders} - left == dearest(orders)


def test_the_less_important_gives_way() -> None:
    """On a board where the wrong ones have the room; nobody else loses his."""
    orders = alike([1, 1, 1, 5, 2])
    problem = Problem(crowded(orders))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    some = [one if i < ROOM else replace(one, door=None) for i, one in enumerate(ways)]
    board = Board(greedy(problem, some, flights, learn(problem, ways, Routing((), ())), seed=1), ways)
    before = board.draft().objective
    assert [way is None for way in board.choices] == [False] * ROOM + [True] * 2
    assert give_way(board) == 2
    assert board.draft().unserved == tuple(i for i, way in enumerate(board.choices) if way is None)
    assert {orders[i].priority for i, way in enumerate(board.choices) if way is None} == {1}
    assert board.draft().objective < before - 10 * fleet().unserved_penalty * 4
    assert all(tour.feasible for tour in board.tours.values())
    assert give_way(board) == 0


def test_nobody_gives_way_to_his_like() -> None:
    """Without priorities there is nothing to ask, so no plan without them is another than before."""
    orders = alike([1] * 5)
    problem = Problem(crowded(orders))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    draft = greedy(problem, ways, flights, learn(problem, ways, Routing((), ())), seed=1)
    board = Board(draft, ways)
    assert give_way(board) == 0
    assert board.draft() == draft


def test_who_gives_way_may_find_another_seat() -> None:
    """It is put where it costs least, and is left only where it has nowhere to go."""
    heavy = alike([2, 2, 2, 5])
    light = order("L", place(50, 50), weight_kg=0.5, hours=(0, 3), locker_ok=False, priority=1)
    town = crowded([*heavy, light])
    assert served(made(town)) >= {"O3", "L"}
    assert len(made(town).unassigned) == 1


def test_a_new_parcel_takes_the_room_of_a_drafted_one_that_counts_for_less() -> None:
    """When the plan in force is looked at again; those that count for more than it stay."""
    orders = alike([1.5, 2, 3])
    town = crowded(orders)
    first = made(town)
    assert served(first) == {"O0", "O1", "O2"}
    new = order("N", place(100, 0), weight_kg=4.0, hours=(0, 0.7), locker_ok=False, priority=6)
    later = in_force(replace(town, orders=(*town.orders, new)), first)
    assert served(made(later)) == {"O1", "O2", "N"}
    plain = in_force(replace(town, orders=(*town.orders, new.model_copy(update={"priority": 1}))), first)
    assert served(made(plain)) == {"O0", "O1", "O2"}


def test_room_after_the_window_is_for_those_that_count_most() -> None:
    """What is left may come late; not all of it within the time that is let pass."""
    orders = alike([1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4])
    rule = Lateness(per_hour=10, at_most_min=40)
    found = made(crowded(orders, rule))
    late = {parcel.order_id for parcel in found.parcels if parcel.late_s is not None}
    assert late
    assert served(found) == dearest(orders, len(served(found)))


def test_a_seat_is_worth_what_its_parcel_counts() -> None:
    """Lifted, one that is left says its own price."""
    orders = alike([2, 2, 2, 1])
    problem = Problem(crowded(orders))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(greedy(problem, ways, flights, learn(problem, ways, Routing((), ())), seed=1), ways)
    assert board.lift(3) == Seat(None, problem.penalties[3])


def short_of_vans(seed: int) -> Snapshot:
    """A random town of all modes where much is due at once, and each parcel counts something else."""
    town, rng = random_town(seed, 24, capacity_kg=15.0), random.Random(seed)
    soon = TimeWindow(start=EIGHT, end=EIGHT + timedelta(hours=1))
    orders = [
        one.model_copy(update={"due": soon, "ready_at": EIGHT, "priority": round(rng.uniform(1, 9), 1)})
        for one in town.orders
    ]
    return replace(town, orders=tuple(orders))


@pytest.mark.parametrize("seed", SEEDS)
def test_plans_of_random_towns_keep_every_rule(seed: int) -> None:
    """Whoever gives way; also when the plan in force is looked at again with a parcel that counts more than all."""
    town = short_of_vans(seed)
    first = made(town)
    check_plan(first, town)
    assert first.unassigned
    dear = order("N", place(300, 0), hours=(0, 1), priority=50)
    later = in_force(replace(town, orders=(*town.orders, dear)), first)
    again = made(later)
    check_plan(again, later)
    assert left_price(again, later) <= left_price(first, town) + 50


@pytest.mark.parametrize("seed", SEEDS)
def test_giving_way_never_makes_a_plan_worse(seed: int) -> None:
    """On any board: what is left counts less, tours and bookings hold, and the cost is what they say."""
    problem = Problem(short_of_vans(seed))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    some = [
        one if order % 2 else replace(one, door=None, sorties=(), lockers=())
        for order, one in enumerate(ways)
    ]
    board = Board(greedy(problem, some, flights, learn(problem, ways, Routing((), ())), seed=1), ways)
    before = board.draft()
    moved = give_way(board)
    after = board.draft()
    assert moved
    assert after.objective <= before.objective - moved * LEAST_GAIN
    assert all(tour.feasible for tour in board.tours.values())
    assert {o for tour in after.routing.tours for v in tour.visits for o in tour.case.visits[v].orders} == {
        o for o, way in enumerate(after.choices) if isinstance(way, DoorWay | LockerWay)
    }
    assert set(after.sorties) == {o for o, way in enumerate(after.choices) if isinstance(way, SortieWay)}


def left_price(found: Plan, town: Snapshot) -> float:
    """What the parcels that are left count, in ordinary ones."""
    counts = {one.order_id: one.priority for one in town.orders}
    return sum(counts[one.order_id] for one in found.unassigned)
