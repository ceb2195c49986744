"""Small exact parts: parcels that have to change places, or to go together, for the plan to be cheaper."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from fleet.planner import Deadline, MaxIterations, Snapshot, plan
from fleet.planner.candidates import find_ways
from fleet.planner.draft import nothing
from fleet.planner.exchange import exchange
from fleet.planner.flights import Flights
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.problem import Problem
from fleet.planner.seats import Seat
from fleet.planner.settle import settle
from fleet.planner.ways import DoorWay, SortieWay, Way
from tests.property.test_planner import check_plan
from tests.unit.planner.test_bound import asked, cheapest
from tests.unit.planner.town import EIGHT, locker, order, place, random_town, slots, snapshot

SHORT = (1.0, 1.2)
"""Time for one flight of the town's drone, and not for two."""

STARTS = range(6)


def empty(town: Snapshot) -> PricedBoard:
    """A board on which nobody brings anything yet."""
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    return PricedBoard(nothing(problem, ways, flights), ways)


def offers(board: PricedBoard, number: int, kind: type[Way] | None = None) -> list[Seat]:
    """What a lifted parcel may have, by ways of one kind or all."""
    ways = [way for way in board.ways[number].all if kind is None or isinstance(way, kind)]
    found = [board.offer(number, way) for way in ways]
    return [seat for seat in found if seat is not None]


def filled(town: Snapshot, *kinds: type[Way]) -> PricedBoard:
    """Each parcel by the cheapest way of a kind, in turn; none of them can change its way by itself."""
    board = empty(town)
    for number, kind in enumerate(kinds):
        board.lift(number)
        board.put(number, min(offers(board, number, kind), key=lambda seat: seat.cost))
    assert settle(board) == 0
    return board


def scattered(town: Snapshot, seed: int) -> PricedBoard:
    """Each parcel some way by chance, then as good as single moves make it."""
    rng, board = random.Random(seed), empty(town)
    numbers = list(range(len(town.orders)))
    rng.shuffle(numbers)
    for number in numbers:
        left = board.lift(number)
        board.put(number, rng.choice(offers(board, number) or [left]))
    settle(board)
    return board


def modes(board: PricedBoard) -> list[str]:
    return [type(way).__name__ for way in board.choices]


def one_drone() -> Snapshot:
    """Two parcels for one flight: for the far one a van goes a long way, the near one lies beside its depot."""
    places = {"near": place(300, 0), "far": place(2500, 1500)}
    orders = [order(name, where, hours=SHORT, locker_ok=False) for name, where in places.items()]
    return snapshot(orders, drones=1)


def locker_between() -> Snapshot:
    """A locker behind two doors: whoever goes there alone makes the way longer, both together save a stop."""
    orders = [order("A", place(3000, 200)), order("B", place(3000, -200))]
    return snapshot(orders, lockers=(locker("L", place(3450, 0)),))


def test_two_change_places_on_the_only_drone() -> None:
    board, other = filled(one_drone(), SortieWay, DoorWay), filled(one_drone(), DoorWay, SortieWay)
    assert board.worth() > other.worth() + 1
    assert exchange(board, MaxIterations(5)) == 1
    assert modes(board) == ["DoorWay", "SortieWay"]
    assert board.worth() == pytest.approx(other.worth())


def test_two_go_into_a_locker_together() -> None:
    board = filled(locker_between(), DoorWay, DoorWay)
    before = board.worth()
    assert exchange(board, MaxIterations(5)) == 1
    assert modes(board) == ["LockerWay", "LockerWay"]
    assert board.worth() < before - 0.5
    assert [len(tour.visits) for tour in board.tours.values()] == [1]


@pytest.mark.parametrize(("small", "mode"), [(1, "DoorWay"), (2, "LockerWay")])
def test_not_more_into_a_locker_than_it_has_room_for(small: int, mode: str) -> None:
    town = locker_between()
    lockers = {"L": locker("L", place(3450, 0), small=small, medium=0, large=0)}
    town = replace(town, context=replace(town.context, lockers=lockers))
    board = filled(town, DoorWay, DoorWay)
    exchange(board, MaxIterations(5))
    assert modes(board) == [mode, mode]


@pytest.mark.parametrize(
    "stop",
    [MaxIterations(0), Deadline(lambda: 1.0, 0.0), Deadline(lambda: 1.0, 1.0)],
    ids=["no-iterations", "no-time", "late"],
)
def test_nothing_without_effort_or_time(stop: MaxIterations | Deadline) -> None:
    board = filled(one_drone(), SortieWay, DoorWay)
    before = board.draft()
    assert exchange(board, stop) == 0
    assert board.draft().choices == before.choices
    assert board.draft().sorties == before.sorties


def test_the_cheapest_plan_is_reached_from_wherever() -> None:
    """Five parcels, a van, a drone, robots and lockers: single moves stay where they began, three times of six."""
    whole = random_town(5, 40)
    others = tuple(asset for asset in whole.assets if "/van" not in asset.asset_id)
    town = replace(whole, orders=whole.orders[5:10], assets=(*others, *slots("van", "D", 1)))
    best = cheapest(*asked(town))
    boards = [scattered(town, seed) for seed in STARTS]
    alone = sum(board.worth() < best + 0.05 for board in boards)
    for board in boards:
        exchange(board, MaxIterations(20))
    together = sum(board.worth() < best + 0.05 for board in boards)
    assert alone < together == len(STARTS)


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("capacity_kg", [None, 15.0])
def test_what_is_not_cheaper_is_undone(seed: int, capacity_kg: float | None) -> None:
    """After each look the board is no dearer, holds, and gives the same draft as before where nothing was gained."""
    board = scattered(random_town(seed, 12, capacity_kg), seed)
    for _ in range(3):
        before, worth = board.draft(), board.worth()
        made = exchange(board, MaxIterations(8))
        assert board.worth() <= worth - 0.005 * made + 1e-9
        assert all(tour.feasible for tour in board.tours.values())
        assert made or board.draft().choices == before.choices


@pytest.mark.parametrize("seed", range(4))
def test_plans_keep_every_rule(seed: int) -> None:
    """Also where what is given up and taken are charged machines, ports and trips of full vans."""
    town = random_town(seed + 40, 16, 15.0 if seed % 2 else None)
    found = plan(town, seed=seed, stop=MaxIterations(40), made_at=EIGHT)
    check_plan(found, town)
    assert found == plan(town, seed=seed, stop=MaxIterations(40), made_at=EIGHT)
