"""Drivers' breaks in routes of vans: against brute force on tiny cases, by a checker of its own on larger ones.

This is the worked example of docs/planner.md, "How to add a constraint": a break is a column of the types of van
(`kernels/columns.py`), kept in the routes (`kernels/routes.py`, `kernels/breaks.py`), asked where a stop or a tail
comes in (`kernels/resting.py`), said by whoever plans (`routing.VanType`), and judged by what shares no code with any
of it (`tests/support/routes.py`, `benchmarks/harness/cityjudge.py`).
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from fleet.planner.legs import BadCase, Straight
from fleet.planner.routing import Case, Iterations, Stop, VanType, route
from tests.support.routes import cost, faults
from tests.unit.planner.test_routing import cheapest, crooked, plan, small


def resting(case: Case, seed: int) -> Case:
    """The same case, in which most drivers have a break, early or late, at one moment or at any."""
    rng = Random(seed)

    def with_break(van: VanType) -> VanType:
        day = van.closes - van.opens
        opens = van.opens + rng.uniform(0.0, 0.5 * day)
        lasts, closes = rng.choice([0.0, 0.05 * day, 0.2 * day]), opens + rng.choice([0.0, 0.02, 0.3]) * day
        return replace(van, break_s=lasts, break_opens=opens, break_closes=closes)

    return replace(case, vans=tuple(map(with_break, case.vans)))


@pytest.mark.parametrize("seed", [2, 3, 7, 10, 11, 14, 15, 18, 19, 22, 23])
def test_tiny_cases_are_solved_as_well_as_by_brute_force(seed: int) -> None:
    """Which tries every order of every trip, with the break at every place. (In case 6 two stops only fit a looked-up
    route together, breaks or not: a known limit.)"""
    case = resting(small(seed, 5), seed)
    found = route(case, seed=1, budget=Iterations(4000))
    assert faults(case, plan(found)) == []
    assert found.cost == pytest.approx(cheapest(case), rel=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_found_holds_and_costs_what_is_said(seed: int) -> None:
    """Several trips, releases, looked-up legs and prices of time among them."""
    case = resting(small(seed, 12) if seed % 2 else crooked(seed), seed)
    found = route(case, seed=seed, budget=Iterations(600))
    assert faults(case, plan(found)) == []
    assert found.cost == pytest.approx(cost(case, plan(found)), rel=1e-9)


def line(*stops: Stop, trips: int = 1, **van: float) -> Case:
    """Stops on a line, a hundred seconds from one to the next; a van with a break of 30 s."""
    legs = Straight(np.arange(0.0, 100.0 * (len(stops) + 1), 100.0), np.zeros(len(stops) + 1))
    kind = VanType(0, 0, 1, trips, per_second=1.0, per_metre=0.001, break_s=30.0, **van)  # type: ignore[arg-type]
    return Case(legs, stops, (kind,))


def test_a_break_is_taken_while_the_van_would_wait_anyway() -> None:
    """Behind the first stop, and not before it: so it adds nothing to the time under way."""
    case = line(Stop(1, closes=100.0), Stop(2, opens=300.0), break_opens=90.0, break_closes=250.0)
    (rounds,) = (found := route(case, seed=1, budget=Iterations(400))).rounds
    assert (rounds.trips, rounds.pause) == (((0, 1),), (0, 1))
    assert found.cost == pytest.approx(500.0 + 0.4)


def test_who_is_back_in_time_or_leaves_late_has_his_break_at_the_depot() -> None:
    """It is not time under way then."""
    for opens, closes in ((0.0, 500.0), (1000.0, 1500.0)):
        case = line(Stop(1, opens=opens, closes=closes), break_opens=500.0, break_closes=600.0)
        (rounds,) = (found := route(case, seed=1, budget=Iterations(400))).rounds
        assert rounds.pause is None
        assert found.cost == pytest.approx(200.2)


def test_who_is_out_all_the_time_in_which_a_break_must_begin_takes_it_under_way() -> None:
    """The trip is longer by it; where nothing has room for it, stops are left out."""
    stops = Stop(1, opens=100.0, closes=100.0), Stop(2, opens=210.0, closes=300.0)
    case = line(*stops, break_opens=150.0, break_closes=250.0)
    (rounds,) = (found := route(case, seed=1, budget=Iterations(400))).rounds
    assert rounds.pause is not None
    assert found.cost == pytest.approx(430.4)
    tight = line(
        stops[0], replace(stops[1], closes=220.0, penalty=7.0), break_opens=150.0, break_closes=160.0
    )
    assert route(tight, seed=1, budget=Iterations(400)).unserved == (1,)


def test_between_two_trips_a_break_is_taken_at_the_depot() -> None:
    """The second one waits for it, though nothing else is to be waited for."""
    stops = Stop(1, weight=1.0, opens=100.0, closes=100.0), Stop(1, weight=1.0, closes=340.0)
    case = line(*stops, trips=2, weight=1.0, break_opens=150.0, break_closes=250.0)
    (rounds,) = route(case, seed=1, budget=Iterations(400)).rounds
    assert (rounds.trips, rounds.pause) == (((0,), (1,)), None)
    late = replace(case, stops=(stops[0], replace(stops[1], closes=320.0, penalty=7.0)))
    assert route(late, seed=1, budget=Iterations(400)).unserved == (1,)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"break_s": -1.0}, "its break must last from 0 s"),
        ({"break_s": float("inf")}, "its break must last from 0 s"),
        ({"break_s": 5.0, "break_opens": float("nan")}, "its break must last from 0 s"),
        (
            {"break_s": 5.0, "break_opens": 9.0, "break_closes": 8.0},
            "its break must begin by 8.0 s, after 9.0 s",
        ),
    ],
)
def test_a_break_without_sense_is_refused(changed: dict[str, float], said: str) -> None:
    """With the number of the type of van."""
    legs = Straight(np.zeros(2), np.zeros(2))
    with pytest.raises(BadCase, match=f"van type 0: {said}"):
        Case(legs, (Stop(1),), (replace(VanType(0, 0, 1), **changed),))  # type: ignore[arg-type]
