"""Where time or room is short, parcels are asked in the order of what it costs to leave them, not of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.harness.cityjudge import faults
from benchmarks.harness.citymaker import made as made_city
from fleet.planner import MaxIterations, Snapshot, nearest, plan, tiled
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.draft import nothing
from fleet.planner.flights import Flights
from fleet.planner.legs import Straight
from fleet.planner.nearest import TOO_MANY
from fleet.planner.problem import Problem
from fleet.planner.routing import Seconds
from fleet.planner.settle import settle
from fleet.planner.stop import Late
from fleet.planner.tiled import plan_city
from fleet.planner.tiling import Ground
from fleet.protocol.values import Order
from tests.unit.planner.town import EIGHT, locker, order, place, snapshot, with_capacity
from tests.unit.planner.town import fleet as calm_fleet

PRIORITIES = (1, 1, 2, 1, 5, 1, 1, 9)
DEAREST = (7, 4, 2, 0, 1, 3, 5, 6)
"""Those first that count most, such as count the same in the order of the file."""


def late_after(asked: int) -> Late:
    """Time is up once it was asked so many times."""
    answers: Iterator[bool] = iter([False] * asked)
    return lambda: next(answers, True)


def near_the_depot(**more: object) -> list[Order]:
    """Parcels of these priorities, 60 m from each other."""
    return [
        order(f"O{i}", place(60 * (i - 4), 200), priority=priority, **more)  # type: ignore[arg-type]
        for i, priority in enumerate(PRIORITIES)
    ]


def problem_of(**assets: object) -> Problem:
    return Problem(snapshot(near_the_depot(), **assets))  # type: ignore[arg-type]


def test_the_order_is_by_price_then_as_given() -> None:
    problem = problem_of(vans=1)
    assert tuple(problem.dearest_first(range(8))) == DEAREST
    assert problem.dearest_first([6, 0, 7, 3]) == [7, 6, 0, 3]


@pytest.mark.parametrize("asked", range(9))
def test_doors_are_asked_of_the_dearest(asked: int) -> None:
    problem = problem_of(vans=1)
    ways = find_ways(problem, Flights(problem), late_after(asked))
    assert {o for o, one in enumerate(ways) if one.door is not None} == set(DEAREST[:asked])


@pytest.mark.parametrize("asked", range(1, 9))
def test_lockers_are_asked_of_the_dearest_and_only_the_others_count_as_not_asked(asked: int) -> None:
    """No machine flies here, so nothing is asked of sorties. The sieve is asked about once before them."""
    problem = problem_of(vans=1, lockers=(locker("L", place(-100, 300), small=9, medium=9, large=9),))
    whole = find_ways(problem, Flights(problem))
    assert all(one.lockers and one.asked for one in whole)
    ways = find_ways(problem, Flights(problem), late_after(8 + 1 + asked), sorties=False)
    assert {o for o, one in enumerate(ways) if one.lockers} == set(DEAREST[:asked])
    ways = find_ways(problem, Flights(problem), _late_in_lockers(asked))
    assert {o for o, one in enumerate(ways) if not one.asked} == set(DEAREST[asked:])


def _late_in_lockers(asked: int) -> Late:
    """Time is up for all lockers behind so many; then there is some again, so that these alone are cut."""
    answers = iter([False] * (8 + 1 + asked) + [True] * (8 - asked))
    return lambda: next(answers, False)


def test_a_parcel_whose_locker_was_asked_is_not_said_to_be_unasked() -> None:
    """What has no locker near was asked, too: the sieve has told."""
    far = order("FAR", place(20_000, 0), priority=1)
    town = snapshot([*near_the_depot(), far], vans=1, lockers=(locker("L", place(-100, 300)),))
    problem = Problem(town)
    ways = find_ways(problem, Flights(problem), _then(9 + 1 + 3, 5))
    assert {o for o, one in enumerate(ways) if not one.asked} == set(DEAREST[3:])


def _then(before: int, cut: int) -> Late:
    answers = iter([False] * before + [True] * cut)
    return lambda: next(answers, False)


@pytest.mark.parametrize("asked", range(1, 9))
def test_sorties_are_asked_of_the_dearest(asked: int) -> None:
    problem = problem_of(vans=0, drones=3)
    flights = Flights(problem)
    assert all(one.sorties for one in find_ways(problem, flights))
    doors, lockers, sieve = 8, 1, 1
    ways = find_ways(problem, flights, late_after(doors + lockers + sieve + asked))
    assert {o for o, one in enumerate(ways) if one.sorties} == set(DEAREST[:asked])
    assert {o for o, one in enumerate(ways) if not one.asked} == set(DEAREST[asked:])


@pytest.mark.parametrize("asked", range(9))
def test_the_dearest_are_settled(asked: int) -> None:
    """On the board of a search that had no time at all."""
    problem = problem_of(vans=2)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(nothing(problem, ways, flights), ways)
    settle(board, late_after(asked))
    assert {o for o, way in enumerate(board.choices) if way is not None} == set(DEAREST[:asked])


def nobody_brings(*, vans: int = 0) -> Snapshot:
    """Much too heavy for the fleet's vans, and where no machine is."""
    parcels = near_the_depot(weight_kg=30.0, locker_ok=False)
    return snapshot(parcels, vans=vans, spec=with_capacity(calm_fleet(), 5.0))


def test_changes_are_tried_for_the_dearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more are left than are asked about; they are named in the order of the file all the same."""
    monkeypatch.setattr(nearest, "MOST_ASKED", 3)
    found = plan(nobody_brings(vans=1), seed=1, stop=MaxIterations(0), made_at=EIGHT)
    assert [one.order_id for one in found.unassigned] == [f"O{i}" for i in range(8)]
    tried = {i for i, one in enumerate(found.unassigned) if one.nearest_change != TOO_MANY}
    assert tried == set(DEAREST[:3])


def test_the_van_that_comes_by_fetches_the_dearest() -> None:
    """Parcels that stand where no van starts, of which there is time for one."""
    parcels = [
        order("A", place(900, 50), weight_kg=4.0, locker_ok=False, hours=(0, 0.55), priority=1),
        order("B", place(1100, 50), weight_kg=4.0, locker_ok=False, hours=(0, 0.55), priority=3),
    ]
    town = snapshot(parcels, vans=1, spec=with_capacity(calm_fleet(), 5.0), standing={"A": "S", "B": "S"})
    found = plan(town, seed=1, stop=MaxIterations(1), made_at=EIGHT)
    assert [one.order_id for one in found.unassigned] == ["A"]
    assert [one.mode for one in found.parcels] == ["unassigned", "van"]


class Ticks:
    """A clock that moves on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        """The time."""
        self.asked += 1
        return float(self.asked)


@pytest.fixture
def tiles_of_40(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Small tiles, so that there are many."""

    def make() -> None:
        for name in ("AT_ONCE", "SIZE", "FIRST_SIZE"):
            monkeypatch.setattr(tiled, name, 40)

    return make


def test_the_tiles_that_are_reached_are_those_with_the_dearest_parcels(
    tiles_of_40: Callable[[], None],
) -> None:
    """Of a first plan that time is up in: one tile's parcels count tenfold, whichever it is."""
    tiles_of_40()
    city = made_city(400, 1)
    assert isinstance(city.legs, Straight)
    tiling = Ground(city, city.legs).tiling(None, 40, 0)
    for tile in (0, tiling.count // 2, tiling.count - 1):
        corner = np.flatnonzero(tiling.parcel == tile)
        penalty = city.parcels.penalty.copy()
        penalty[corner] *= 10.0
        dear = replace(city, parcels=replace(city.parcels, penalty=penalty))
        found = plan_city(dear, seed=1, budget=Seconds(Ticks(), 9.0))
        assert faults(dear, found) == []
        assert 200 < len(found.unserved) < 400
        assert not set(corner.tolist()) & set(found.unserved)
