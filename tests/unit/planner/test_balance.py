"""Fairness between drivers: stops go over to shorter routes as long as that is worth its detour, and no longer."""

from __future__ import annotations

import random
import statistics

import pytest

from fleet.domain.objective import Fairness
from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.balance import balance
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.greedy import van_only
from fleet.planner.hours import hours_above_mean
from fleet.planner.problem import Problem
from fleet.planner.settle import settle
from fleet.planner.tours import Case, Tour
from tests.property.test_planner import check_each_once, check_money, check_routes
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot


def lopsided(per_hour: float) -> Snapshot:
    """Two far parcels that are due at the same time need two vans; twelve others lie on the way to one of them."""
    rng = random.Random(4)
    far = [
        order(f"F{i}", place(sign * 9000, 0), hours=(0.6, 0.9), locker_ok=False)
        for i, sign in enumerate((-1, 1))
    ]
    near = [
        order(f"N{i:02}", place(rng.uniform(300, 4000), rng.uniform(-500, 500)), locker_ok=False)
        for i in range(12)
    ]
    spec = fleet().model_copy(update={"fairness": Fairness(per_hour=per_hour)})
    return snapshot([*far, *near], vans=2, spec=spec)


def scattered(seed: int) -> Snapshot:
    """Thirty parcels for four vans, half of them within two hours, so that one van is not enough."""
    rng = random.Random(seed)
    orders = [
        order(
            f"O{i:02}",
            place(rng.gauss(0, 5000), rng.gauss(0, 2000)),
            hours=(0, 10) if i % 2 else (0.5, 2.5),
            locker_ok=False,
        )
        for i in range(30)
    ]
    return snapshot(orders, vans=4)


def hours(found: Plan) -> list[float]:
    return [(route.end - route.start).total_seconds() / 3600 for route in found.routes]


def made(town: Snapshot) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(20), made_at=EIGHT)


def test_hours_above_the_mean_by_hand() -> None:
    """Routes of two, three and seven hours have a mean of four: three above it. Nobody is above his own mean."""
    assert hours_above_mean([2 * 3600, 3 * 3600, 7 * 3600]) == pytest.approx(3)
    assert [hours_above_mean(these) for these in ([], [5000], [9000, 9000])] == [0, 0, 0]


def test_routes_come_nearer_to_each_other_and_cost_no_more_than_that_is_worth() -> None:
    """At 60 an hour; the plan holds, and without a price it is as it was."""
    even, cheap = made(lopsided(60.0)), made(lopsided(0.0))
    assert len(hours(cheap)) == len(hours(even)) == 2
    gained = hours_above_mean([3600 * h for h in hours(cheap)]) - hours_above_mean(
        [3600 * h for h in hours(even)]
    )
    assert gained > 0.3
    assert 0 < even.summary.cost.total - cheap.summary.cost.total <= 60.0 * gained
    town = lopsided(60.0)
    orders = {each.order_id: each for each in town.orders}
    check_each_once(even, orders)
    check_routes(even, town, orders)
    check_money(even)


def test_a_price_too_low_for_any_detour_changes_nothing() -> None:
    """A cent an hour is not worth leaving one's way."""
    assert made(lopsided(0.01)).routes == made(lopsided(0.0)).routes


@pytest.mark.parametrize("seed", [0, 2, 3, 5, 6])
def test_in_the_end_no_stop_is_worth_moving(seed: int) -> None:
    """Each stop tried on each leg of each shorter route; durations and costs are those of tours made anew."""
    problem = Problem(scattered(seed))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(van_only(problem, ways, flights, seed=1, stop=None), ways)
    settle(board)
    orders = sorted(
        o for tour in board.tours.values() for v in tour.visits for o in tour.case.visits[v].orders
    )
    worth = 50.0
    before = objective(board, worth)
    moves = balance(board, worth)
    after = objective(board, worth)

    assert moves
    assert after <= before - 0.005 * moves
    assert orders == sorted(
        o for tour in board.tours.values() for v in tour.visits for o in tour.case.visits[v].orders
    )
    assert all(tour.feasible for tour in board.tours.values())
    assert all(value > after - 0.005 - 1e-9 for value in one_move_away(board, worth))


def objective(board: Board, worth: float) -> float:
    return judged(list(board.tours.values()), worth)


def judged(tours: list[Tour], worth: float) -> float:
    lasts = [tour.duration_s / 3600 for tour in tours]
    mean = statistics.fmean(lasts) if lasts else 0.0
    return sum(tour.cost for tour in tours) + worth * sum(h - mean for h in lasts if h > mean)


def one_move_away(board: Board, worth: float) -> list[float]:
    """What plans cost in which one stop is on the leg of a shorter route that suits it best by its way alone."""
    tours, found = list(board.tours.values()), []
    for long in tours:
        for at, number in enumerate(long.visits):
            visit = long.case.visits[number]
            rest = long.without(at)
            for short in tours:
                if short.duration_s >= long.duration_s or len(long.visits) == 1:
                    continue
                visits = [short.case.visits[v] for v in short.visits]
                case = Case(board.problem, (*visits, visit))
                longer = [
                    Tour(case, short.van, (*range(leg), len(visits), *range(leg, len(visits))))
                    for leg in range(len(visits) + 1)
                ]
                able = [tour for tour in longer if tour.feasible and rest.feasible]
                best = min(able, key=lambda tour: tour.metres, default=None)
                if best is not None:
                    found.append(
                        judged([*(t for t in tours if t is not long and t is not short), rest, best], worth)
                    )
    return found
