"""Routes of vans: against brute force on tiny cases, the same twice, within their budget, honest about bad cases."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, permutations
from math import inf
from pathlib import Path
from random import Random
from shutil import which
from types import ModuleType

import numpy as np
import pytest

import fleet.planner.kernels
from fleet.planner import legs as legs_module
from fleet.planner import neighbours, routing
from fleet.planner.kernels import columns
from fleet.planner.legs import BadCase, Legs, Rounding, Straight, Table
from fleet.planner.routing import (
    CHUNK,
    Case,
    Iterations,
    Routing,
    Seconds,
    Stop,
    VanType,
    route,
)
from tests.support.routes import Pause, Rounds, cost, faults, price

FOLDER = Path(fleet.planner.kernels.__file__).parent
NAMES = "chance columns nearest breaks fairness routes trips undo resting places tails anneal".split()
"""The compiled modules, each behind those that it imports."""


def points(rng: Random, count: int, rounding: Rounding = Rounding.NONE) -> Straight:
    """Random places in a square of 100."""
    xy = np.array([(rng.uniform(0, 100), rng.uniform(0, 100)) for _ in range(count)])
    return Straight(xy[:, 0], xy[:, 1], rounding)


def table(rng: Random, count: int) -> Table:
    """Random one-way streets: no triangle inequality, and there is not back."""
    drawn = np.array([[rng.uniform(5, 100) for _ in range(count)] for _ in range(count)])
    np.fill_diagonal(drawn, 0.0)
    return Table(drawn, drawn * 2.0)


def crooked(seed: int) -> Case:
    """Two dozen stops on random one-way streets, with tight windows: left out, a stop may make its trip late."""
    rng = Random(seed)
    made = []
    for place in range(1, 25):
        opens = rng.uniform(0, 400)
        made.append(Stop(place, opens, opens + rng.uniform(40, 200), service=2.0, weight=1.0, penalty=400.0))
    trips, longest = rng.choice([1, 3]), rng.choice([inf, 300.0])
    vans = (
        VanType(
            0,
            0,
            4,
            trips,
            8.0,
            fixed=30.0,
            per_second=0.1,
            per_metre=1.0,
            closes=700.0,
            longest=longest,
            reach=400.0 if seed % 5 == 2 else inf,
            drain=0.2,
        ),
    )
    return Case(table(rng, 25), tuple(made), vans)


def small(seed: int, stops: int = 6) -> Case:
    """A case of every sort of constraint, small enough for brute force; about half of them are tight."""
    rng = Random(seed)
    legs: Legs = table(rng, stops + 2) if seed % 3 == 0 else points(rng, stops + 2, Rounding(seed % 3))
    wide = rng.choice([80.0, 300.0, 2000.0]) * (10.0 if seed % 3 == 1 else 1.0)
    made = []
    for place in range(2, stops + 2):
        opens = rng.uniform(0, wide)
        window = (opens, opens + wide) if rng.random() < 0.6 else (0.0, 10 * wide)
        load = {"weight": rng.randrange(1, 5), "volume": rng.randrange(1, 4)}
        release = rng.uniform(0, wide / 2) if seed % 4 == 1 else 0.0
        price = rng.choice([1e6, 60.0])
        needs = rng.choice([0, 0, 1])
        made.append(Stop(place, *window, service=3.0, **load, release=release, penalty=price, needs=needs))
    trips, longest = (2 if seed % 4 < 2 else 1), rng.choice([inf, 3 * wide])
    reach = 2.5 * wide if seed % 5 == 2 else inf
    vans = (
        VanType(
            0,
            0,
            2,
            trips,
            9.0,
            8.0,
            fixed=20.0,
            per_second=0.1,
            closes=8 * wide,
            longest=longest,
            reach=reach,
            drain=0.1,
        ),
        VanType(1, 0, 1, 1, 14.0, 12.0, fixed=35.0, per_metre=1.3, opens=5.0, closes=6 * wide, has=1),
        VanType(0, 0, 1, 1, 16.0, 15.0, fixed=28.0, per_metre=1.1, closes=8 * wide, longest=longest),
    )
    return Case(legs, tuple(made), vans)


def cheapest(case: Case) -> float:
    """The least cost, by trying every division of the stops into trips in every order, one trip a van."""
    everyone = frozenset(range(len(case.stops)))
    parts = [frozenset(part) for size in range(1, len(everyone) + 1) for part in combinations(everyone, size)]
    trips = {
        (kind, part): min(
            (
                price(case, kind, (order,), pause)
                for order in permutations(part)
                for pause in pauses(case, kind, order)
                if not faults(case, ((kind, (order,), pause),))
            ),
            default=inf,
        )
        for kind in range(len(case.vans))
        for part in parts
    }
    best = {frozenset[int](): 0.0}
    for kind, van in enumerate(case.vans):
        for _ in range(van.vans):
            more = dict(best)
            for served, so_far in best.items():
                for part in parts:
                    found = so_far + trips[kind, part]
                    if not part & served and found < more.get(served | part, inf):
                        more[served | part] = found
            best = more
    left_out = {served: sum(case.stops[stop].penalty for stop in everyone - served) for served in best}
    return min(found + left_out[served] for served, found in best.items())


def pauses(case: Case, kind: int, order: Sequence[int]) -> list[Pause]:
    """Everywhere that a driver may take his break on one trip."""
    under_way = [(0, at) for at in range(len(order) + 1)] if case.vans[kind].break_s > 0.0 else []
    return [None, *under_way]


def plan(found: Routing) -> tuple[Rounds, ...]:
    """The routes as plain tuples."""
    return tuple((each.van_type, each.trips, each.pause) for each in found.rounds)


@pytest.mark.parametrize("seed", [2, 3, 6, 7, 10, 11, 14, 15])
def test_tiny_cases_are_solved_as_well_as_by_brute_force(seed: int) -> None:
    """Windows, loads, skills, shifts, prices of time, longest trips, two depots, tables, stops worth leaving out."""
    case = small(seed, 5)
    found = route(case, seed=1, budget=Iterations(4000))
    assert faults(case, plan(found)) == []
    assert found.cost == pytest.approx(cheapest(case), rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_found_holds_and_costs_what_is_said(seed: int) -> None:
    """By a checker that walks each route; several trips and releases among them. Every stop is served or named."""
    case = small(seed, 12)
    found = route(case, seed=seed, budget=Iterations(600))
    assert faults(case, plan(found)) == []
    assert found.cost == pytest.approx(cost(case, plan(found)), rel=1e-9)
    served = [stop for each in found.rounds for trip in each.trips for stop in trip]
    assert sorted([*served, *found.unserved]) == list(range(12))


@pytest.mark.parametrize("seed", [66, 95, 100, 118, 131, 206, 213, 228, 236, 239])
def test_a_trip_is_not_made_late_by_what_leaves_it(seed: int) -> None:
    """Where legs are looked up, the way past a stop may be longer than the way by it; so it was in these of 240."""
    case = crooked(seed)
    found = route(case, seed=seed, budget=Iterations(2000))
    assert faults(case, plan(found)) == []
    assert found.cost == pytest.approx(cost(case, plan(found)))


def test_the_same_seed_and_iterations_give_the_same_routes() -> None:
    """And another seed others."""
    case = small(4, 30)
    first, again, other = (route(case, seed=s, budget=Iterations(1000)) for s in (1, 1, 2))
    assert first == again
    assert plan(first) != plan(other)


def test_more_iterations_are_no_waste() -> None:
    """The first plan is complete, and a search improves on it."""
    rng = Random(5)
    stops = tuple(Stop(place, weight=1.0) for place in range(1, 61))
    case = Case(points(rng, 61), stops, (VanType(0, 0, 10, weight=10.0),))
    first, later = (route(case, seed=1, budget=Iterations(count)) for count in (0, 4000))
    assert first.unserved == ()
    assert first.iterations == 0
    assert later.cost < 0.95 * first.cost


def long_trips(seed: int) -> Case:
    """Two hundred stops with windows, which one van could bring twenty of; only the way has a price."""
    rng = Random(seed)
    opens = [rng.uniform(150, 900) for _ in range(200)]
    stops = [
        Stop(place, at, at + rng.uniform(60, 150), service=2.0) for place, at in enumerate(opens, start=1)
    ]
    return Case(points(rng, 201), tuple(stops), (VanType(0, 0, 200, closes=1300.0),))


def test_long_trips_become_cheaper_where_more_of_them_are_rewarded_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reward is in no price that is told, and is gone in the end."""
    cases, told = [long_trips(seed) for seed in range(3)], dict[float, float]()
    for eager in (0.0, routing.EAGER):
        monkeypatch.setattr(routing, "EAGER", eager)
        each = [route(case, seed=1, budget=Iterations(20_000)) for case in cases]
        for case, found in zip(cases, each, strict=True):
            assert faults(case, plan(found)) == []
            assert found.cost == pytest.approx(cost(case, plan(found)))
        told[eager] = sum(found.cost for found in each)
    assert told[routing.EAGER] < 0.995 * told[0.0]


def test_a_budget_of_time_is_kept() -> None:
    """The clock is asked once a chunk; when it says that time is up nothing more is begun."""
    ticks = iter(range(1000))
    found = route(small(3), seed=1, budget=Seconds(lambda: float(next(ticks)), 7.0))
    assert found.iterations == 6 * CHUNK
    assert next(ticks) == 8


def test_no_time_at_all_still_gives_a_complete_plan() -> None:
    """Rather than none."""
    case = small(2)
    found = route(case, seed=1, budget=Seconds(lambda: 0.0, 0.0))
    assert found.iterations == 0
    assert faults(case, plan(found)) == []


@pytest.mark.parametrize("rounding", list(Rounding))
def test_the_kernel_measures_as_the_legs_do(rounding: Rounding) -> None:
    """The numbers of the roundings are the kernel's, and so is that of a table."""
    lines = points(Random(rounding), 12, rounding)
    everywhere = np.arange(12)
    looked_up = Table(lines.metres(everywhere, everywhere), lines.durations(everywhere, everywhere))
    costs = []
    for legs in (lines, looked_up):
        case = Case(legs, tuple(Stop(place) for place in range(1, 12)), (VanType(0, 0, 1),))
        found = route(case, seed=1, budget=Iterations(1000))
        assert found.cost == pytest.approx(cost(case, plan(found)))
        costs.append(found.cost)
    assert costs[0] == pytest.approx(costs[1])
    assert legs_module.TABLE not in list(Rounding)


def test_neighbours_come_in_order_of_way_and_waiting() -> None:
    """Against a sort of all pairs, one by one."""
    case = small(8, 40)
    places = np.array([stop.place for stop in case.stops])
    table_s = case.legs.durations(places, places)

    def apart(a: int, b: int) -> float:
        one, two = case.stops[a], case.stops[b]
        leg = table_s[a, b]
        wait = max(0.0, two.opens - (one.closes + one.service + leg))
        late = max(0.0, one.opens + one.service + leg - two.closes)
        return float(leg + neighbours.WAITING * wait + late)

    for stop, row in enumerate(neighbours.near(case, 10)):
        far = sorted(min(apart(stop, b), apart(b, stop)) for b in range(40) if b != stop)[:10]
        assert [min(apart(stop, b), apart(b, stop)) for b in row] == pytest.approx(far)
        assert stop not in row


def test_neighbours_of_many_stops_are_sought_in_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scattered, in clusters and all in one place: of the nearest by way hardly one is overlooked, none comes twice."""
    rng = Random(9)
    spread = [(rng.uniform(0, 900), rng.uniform(0, 900)) for _ in range(500)]
    crowd = [(rng.gauss(9, 1), rng.gauss(500 * rng.randrange(2), 1)) for _ in range(400)]
    xy = np.array([*spread, *crowd, *[(5.0, 5.0)] * 100])
    legs = Straight(xy[:, 0], xy[:, 1])
    case = Case(legs, tuple(Stop(place) for place in range(1000)), (VanType(0, 0, 1),))
    table_m = legs.metres(np.arange(1000), np.arange(1000))
    np.fill_diagonal(table_m, inf)
    monkeypatch.setattr(neighbours, "ALL", 0)
    breadth = neighbours.BREADTH
    found = neighbours.near(case, breadth)
    assert all(len({*row, stop}) == breadth + 1 for stop, row in enumerate(found))
    ways = np.take_along_axis(table_m, found.astype(np.int64), axis=1)
    assert np.all(np.diff(ways, axis=1) >= 0.0)
    farthest = np.sort(table_m, axis=1)[:, breadth - 1]
    assert np.mean(ways > farthest[:, None] + 1e-9) < 0.002


def test_many_stops_have_a_complete_first_plan() -> None:
    """More than are compared all with all."""
    count = neighbours.ALL + 500
    stops = tuple(Stop(place, closes=3000.0, weight=1.0) for place in range(1, count + 1))
    case = Case(points(Random(4), count + 1), stops, (VanType(0, 0, count, weight=30.0),))
    found = route(case, seed=1, budget=Iterations(0))
    assert found.unserved == ()
    assert faults(case, plan(found)) == []


def test_neither_vans_nor_stops() -> None:
    """Nobody is served, and is named; nothing is nothing."""
    stops = (Stop(1), Stop(2))
    for vans in ((), (VanType(0, 0, 0),)):
        found = route(Case(points(Random(1), 3), stops, vans), seed=1, budget=Iterations(400))
        assert (found.rounds, found.unserved) == ((), (0, 1))
    assert route(Case(points(Random(1), 1), (), ()), seed=1, budget=Iterations(400)) == Routing(
        (), (), 0.0, 0
    )


def test_a_large_van_is_found_where_each_stop_would_go_with_a_small_one() -> None:
    """Two stops of twelve fill a small van; all of them together are cheapest in a large one."""
    legs = Straight(np.array([0.0, 100.0]), np.zeros(2))
    stops = tuple(Stop(1, weight=1.0) for _ in range(12))
    small_van, large_van = (
        VanType(0, 0, 12, weight=2.0, fixed=50.0),
        VanType(0, 0, 1, weight=12.0, fixed=120.0),
    )
    found = route(Case(legs, stops, (small_van, large_van)), seed=1, budget=Iterations(2000))
    assert [each.van_type for each in found.rounds] == [1]
    assert found.cost == pytest.approx(320.0)


def test_vans_are_added_where_one_long_trip_wastes_the_way() -> None:
    """Stops on two sides of a depot that take turns: a trip for each side, though one van could go to and fro."""
    places = [0.0, *(side * (50.0 + k) for k in range(8) for side in (1.0, -1.0))]
    legs = Straight(np.array(places), np.zeros(17))
    stops = tuple(Stop(place, opens=200.0 * place, closes=200.0 * place + 50.0) for place in range(1, 17))
    found = route(Case(legs, stops, (VanType(0, 0, 8),)), seed=1, budget=Iterations(2000))
    assert len(found.rounds) == 2
    assert found.cost == pytest.approx(2 * 2 * 57.0)


def test_what_nobody_can_serve_is_named_and_the_rest_is_served() -> None:
    """Too heavy, too late, without the skill, out of the shift's reach, over before it is there."""
    legs = points(Random(2), 8)
    impossible = (
        Stop(1, weight=11.0),
        Stop(2, opens=-5.0, closes=-1.0),
        Stop(3, needs=4),
        Stop(4, opens=1e6, closes=2e6),
        Stop(5, closes=500.0, release=1000.0),
        Stop(6, volume=2.0),
    )
    case = Case(legs, (*impossible, Stop(7)), (VanType(0, 0, 3, weight=10.0, volume=1.0, closes=5000.0),))
    found = route(case, seed=1, budget=Iterations(400))
    assert found.unserved == (0, 1, 2, 3, 4, 5)
    assert plan(found) == ((0, ((6,),), None),)


def test_one_stop_alone_has_no_neighbours() -> None:
    """The search goes on all the same."""
    case = Case(points(Random(3), 2), (Stop(1),), (VanType(0, 0, 1),))
    assert plan(route(case, seed=1, budget=Iterations(400))) == ((0, ((0,),), None),)


@pytest.mark.parametrize(
    ("stop", "van", "said"),
    [
        (Stop(5), VanType(0, 0, 1), "stop 0: there is no place 5"),
        (Stop(-1), VanType(0, 0, 1), "stop 0: there is no place -1"),
        (Stop(1, weight=-1.0), VanType(0, 0, 1), "stop 0: service, load"),
        (Stop(1, service=float("nan")), VanType(0, 0, 1), "stop 0: service, load"),
        (Stop(1, closes=inf), VanType(0, 0, 1), "stop 0: its window"),
        (Stop(1, needs=1 << 62), VanType(0, 0, 1), "stop 0: skills"),
        (Stop(1), VanType(0, 7, 1), "van type 0: there is no place"),
        (Stop(1), VanType(0, 0, -1), "van type 0: vans from 0"),
        (Stop(1), VanType(0, 0, 1, trips=0), "van type 0: vans from 0"),
        (Stop(1), VanType(0, 0, 1, per_metre=-0.1), "van type 0: prices"),
        (Stop(1), VanType(0, 0, 1, weight=float("nan")), "van type 0: capacities"),
        (Stop(1), VanType(0, 0, 1, opens=-inf), "van type 0: its shift"),
        (Stop(1), VanType(0, 0, 1, has=-1), "van type 0: skills"),
    ],
)
def test_a_case_without_sense_is_refused(stop: Stop, van: VanType, said: str) -> None:
    """With the number of what is wrong."""
    with pytest.raises(BadCase, match=said):
        Case(points(Random(1), 3), (stop,), (van,))


@pytest.mark.parametrize(
    ("x", "metres", "said"),
    [
        ([0.0, 1.0], None, "x and y"),
        ([0.0, inf, 1.0], None, "x and y"),
        (None, [[0.0, 1.0]], "rows as columns"),
        (None, [[0.0, 1.0], [-1.0, 0.0]], "from 0"),
        (None, [[0.0, inf], [1.0, 0.0]], "finite"),
    ],
)
def test_legs_without_sense_are_refused(
    x: list[float] | None, metres: list[list[float]] | None, said: str
) -> None:
    """The compiled form would read beyond their ends."""
    arrays = np.array(x or metres), np.zeros(3) if x else np.ones((2, 2))
    with pytest.raises(BadCase, match=said):
        (Straight if x else Table)(*arrays)


def test_more_vans_and_trips_than_stops_are_no_burden() -> None:
    """A number without end says that there are enough."""
    case = Case(points(Random(3), 4), (Stop(1), Stop(2), Stop(3)), (VanType(0, 0, 10**12, 10**12),))
    assert route(case, seed=1, budget=Iterations(400)).unserved == ()


def test_kernels_are_compiled_where_there_is_a_compiler() -> None:
    """All of them, or none: the C functions of one can't be called by another as plain Python."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    files = {Path(str(sys.modules[f"fleet.planner.kernels.{name}"].__file__)).suffix for name in NAMES}
    assert files <= {".so", ".pyd"} if which(compiler) else len(files) == 1
    assert sorted(file.stem for file in FOLDER.glob("*.pxd")) == sorted(NAMES)


@contextmanager
def plain() -> Iterator[dict[str, ModuleType]]:
    """The kernels as plain Python, whatever is installed."""
    names = [f"fleet.planner.kernels.{name}" for name in NAMES]
    compiled = {name: sys.modules[name] for name in names}
    try:
        for name in names:
            spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name.rpartition('.')[2]}.py")
            assert spec
            assert spec.loader
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        yield {name.rpartition(".")[2]: sys.modules[name] for name in names}
    finally:
        sys.modules.update(compiled)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_both_forms_give_the_same_routes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with every sort of constraint."""
    case = small(seed, 14)
    compiled = route(case, seed=seed, budget=Iterations(400))
    with plain() as kernels:
        monkeypatch.setattr(routing, "Search", kernels["anneal"].Search)
        monkeypatch.setattr(routing, "best", kernels["undo"].best)
        monkeypatch.setattr(routing, "best_breaks", kernels["undo"].best_breaks)
        monkeypatch.setattr(routing, "mean_length", kernels["undo"].mean_length)
        monkeypatch.setattr(routing, "Stops", kernels["columns"].Stops)
        monkeypatch.setattr(routing, "Vans", kernels["columns"].Vans)
        monkeypatch.setattr(routing, "Routes", kernels["routes"].Routes)
        monkeypatch.setattr(columns, "Metric", kernels["columns"].Metric)
        monkeypatch.setattr(neighbours, "Times", kernels["nearest"].Times)
        assert route(case, seed=seed, budget=Iterations(400)) == compiled


def test_stops_with_a_release_share_the_trip_of_a_van_that_makes_one() -> None:
    """All on one way, ready when the van leaves: it takes them together, loaded once the last one is there."""
    legs = Straight(np.arange(0.0, 500.0, 100.0), np.zeros(5), seconds_per_metre=1.0)
    stops = tuple(Stop(place, release=50.0 * place, penalty=1e6) for place in range(1, 5))
    (trips,) = route(
        Case(legs, stops, (VanType(0, 0, 1, fixed=10.0, per_metre=1.0),)), seed=1, budget=Iterations(400)
    ).rounds
    assert [sorted(trip) for trip in trips.trips] == [[0, 1, 2, 3]]
