"""What is not asked twice, or not at all: a tour at another time, and seats that others undercut."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from fleet.planner.board import Board
from fleet.planner.problem import Problem
from fleet.planner.tours import Tour, in_span, tour_of
from fleet.planner.visits import door_visit
from fleet.planner.ways import DoorWay
from tests.unit.planner.test_exchange import scattered
from tests.unit.planner.test_van_range import spread_out, with_battery
from tests.unit.planner.town import random_town, snapshot

FIGURES = ("times_s", "duration_s", "cost", "metres", "energy", "feasible", "start_s", "driven_s", "lockers")


def shown(tour: Tour) -> list[object]:
    """All that a tour says of itself."""
    line = tour.line
    arrays = (line.travel_s, line.early_s, line.late_s, line.service_s, line.load, line.capacity)
    figures = [getattr(tour, name) for name in FIGURES]
    return [value.tolist() if hasattr(value, "tolist") else value for value in (*figures, *arrays)]


@pytest.mark.parametrize("asked_before", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_a_tour_at_another_time_is_as_if_made_anew(seed: int, *, asked_before: bool) -> None:
    """Times, load, cost and battery, whether the first was asked for them or not; sometimes on a fuller battery."""
    rng = random.Random(seed)
    problem = Problem(snapshot(spread_out(seed, 6), vans=1, spec=with_battery(start_soc=0.6)))
    van = problem.vans[0]
    orders = rng.sample(range(6), rng.randint(1, 6))
    first = tour_of(problem, van, [door_visit(problem, order, frozenset([van.base])) for order in orders])
    if asked_before:
        assert shown(first)
    assert van.range is not None
    early_s = van.early_s + rng.randint(0, 7200)
    limit = replace(van.range, soc=rng.choice([0.2, 0.6, 0.9]))
    other = replace(van, early_s=early_s, late_s=early_s + rng.randint(600, 20000), range=limit)
    moved = in_span(first, other)
    assert shown(moved) == shown(Tour(first.case, other, first.visits))
    assert moved.line.early_s[0] == early_s != van.early_s
    assert shown(first) == shown(Tour(first.case, van, first.visits))


def offered(board: Board, order: int, way: DoorWay) -> list[float]:
    """What each seat by van counts for, every one asked whether it holds."""
    visit = door_visit(board.problem, order, way.bases)
    seats = [*board._joined(order, way), *board.stops(way, visit, 0.0, float("inf"))]
    assert all(seat.tour is not None and seat.tour.feasible for seat in seats)
    return [board.price(seat) for seat in seats]


def test_the_seat_offered_is_the_cheapest_of_all_that_hold() -> None:
    """Though most are not asked; and none where all count for as much as is wanted to be undercut, or more."""
    several = 0
    for seed in range(6):
        board = scattered(random_town(seed, 20), seed)
        for order, way in [(order, board.ways[order].door) for order in range(20)]:
            if way is None:
                continue
            seat = board.lift(order)
            prices, offer = offered(board, order, way), board.offer(order, way)
            several += len(set(prices)) > 1
            assert (offer is None) == (not prices)
            if offer is not None:
                assert board.price(offer) == min(prices)
                above = board.offer(order, way, below=min(prices) + 1e-6)
                assert above is not None
                assert above.cost == offer.cost
                assert board.offer(order, way, below=min(prices)) is None
            board.put(order, seat)
    assert several > 20
