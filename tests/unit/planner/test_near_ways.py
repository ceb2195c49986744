"""Ways by streets as neighbours need them: true where they were asked for, with bounds that never say too much; what
tours take is put right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.plan import Plan
from fleet.network.base import FASTEST_MPS
from fleet.network.geodesic import straight_table_m
from fleet.planner import MaxIterations, Snapshot, nearways, plan, problem
from fleet.planner.construct import insert_all
from fleet.planner.leastrates import Batteries
from fleet.planner.nearways import NearWays, near_ways
from fleet.planner.problem import NO_WAY_S, Problem
from fleet.planner.recent import Recent
from fleet.planner.slack import Around
from fleet.planner.stop import never
from fleet.planner.tours import Case, Tour, detours, savings
from fleet.planner.visits import door_visit
from fleet.protocol.values import Place
from tests.support.drafted import in_force
from tests.unit.planner.test_atlas import ASKED, streets_town
from tests.unit.planner.test_recent import sent
from tests.unit.planner.test_van_range import with_battery
from tests.unit.planner.test_vicinity import assert_driven_by_streets
from tests.unit.planner.town import EIGHT, order, place

DEPOTS = np.arange(2)


@pytest.fixture
def sparse(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Few neighbours, of however few places; to call it undoes it."""
    ASKED.clear()
    monkeypatch.setattr(problem, "ALL_ASKED", 0)
    monkeypatch.setattr(nearways, "TOGETHER", 8)
    monkeypatch.setattr(nearways, "NEAR", 16)
    return lambda: monkeypatch.setattr(problem, "ALL_ASKED", 10_000)


class Straight:
    """Streets that lead anywhere: as the crow flies and up to three times as far, at any speed up to the highest; some
    places lie off them."""

    def __init__(self, seed: int, places: Sequence[Place], off: int) -> None:
        rng, count = np.random.default_rng(seed), len(places)
        straight = straight_table_m(places, places)
        self.metres = np.rint(straight * rng.choice([1.0, 1.2, 3.0], (count, count))).astype(np.int64)
        slower = rng.choice([1.0, 2.0, 9.0], (count, count))
        self.seconds = np.ceil(straight / FASTEST_MPS * slower).astype(np.int64)
        for table in (self.metres, self.seconds):
            table[count - off :], table[:, count - off :] = NO_WAY_S, NO_WAY_S
            np.fill_diagonal(table, 0)
        self.asked = 0

    def ask(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The streets' own ways; counted."""
        self.asked += len(rows) * len(columns)
        picked = np.ix_(rows, columns)
        return self.metres[picked], self.seconds[picked]


def check(ways: NearWays, town: Straight) -> None:
    """True where they say so, and bounds at the most as large."""
    everywhere = np.arange(len(town.metres))
    bounds = ways.least(everywhere, everywhere)
    for rough, least, true in zip(
        ways.rough(everywhere, everywhere),
        (bounds.metres, bounds.seconds),
        (town.metres, town.seconds),
        strict=True,
    ):
        assert (rough[ways.true] == true[ways.true]).all()
        assert (least[ways.true] == true[ways.true]).all()
        assert (least <= true).all()


@given(st.integers(0, 2**32), st.floats(-70.0, 70.0), st.floats(0.0005, 19.0), st.integers(2, 90))
def test_bounds_are_never_above_the_ways_and_what_is_asked_for_is_true(
    seed: int, lat: float, wide: float, count: int
) -> None:
    """Of towns and continents, at the equator and far from it, whatever is asked for in between."""
    rng = random.Random(seed)
    places = [
        Place(lon=round(rng.uniform(-wide, wide), 6), lat=round(lat + rng.uniform(-wide, wide), 6))
        for _ in range(count)
    ]
    town = Straight(seed % 1000, places, rng.randint(0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearways, "TOGETHER", 8)
        patch.setattr(nearways, "NEAR", 16)
        ways = near_ways(places, DEPOTS, town.ask, NO_WAY_S)
    assert ways.true[DEPOTS].all()
    assert ways.true[:, DEPOTS].all()
    assert ways.true.diagonal().all()
    check(ways, town)
    for _ in range(3):
        rows, columns = (np.array(rng.sample(range(count), min(count, 4))) for _ in range(2))
        before, missing = town.asked, int((~ways.true[np.ix_(rows, columns)]).sum())
        for found, true in zip(ways.exact(rows, columns), (town.metres, town.seconds), strict=True):
            assert (found == true[np.ix_(rows, columns)]).all()
        assert missing <= town.asked - before <= (16 if missing else 0)
        starts, ends = np.array([rng.randrange(count) for _ in range(6)]), np.arange(6) % count
        for found, true in zip(ways.settle(starts, ends), (town.metres, town.seconds), strict=True):
            assert (found == true[starts, ends]).all()
        check(ways, town)


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_ways_are_asked_for_and_few_others(seed: int) -> None:
    """Of a city's 1,500 places less than a quarter of all ways; those to the twenty nearest are nearly all among them.
    Estimates are seldom too short."""
    rng = random.Random(seed)
    places = [place(rng.gauss(0, 4000), rng.gauss(0, 3000)) for _ in range(1500)]
    town = Straight(seed, places, 3)
    ways = near_ways(places, DEPOTS, town.ask, NO_WAY_S)
    assert town.asked < 0.25 * len(places) ** 2
    nearest = np.argsort(straight_table_m(places, places), axis=1)[:, :21]
    assert ways.true[np.arange(1500)[:, None], nearest].mean() > 0.98
    far = ~ways.true
    assert (ways.seconds[far] < town.seconds[far]).mean() < 0.35, "a third of its ways are nine times as slow"
    assert (ways.metres[-3:][far[-3:]] == NO_WAY_S).all()


def test_places_across_the_antimeridian_are_neighbours() -> None:
    """On an island through which it runs no bound is larger than without it, and as many ways to near places are
    asked for."""
    rng = random.Random(4)
    spots = [(rng.gauss(0, 0.04), rng.gauss(0, 0.03)) for _ in range(600)]
    known = []
    for middle in (180.0, 100.0):
        lons = [(middle + east + 180.0) % 360.0 - 180.0 for east, _ in spots]
        places = [Place(lon=lon, lat=north - 16.8) for lon, (_, north) in zip(lons, spots, strict=True)]
        town = Straight(1, places, 1)
        ways = near_ways(places, DEPOTS, town.ask, NO_WAY_S)
        check(ways, town)
        known.append(ways.true)
    assert (known[0] == known[1]).mean() > 0.99


def random_tour(case: Case, rng: random.Random, count: int) -> Tour:
    """Of any van, to so many visits."""
    return Tour(case, rng.choice(case.problem.vans), tuple(rng.sample(range(len(case.visits)), count)))


def case_of(day: Snapshot) -> Case:
    """Each parcel's door."""
    made = Problem(day)
    bases = frozenset(van.base for van in made.vans)
    return Case(made, tuple(door_visit(made, order, bases) for order in range(len(made.orders))))


@pytest.mark.parametrize("seed", range(4))
def test_tours_are_driven_on_true_ways_and_detours_have_bounds(seed: int, sparse: Callable[[], None]) -> None:
    """Each as in a problem that has asked for everything: how long and far, what a stop saves, what one more adds."""
    rng, day = random.Random(seed), streets_town(seed, 60)
    ours = case_of(day)
    assert ours.legs.part is not None
    assert ours.legs.part.estimated.any()
    sparse()
    true = case_of(day)
    assert true.legs.part is None
    goals = [visit.place for visit in true.visits]
    for size in (0, 1, 3, 9, 20, 20, 20):
        whole = random_tour(true, rng, size)
        tour = Tour(ours, whole.van, whole.visits)
        least = detours(tour, goals, ours.problem.at_least)
        exact = detours(whole, goals, true.problem.cross)
        assert (least.metres <= exact.metres).all()
        assert (least.seconds <= exact.seconds).all()
        assert (tour.metres, tour.cost, tour.feasible) == (whole.metres, whole.cost, whole.feasible)
        assert (tour.driven_s == whole.driven_s).all()
        assert savings(tour) == savings(whole)


@pytest.mark.parametrize("seed", range(2))
def test_no_way_draws_less_than_the_bound_says(seed: int, sparse: Callable[[], None]) -> None:
    """Who drives a straight line at the highest speed draws more than who is slower on a longer way: of ways that
    nobody asked for the bound counts no such speed."""
    day = streets_town(seed, 60)
    day = replace(day, context=replace(day.context, fleet=with_battery()))
    ours = Problem(day)
    doors = [order.place for order in ours.orders]
    bounds, batteries = ours.at_least(doors, doors), Batteries.of(ours.vans)
    assert batteries.limits
    sparse()
    true = Problem(day).cross(doors, doors)
    assert (bounds.seconds < true.seconds).mean() > 0.3
    assert (batteries.drawn(bounds) <= batteries.drawn(true) + 1e-9).all()
    assert (batteries.drawn(bounds)[bounds.seconds < true.seconds] > 0).all()


def test_batteries_are_asked_about_true_ways(sparse: Callable[[], None]) -> None:
    """A stop whose ways were estimated when it was asked about, and are put right by a tour that has it: what is left
    of a battery with it, offered to the tour without it, is that of the tour with it."""
    day = streets_town(1, 60)
    case = case_of(replace(day, context=replace(day.context, fleet=with_battery())))
    van, visit = case.problem.vans[0], 0
    limit, part = van.range, case.legs.part
    assert limit is not None
    assert part is not None
    here = case.first + visit
    far = np.flatnonzero(part.estimated[case.first :, here] & part.estimated[here, case.first :])[:2].tolist()
    tour = Tour(case, van, (far[0], visit, far[1]))
    before = case.around(visit, limit)
    energy = tour.energy
    after, true = case.around(visit, limit), Around.of(limit, case.legs, here)
    assert energy is not None
    assert (before.to_wh != true.to_wh).any(), "or nothing was shown"
    assert (after.to_wh == true.to_wh).all()
    assert (after.from_wh == true.from_wh).all()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_inserted_holds_by_true_ways(seed: int, sparse: Callable[[], None]) -> None:
    """Tours made with estimates are as feasible and cost as much with all ways known; few more are asked for."""
    day = streets_town(seed, 60)
    ours = case_of(day)
    tours, left = insert_all(ours, (), range(60), ours.problem.vans, never)
    asked = sum(ASKED)
    sparse()
    true = case_of(day)
    for tour in tours:
        whole = Tour(true, tour.van, tour.visits)
        assert whole.feasible
        assert whole.cost == tour.cost
    assert sum(len(tour.visits) for tour in tours) + len(left) == 60
    assert asked < 0.7 * len(true.problem._places()) ** 2


def made(day: Snapshot, seed: int = 3) -> Plan:
    return plan(day, seed=seed, stop=MaxIterations(8), made_at=EIGHT)


@pytest.mark.parametrize("seed", [1, 3])
def test_a_plan_holds_by_true_ways_and_costs_little_more(seed: int, sparse: Callable[[], None]) -> None:
    """Van tours are driven as the streets are, a bound is below them, and the same plan is found twice."""
    day = streets_town(seed, 90)
    found = made(day)
    assert_driven_by_streets(found, day)
    assert sum(len(route.stops) for route in found.routes) > 20
    assert made(day) == found
    sparse()
    whole = made(day)
    ours, theirs = found.summary, whole.summary
    assert len(found.unassigned) <= len(whole.unassigned) + 1
    assert ours.cost.total < 1.1 * theirs.cost.total, "each place knows 16 of a hundred"
    assert ours.bound is not None
    assert theirs.bound is not None
    assert ours.bound <= theirs.bound + 0.01
    assert ours.bound > 0.25 * theirs.bound, (
        "of 130 places 16 have true ways, so that most of it rests on bounds"
    )


def test_a_plan_asks_for_less_than_a_third_of_the_ways(sparse: Callable[[], None]) -> None:
    """All of it, with baselines and a bound, tours, prices and last moves among it: of as many places for each
    neighbour as a city of 3,000 has. Without this it asks for all of them."""
    day, counts = streets_town(2, 150), list[float]()
    for _ in range(2):
        places = len(Problem(day)._places())
        ASKED.clear()
        found = plan(day, seed=1, stop=MaxIterations(2), made_at=EIGHT)
        assert found.summary.van_only_cost is not None
        counts.append(sum(ASKED) / places**2)
        sparse()
    assert counts[0] < 1 / 3
    assert counts[1] > 0.9


def test_a_replan_asks_for_little_and_is_the_same(sparse: Callable[[], None]) -> None:
    """What an earlier plan asked for is not asked again, and changes nothing of the next plan."""
    day, recent = streets_town(2, 100), Recent()
    first = made(recent.known(sent(day)))
    new = tuple(order(f"new{i}", place(1500 - 900 * i, 700)) for i in range(2))
    later = in_force(replace(day, orders=(*day.orders, *new), at=day.at + timedelta(minutes=1)), first)
    ASKED.clear()
    fresh = made(sent(later))
    alone = sum(ASKED)
    ASKED.clear()
    assert made(recent.known(sent(later))) == fresh
    assert sum(ASKED) < 0.6 * alone
    again = sum(ASKED)
    ASKED.clear()
    assert made(recent.known(sent(later))) == fresh
    assert sum(ASKED) < again
