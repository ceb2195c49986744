"""Why not the other modes: like is held against like, what pays is done, and each reason holds in the finished plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from fleet.domain.fleet import SortieType
from fleet.domain.plan import Alternative, ParcelPlan, Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.problem import Problem
from fleet.planner.search import search
from fleet.planner.settle import LEAST_GAIN, settle
from fleet.planner.ways import SortieWay
from fleet.protocol.options import Status
from fleet.protocol.values import CompartmentSize, Order, Reason
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.series import WeatherSeries
from tests.unit.planner.town import EIGHT, locker, order, place, random_town, snapshot

CENT = 0.011
SEEDS = range(6)


def made(town: Snapshot, iterations: int = 20) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(iterations), made_at=EIGHT)


@cache
def of_town(seed: int) -> Plan:
    """The plan of a town of 40 parcels, made once for all who look at it."""
    return made(random_town(seed, 40))


def rush(count: int, *, hours: tuple[float, float] = (0, 1)) -> list[Order]:
    """Parcels near the launch site that are all due at once."""
    return [order(f"O{i}", place(1400 + 90 * i, 250), hours=hours, locker_ok=False) for i in range(count)]


def cheaper(found: Plan) -> Iterator[tuple[ParcelPlan, Alternative]]:
    """Feasible alternatives that look better than what was chosen, by whichever of its figures."""
    for parcel in found.parcels:
        mark = max(parcel.cost, parcel.saving or 0.0)
        for other in parcel.alternatives:
            if other.verdict is Status.FEASIBLE and other.cost is not None and other.cost < mark:
                yield parcel, other


def why(other: Alternative, code: str) -> list[Reason]:
    return [reason for reason in other.reasons if reason.code == code]


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_cheaper_says_why_it_was_not_taken(seed: int) -> None:
    """In any town, for every feasible mode that costs less than the parcel's share or its saving."""
    found = of_town(seed)
    silent = [(parcel.order_id, other.mode) for parcel, other in cheaper(found) if not other.reasons]
    assert not silent


def test_some_town_has_something_to_explain() -> None:
    """The test above is not empty."""
    assert any(list(cheaper(of_town(seed))) for seed in SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_gain_holds(seed: int) -> None:
    """What is said to gain nothing adds at least what leaving the present route saves."""
    for parcel, other in cheaper(of_town(seed)):
        for reason in why(other, "no_gain"):
            assert other.cost is not None
            assert parcel.saving is not None
            assert other.cost >= parcel.saving - LEAST_GAIN
            assert (reason.actual, reason.limit) == (round(other.cost, 2), round(parcel.saving, 2))


def test_one_drone_is_taken_when_it_would_suit() -> None:
    """Its sorties leave no gap in the window in which one more would fit, to the second."""
    town = snapshot(rush(7), vans=1, drones=1, chargers=2)
    found = made(town)
    full = [parcel for parcel, other in cheaper(found) if other.mode == "drone" and why(other, "no_room")]
    assert full
    for parcel in full:
        assert not list(gaps(town, found, parcel))


def gaps(town: Snapshot, found: Plan, parcel: ParcelPlan) -> Iterator[tuple[int, int]]:
    """Gaps in the only drone's day that hold the parcel's whole cycle with a departure that meets its window."""
    problem = Problem(town)
    number = next(i for i, o in enumerate(town.orders) if o.order_id == parcel.order_id)
    way = next(w for w in find_ways(problem, Flights(problem))[number].all if isinstance(w, SortieWay))
    kind = problem.pools[way.pool].type
    assert isinstance(kind, SortieType)
    busy = sorted(
        (problem.seconds(s.depart) - kind.load_s, problem.seconds(s.recharged_at or s.return_at))
        for s in found.sorties
    )
    ends = [0.0, *(end for _, end in busy)]
    starts = [*(start for start, _ in busy), float(problem.horizon_s)]
    for begin, end in zip(ends, starts, strict=True):
        depart = max(begin + kind.load_s, problem.due[number][0] - way.out_s)
        fits = depart - kind.load_s + way.cycle_s <= end
        if fits and depart + way.out_s <= problem.due[number][1]:
            yield int(begin), int(end)


def test_full_locker_is_full() -> None:
    """As many reservations as compartments; the parcels that are left out say so."""
    where = place(6000, 0)
    orders = [order(f"O{i}", place(6000 + 20 * i, 250), size=(0.3, 0.3, 0.1)) for i in range(5)]
    found = made(snapshot(orders, lockers=(locker("L", where, small=2, medium=0, large=0),)))
    kept = Counter(r.size for k in found.lockers for r in k.reservations)
    assert kept == {CompartmentSize.SMALL: 2}
    left_out = [why(other, "no_room") for parcel, other in cheaper(found) if other.mode == "locker"]
    assert len(left_out) == 3
    assert all(
        r.detail == "L has no compartment left for a small parcel" for found in left_out for r in found
    )


def test_saving_of_a_route_of_its_own_is_the_whole_route() -> None:
    """Leaving the only parcel out saves van, driver and way; of two near each other each saves less than its share."""
    alone = made(snapshot([order("O", place(3000, 0), locker_ok=False)])).parcels[0]
    assert alone.saving == pytest.approx(alone.cost)
    pair = [order(f"O{i}", place(3000 + 50 * i, 0), locker_ok=False) for i in range(2)]
    both = made(snapshot(pair))
    for parcel in both.parcels:
        rest = made(snapshot([o for o in pair if o.order_id != parcel.order_id])).summary.cost.total
        assert parcel.saving is not None
        assert parcel.saving == pytest.approx(both.summary.cost.total - rest, abs=CENT)
        assert parcel.saving < parcel.cost


def test_fallback_is_a_mode_with_room() -> None:
    """A drone that is taken all the time is no way out when the van fails."""
    found = made(snapshot(rush(7), vans=1, drones=1, chargers=2))
    full = [parcel for parcel, other in cheaper(found) if why(other, "no_room")]
    assert full
    assert all(parcel.fallback is not None and parcel.fallback.mode == "van" for parcel in full)


def windy(town: Snapshot) -> Snapshot:
    """The same on a dry day on which the wind blows and drops from hour to hour: flights cost what their hour says."""
    rows = [
        Observation(
            EIGHT + timedelta(hours=hour),
            Conditions((7.0, 1.0, 5.0, 3.0)[hour % 4], 8.0, 40.0 * hour % 360, 10.0, 0.0, 10_000.0),
        )
        for hour in range(-1, 14)
    ]
    return replace(town, context=replace(town.context, weather=WeatherSeries(tuple(rows))))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weather", [replace, windy])
def test_what_pays_by_itself_is_done(weather: Callable[[Snapshot], Snapshot], seed: int) -> None:
    """Each move makes the plan cheaper, the figures add up, and afterwards no other mode has a cheaper seat."""
    problem = Problem(weather(random_town(seed, 40)))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    first = search(problem, ways, flights, seed=1, stop=MaxIterations(0), baselines=False).best
    board = Board(first, ways)
    moves = settle(board)
    last = board.draft()
    assert last.objective <= first.objective - moves * LEAST_GAIN + 1e-9
    for order_number in range(len(ways)):
        seat = board.lift(order_number)
        for way in ways[order_number].all:
            offer = None if way == seat.way else board.offer(order_number, way)
            assert offer is None or offer.cost >= seat.cost - LEAST_GAIN
        board.put(order_number, seat)
    assert board.draft().cost == pytest.approx(last.cost)


def settled(town: Snapshot) -> Board:
    """The greedy plan's board after the last moves."""
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(search(problem, ways, flights, seed=1, stop=MaxIterations(0), baselines=False).best, ways)
    settle(board)
    return board


def test_no_flight_costs_less_than_its_floor_at_any_hour() -> None:
    """Though some cost less than at the hour at which their way was judged."""
    below_usual = 0
    for seed in SEEDS:
        board = settled(windy(random_town(seed, 40)))
        problem, flights = board.problem, board.yard.flights
        sorties = [(number, way) for number, each in enumerate(board.ways) for way in each.sorties]
        for number, way in sorties:
            fee, locker_id = (way.locker.fee, way.locker.locker_id) if way.locker else (0.0, None)
            for depart in range(0, problem.horizon_s, 3600):
                trip = flights.trip(number, problem.pools[way.pool], locker_id, depart)
                if trip is not None:
                    assert trip.cost + fee >= board.floor(number, way)
                    below_usual += trip.cost + fee < way.cost
    assert below_usual


def test_flight_that_is_cheaper_in_its_hour_than_usual_is_found() -> None:
    """Even where what it must undercut is less than its way was judged to cost."""
    asked = 0
    for seed in SEEDS:
        board = settled(windy(random_town(seed, 40)))
        for number, each in enumerate(board.ways):
            seat = board.lift(number)
            for way in each.sorties:
                offer = board.offer(number, way)
                if offer is not None and offer.cost < way.cost - 1e-6:
                    found = board.cheapest(number, (offer.cost + way.cost) / 2)
                    assert found is not None
                    assert found.cost <= offer.cost
                    asked += 1
            board.put(number, seat)
    assert asked


def test_mode_without_room_that_is_no_cheaper_states_its_own_cost() -> None:
    """Not what the parcel costs, which is only the mark that it was held against."""
    for seed in SEEDS:
        for parcel in of_town(seed).parcels:
            mark = max(parcel.cost, parcel.saving or 0.0)
            own = [other.cost for other in parcel.alternatives if other.mode in ("drone", "sidewalk_robot")]
            assert mark not in own


def test_some_town_has_something_to_move() -> None:
    """A greedy plan can be bettered by moving single parcels."""
    moves = []
    for seed in SEEDS:
        problem = Problem(random_town(seed, 40))
        flights = Flights(problem)
        ways = find_ways(problem, flights)
        best = search(problem, ways, flights, seed=1, stop=MaxIterations(0), baselines=False).best
        moves.append(settle(Board(best, ways)))
    assert any(moves)


def test_lifting_and_putting_back_changes_nothing() -> None:
    """Cost, choices and bookings are what they were, and the saving is what is missing meanwhile."""
    problem = Problem(random_town(3, 30))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(search(problem, ways, flights, seed=1, stop=MaxIterations(5), baselines=False).best, ways)
    before = board.draft()
    for number in range(len(ways)):
        seat = board.lift(number)
        assert board.draft().objective == pytest.approx(
            before.objective - seat.cost + problem.penalties[number], abs=1e-6
        )
        board.put(number, seat)
    after = board.draft()
    assert (after.cost, after.choices, after.unserved) == (before.cost, before.choices, before.unserved)


def test_parcel_that_nobody_brings_says_what_each_mode_lacks() -> None:
    """No van, and a drone that has no time for all of them: the drone is feasible, and says that it is taken."""
    found = made(snapshot(rush(7), vans=0, drones=1, chargers=2))
    left = [parcel for parcel in found.parcels if parcel.mode == "unassigned"]
    assert left
    for parcel in left:
        drone = next(other for other in parcel.alternatives if other.mode == "drone")
        assert (drone.verdict, [r.code for r in drone.reasons]) == (Status.FEASIBLE, ["no_room"])
        assert parcel.saving is None
