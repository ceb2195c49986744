"""Cities that are planned in tiles: what is found holds by the judge, and is the same for any workers."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from fleet.planner import jointly, tiled
from fleet.planner.city import City, LockerWays
from fleet.planner.citycolumns import BREADTH
from fleet.planner.holding import cost_of
from fleet.planner.jointly import Box, JointPlan, Route, VanStop, plan_jointly
from fleet.planner.legs import BadCase, Floats, Indexes, Measured, Straight
from fleet.planner.neighbours import near
from fleet.planner.routing import Iterations, Rowed, Seconds, VanType
from fleet.planner.stop import Deadline
from fleet.planner.tilecity import fitted, once, whole
from fleet.planner.tiled import FIRST_BREADTH, Job, Workers, plan_city
from fleet.planner.tiling import Ground
from fleet.planner.warmstart import Warm, named
from tests.support.cities import harder, random_city


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes tiles of so many parcels."""

    def make(size: int) -> None:
        for name in ("AT_ONCE", "SIZE", "FIRST_SIZE", "ONE_TABLE", "LOOKED_UP"):
            monkeypatch.setattr(tiled, name, size)

    return make


STRAIGHT = [seed for seed in range(40) if seed % 4]
"""A table of legs is not parted."""


@pytest.mark.parametrize("seed", STRAIGHT)
def test_plans_in_tiles_hold_and_cost_what_is_said(seed: int, small: Callable[[int], None]) -> None:
    """With loads, windows, skills, ports, compartments, pilots and chargers that tiles must share."""
    small(9)
    city = random_city(seed, 40, lockers=seed % 5, groups=1 + seed % 4)
    found = plan_city(city, seed=seed, budget=Iterations(12000))
    assert found.troubles == ()
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)
    assert found.iterations == 12000


def measured(city: City, asked: list[int]) -> City:
    """The same city, in which legs are looked up; how many at a time is written down."""
    legs, rng = city.legs, np.random.default_rng(1)
    x, y = (legs.x, legs.y) if isinstance(legs, Straight) else rng.uniform(0, 900, (2, legs.places))

    def look_up(start: Indexes, end: Indexes) -> tuple[Floats, Floats]:
        asked.append(len(start) * len(end))
        return legs.metres(start, end), legs.durations(start, end)

    return replace(city, legs=Measured(x, y, look_up))


@pytest.mark.parametrize("seed", range(0, 40, 3))
def test_legs_that_are_looked_up_are_those_of_tiles(seed: int, small: Callable[[int], None]) -> None:
    """Never of the whole city; whatever the legs are, and be it that vans make several trips: plans hold by them."""
    small(9)
    city = random_city(seed, 40, lockers=seed % 5, groups=1 + seed % 4)
    city, asked = harder(city, seed) if seed % 2 else city, list[int]()
    found = plan_city(measured(city, asked), seed=seed, budget=Iterations(6000))
    assert found.troubles == ()
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)
    assert found.iterations == 6000
    assert 0 < max(asked) < city.legs.places**2


def test_a_van_makes_all_its_trips_in_one_tile(small: Callable[[int], None]) -> None:
    """Small vans that must come back for more: trips follow each other in the plan of the whole city."""
    city = made(120, 1)
    vans = tuple(replace(van, weight=van.weight / 4, volume=van.volume / 4, trips=4) for van in city.vans)
    city = replace(city, vans=vans)
    small(40)
    found = plan_city(city, seed=1, budget=Iterations(6000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)
    behind = [(number, route.follows) for number, route in enumerate(found.routes) if route.follows >= 0]
    assert len(behind) > 3
    assert all(found.routes[one].van_type == found.routes[other].van_type for one, other in behind)
    assert len(found.unserved) < len(plan_city(one_trip(city), seed=1, budget=Iterations(6000)).unserved) + 1


def one_trip(city: City) -> City:
    """The same city, in which each van makes one trip."""
    return replace(city, vans=tuple(replace(van, trips=1) for van in city.vans))


@pytest.mark.parametrize("seed", [1, 2])
def test_borders_cost_little(
    seed: int, small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same iterations tiles cost little more than one search, far less than their first plan, and less than
    where the same tiles are drawn each time. Vans cost little here: of a tile of 110 parcels, which takes three or
    four, one too many costs more than all borders."""
    city = made(400, seed)
    city = replace(city, vans=tuple(replace(van, fixed=0.1 * van.fixed) for van in city.vans))
    whole = plan_jointly(city, seed=1, budget=Iterations(24000))
    small(110)
    first, found = (plan_city(city, seed=1, budget=Iterations(count)) for count in (0, 24000))
    assert faults(city, first) == faults(city, found) == []
    assert first.unserved == found.unserved == ()
    assert found.cost < 0.85 * first.cost
    assert found.cost < 1.12 * whole.cost
    drawn = Ground.tiling
    monkeypatch.setattr(Ground, "tiling", lambda ground, plan, size, _: drawn(ground, plan, size, 1))
    assert found.cost < 0.995 * plan_city(city, seed=1, budget=Iterations(24000)).cost


def test_a_first_plan_looks_beside_fewer_stops_than_a_search(
    small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is to be there at once; what is made of it afterwards holds as many as one search does."""
    held = list[int]()

    def noted(case: Rowed, breadth: int) -> npt.NDArray[np.int32]:
        held.append(breadth)
        return near(case, breadth)

    monkeypatch.setattr("fleet.planner.routing.near", noted)
    small(100)
    city = made(300, 1)
    plan_city(city, seed=1, budget=Iterations(0))
    assert set(held) == {FIRST_BREADTH}
    plan_city(city, seed=1, budget=Iterations(400))
    assert set(held) == {FIRST_BREADTH, BREADTH}
    held.clear()
    plan_jointly(city, seed=1, budget=Iterations(0))
    assert set(held) == {BREADTH}
    assert FIRST_BREADTH < BREADTH


def pooled(pool: Executor, at_once: int, city: City) -> JointPlan:
    """Planned by some workers."""
    return plan_city(city, seed=3, budget=Iterations(6000), workers=Workers(pool, at_once))


def test_any_number_of_workers_finds_the_same(small: Callable[[int], None]) -> None:
    """None, one thread, two, and two processes; another seed finds something else."""
    city = made(300, 2)
    small(80)
    alone, other = (plan_city(city, seed=seed, budget=Iterations(6000)) for seed in (3, 4))
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        assert pooled(one, 1, city) == pooled(two, 2, city) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as two_processes:
        assert pooled(two_processes, 2, city) == alone
    assert alone != other


class Ticks:
    """A clock that moves on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        """The time."""
        self.asked += 1
        return float(self.asked)


def test_no_iterations_give_a_first_plan_of_all_parcels(small: Callable[[int], None]) -> None:
    """Iterations say nothing of time."""
    city = made(200, 1)
    small(60)
    found = plan_city(city, seed=1, budget=Iterations(0))
    assert (found.iterations, faults(city, found), found.troubles) == (0, [], ())
    assert len(found.unserved) < 20


def test_no_time_leaves_all_parcels_and_says_so(
    small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even tiles are drawn, which alone takes seconds for a million parcels."""
    city = made(200, 1)
    small(60)
    monkeypatch.setattr(tiled, "Ground", None)
    found = plan_city(city, seed=1, budget=Seconds(time.process_time, 0.0))
    assert faults(city, found) == []
    assert found.unserved == tuple(range(200))
    assert found.cost == pytest.approx(float(city.parcels.penalty.sum()))
    assert found.troubles == ("time was up before 200 parcels were reached: they are left",)


@pytest.mark.parametrize("threads", [0, 2])
def test_time_that_is_up_in_the_first_plan_leaves_the_tiles_that_are_not_reached(
    threads: int, small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No tile is searched that begins later; what is planned by then stays, and holds."""
    city, clock, searched = made(400, 1), Ticks(), list[int]()
    small(40)

    def counted(job: Job) -> JointPlan:
        searched.append(len(job.city.parcels.place))
        return tiled_search(job)

    tiled_search = tiled.searched
    monkeypatch.setattr(tiled, "searched", counted)
    with ThreadPoolExecutor(max(1, threads)) as pool:
        workers = Workers(pool, threads) if threads else None
        found = plan_city(city, seed=1, budget=Seconds(clock, 9.0), workers=workers)
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)
    unreached = 400 - sum(searched)
    assert 0 < unreached < 400
    assert found.troubles == (f"time was up before {unreached} parcels were reached: they are left",)
    assert len(found.unserved) >= unreached
    # The clock is asked before each tile, and each asks once more; none is asked about after its time.
    assert len(searched) <= 8
    assert clock.asked <= 9 + len(searched) + 3


def test_a_budget_of_time_is_kept(small: Callable[[int], None]) -> None:
    """When it is over, nothing more is begun."""
    city, clock = made(200, 1), Ticks()
    small(60)
    found = plan_city(city, seed=1, budget=Seconds(clock, 60.0))
    assert faults(city, found) == []
    assert 0 < found.iterations <= 60 * 200
    # Each tile asks once more, and finds that time is up.
    assert clock.asked < 61 + 40


@pytest.mark.parametrize(
    "when",
    [lambda job: job.begin > 0.0 and job.end > 0.0, lambda job: job.standing is not None],
    ids=["in the search", "when it is taken over, too"],
)
def test_a_fault_in_a_tile_ends_nothing(
    small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, when: Callable[[Job], bool]
) -> None:
    """Its parcels stay as they were, also where the fault comes again when that plan is asked for; what happened is
    said, and what it costs is right."""
    city, searched = made(200, 1), tiled.searched
    small(60)

    def failing(job: Job) -> JointPlan:
        if when(job) and job.seed % 2:
            raise MemoryError("no room")
        return searched(job)

    monkeypatch.setattr(tiled, "searched", failing)
    found = plan_city(city, seed=1, budget=Iterations(8000))
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found))
    assert found.unserved == ()
    assert found.troubles
    assert all("stayed as it was: MemoryError('no room')" in trouble for trouble in found.troubles)


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_costs_what_the_search_and_the_judge_say(seed: int) -> None:
    """Worked out from its rows: with windows, lockers and sorties, and be it that vans make several trips."""
    city = random_city(seed, 30, lockers=3, groups=3)
    city = harder(city, seed) if seed % 2 else city
    found = plan_jointly(city, seed=1, budget=Iterations(600))
    assert cost_of(city, found) == pytest.approx(found.cost, rel=1e-9)
    assert cost_of(city, found) == pytest.approx(cost(city, found), rel=1e-9)


class Dying(ThreadPoolExecutor):
    """Workers that are gone after some jobs."""

    left = 5

    def submit(self, /, *args: Any, **named: Any) -> Future[Any]:
        """As a pool of processes does of which one has died."""
        self.left -= 1
        if self.left < 0:
            raise BrokenExecutor("a worker has died")
        return super().submit(*args, **named)


def test_without_workers_the_plan_is_made_here(small: Callable[[int], None]) -> None:
    """The same one, when all have died."""
    small(60)
    city = made(200, 1)
    alone = plan_city(city, seed=1, budget=Iterations(3000))
    with Dying(2) as pool:
        assert plan_city(city, seed=1, budget=Iterations(3000), workers=Workers(pool, 2)) == alone
        assert pool.left < 0


def test_a_tile_that_fails_at_once_leaves_its_parcels(
    small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a budget nobody tries again; the others are brought."""
    city, searched, calls = made(200, 1), tiled.searched, list[int]()
    small(60)

    def failing(job: Job) -> JointPlan:
        calls.append(len(job.city.parcels.place))
        if len(calls) == 1:
            raise ValueError("no reason")
        return searched(job)

    monkeypatch.setattr(tiled, "searched", failing)
    found = plan_city(city, seed=1, budget=Iterations(0))
    assert faults(city, found) == []
    assert len(found.unserved) == calls[0]
    assert found.cost == pytest.approx(cost(city, found))


def test_parcels_that_fit_nowhere_are_left_alone(small: Callable[[int], None]) -> None:
    """Too heavy for all, and without a time; all others are brought."""
    city = made(200, 1)
    small(60)
    weight, closes = city.parcels.weight.copy(), city.parcels.closes.copy()
    heavy, late = sorted(set(range(200)) - set(city.sortie_ways.parcel.tolist()))[:2]
    weight[heavy], closes[late] = 1e6, -1.0
    city = replace(city, parcels=replace(city.parcels, weight=weight, closes=closes))
    found = plan_city(city, seed=1, budget=Iterations(2000))
    assert faults(city, found) == []
    assert found.unserved == (heavy, late)


def test_neither_parcels_nor_vans_nor_machines(small: Callable[[int], None]) -> None:
    """Nothing is nothing; and without anybody all are named."""
    small(60)
    city = made(150, 1)
    bare = replace(city, vans=(), groups=_none(city.groups), sortie_ways=_none(city.sortie_ways))
    found = plan_city(bare, seed=1, budget=Iterations(2000))
    assert found.unserved == tuple(range(150))
    assert found.cost == pytest.approx(150 * 50.0)
    assert plan_city(random_city(1, 0), seed=1, budget=Iterations(100)) == JointPlan((), (), (), (), 0.0, 0)


def _none(table: Any) -> Any:
    return type(table)(*(np.array(column)[:0] for column in vars(table).values()))


def towns(depots: int) -> City:
    """Towns far from each other, each with a depot and four parcels, which stand there."""
    rng, count = np.random.default_rng(5), 4 * depots
    middle = np.stack((np.arange(depots) * 5000.0, np.zeros(depots)), axis=1)
    doors = np.repeat(middle, 4, axis=0) + rng.normal(0.0, 300.0, (count, 2))
    xy, city = np.concatenate((middle, doors)), made(count, 1)
    parcels = replace(city.parcels, place=depots + np.arange(count), depot=np.repeat(np.arange(depots), 4))
    return replace(
        city,
        legs=Straight(xy[:, 0], xy[:, 1], seconds_per_metre=0.1),
        parcels=parcels,
        vans=tuple(VanType(depot, depot, 2, 1, 200.0, 900.0, 40.0, 1e-3) for depot in range(depots)),
        lockers=replace(city.lockers, place=0 * city.lockers.place),
        locker_ways=_none(city.locker_ways),
        groups=_none(city.groups),
        sortie_ways=_none(city.sortie_ways),
    )


def test_more_depots_than_there_are_skills() -> None:
    """In tiles there is no limit to them; one search says that it is too many."""
    city = towns(80)
    found = plan_city(city, seed=1, budget=Iterations(4000))
    assert faults(city, found) == []
    assert found.unserved == ()
    assert {city.vans[route.van_type].start for route in found.routes} == set(range(80))
    with pytest.raises(BadCase, match="parcels stand at 80 depots; with 0 skills at most 62"):
        plan_jointly(city, seed=1, budget=Iterations(0))


def test_memory_grows_as_the_city_does(small: Callable[[int], None]) -> None:
    """Four times as many parcels take no more than four times as much, and a part that does not grow."""
    small(150)
    peaks = []
    for count in (600, 2400):
        city = made(count, 1)
        tracemalloc.start()
        plan_city(city, seed=1, budget=Iterations(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 4.2 * peaks[0]


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_that_stands_is_taken_over_as_it_is(seed: int) -> None:
    """At the same cost, and the search goes on from it."""
    city = random_city(seed, 30, lockers=3, groups=3)
    plan = plan_jointly(city, seed=1, budget=Iterations(600))
    warm = Warm(city)
    warm.take_over(plan, named(plan))
    assert warm.state.routes.best_cost == pytest.approx(plan.cost, rel=1e-9)
    budget = Iterations(600)
    found = tiled.searched(Job(city, plan, 1, budget, 0.5, 1.0, starts=False))
    assert faults(city, found) == []
    assert found.cost <= plan.cost + 1e-6
    assert found.iterations == 600


def twice_filled() -> tuple[City, JointPlan]:
    """Five parcels and one locker, which two tiles' vans have filled in one slot: with three, and with two."""
    city = random_city(1, 5, lockers=1, groups=1)
    zero, one = np.zeros(5), np.ones(5, np.int64)
    parcels = replace(
        city.parcels, opens=zero, closes=zero + 900.0, kept=zero + 900.0, needs=one, size=0 * one
    )
    vans = tuple(
        replace(van, vans=1, weight=20.0, volume=20.0, closes=900.0, longest=900.0) for van in city.vans
    )
    lockers = replace(city.lockers, room=np.full((1, 2, 3), 5))
    ways = LockerWays(np.arange(5), 0 * one, zero + 1.0, zero, zero + 900.0)
    plan = JointPlan(
        (Route(0, (VanStop((0, 1), 0, 1),)), Route(1, (VanStop((2, 3, 4), 0, 1),))),
        (),
        tuple(Box(parcel, 0, 0, 1) for parcel in range(5)),
        (),
        0.0,
        0,
    )
    return replace(city, parcels=parcels, vans=vans, lockers=lockers, locker_ways=ways), plan


@pytest.mark.parametrize("iterations", [0, 600])
def test_a_locker_that_two_tiles_filled_in_one_slot_is_filled_once_where_they_meet(iterations: int) -> None:
    """The search knows one such stop: with two it walked from one van's trip into the other's. The parcels of the
    smaller stop are brought anew before anything else, even without any iterations."""
    city, plan = twice_filled()
    assert faults(city, plan) == []
    standing, put_off = once(city.parcels, plan)
    assert put_off == (0, 1)
    assert faults(city, standing) == []
    assert [stop for route in standing.routes for stop in route.stops] == [VanStop((2, 3, 4), 0, 1)]
    with pytest.raises(ValueError, match="route 1 has a stop that another one"):
        tiled.searched(Job(city, plan, 1, Iterations(iterations), 0.5, 1.0, starts=False))
    found = tiled.searched(Job(city, standing, 1, Iterations(iterations), 0.5, 1.0, False, put_off))
    assert faults(city, found) == []
    assert found.unserved == ()
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)


def test_lockers_filled_for_other_parcels_or_in_other_slots_stay_filled() -> None:
    """What differs in slot, needs or depot is a stop of its own."""
    city, plan = twice_filled()
    other = replace(plan, routes=(plan.routes[0], Route(1, (VanStop((2, 3, 4), 0, 0),))))
    assert once(city.parcels, other) == (other, ())
    for column in ("needs", "depot"):
        parcels = replace(city.parcels, **{column: np.array([1, 1, 3, 3, 3])})
        assert once(parcels, plan) == (plan, ())


def test_vans_that_may_bring_any_parcel_go_where_they_are_near(small: Callable[[int], None]) -> None:
    """Parcels that stand nowhere in particular: each town's own vans bring them."""
    small(60)
    city = towns(40)
    anywhere = np.full(160, -1)
    city = replace(city, parcels=replace(city.parcels, depot=anywhere))
    found = plan_city(city, seed=1, budget=Iterations(8000))
    assert faults(city, found) == []
    assert found.unserved == ()
    own = plan_city(towns(40), seed=1, budget=Iterations(8000))
    assert found.cost < 1.05 * own.cost


def short_of_time() -> City:
    """900 parcels, whose ten vans have time for all of them, but not for many detours."""
    city = made(900, 2)
    vans = (replace(van, vans=10 * (number == 0)) for number, van in enumerate(city.vans))
    return replace(city, vans=tuple(vans))


@pytest.mark.parametrize("size", [300, 1000])
def test_a_first_plan_leaves_nobody_whom_vans_have_time_for(
    size: int, small: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In tiles and in one search, without a single iteration of a budget; without what brings them some are left."""
    city = short_of_time()
    small(size)
    monkeypatch.setattr(jointly, "FEWER", -1.0)
    assert plan_city(city, seed=1, budget=Iterations(0)).unserved
    monkeypatch.undo()
    small(size)
    found = plan_city(city, seed=1, budget=Iterations(0))
    assert (found.unserved, faults(city, found), found.iterations) == ((), [], 0)


def test_each_tile_has_as_many_vans_as_it_has_parcels_for() -> None:
    """Vans of four depots among twelve tiles: all are given, and no tile has more than one above its share."""
    rng = np.random.default_rng(1)
    wanted = rng.uniform(0.0, 1.0, (12, 8)) ** 4 + 1e-9
    wanted *= (rng.integers(1, 9, 12) / wanted.sum(axis=1))[:, None]
    vans = rng.integers(0, 70, 8)
    given = whole(fitted(wanted, vans), vans)
    assert (given >= 0).all()
    assert given.sum(axis=0).tolist() == vans.tolist()
    share = vans.sum() * wanted.sum(axis=1) / wanted.sum()
    assert np.abs(given.sum(axis=1) - share).max() < 1.5


def test_vans_that_no_tile_wants_are_given_to_none() -> None:
    """A depot may have no parcels."""
    given = whole(fitted(np.zeros((3, 2)), np.array([4, 0])), np.array([4, 0]))
    assert not given.any()


@pytest.mark.parametrize(("gone", "left"), [(0.1, False), (0.95, True)])
def test_a_first_plan_that_is_behind_its_time_leaves_who_finds_no_van_at_once(
    gone: float, left: bool, small: Callable[[int], None]
) -> None:
    """So that all tiles are reached. The clock stands still at a share of the time."""
    city, now = short_of_time(), 0.0
    small(300)
    first = Deadline(lambda: now, 0.0, 100.0)
    now = 100.0 * gone
    found = plan_city(city, seed=1, budget=Iterations(0), first=first)
    assert (bool(found.unserved), faults(city, found), found.troubles) == (left, [], ())
