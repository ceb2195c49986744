"""What a tour's sums say of one more stop, held against the tour worked out anew."""

from __future__ import annotations

import random

import pytest

from fleet.domain.fleet import FleetSpec, RouteType, VanBattery
from fleet.planner.construct import leg_costs
from fleet.planner.problem import Problem
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import door_visit
from fleet.protocol.values import Direction, Goods, Order
from tests.unit.planner.town import fleet, order, place, snapshot


def spec(start_soc: float) -> FleetSpec:
    """The default fleet whose vans begin so full."""
    battery = VanBattery(start_soc=start_soc)
    types = {
        name: kind.model_copy(update={"battery": battery}) if isinstance(kind, RouteType) else kind
        for name, kind in fleet().types.items()
    }
    return fleet().model_copy(update={"types": types})


def parcel(rng: random.Random, number: int) -> Order:
    """Near or far, light or so heavy that few fit, some chilled, some fetched, some ready late."""
    opens = rng.choice((0, 0, 1, 2.5, 4))
    return order(
        f"O{number}",
        place(rng.uniform(-12_000, 12_000), rng.uniform(-12_000, 12_000)),
        weight_kg=rng.choice((1, 20, 90)),
        hours=(opens, opens + rng.choice((1, 3, 6))),
        goods=rng.choice((Goods.STANDARD, Goods.STANDARD, Goods.CHILLED)),
        direction=rng.choice((Direction.DELIVERY, Direction.DELIVERY, Direction.PICKUP)),
        ready=rng.choice((0, 0, opens)),
        locker_ok=False,
    )


@pytest.mark.parametrize("seed", range(12))
def test_sums_say_what_the_tour_says(seed: int) -> None:
    """Tours grow by random stops that hold; each stop is asked about on each leg where window and load fit."""
    rng = random.Random(seed)
    town = snapshot([parcel(rng, i) for i in range(40)], vans=1, spec=spec(rng.choice((0.7, 0.85, 1.0))))
    problem = Problem(town)
    van = problem.vans[0]
    visits = tuple(door_visit(problem, o, frozenset({van.base})) for o in range(len(problem.orders)))
    case = Case(problem, visits)
    tour, said = Tour(case, van, ()), set[bool]()
    for visit in rng.sample(range(len(visits)), len(visits)):
        fitting = [leg for leg, cost in enumerate(leg_costs(case, tour, visit)) if cost < float("inf")]
        found = tour.slack.holds(visit, fitting)
        assert found == [tour.with_visit(visit, leg).feasible for leg in fitting]
        said |= set(found)
        good = [leg for leg, holds in zip(fitting, found, strict=True) if holds]
        if good:
            tour = tour.with_visit(visit, rng.choice(good))
    assert len(tour.visits) > 2
    assert said == {True, False}, "stops that fit and stops that do not"


def test_a_tour_that_does_not_hold_is_worked_out() -> None:
    """Its sums say nothing: a stop too many before another that comes too late."""
    town = snapshot([order(f"O{i}", place(20_000 * i, 0), hours=(0, 0.6)) for i in range(3)], vans=1)
    problem = Problem(town)
    van = problem.vans[0]
    case = Case(problem, tuple(door_visit(problem, o, frozenset({van.base})) for o in range(3)))
    late = Tour(case, van, (2, 1))
    assert not late.feasible
    assert late.slack.holds(0, [0, 1, 2]) == [False, False, False]
