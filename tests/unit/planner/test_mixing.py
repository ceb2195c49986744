"""Drafts by the joint search: they cost what it said, hold to the second, and are settled like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Any

import pytest

from fleet.planner import MaxIterations, Snapshot
from fleet.planner import search as searching
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.cityof import NOBODY, Model, model_of
from fleet.planner.draft import Draft
from fleet.planner.flights import Flights
from fleet.planner.jointly import JointPlan, plan_jointly
from fleet.planner.mixing import STEPS, Steps, exact
from fleet.planner.problem import Problem
from fleet.planner.routing import Iterations, VanType
from fleet.planner.settle import LEAST_GAIN, settle
from fleet.planner.sorties import Yard, book_all
from fleet.planner.ways import LockerWay, SortieWay, Ways
from fleet.protocol.values import TimeWindow
from tests.unit.planner.test_van_range import spread_out, with_battery
from tests.unit.planner.town import EIGHT, locker, order, place, random_town, snapshot

SEEDS = range(8)


def mixture(town: Snapshot, iterations: int = 2000) -> tuple[Model, JointPlan, Draft, Sequence[Ways]]:
    """What the joint search finds for a town, and the draft that becomes of it."""
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    model = model_of(problem, ways)
    found = plan_jointly(model.city, seed=1, budget=Iterations(iterations))
    return model, found, exact(model, found, problem, ways, flights, seed=1), ways


@pytest.mark.parametrize("seed", SEEDS)
def test_a_city_says_what_its_draft_costs(seed: int) -> None:
    """To the cent, in calm weather and with parcels that are there from the beginning: vans with loading, service, day
    and way, robots, drones, lockers."""
    town = random_town(seed, 30)
    town = replace(town, orders=tuple(o.model_copy(update={"ready_at": EIGHT}) for o in town.orders))
    _, found, draft, ways = mixture(town)
    hopeless = [order for order, each in enumerate(ways) if not each.all]
    assert len(draft.unserved) == len(found.unserved) + len(hopeless)
    assert draft.objective == pytest.approx(found.cost + draft.problem.left_price(hopeless), abs=0.01)


def test_all_modes_are_said_and_found() -> None:
    """The towns above hold sorties, doors and lockers."""
    plans = [mixture(random_town(seed, 30)) for seed in SEEDS]
    stops = [stop for _, found, _, _ in plans for route in found.routes for stop in route.stops]
    assert any(found.sorties for _, found, _, _ in plans)
    assert any(stop.locker < 0 for stop in stops)
    assert any(stop.locker >= 0 for stop in stops)
    ways = [way for _, _, draft, _ in plans for way in draft.choices]
    assert any(isinstance(way, SortieWay) for way in ways)
    assert any(isinstance(way, LockerWay) for way in ways)


def test_parcels_share_a_locker_stop() -> None:
    """Those of one window one stop; the draft says so too, at the same cost."""
    orders = [order(f"O{i}", place(6000 + 20 * i, 250), size=(0.3, 0.3, 0.1)) for i in range(5)]
    town = snapshot(orders, lockers=(locker("L", place(6000, 0), small=4, medium=0, large=0),))
    _, found, draft, _ = mixture(town)
    shared = [stop.parcels for route in found.routes for stop in route.stops if stop.locker >= 0]
    assert [len(parcels) for parcels in shared] == [4]
    assert len(draft.stays) == 4
    assert draft.objective == pytest.approx(found.cost, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_bookings_tours_and_compartments_of_a_draft_hold(seed: int) -> None:
    """Each parcel is brought once or named; every tour holds; what can be lifted out can be put back as it was."""
    _, _, draft, ways = mixture(random_town(seed, 40))
    carried = [o for tour in draft.routing.tours for v in tour.visits for o in tour.case.visits[v].orders]
    assert sorted([*carried, *draft.sorties, *draft.unserved]) == list(range(len(ways)))
    assert all(tour.feasible for tour in draft.routing.tours)
    board = Board(draft, ways)
    for number in range(len(ways)):
        board.put(number, board.lift(number))
    assert board.draft().objective == pytest.approx(draft.objective, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_the_last_moves_no_other_mode_is_cheaper(seed: int) -> None:
    """As of any draft: so the cost of every alternative that is told is that of the finished plan."""
    _, _, draft, ways = mixture(random_town(seed, 40))
    board = Board(draft, ways)
    settle(board)
    assert board.draft().objective <= draft.objective + 1e-9
    for number in range(len(ways)):
        seat = board.lift(number)
        offers = [board.offer(number, way) for way in ways[number].all if way != seat.way]
        assert all(offer is None or offer.cost >= seat.cost - LEAST_GAIN for offer in offers)
        board.put(number, seat)


def test_vans_may_bring_what_their_type_and_site_allow() -> None:
    """As skills: a parcel for two goes with a crew of two, one that no van may bring with none."""
    orders = [
        order("ONE", place(900, 0), locker_ok=False),
        order("TWO", place(950, 0), locker_ok=False, crew=2),
    ]
    model, found, _, _ = mixture(snapshot(orders, vans=1, crew_vans=1))
    one, two = model.city.parcels.needs.tolist()
    has = {len(group): van.has for group, van in zip(model.vans, model.city.vans, strict=True)}
    assert has
    assert [two & ~van.has == 0 for van in model.city.vans].count(True) == 1
    assert all(one & ~van.has == 0 for van in model.city.vans)
    assert found.unserved == ()
    flown = snapshot(orders[:1], vans=0, drones=1)
    assert mixture(flown)[0].city.parcels.needs.tolist() == [NOBODY]


def test_a_battery_limits_how_far_a_van_goes() -> None:
    """Without it one van would do; what is found with it holds, or all but."""
    orders = spread_out(4, 24)
    tight, loose = (snapshot(orders, vans=6, spec=with_battery(start_soc=soc)) for soc in (0.55, 1.0))
    model, found, draft, _ = mixture(tight)
    assert all(0 < van.reach < 1e6 and van.drain > 0 for van in model.city.vans)
    assert len(found.routes) > len(mixture(loose)[1].routes)
    assert draft.unserved == found.unserved == ()
    assert draft.objective < 1.05 * found.cost
    unlimited = replace(model, city=replace(model.city, vans=tuple(map(without_limit, model.city.vans))))
    assert plan_jointly(unlimited.city, seed=1, budget=Iterations(2000)).cost < 0.9 * found.cost


def without_limit(van: VanType) -> VanType:
    return replace(van, reach=inf)


def test_a_stop_is_counted_as_the_search_goes_on() -> None:
    """So many chunks for each of the search's, none before the first; a stop that has ended ends it."""
    stop = MaxIterations(2 * STEPS)
    steps = Steps(stop)
    assert (steps(), stop.left) == (0.0, 2 * STEPS)
    assert (steps(), stop.left) == (0.5, STEPS)
    assert (steps(), stop.left) == (1.0, 0)
    assert steps() == 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_better_of_both_ways_is_kept(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And searched on, also from what was made in turn: never worse than any."""
    drafts = list[Draft | None]()
    for name in ("_at_once", "_rounds"):
        monkeypatch.setattr(searching, name, noted(getattr(searching, name), drafts))
    problem = Problem(random_town(seed, 30))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    stop = MaxIterations(150)
    best = searching.search(problem, ways, flights, seed=1, stop=stop, baselines=False).best
    assert len(drafts) in (2, 3)
    found = [draft for draft in drafts if draft is not None]
    assert len(found) >= 2
    assert all(best.objective <= draft.objective + 1e-9 for draft in found)


def noted(way: Callable[..., Draft | None], drafts: list[Draft | None]) -> Callable[..., Draft | None]:
    """The same way, and what it finds is kept."""

    def asked(*args: Any, **more: Any) -> Draft | None:
        drafts.append(way(*args, **more))
        return drafts[-1]

    return asked


def test_a_departure_that_was_planned_is_kept_or_comes_later() -> None:
    """Not as early as may be; and where there is no room from then on, earlier."""
    problem = Problem(snapshot([order("O", place(1800, 200), locker_ok=False)], vans=0, drones=1))
    flights = Flights(problem)
    way = find_ways(problem, flights)[0].sorties[0]
    for since in (0, 3600, 7200):
        booked, left = book_all(Yard(problem, flights), [(0, way)], {0: since})
        assert not left
        assert since <= booked[0].depart_s <= since + 600
    booked, left = book_all(Yard(problem, flights), [(0, way)], {0: problem.horizon_s})
    assert not left
    assert booked[0].depart_s < 600


def test_a_machine_is_free_before_and_after_what_it_is_committed_to() -> None:
    """As two groups; the others are one."""
    town = snapshot([order("O", place(1800, 200), locker_ok=False)], vans=0, drones=3)
    hours = TimeWindow(start=EIGHT + timedelta(hours=2), end=EIGHT + timedelta(hours=3))
    assets = [replace(a, busy=(hours,)) if a.asset_id.endswith("-2") else a for a in town.assets]
    groups = mixture(replace(town, assets=tuple(assets)))[0].city.groups
    found = zip(groups.machines.tolist(), groups.opens.tolist(), groups.closes.tolist(), strict=True)
    assert sorted(found) == [(1, 0.0, 7200.0), (1, 10800.0, 43200.0), (2, 0.0, 43200.0)]
