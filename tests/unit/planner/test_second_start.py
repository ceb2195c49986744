"""A draft told as a plan of the model, and the search that begins there: nothing is lost, and nothing gets dearer."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from benchmarks.harness.cityjudge import cost, faults
from fleet.planner import MaxIterations, Snapshot
from fleet.planner import search as searching
from fleet.planner.candidates import find_ways
from fleet.planner.cityof import Model, model_of
from fleet.planner.draft import Draft, nothing
from fleet.planner.flights import Flights
from fleet.planner.holding import check, cost_of
from fleet.planner.jointly import plan_jointly, plan_of
from fleet.planner.mixing import exact, mixed_from
from fleet.planner.modelled import modelled
from fleet.planner.problem import Problem
from fleet.planner.routing import Iterations
from fleet.planner.search import search
from fleet.planner.tiled import Job, searched
from fleet.planner.trips import together
from fleet.planner.warmstart import Warm, named
from fleet.planner.ways import Ways
from tests.support.cities import harder, random_city
from tests.unit.planner.test_tour_breaks import noon
from tests.unit.planner.test_tour_breaks import spec as with_break
from tests.unit.planner.town import fleet, order, place, random_town, snapshot

SEEDS = range(6)


def in_turn(
    town: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> tuple[Problem, Flights, Sequence[Ways], Draft]:
    """A draft that prices, assignment and routes have made: without any search over all modes."""
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    with monkeypatch.context() as patched:
        patched.setattr(searching, "_at_once", lambda *_, **__: None)
        found = search(problem, ways, flights, seed=1, stop=MaxIterations(20), baselines=False)
    return problem, flights, ways, found.best


def hopeless(model: Model, draft: Draft) -> float:
    """The price of parcels that the model does not have, as there is no way for them."""
    return draft.problem.left_price(sorted(set(range(len(draft.choices))) - set(model.orders)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_draft_told_as_a_plan_holds_at_its_cost(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out are sorties alone, whose machines the model charges for longer than they were booked for."""
    problem, _, ways, draft = in_turn(random_town(seed, 40), monkeypatch)
    model = model_of(problem, ways)
    told = modelled(model, draft)
    check(model.city, told)
    assert told.cost == pytest.approx(cost_of(model.city, told), abs=1e-6)
    out = sorted({model.orders[row] for row in told.unserved} - set(draft.unserved))
    dearer = problem.left_price(out) - sum(draft.sorties[number].cost for number in out)
    assert told.cost + hopeless(model, draft) == pytest.approx(draft.objective + dearer, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_draft_told_as_a_plan_and_made_exact_is_the_same_draft(seed: int) -> None:
    """At the same cost, each parcel by the same mode: the draft came from a plan, so that all of it can be told."""
    problem = Problem(random_town(seed, 40))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    model = model_of(problem, ways)
    found = plan_jointly(model.city, seed=1, budget=Iterations(1000))
    draft = exact(model, found, problem, ways, flights, seed=1)
    told = modelled(model, draft)
    assert {model.orders[row] for row in told.unserved} <= set(draft.unserved)
    again = exact(model, told, problem, ways, flights, seed=1)
    assert again.objective == pytest.approx(draft.objective, abs=0.01)
    assert [way and way.mode for way in again.choices] == [way and way.mode for way in draft.choices]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_from_a_draft_finds_none_that_is_dearer(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of one number of iterations always the same."""
    problem, flights, ways, draft = in_turn(random_town(seed, 40), monkeypatch)
    first, second = (
        mixed_from(draft, problem, ways, flights, seed=3, stop=MaxIterations(40)) for _ in range(2)
    )
    assert first is not None
    assert second is not None
    assert first.objective <= draft.objective + 0.01
    assert (first.choices, first.objective) == (second.choices, second.objective)


def test_nothing_begins_with_an_empty_draft() -> None:
    """Where nobody brings anything there is nothing to begin with."""
    problem = Problem(snapshot([order("O", place(900, 0))], vans=1))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    empty = nothing(problem, ways, flights)
    assert mixed_from(empty, problem, ways, flights, seed=1, stop=MaxIterations(5)) is None


@pytest.mark.parametrize("seed", range(24))
def test_trips_in_turn_and_breaks_are_taken_over_as_they_are(seed: int) -> None:
    """A plan written down as the kernel's best is the present one then, at its cost; a search from there finds none
    that is dearer, and by the judge all of it holds."""
    city = harder(random_city(seed, 20, lockers=seed % 3, groups=seed % 2), seed)
    plan = plan_jointly(city, seed=1, budget=Iterations(600))
    warm = Warm(city)
    warm.take_over(plan, named(plan))
    taken = plan_of(warm.columns, warm.state, 0)
    further = searched(Job(city, plan, 2, Iterations(600), 0.5, 1.0, starts=False))
    for found in (taken, further):
        assert faults(city, found) == []
        assert found.cost == pytest.approx(cost(city, found), rel=1e-9)
    assert taken.cost == pytest.approx(plan.cost, rel=1e-9)
    assert further.cost <= plan.cost + 1e-6
    assert {route.stops for route in taken.routes} == {route.stops for route in plan.routes}


def two_waves(seed: int, rested: bool) -> Snapshot:
    """A depot where a third of the parcels come three hours later, and two vans, whose drivers may have a break."""
    rng = Random(seed)
    orders = [
        order(
            f"O{i:02}",
            place(rng.gauss(0, 3000), rng.gauss(0, 2000)),
            ready=0 if i % 3 else 3,
            hours=(0, 2.5) if i % 3 else (3.5, 10),
            locker_ok=False,
        )
        for i in range(24)
    ]
    return snapshot(orders, vans=2, spec=with_break(noon(30, (10, 0), (10, 30))) if rested else fleet())


@pytest.mark.parametrize("rested", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_draft_of_two_trips_or_with_breaks_is_told_whole(
    seed: int, rested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its cost: no more parcels are left, and the second trips, or breaks under way, are there."""
    problem, _, ways, draft = in_turn(two_waves(seed, rested), monkeypatch)
    model = model_of(problem, ways)
    told = modelled(model, draft)
    assert faults(model.city, told) == []
    assert [model.orders[row] for row in told.unserved] == list(draft.unserved)
    assert told.cost == pytest.approx(draft.objective, abs=0.01)
    tours = draft.routing.tours
    assert len(told.routes) == len(tours)
    assert (
        sum(route.follows >= 0 for route in told.routes) == len(tours) - len(together(tours)) == (not rested)
    )
