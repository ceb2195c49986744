"""Fairness in the search over all modes: what vans are out longer than the mean is weighed with all else."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from random import Random

import pytest

from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from fleet.domain.objective import Fairness
from fleet.planner import tiled
from fleet.planner.city import City
from fleet.planner.disruptions import VanLost
from fleet.planner.jointly import plan_jointly
from fleet.planner.legs import BadCase
from fleet.planner.live import Living
from fleet.planner.routing import Iterations
from fleet.planner.tiled import Job, plan_city, searched
from tests.support.cities import cheapest_even, check_found, harder, random_city
from tests.support.plainkernels import plain
from tests.unit.planner.test_mixing import mixture
from tests.unit.planner.town import fleet, order, place, snapshot


def fair(city: City, per_second: float) -> City:
    return replace(city, fairness=per_second)


@pytest.mark.parametrize("per_second", [0.02, 0.2])
@pytest.mark.parametrize("seed", [0, 2, 3, 5])
def test_tiny_cities_are_planned_as_well_as_by_brute_force(seed: int, per_second: float) -> None:
    """Three parcels, all modes; every set of routes is tried, for a dearer one may be the fairer."""
    city = fair(random_city(seed, 3, lockers=1, groups=1), per_second)
    found = plan_jointly(city, seed=1, budget=Iterations(3000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cheapest_even(city), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_four_doors_are_planned_as_well_as_by_brute_force(seed: int) -> None:
    """By vans alone, of which there are enough to be uneven."""
    drawn = random_city(seed, 4, lockers=0, groups=0)
    vans = tuple(replace(van, vans=2, fixed=10.0, weight=50.0, volume=50.0, has=3) for van in drawn.vans)
    city = fair(replace(drawn, vans=vans), 0.05)
    found = plan_jointly(city, seed=1, budget=Iterations(3000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cheapest_even(city), rel=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_found_holds_and_costs_what_is_said(seed: int) -> None:
    check_found(fair(random_city(seed, 14, lockers=seed % 4, groups=seed % 3), 0.1), seed)


def test_cheaper_plans_are_found_than_without_the_price() -> None:
    """Of cities with several vans, by what the judge says with the price: of blind searches the plans cost more."""
    blind = [made(300, seed) for seed in (1, 2)]
    seeing = [fair(city, 0.004) for city in blind]
    plans = [
        [plan_jointly(city, seed=1, budget=Iterations(8000)) for city in cities] for cities in (blind, seeing)
    ]
    assert all(faults(city, found) == [] for city, found in zip(seeing, plans[1], strict=True))
    first, second = (
        sum(cost(city, found) for city, found in zip(seeing, these, strict=True)) for these in plans
    )
    assert second < 0.99 * first


def test_a_search_from_a_plan_that_stands_counts_it_with_its_hours() -> None:
    """Tiles begin with one: without any effort it costs what the judge says, with some it is no dearer."""
    city = fair(made(100, 4), 0.01)
    first = plan_jointly(city, seed=1, budget=Iterations(1000))
    stood, further = (
        searched(Job(city, first, 2, Iterations(count), 0.5, 1.0, starts=False)) for count in (0, 2000)
    )
    assert stood.cost == pytest.approx(cost(city, first), rel=1e-9)
    assert further.cost <= stood.cost + 1e-9
    assert further.cost == pytest.approx(cost(city, further), rel=1e-9)


def test_compiled_and_plain_searches_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with several trips, breaks, lockers and sorties."""
    cities = [fair(harder(random_city(seed, 10), seed), 0.05) for seed in (1, 2, 3)]
    compiled = [plan_jointly(city, seed=1, budget=Iterations(200)) for city in cities]
    with plain(monkeypatch):
        assert [plan_jointly(city, seed=1, budget=Iterations(200)) for city in cities] == compiled


@pytest.mark.parametrize("price", [-0.1, math.nan, math.inf])
def test_a_price_without_sense_is_refused(price: float) -> None:
    """As any other number of a city."""
    with pytest.raises(BadCase, match="fairness"):
        fair(random_city(1, 4), price)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_plans_in_tiles_cost_what_all_their_vans_are_uneven(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the mean of all, though each tile has counted with its own; where vans make several trips, too."""
    for name in ("AT_ONCE", "SIZE", "FIRST_SIZE"):
        monkeypatch.setattr(tiled, name, 12)
    city = fair(random_city(seed, 40, lockers=2), 0.1)
    for each in (city, harder(city, seed)):
        found = plan_city(each, seed=seed, budget=Iterations(4000))
        assert faults(each, found) == []
        assert found.cost == pytest.approx(cost(each, found), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_live_plans_count_hours_too(seed: int) -> None:
    """Taken over, repaired after the loss of a van, and polished."""
    city = fair(random_city(seed, 20, groups=1), 0.1)
    living = Living(city, plan_jointly(city, seed=seed, budget=Iterations(600)), seed=1)
    assert living.plan.cost == pytest.approx(cost(city, living.plan), rel=1e-9)
    lost = [VanLost(route=0, done=0)] if living.plan.routes else []
    for said in (living.repair(*lost), living.polish(Iterations(400))):
        assert said.plan.cost == pytest.approx(cost(living.city, said.plan, living.kept), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_a_draft_costs_with_its_hours_what_the_search_has_said(seed: int) -> None:
    """To the cent, from the price of the fleet file on: what vans load and drive is counted alike in both."""
    rng = Random(seed)
    spec = fleet().model_copy(update={"fairness": Fairness(per_hour=30.0)})
    orders = [
        order(
            f"O{i:02}",
            place(rng.gauss(0, 6000), rng.gauss(0, 3000)),
            hours=(i % 4, i % 4 + 2),
            locker_ok=False,
        )
        for i in range(40)
    ]
    _, found, draft, _ = mixture(snapshot(orders, vans=5, spec=spec))
    lasts = [tour.duration_s / 3600 for tour in draft.routing.tours]
    above = sum(max(0.0, each - statistics.fmean(lasts)) for each in lasts)
    assert len(lasts) > 1
    assert draft.objective == pytest.approx(found.cost, abs=0.01)
    assert draft.objective == pytest.approx(
        draft.cost + draft.problem.left_price(draft.unserved) + 30.0 * above
    )
