"""Lateness in the search over all modes: a door is served after its window, where that is cheaper with its price."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise, permutations

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.harness.cityjudge import cost, faults
from fleet.planner import tiled
from fleet.planner.city import City
from fleet.planner.holding import BadPlan
from fleet.planner.jointly import JointPlan, VanStop, plan_jointly
from fleet.planner.legs import BadCase
from fleet.planner.live import Living
from fleet.planner.routing import Iterations
from fleet.planner.tiled import Job, plan_city, searched
from tests.support.cities import check_found, harder, random_city
from tests.support.plainkernels import plain

Ask = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], npt.NDArray[np.float64]]


def priced(city: City, per_second: float, most: float) -> City:
    """A city whose parcels may come late."""
    return replace(city, lateness=per_second, late_most=most)


def tight(seed: int, parcels: int) -> City:
    """Doors alone, whose windows are over soon, and vans that time itself costs nothing."""
    city = random_city(seed, parcels, lockers=0, groups=0)
    rng = np.random.default_rng(seed)
    opens = rng.uniform(0.0, 150.0, parcels)
    vans = tuple(
        replace(
            van, vans=2, weight=50.0, volume=50.0, has=3, per_second=0.0, longest=math.inf, reach=math.inf
        )
        for van in city.vans
    )
    closes = opens + rng.uniform(20.0, 120.0, parcels)
    return replace(city, vans=vans, parcels=replace(city.parcels, opens=opens, closes=closes))


def late_stops(plan: JointPlan) -> list[VanStop]:
    return [stop for route in plan.routes for stop in route.stops if stop.late > 0.0]


# --- the cheapest plan of a few doors, without any code of the search -------------------------------------------------


def by_brute_force(city: City) -> float:
    """The least cost, of every division of the doors among vans, in every order, each van leaving as early as it can:
    where its time costs nothing nobody is less late otherwise."""
    names = frozenset(range(len(city.parcels.place)))
    return _cheapest(city, names, tuple(van.vans for van in city.vans))


def _cheapest(city: City, doors: frozenset[int], vans: tuple[int, ...]) -> float:
    if not doors:
        return 0.0
    first, *others = sorted(doors)
    best = float(city.parcels.penalty[first]) + _cheapest(city, doors - {first}, vans)
    for more in (m for size in range(len(others) + 1) for m in combinations(others, size)):
        for kind in (k for k, count in enumerate(vans) if count):
            fewer = tuple(count - (k == kind) for k, count in enumerate(vans))
            own = min(_driven(city, kind, order) for order in permutations((first, *more)))
            if own < best:
                best = min(best, own + _cheapest(city, doors - {first, *more}, fewer))
    return best


def _driven(city: City, kind: int, order: Sequence[int]) -> float:
    van, parcels = city.vans[kind], city.parcels
    places = [van.start, *(int(parcels.place[door]) for door in order), van.end]
    metres, seconds = (list(_along(ask, places)) for ask in (city.legs.metres, city.legs.durations))
    now, total = van.opens, van.fixed + van.per_metre * sum(metres)
    for door, leg in zip(order, seconds, strict=False):
        now = max(now + leg, float(parcels.opens[door]))
        late = max(0.0, now - float(parcels.closes[door]))
        if late > city.late_most:
            return math.inf
        total += city.lateness * late
        now += float(parcels.service[door])
    return total if now + seconds[-1] <= van.closes else math.inf


def _along(ask: Ask, places: Sequence[int]) -> Iterator[float]:
    for here, there in pairwise(places):
        yield float(ask(np.array([here]), np.array([there]))[0, 0])


# --- tests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("per_second", "most"), [(0.05, 120.0), (0.5, 60.0), (0.0, 90.0), (2.0, 600.0)])
@pytest.mark.parametrize("seed", [1, 2, 3, 5, 6])
def test_tiny_cities_are_planned_as_well_as_by_brute_force(seed: int, per_second: float, most: float) -> None:
    """Five doors, every order of every division among vans: with what the price makes of it."""
    city = priced(tight(seed, 5), per_second, most)
    found = plan_jointly(city, seed=1, budget=Iterations(3000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(by_brute_force(city), rel=1e-9)


def test_one_van_that_is_late_in_place_of_two() -> None:
    """A minute's lateness is cheaper than a second van; at another price, or for less time, it is not."""
    city = tight(1, 2)
    parcels = replace(
        city.parcels, opens=np.zeros(2), closes=np.array([130.0, 130.0]), penalty=np.array([500.0, 500.0])
    )
    xy = np.array([[0.0, 0.0], [0.0, 0.0], [100.0, 0.0], [-30.0, 0.0]])
    legs = replace(city.legs, x=xy[:, 0], y=xy[:, 1])  # type: ignore[type-var]
    vans = tuple(replace(van, fixed=100.0, per_metre=0.0, opens=0.0) for van in city.vans)
    near = replace(city, legs=legs, parcels=parcels, vans=vans)
    assert sum(1 for _ in plan_jointly(near, seed=1, budget=Iterations(400)).routes) == 2
    for per_second, most, routes in ((0.1, 300.0, 1), (20.0, 300.0, 2), (0.1, 10.0, 2)):
        found = plan_jointly(priced(near, per_second, most), seed=1, budget=Iterations(400))
        assert len(found.routes) == routes
        assert bool(late_stops(found)) == (routes == 1)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_found_holds_and_costs_what_is_said(seed: int) -> None:
    check_found(priced(random_city(seed, 14, lockers=seed % 4, groups=seed % 3), 0.05, 100.0), seed)


def test_lateness_is_used_and_makes_plans_cheaper() -> None:
    """Of drawn cities together, by the judge."""
    blind = [tight(seed, 20) for seed in range(6)]
    seeing = [priced(city, 0.05, 120.0) for city in blind]
    plans = [
        [plan_jointly(city, seed=1, budget=Iterations(3000)) for city in cities] for cities in (blind, seeing)
    ]
    assert all(late_stops(found) for found in plans[1])
    first, second = (
        sum(cost(city, found) for city, found in zip(seeing, these, strict=True)) for these in plans
    )
    assert second < 0.95 * first


def test_a_search_from_a_plan_that_stands_keeps_who_is_late() -> None:
    """Tiles begin with one: without any effort it costs what the judge says, with some it is no dearer."""
    city = priced(tight(4, 20), 0.05, 120.0)
    first = plan_jointly(city, seed=1, budget=Iterations(1000))
    assert late_stops(first)
    stood, further = (
        searched(Job(city, first, 2, Iterations(count), 0.5, 1.0, starts=False)) for count in (0, 2000)
    )
    assert sorted(map(repr, late_stops(stood))) == sorted(map(repr, late_stops(first)))
    assert stood.cost == pytest.approx(cost(city, first), rel=1e-9)
    assert further.cost <= stood.cost + 1e-9
    assert further.cost == pytest.approx(cost(city, further), rel=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tiles_keep_who_is_late(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where vans make several trips, too."""
    for name in ("AT_ONCE", "SIZE", "FIRST_SIZE"):
        monkeypatch.setattr(tiled, name, 12)
    city = priced(tight(seed, 40), 0.05, 120.0)
    for each in (city, harder(city, seed)):
        found = plan_city(each, seed=seed, budget=Iterations(4000))
        assert faults(each, found) == []
        assert late_stops(found)
        assert found.cost == pytest.approx(cost(each, found), rel=1e-9)


def test_compiled_and_plain_searches_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with several trips, breaks, lockers and sorties."""
    cities = [priced(harder(random_city(seed, 10), seed), 0.02, 150.0) for seed in (1, 2, 3)]
    compiled = [plan_jointly(city, seed=1, budget=Iterations(200)) for city in cities]
    assert any(late_stops(found) for found in compiled)
    with plain(monkeypatch):
        assert [plan_jointly(city, seed=1, budget=Iterations(200)) for city in cities] == compiled


def test_a_price_without_time_changes_nothing() -> None:
    """To the last bit: nobody may be late at all."""
    city = random_city(3, 14)
    plain_plan, priced_plan = (
        plan_jointly(each, seed=1, budget=Iterations(600)) for each in (city, priced(city, 0.5, 0.0))
    )
    assert plain_plan == priced_plan


@pytest.mark.parametrize("number", [-0.1, math.nan, math.inf])
def test_numbers_without_sense_are_refused(number: float) -> None:
    """As any other of a city."""
    for name, price, most in (("lateness", number, 1.0), ("late_most", 1.0, number)):
        with pytest.raises(BadCase, match=name):
            priced(random_city(1, 4), price, most)


def test_a_live_plan_is_not_kept_late() -> None:
    """Its windows move with the day: a city in which parcels may be late is refused."""
    city = priced(random_city(1, 4), 0.1, 60.0)
    with pytest.raises(BadPlan, match="late"):
        Living(city, plan_jointly(city, seed=1, budget=Iterations(10)), seed=1)
