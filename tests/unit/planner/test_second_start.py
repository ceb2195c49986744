"""A draft told as a plan of the model, and the search that begins there: nothing is lost, and nothing gets dearer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fleet.planner import MaxIterations, Snapshot
from fleet.planner import search as searching
from fleet.planner.candidates import find_ways
from fleet.planner.cityof import Model, model_of
from fleet.planner.draft import Draft, nothing
from fleet.planner.flights import Flights
from fleet.planner.holding import check, cost_of
from fleet.planner.jointly import plan_jointly
from fleet.planner.mixing import exact, mixed_from
from fleet.planner.modelled import modelled
from fleet.planner.problem import Problem
from fleet.planner.routing import Iterations
from fleet.planner.search import search
from fleet.planner.ways import Ways
from tests.unit.planner.town import order, place, random_town, snapshot

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
