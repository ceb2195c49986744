"""What no plan can cost less than: against brute force on tiny towns, and against plans of whole ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product
from math import cos, pi, sin
from typing import Any

import pytest

from fleet.domain.plan import Plan
from fleet.energy.van import driven_wh
from fleet.planner import Deadline, MaxIterations, Snapshot, linear, plan
from fleet.planner.bound import lower_bound
from fleet.planner.buildings import door_visits
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.nearways import Legs
from fleet.planner.problem import Problem
from fleet.planner.tours import Case, Tour
from fleet.planner.visits import Visit, locker_visits
from fleet.planner.ways import DoorWay, LockerWay, SortieWay, Way, Ways
from fleet.protocol.values import Order, Place
from tests.unit.planner.town import EIGHT, locker, order, place, random_town, slots, snapshot, with_capacity
from tests.unit.planner.town import fleet as calm_fleet

SEEDS = range(12)


def asked(town: Snapshot) -> tuple[Problem, tuple[Ways, ...]]:
    problem = Problem(town)
    return problem, find_ways(problem, Flights(problem))


def bound_of(town: Snapshot) -> float:
    found = lower_bound(*asked(town))
    assert found is not None
    return found


def objective(made: Plan, town: Snapshot) -> float:
    """What it costs, with the price of what it leaves."""
    left = {one.order_id for one in made.unassigned}
    price = 10 * town.context.fleet.unserved_penalty
    return made.summary.cost.total + price * sum(o.priority for o in town.orders if o.order_id in left)


def test_a_locker_and_a_depot_of_one_name_are_two_places() -> None:
    """Twenty metres from each other, one of which the other's way must not hide."""
    other = snapshot([order("A", place(900, 0))], lockers=(locker("L", place(20, 0)),), vans=1)
    same = snapshot([order("A", place(900, 0))], lockers=(locker("D", place(20, 0)),), vans=1)
    assert bound_of(same) == pytest.approx(bound_of(other))


def test_a_parcel_needs_a_whole_van_however_many_ways_it_has() -> None:
    """It must not share its van's day out among a door and lockers."""
    lockers = tuple(locker(f"L{i}", place(300 + 50 * i, 50)) for i in range(4))
    alone, many = (snapshot([order("A", place(400, 0))], lockers=some, vans=1) for some in ((), lockers))
    day = Problem(alone).vans[0].fixed_cost
    assert day > 0
    assert min(bound_of(alone), bound_of(many)) >= day


def cheapest(problem: Problem, ways: Sequence[Ways]) -> float:
    """Every choice of ways, every order of stops on one van; as if machines and compartments were as many as one likes,
    so that it is no more than what the best plan costs."""
    best = float("inf")
    for choice in product(*([*found.all, None] for found in ways)):
        fixed = sum(_alone(problem, order, way) for order, way in enumerate(choice))
        visits = list(_visits(problem, ways, choice))
        if fixed < best:
            best = min([best, *(fixed + cost for cost in _tours(problem, visits))])
    return best


def _alone(problem: Problem, order: int, way: Way | None) -> float:
    match way:
        case None:
            return problem.penalties[order]
        case SortieWay():
            return way.least
        case LockerWay():
            return way.fee
        case DoorWay():
            return 0.0


def _visits(problem: Problem, ways: Sequence[Ways], choice: Sequence[Way | None]) -> Iterator[Visit]:
    doors = [(o, ways[o].bases) for o, way in enumerate(choice) if isinstance(way, DoorWay)]
    yield from door_visits(problem, doors)
    stays: dict[str, list[int]] = {}
    for o, way in enumerate(choice):
        if isinstance(way, LockerWay):
            stays.setdefault(way.locker_id, []).append(o)
    for name, orders in stays.items():
        yield from locker_visits(problem, problem.stations[name], [(o, ways[o].bases) for o in orders])


def _tours(problem: Problem, visits: Sequence[Visit]) -> Iterable[float]:
    """What each order of the stops costs that holds, by the one van."""
    (van,) = problem.vans
    if not visits:
        return [0.0]
    case = Case(problem, tuple(visits))
    tours = (Tour(case, van, turn) for turn in permutations(range(len(visits))))
    return [tour.cost for tour in tours if tour.feasible]


@pytest.mark.parametrize("seed", SEEDS)
def test_never_above_the_cheapest_plan_of_tiny_towns(seed: int) -> None:
    """Every way, and every order of stops, of four parcels: within their windows, by drone, robot, locker and van."""
    whole = random_town(seed, 40)
    town = replace(whole, orders=whole.orders[seed : seed + 4])
    others = tuple(asset for asset in town.assets if "/van" not in asset.asset_id)
    town = replace(town, assets=(*others, *slots("van", "D", 1)))
    problem, ways = asked(town)
    found, best = lower_bound(problem, ways), cheapest(problem, ways)
    assert found is not None
    assert 0.0 < found <= best + 1e-9
    assert found >= 0.4 * best, "a bound that says next to nothing"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("capacity_kg", [None, 15.0])
def test_no_plan_costs_less(seed: int, capacity_kg: float | None) -> None:
    """Whatever is short in the town: machines, compartments, vans."""
    town = random_town(seed, 16, capacity_kg)
    made = plan(town, seed=seed, stop=MaxIterations(10), made_at=EIGHT)
    assert made.summary.bound is not None
    assert 0.0 < made.summary.bound <= objective(made, town) + 1e-6


def test_one_parcel_by_van_costs_just_that() -> None:
    """Out and back, the van's day and the stop: nothing of it is left out."""
    town = snapshot([order("A", place(900, 50), locker_ok=False)])
    made = plan(town, seed=1, stop=MaxIterations(1), made_at=EIGHT)
    assert bound_of(town) == pytest.approx(made.summary.cost.total, rel=1e-4)


def test_what_nobody_can_bring_counts_its_price() -> None:
    town = snapshot([order("A", place(900, 0), weight_kg=60.0)], vans=0, drones=1)
    assert bound_of(town) == pytest.approx(10 * calm_fleet().unserved_penalty, rel=1e-5)


def test_a_van_more_that_is_needed_is_counted() -> None:
    """By weight, in one trip's time: with half of the capacity the bound is higher by most of what a trip costs."""
    parcels = [order(f"O{i}", place(300 * i, 100), weight_kg=4.0, locker_ok=False) for i in range(6)]
    bounds = [
        bound_of(snapshot(parcels, vans=3, spec=with_capacity(calm_fleet(), kg))) for kg in (24.0, 12.0)
    ]
    assert bounds[1] > bounds[0] + 1.0


def test_compartments_and_machines_are_no_more_than_there_are() -> None:
    """A drone more, or a locker with more room, makes it lower."""
    parcels = [order(f"O{i}", place(30 * i, 1500), hours=(0, 1)) for i in range(24)]
    few, more = (snapshot(parcels, vans=1, drones=drones) for drones in (1, 4))
    assert bound_of(more) < bound_of(few)
    shelves = [locker("L", place(300, 1500), small=n, medium=0, large=0) for n in (1, 12)]
    full, empty = (snapshot(parcels, vans=1, lockers=(one,)) for one in shelves)
    assert bound_of(empty) < bound_of(full)


def test_several_at_one_building_share_a_stop() -> None:
    """A plan parks once for all of them: so does the bound."""
    parcels = [order(f"O{i}", place(3000, 0), locker_ok=False) for i in range(5)]
    town = snapshot(parcels)
    made = plan(town, seed=1, stop=MaxIterations(1), made_at=EIGHT)
    assert [len(stop.deliver) for route in made.routes for stop in route.stops] == [5]
    assert bound_of(town) == pytest.approx(made.summary.cost.total, rel=1e-4)


def test_parcels_that_stand_somewhere_count_nothing() -> None:
    """A van may fetch them, which costs what no way tells."""
    parcels = [order("A", place(900, 50), locker_ok=False), order("B", place(2000, 0), locker_ok=False)]
    alone = snapshot(parcels[:1])
    assert bound_of(snapshot(parcels, standing={"B": "S"})) == pytest.approx(bound_of(alone), rel=0.2)
    assert bound_of(snapshot(parcels)) > 1.02 * bound_of(alone)


def test_none_where_time_is_up_or_no_baselines_are_wanted() -> None:
    town = random_town(1, 10)
    late = plan(town, seed=1, stop=Deadline(lambda: 1.0, 0.0), made_at=EIGHT)
    assert late.summary.bound is None
    plain = plan(town, seed=1, stop=MaxIterations(1), made_at=EIGHT, baselines=False)
    assert plain.summary.bound is None


def far_apart(count: int, minutes: float, km: float) -> list[Order]:
    """Parcels in a ring around the depot, each with so much time at its door."""
    turns = [2 * pi * i / count for i in range(count)]
    places = [place(1000 * km * cos(turn), 1000 * km * sin(turn)) for turn in turns]
    return [
        order(f"O{i:02}", where, hours=(0, 12), service_minutes=minutes, locker_ok=False)
        for i, where in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("parcels", "days"),
    [
        pytest.param(far_apart(30, 25, 1), 2, id="by the time that stops take"),
        pytest.param(far_apart(4, 3, 35), 2, id="by what their batteries give"),
        pytest.param(far_apart(4, 3, 3), 1, id="one"),
    ],
)
def test_vans_are_counted_whole(parcels: list[Order], days: int) -> None:
    """Where one of them can't do it, two of them have their day, not one and a share of it."""
    town = snapshot(parcels, vans=4)
    day = Problem(town).vans[0].fixed_cost
    made = plan(town, seed=1, stop=MaxIterations(5), made_at=EIGHT)
    assert not made.unassigned
    assert len(made.routes) >= days
    bound = bound_of(town)
    assert days * day < bound <= objective(made, town) + 1e-6
    one = lower_bound(*asked(snapshot(parcels, vans=1)))
    left = 10 * town.context.fleet.unserved_penalty
    assert one is not None
    assert (one > left / 2) is (days > 1), "with one van alone some parcel is left, for the most part"


def test_where_vans_fetch_parcels_is_on_their_way() -> None:
    """It may lie nearer to the depot than any door, so that it shortens what the first way is sure to take."""
    parcels = [order("A", place(6000, 0), locker_ok=False), order("B", place(6000, 100), locker_ok=False)]
    town = snapshot(parcels, standing={"B": "S"})
    made = plan(town, seed=1, stop=MaxIterations(5), made_at=EIGHT)
    assert not made.unassigned
    assert bound_of(town) <= objective(made, town) + 1e-6


def test_a_way_leads_on_to_another_stop() -> None:
    """Each of twelve stops in a ring has two neighbours: but for the way to the depot the bound tells all of the round,
    also where there are places nearby at which no plan stops."""
    ring = far_apart(12, 3, 3)
    lockers = tuple(
        locker(f"L{i}", place(3100 * (-1) ** i, 50), small=0, medium=0, large=1) for i in range(2)
    )
    for some in ((), lockers):
        town = snapshot(ring, vans=1, lockers=some)
        made = plan(town, seed=1, stop=MaxIterations(5), made_at=EIGHT)
        assert 0.95 * objective(made, town) <= bound_of(town) <= objective(made, town) + 1e-6


@pytest.mark.parametrize("seconds", [3.0, 9.0, 20.0])
def test_a_bound_ends_when_time_is_up(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The clock moves on by a second for each table of legs, of which each stop takes two."""
    now, ways_at_least = [0.0], Problem.at_least

    def slow(problem: Problem, some: Sequence[Place], others: Sequence[Place]) -> Legs:
        now[0] += 1.0
        return ways_at_least(problem, some, others)

    monkeypatch.setattr("fleet.planner.ends.ROWS", 1)
    problem, ways = asked(random_town(3, 30))
    monkeypatch.setattr(Problem, "at_least", slow)
    assert lower_bound(problem, ways, Deadline(lambda: now[0], seconds)) is None
    assert now[0] <= seconds + 3
    now[0] = 0.0
    assert lower_bound(problem, ways, Deadline(lambda: now[0], 1000.0)) == lower_bound(problem, ways)


@pytest.mark.parametrize("failing", [2, 3])
@pytest.mark.parametrize("price", [1.5, 100.0])
def test_a_bound_holds_where_not_all_numbers_of_vans_were_tried(
    monkeypatch: pytest.MonkeyPatch, failing: int, price: float
) -> None:
    """What the solver had no time for may have been what is best: a van less where it costs little to leave parcels,
    a van more where it costs much."""
    solve, solved = linear.Solver.solve, [0]

    def hurried(solver: linear.Solver, model: linear.Model) -> Any:
        solved[0] += 1
        return linear.SolveStatus.NOT_SOLVED if solved[0] == failing else solve(solver, model)

    spec = calm_fleet().model_copy(update={"unserved_penalty": price})
    problem, ways = asked(snapshot(far_apart(30, 25, 1), vans=4, spec=spec))
    whole = lower_bound(problem, ways)
    monkeypatch.setattr(linear.Solver, "solve", hurried)
    found = lower_bound(problem, ways)
    assert solved == [3], "the best number of vans is no whole one"
    assert found is not None
    assert whole is not None
    assert 0 < found < whole


def test_the_solver_gives_up_when_its_time_is_up() -> None:
    """A program that it can't solve at once has no optimum then."""
    model = linear.Model()
    some = [model.new_num_var(0, 1, "") for _ in range(400)]
    for i in range(400):
        model.add(
            linear.LinearExpr.sum([(1 + (i * j) % 7) * each for j, each in enumerate(some)]) >= 50 + i % 5
        )
    model.minimize(linear.LinearExpr.sum([(1 + j % 11) * each for j, each in enumerate(some)]))
    assert linear.Solver("glop", 0.0).solve(model) != linear.SolveStatus.OPTIMAL
    assert linear.Solver("glop").solve(model) == linear.SolveStatus.OPTIMAL


def test_vans_that_draw_alike_are_asked_once_about_all_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: all legs are gone through each time, millions on a large day."""
    calls = [0]

    def counted(*figures: Any) -> Any:
        calls[0] += 1
        return driven_wh(*figures)

    monkeypatch.setattr("fleet.planner.leastrates.driven_wh", counted)
    parcels = [order(f"O{i}", place(500 * i, 0)) for i in range(8)]
    taken = list[int]()
    for vans in (1, 30):
        calls[0] = 0
        bound_of(snapshot(parcels, vans=vans))
        taken.append(calls[0])
    assert taken[0] == taken[1] > 0
