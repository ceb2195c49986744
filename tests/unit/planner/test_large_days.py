"""Days far too large for the time that there is: what a parcel costs then is little, and the same however large the
fleet is. Work is counted, not timed."""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import FrameType

import pytest

from fleet.domain.plan import Plan
from fleet.network.base import Matrix, Profile
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import (
    Deadline,
    MaxIterations,
    Snapshot,
    candidates,
    clusters,
    explain,
    plan,
    problem,
    routes,
    tiled,
    vanreach,
)
from fleet.planner.flights import Flights
from fleet.planner.jointly import JointPlan
from fleet.planner.planfile import in_pieces
from fleet.planner.planning import plan_in_parts
from fleet.planner.problem import Problem
from fleet.planner.routes import route
from fleet.planner.stop import FIRST_EACH_S, FIRST_S, within
from fleet.planner.tiled import Job, Workers
from fleet.planner.visits import door_visit
from fleet.protocol.values import Place
from tests.support.soak import chosen
from tests.unit.planner.test_budget import assert_complete
from tests.unit.planner.town import EIGHT, locker, order, place, random_town, snapshot

pytestmark = pytest.mark.slow

Places = Sequence[Place]


def town(parcels: int, *, lockers: int = 40, machines: int = 6) -> Snapshot:
    """A street of parcels, of which all modes could serve some."""
    orders = [order(f"O{i}", place(100 + i % 5000, i % 700)) for i in range(parcels)]
    shelves = tuple(locker(f"L{i}", place(150 * i, 90), port=i % 2 == 0) for i in range(lockers))
    return snapshot(orders, vans=machines, drones=machines, robots=machines, lockers=shelves)


def without_time(day: Snapshot) -> tuple[Plan, int]:
    """Its plan when time is up from the beginning, and how often the clock was asked."""
    asked = 0

    def clock() -> float:
        nonlocal asked
        asked += 1
        return 1.0

    return plan(day, seed=1, stop=Deadline(clock, 0.0), made_at=EIGHT), asked


def test_twenty_thousand_parcels_without_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is asked about, all are named with a reason and a change; the clock is asked some times for each."""
    asked = Counter[str]()
    exact = (
        (candidates, "assess_route"),
        (candidates, "assess_locker"),
        (explain, "assess_locker"),
        (explain, "assess_route"),
        (Flights, "assess"),
        (GeodesicNetwork, "cross"),
        (GeodesicNetwork, "legs"),
    )
    for owner, name in exact:
        monkeypatch.setattr(owner, name, lambda *_, name=name, **__: asked.update([name]))
    found, questions = without_time(town(20_000))
    assert not asked
    assert questions <= 16 * 20_000
    assert len(found.unassigned) == len(found.parcels) == 20_000
    assert all("out_of_time" in {r.code for r in left.reasons} for left in found.unassigned)
    said = "time was up before a change that would serve it was found"
    assert {left.nearest_change for left in found.unassigned} == {said}
    assert any("time was up" in one for one in found.assumptions)


def test_without_time_a_parcel_costs_the_same_whatever_the_fleet() -> None:
    """Counted are all calls of functions: another hundred parcels are as many more, be there few lockers, vans, drones
    and robots or many."""

    def calls(day: Snapshot) -> int:
        count = 0

        def called(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal count
            count += event == "call"

        before = sys.getprofile()
        sys.setprofile(called)
        try:
            without_time(day)
        finally:
            sys.setprofile(before)
        return count

    without_time(town(1))  # what is worked out once for a process
    fleets = ((2, 1), (80, 12))
    more = [
        calls(town(300, lockers=shelves, machines=machines))
        - calls(town(200, lockers=shelves, machines=machines))
        for shelves, machines in fleets
    ]
    assert 0 < more[0] <= 100 * 250
    assert abs(more[1] - more[0]) <= 0.1 * more[0]


@cache
def kept_whole(seed: int) -> Plan:
    """The plan of a town all whose legs are kept, as it is before anything is called large."""
    return plan(random_town(seed, 70), seed=1, stop=MaxIterations(40), made_at=EIGHT)


@pytest.mark.parametrize(
    ("tile", "dearer", "more_left"), [(4000, 1.03, 0), (30, 1.4, 7)], ids=["one search", "tiles"]
)
@pytest.mark.parametrize("seed", range(chosen(2, long=4)))
def test_beyond_the_places_whose_legs_are_kept_all_modes_are_searched_at_once(
    seed: int, tile: int, dearer: float, more_left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one search the plan is as good as where all legs are kept; in tiles of half as many stops as a van makes here
    it is dearer, and of no more places than a tile's is a table asked. Either says that there are no baselines."""
    day, whole = random_town(seed, 70), kept_whole(seed)
    for owner, name, most in (
        (problem, "MAX_ATLAS", 10),
        (tiled, "ONE_TABLE", tile),
        (tiled, "LOOKED_UP", tile),
        (routes, "MAX_CASE", 30),
        (clusters, "STOPS", 30),
        (vanreach, "SAMPLED", 5),
    ):
        monkeypatch.setattr(owner, name, most)
    asked, cross = list[int](), GeodesicNetwork.cross

    def counted(self: GeodesicNetwork, starts: Places, ends: Places, profile: Profile) -> Matrix:
        asked.append(len(starts) * len(ends))
        return cross(self, starts, ends, profile)

    monkeypatch.setattr(GeodesicNetwork, "cross", counted)
    found = plan(day, seed=1, stop=MaxIterations(40), made_at=EIGHT)
    assert_complete(found, day)
    assert tile > 70 or max(asked) < 70 * 70
    assert len(found.unassigned) <= len(whole.unassigned) + more_left
    assert found.summary.cost.total < dearer * whole.summary.cost.total
    assert (found.summary.greedy_cost, found.summary.van_only_cost) == (None, None)
    assert any("no baselines" in one for one in found.assumptions)


def test_a_fault_in_a_tile_is_told_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parcels are brought all the same, by the exact parts; which tile it was, and what happened, is said."""
    day, searched, calls = random_town(1, 70), tiled.searched, list[int]()
    for owner, name, most in ((problem, "MAX_ATLAS", 10), (tiled, "ONE_TABLE", 20), (tiled, "LOOKED_UP", 20)):
        monkeypatch.setattr(owner, name, most)

    def failing(job: Job) -> JointPlan:
        calls.append(len(job.city.parcels.place))
        if len(calls) == 1:
            raise ValueError("no reason")
        return searched(job)

    monkeypatch.setattr(tiled, "searched", failing)
    found = plan(day, seed=1, stop=MaxIterations(4), made_at=EIGHT)
    assert_complete(found, day)
    (said,) = [one for one in found.assumptions if "no reason" in one]
    assert said.startswith("in the search over all modes, before what it left was offered its other ways: ")
    assert said.endswith(f"a tile of {calls[0]} parcels stayed as it was: ValueError('no reason')")


def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of some dozen parcels is a large one."""
    for owner, name, most in (
        (problem, "MAX_ATLAS", 10),
        (tiled, "ONE_TABLE", 30),
        (tiled, "LOOKED_UP", 30),
        (tiled, "FIRST_LOOKED_UP", 20),
        (routes, "MAX_CASE", 30),
        (clusters, "STOPS", 30),
        (vanreach, "AT_A_TIME", 7),
    ):
        monkeypatch.setattr(owner, name, most)


def test_without_time_to_search_there_is_a_first_plan_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its search's time is up from the beginning, but it is not late: as with a budget of nothing for a large day."""
    small_tiles(monkeypatch)
    day = random_town(2, 90)
    stop = Deadline(lambda: 1.0, 1.0, 2.0)
    assert stop.used == 1.0
    found = plan(day, seed=1, stop=stop, made_at=EIGHT)
    assert_complete(found, day)
    assert len(found.unassigned) <= 10
    assert found.summary.greedy_cost is None, "the search over all modes made it"
    assert not any("time was up" in one for one in found.assumptions)


def test_a_very_large_day_has_time_for_a_first_plan() -> None:
    """Some time for each parcel, however small the budget; a small day has none for that."""
    small, large = within(lambda: 0.0, 0.5, 100), within(lambda: 0.0, 0.5, 100_000)
    assert (small.used, large.used) == (0.0, 0.0)
    now = [0.0]
    small, large = (within(lambda: now[0], 0.5, parcels) for parcels in (100, 100_000))
    now[0] = FIRST_S
    assert (small.late(), large.late()) == (True, False)
    assert small.used == large.used == 1.0
    now[0] = FIRST_EACH_S * 100_000
    assert large.late()


def test_workers_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """One and three, as nobody beside."""
    small_tiles(monkeypatch)
    day = random_town(5, 90)
    alone = plan(day, seed=1, stop=MaxIterations(30), made_at=EIGHT)
    for workers in (1, 3):
        with ThreadPoolExecutor(workers) as threads:
            search = Workers(threads, workers)
            beside = plan_in_parts(day, seed=1, stop=MaxIterations(30), made_at=EIGHT, workers=search).whole()
        assert beside == alone, workers


FEW = chosen(120, long=3000)
"""Parcels of a day whose memory is counted; of one twice as large, too."""


def test_memory_of_a_large_day_grows_by_little_for_each_parcel(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the snapshot to the written file, at the worst moment, and of a fleet that grows with the day."""
    small_tiles(monkeypatch)

    def peak(count: int) -> int:
        orders = [order(f"O{i}", place(100 + 37 * i % 5000, 61 * i % 4000)) for i in range(count)]
        shelves = tuple(locker(f"L{i}", place(150 * i, 90)) for i in range(count // 100))
        day = snapshot(orders, vans=count // 25, lockers=shelves)
        tracemalloc.start()
        try:
            parts = plan_in_parts(day, seed=1, stop=MaxIterations(0), made_at=EIGHT)
            assert sum(map(len, in_pieces(parts))) > 500 * count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(50)
    assert peak(2 * FEW) - peak(FEW) < FEW * 9000


def test_routes_of_many_stops_stay_as_they_were_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever areas the stops would be cut into: each van has its own again, and the rest goes with other vans."""
    day = snapshot(
        [order(f"O{i}", place(400 + 150 * (i % 40), 90 * i), locker_ok=False) for i in range(60)], vans=4
    )
    town = Problem(day)
    visits = [door_visit(town, o, town.bases) for o in range(60)]
    before = route(town, visits[:50], {}, seed=1, stop=None)
    monkeypatch.setattr(routes, "MAX_CASE", 10)
    again = route(town, visits, before.warm, seed=1, stop=None)
    driven = {tour.van.slot.asset_id: [tour.case.visits[v].key for v in tour.visits] for tour in before.tours}
    found = {tour.van.slot.asset_id: [tour.case.visits[v].key for v in tour.visits] for tour in again.tours}
    assert driven.items() <= found.items()
    assert sorted(
        [*(key for keys in found.values() for key in keys), *(v.key for v in again.left)]
    ) == sorted(visit.key for visit in visits)
    assert all(tour.feasible for tour in again.tours)
