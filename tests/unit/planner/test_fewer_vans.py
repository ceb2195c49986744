"""Vans that a repair sends out and a plan can do without: they stay at home, or nothing has changed."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from benchmarks.harness.citybreak import grounded
from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from fleet.planner import fewervans
from fleet.planner.city import City
from fleet.planner.citycolumns import Columns
from fleet.planner.fewervans import Thrift
from fleet.planner.joint.blend import Blend
from fleet.planner.jointly import JointPlan, plan_jointly, plan_of
from fleet.planner.live import Living
from fleet.planner.routing import CHUNK, Iterations, typical
from fleet.planner.warmstart import Warm, named
from tests.support.cities import DAY, random_city


def of(city: City, plan: JointPlan, seed: int) -> tuple[Warm, Thrift]:
    """A search that stands with a plan of which no driver was shown anything."""
    warm = Warm(city)
    warm.take_over(plan, named(plan))
    leg = typical(Columns(city).case)
    return warm, Thrift(warm, Blend(warm.state, seed), frozenset(), 0.3 * leg, 0.02 * leg)


def found(warm: Warm) -> JointPlan:
    """The best plan of a search."""
    return plan_of(warm.columns, warm.state, 0)


def vans_after(city: City, plan: JointPlan) -> tuple[int, float]:
    """How many vans there are, and what it costs, when the busiest group of machines was lost and it was polished."""
    events, _ = grounded(city, plan, 25)
    living = Living(city, plan, seed=1, price=1.0)
    living.repair(*events)
    said = living.polish(Iterations(20 * CHUNK))
    assert faults(living.city, said.plan, living.kept) == []
    return len(said.plan.routes), said.plan.cost


@pytest.mark.parametrize("parcels", [180, 250])
def test_polishing_does_without_vans_that_a_repair_sent_out(
    parcels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In some of five cities a van less than where nobody tries, and all in all so much less money."""
    vans, money = dict[float, int](), dict[float, float]()
    plans = [
        (city, plan_jointly(city, seed=1, budget=Iterations(10 * CHUNK)))
        for city in (made(parcels, seed) for seed in range(1, 6))
    ]
    for until in (fewervans.UNTIL, 0.0):
        monkeypatch.setattr(fewervans, "UNTIL", until)
        after = [vans_after(city, plan) for city, plan in plans]
        vans[until], money[until] = sum(count for count, _ in after), sum(cost for _, cost in after)
    (tried, without), (tried_money, without_money) = vans.values(), money.values()
    assert tried < without
    assert tried_money < 0.99 * without_money


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_costs_less_than_before_or_is_the_same(seed: int) -> None:
    """It holds, no more are left than before, and the search goes on as it did: it looks near whom it did, and sacks
    vans and calls lockers as often."""
    city = random_city(seed, 14, lockers=seed % 4, groups=seed % 3)
    plan = plan_jointly(city, seed=seed, budget=Iterations(CHUNK * (seed % 2)))
    warm, thrift = of(city, plan, seed)
    before = found(warm)
    thrift.search.look_near([3, 1])
    often = thrift.search.sackings, thrift.search.calls
    budget = Iterations(40 * CHUNK)
    assert 0.0 <= thrift.try_all(budget, budget()) < 1.0
    after = found(warm)
    assert faults(city, after) == []
    assert after.cost == pytest.approx(cost(city, after), rel=1e-9)
    assert len(after.unserved) <= len(before.unserved)
    assert after.cost < before.cost or (after.routes, after.sorties, after.boxes) == (
        before.routes,
        before.sorties,
        before.boxes,
    )
    assert thrift.search.near() == [3, 1]
    assert (thrift.search.sackings, thrift.search.calls) == often


def test_a_van_without_which_a_plan_would_cost_more_goes_out() -> None:
    """None costs anything to send out, and each is large enough for all, whose windows are open all day."""
    city = random_city(5, 40, lockers=0, groups=0)
    count = len(city.parcels.place)
    opens, closes = np.zeros(count), np.full(count, DAY)
    parcels = replace(city.parcels, opens=opens, closes=closes, penalty=np.full(count, 1e4))
    vans = tuple(
        replace(
            van, vans=2, start=k, end=k, fixed=0.0, weight=99.0, volume=99.0, longest=inf, reach=inf, has=3
        )
        for k, van in enumerate(city.vans)
    )
    city = replace(city, parcels=parcels, vans=vans)
    for seed in range(4):
        warm, thrift = of(city, plan_jointly(city, seed=seed, budget=Iterations(20 * CHUNK)), seed)
        before = found(warm)
        assert not before.unserved
        thrift.try_all(budget := Iterations(40 * CHUNK), budget())
        after = found(warm)
        assert after.cost <= before.cost + 1e-9
        assert thrift.search.iterations


def test_a_van_of_which_something_is_fixed_is_not_tried() -> None:
    """Neither one with a stop that was made, nor one that has a parcel which is locked."""
    city = random_city(3, 14, lockers=2, groups=1)
    warm, thrift = of(city, plan_jointly(city, seed=1, budget=Iterations(CHUNK)), 1)
    before, state = found(warm), warm.state
    assert before.routes
    np.asarray(state.locked)[:] = 1
    assert thrift.try_all(Iterations(1), 0.25) == 0.25
    np.asarray(state.locked)[:] = 0
    np.asarray(state.routes.fixed)[:] = 1
    assert thrift.try_all(Iterations(1), 0.25) == 0.25
    assert found(warm) == before
    assert thrift.search.iterations == 0


def test_vans_that_were_shown_are_not_tried() -> None:
    """Their drivers know of them."""
    city = random_city(3, 14, lockers=2, groups=1)
    plan = plan_jointly(city, seed=1, budget=Iterations(CHUNK))
    warm, thrift = of(city, plan, 1)
    known = Thrift(warm, thrift.search, frozenset(named(plan)), thrift.hot, thrift.cold)
    assert known.try_all(Iterations(CHUNK), 0.0) == 0.0
    assert thrift.search.iterations == 0
