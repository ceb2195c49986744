"""Plans that live: random cities, random events one after the other, and a judge that shares no code."""

from __future__ import annotations

import os
from dataclasses import replace
from math import inf
from random import Random

import numpy as np
import pytest

from benchmarks.harness.cityjudge import cost, faults
from fleet.planner.disruptions import BadEvent, Locks, NewParcels, VanLate, WindowMoved
from fleet.planner.jointly import JointPlan, Route, plan_jointly
from fleet.planner.live import Living, Repaired
from fleet.planner.routing import Iterations
from tests.support.cities import DAY, cheapest, random_city
from tests.support.livecities import may_go, new_parcels, random_event, with_depots, with_releases

SEEDS = range(int(os.environ.get("SEEDS", "200")) // 5)


def judged(living: Living, said: Repaired) -> None:
    """What is planned holds, keeps what it was to keep, and costs what is said."""
    assert faults(living.city, said.plan, living.kept) == []
    assert said.plan.cost == pytest.approx(cost(living.city, said.plan, living.kept), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_holds_is_never_lost_and_what_is_fixed_stays(seed: int) -> None:
    """Six events, each repaired and then polished; some are shown to the drivers in between."""
    rng = Random(seed)
    city = random_city(seed, rng.randrange(4, 16), lockers=seed % 4, groups=seed % 3)
    city = with_depots(rng, city) if seed % 3 == 1 else city
    city = with_releases(rng, city) if seed % 4 == 2 else city
    plan = plan_jointly(city, seed=seed, budget=Iterations(400))
    living = Living(city, plan, seed=seed, price=rng.choice([0.0, 5.0]), spare=rng.choice([0, 2, 40]))
    assert living.plan.cost == pytest.approx(cost(city, plan), rel=1e-9)
    for _ in range(6):
        living.show()
        event = random_event(rng, living.city, living.plan, living.kept)
        before, free = living.plan, may_go(living.city, living.plan, event)
        known = len(living.city.parcels.place)
        try:
            said = living.repair(event)
        except BadEvent:
            # How late a van may be to be home in time is known to the plan alone.
            assert isinstance(event, VanLate)
            assert living.plan == before
            continue
        judged(living, said)
        moved = {move.parcel for move in said.moves}
        assert moved - set(range(known, len(living.city.parcels.place))) <= free
        assert all(move.event is event for move in said.moves)
        untouched_are_equal(before, said)
        judged(living, living.polish(Iterations(200)))


def untouched_are_equal(before: JointPlan, said: Repaired) -> None:
    """Routes that are not said to have changed are the same, and those that are said to have are not."""
    changed = {change.shown for change in said.routes}
    new = {change.now for change in said.routes}
    old = [route for number, route in enumerate(before.routes) if number not in changed]
    assert old == [route for number, route in enumerate(said.plan.routes) if number not in new]
    assert said.same == len(old)
    for change in said.routes:
        was = before.routes[change.shown] if change.shown >= 0 else None
        now = said.plan.routes[change.now] if change.now >= 0 else None
        assert was != now
        assert set(change.came) == parcels_of(now) - parcels_of(was)
        assert set(change.went) == parcels_of(was) - parcels_of(now)


def parcels_of(route: Route | None) -> set[int]:
    """All that a van brings."""
    return {parcel for stop in route.stops for parcel in stop.parcels} if route else set()


@pytest.mark.parametrize("seed", range(12))
def test_polished_tiny_cities_are_planned_as_well_as_by_brute_force(seed: int) -> None:
    """Two parcels, of which one's window moves, and one more that comes: as cheap as anything that is there."""
    rng = Random(seed)
    city = random_city(seed, 2)
    living = Living(city, plan_jointly(city, seed=1, budget=Iterations(1000)), seed=1)
    living.repair(new_parcels(rng, city, 1), WindowMoved(0, 100.0, 500.0))
    said = living.polish(Iterations(3000))
    judged(living, said)
    assert said.plan.cost == pytest.approx(cheapest(living.city), rel=1e-9)


def test_room_is_made_for_more_parcels_than_were_expected() -> None:
    """The search is set up anew, and says so; locks, and what was shown, stay."""
    rng, city = Random(3), random_city(3, 12, lockers=2)
    plan = plan_jointly(city, seed=1, budget=Iterations(1000))
    living = Living(city, plan, seed=1, spare=3)
    living.repair(Locks(stops={0: 2}))
    event = new_parcels(rng, city, 4)
    said = living.repair(event)
    assert said.rebuilt
    judged(living, said)
    assert living.kept.routes[0].stops == plan.routes[0].stops[:2]
    assert {move.parcel for move in said.moves} == {12, 13, 14, 15}
    assert isinstance(event, NewParcels)
    assert np.all(living.city.parcels.place[12:] == event.parcels.place)


@pytest.mark.parametrize("known", [True, False])
def test_parcels_that_come_are_brought_from_where_they_stand(known: bool) -> None:
    """From a depot that others stand at, or the first of all that says so, for which the search is set up anew."""
    rng, city = Random(5), random_city(3, 10, lockers=0, groups=0)
    vans = tuple(replace(van, vans=2, weight=90.0, volume=90.0, longest=inf, has=3) for van in city.vans)
    city = replace(city, vans=vans)
    if known:
        city = replace(city, parcels=replace(city.parcels, depot=np.arange(10) % 2))
    living = Living(city, plan_jointly(city, seed=1, budget=Iterations(600)), seed=1)
    event = new_parcels(rng, city, 4)
    event = replace(event, parcels=replace(event.parcels, depot=np.array([0, 1, 1, 0])))
    said = living.repair(event)
    assert said.rebuilt != known
    judged(living, said)
    brought = {p: city.vans[route.van_type].start for route in said.plan.routes for p in parcels_of(route)}
    assert [brought[parcel] for parcel in range(10, 14)] == [0, 1, 1, 0]


def test_what_a_battery_does_not_reach_any_more_is_let_go() -> None:
    """A window that moves makes a van wait, heated; the trip then leads no farther than its battery does."""
    let_go = 0
    for seed in range(3, 40, 4):
        rng, city = Random(seed), random_city(seed, 10, lockers=0, groups=0)
        vans = tuple(replace(van, longest=inf, reach=400.0, drain=0.5) for van in city.vans)
        city = replace(city, vans=vans)
        plan = plan_jointly(city, seed=1, budget=Iterations(600))
        living = Living(city, plan, seed=1)
        brought = sorted({p for route in plan.routes for p in parcels_of(route)})
        event = WindowMoved(rng.choice(brought), 0.9 * DAY, DAY)
        moved = replace(city, parcels=replace(city.parcels, opens=np.array(city.parcels.opens, float)))
        moved.parcels.opens[event.parcel] = event.opens
        let_go += any("farther" in fault for fault in faults(moved, plan))
        judged(living, living.repair(event))
        judged(living, living.polish(Iterations(200)))
    assert let_go
