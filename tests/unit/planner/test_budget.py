"""A budget of time is kept: what there was no time for is left out, named, and never silently wrong.

The clock moves on whenever it is asked, so that the tests count work and depend on no machine.
"""

from __future__ import annotations

import random

import pytest

from fleet.domain.plan import Plan
from fleet.planner import Deadline, MaxIterations, Snapshot, plan
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.greedy import greedy
from fleet.planner.planning import finished
from fleet.planner.prices import learn
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing
from fleet.planner.search import Found
from fleet.protocol.options import Status
from tests.unit.planner.town import EIGHT, order, place, random_town, snapshot


class Ticks:
    """A clock that moves on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        """The time."""
        self.asked += 1
        return float(self.asked)


def made(town: Snapshot, seconds: float, clock: Ticks | None = None) -> Plan:
    clock = clock or Ticks()
    return plan(town, seed=1, stop=Deadline(clock, clock() + seconds), made_at=EIGHT)


def out_of_time(found: Plan) -> list[str]:
    """What the plan says that there was no time for."""
    return [one for one in found.assumptions if one.startswith("time was up before")]


def assert_complete(found: Plan, town: Snapshot) -> None:
    """Each parcel is served once or has reasons and a change that would help; what is cheaper says why it is not."""
    assert [p.order_id for p in found.parcels] == [o.order_id for o in town.orders]
    left = {one.order_id: one for one in found.unassigned}
    assert left.keys() == {p.order_id for p in found.parcels if p.mode == "unassigned"}
    assert all(one.reasons and one.nearest_change for one in left.values())
    brought = [o for s in found.sorties for o in s.order_ids]
    brought += [o for r in found.routes for s in r.stops for o in (*s.deliver, *s.collect)]
    assert sorted(brought) == sorted(p.order_id for p in found.parcels if p.mode != "unassigned")
    for parcel in found.parcels:
        for other in parcel.alternatives:
            dear = max(parcel.cost or 0.0, parcel.saving or 0.0)
            cheaper = other.verdict is Status.FEASIBLE and (other.cost or 0.0) < dear
            assert other.reasons or not cheaper, (parcel.order_id, other.mode)


@pytest.mark.parametrize("seconds", [0, 3, 20, 60, 200, 300])
def test_a_plan_that_is_cut_short_is_complete_and_says_so(seconds: float) -> None:
    """Wherever time is up: while ways are sought, in the search, while it is settled or explained."""
    town = random_town(3, 30)
    clock = Ticks()
    found = made(town, seconds, clock)
    assert_complete(found, town)
    assert out_of_time(found), "with so few ticks something was left out"
    whole = plan(town, seed=1, stop=MaxIterations(20), made_at=EIGHT)
    assert not out_of_time(whole)
    assert len(found.unassigned) >= len(whole.unassigned)


def test_no_time_at_all_leaves_everything_with_the_reason() -> None:
    """And asks nothing that takes long: neither sorties nor routes."""
    town = random_town(1, 40)
    found = made(town, 0)
    assert_complete(found, town)
    assert (found.sorties, found.routes) == ((), ())
    assert len(found.unassigned) == 40
    for one in found.unassigned:
        codes = {reason.code for reason in one.reasons}
        assert "out_of_time" in codes or one.nearest_change != "more time for planning", one
    said = " ".join(out_of_time(found))
    assert "sorties were asked about" in said
    assert "that baseline is left out" in said
    assert found.summary.van_only_cost is None


def test_with_enough_time_nothing_is_left_out() -> None:
    """The same parcels are served as with counted iterations."""
    town = random_town(2, 20)
    found = made(town, 4_000)
    assert not out_of_time(found)
    assert found.summary.van_only_cost is not None
    assert not [
        r for p in found.parcels for a in p.alternatives for r in a.reasons if r.code == "out_of_time"
    ]


def test_iterations_take_no_time() -> None:
    """None of them gives a whole plan with all reasons."""
    town = snapshot([order(f"O{i}", place(900 * i, 0)) for i in range(6)], vans=1)
    found = plan(town, seed=1, stop=MaxIterations(0), made_at=EIGHT)
    assert (found.unassigned, out_of_time(found)) == ((), [])


def test_more_time_never_asks_the_clock_after_it_is_up_for_long() -> None:
    """Once time is up, each parcel asks a bounded number of times what is left to be said."""
    rng = random.Random(5)
    for seconds in (0.0, 40.0, 150.0):
        clock, town = Ticks(), random_town(rng.randrange(100), 30)
        made(town, seconds, clock)
        assert clock.asked <= seconds + 2 + 30 * 40


def test_reasons_of_a_search_that_was_cut_short_are_the_real_ones_where_there_is_time_for_them() -> None:
    """Far beyond any van's day: more time would not help, and nobody says so, whatever the search had no time for."""
    far = order("FAR", place(900_000, 0), locker_ok=False)
    near = [order(f"O{i}", place(300 * i, 200)) for i in range(1, 5)]
    town = snapshot([far, *near], vans=2)
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    draft = greedy(problem, ways, flights, learn(problem, ways, Routing((), ())), seed=1, late=lambda: True)
    assert (draft.cut, len(draft.unserved)) == (True, 5)
    found = finished(Found(draft, draft, None), ways, flights, seed=1, made_at=EIGHT).whole()
    assert [one.order_id for one in found.unassigned] == ["FAR"], "settling serves whom there was no time for"
    (left,) = found.unassigned
    assert "out_of_time" not in {reason.code for reason in left.reasons}
    assert left.nearest_change != "more time for planning"
    assert out_of_time(found) == []


def test_one_more_van_is_no_advice_where_one_stays_at_home() -> None:
    """A window that is over before anybody could come: a longer one would help."""
    town = snapshot([order("O", place(40_000, 0), hours=(0, 0.1), locker_ok=False)], vans=1, drones=0)
    (left,) = plan(town, seed=1, stop=MaxIterations(5), made_at=EIGHT).unassigned
    assert "window_missed" in {reason.code for reason in left.reasons}
    assert "a window that ends" in left.nearest_change
    assert "one more van" not in left.nearest_change
