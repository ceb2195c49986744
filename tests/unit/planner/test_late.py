"""Late at a price: by van, rather than not at all, or in place of a dearer plan."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise, permutations

import pytest

from fleet.domain.fleet import RouteType
from fleet.domain.objective import Lateness
from fleet.domain.plan import ParcelPlan, Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.greedy import van_only
from fleet.planner.late import bring_late
from fleet.planner.mixing import mixed
from fleet.planner.overdue import late_s
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.problem import Problem
from fleet.planner.seats import Seat
from fleet.planner.settle import settle
from tests.property.test_planner import check_each_once, check_money
from tests.support.drafted import in_force
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot

PARKING_S = 75
HANDING_S = 180


def hurried(rule: Lateness | None, parcels: int = 12) -> Snapshot:
    """One van, and parcels all around that are due within three quarters of an hour."""
    rng = random.Random(7)
    orders = [
        order(f"O{i:02}", place(rng.gauss(0, 2500), rng.gauss(0, 2500)), hours=(0, 0.75), locker_ok=False)
        for i in range(parcels)
    ]
    return snapshot(orders, vans=1, spec=fleet().model_copy(update={"lateness": rule}))


def made(town: Snapshot) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(20), made_at=EIGHT)


def late(found: Plan) -> dict[str, float]:
    return {p.order_id: p.late_s for p in found.parcels if p.late_s is not None}


def ends_late_s(found: Plan, town: Snapshot) -> dict[str, float]:
    """By how much services end after their windows, from the routes alone."""
    due = {each.order_id: each.due.end for each in town.orders}
    ends = {o: stop.depart for route in found.routes for stop in route.stops for o in stop.deliver}
    over = {name: (end - due[name]).total_seconds() for name, end in ends.items()}
    return {name: seconds for name, seconds in over.items() if seconds > 0}


def test_without_a_price_windows_hold() -> None:
    """What finds no room in its own is left, and nothing is late."""
    found = made(hurried(None))
    assert found.unassigned
    assert late(found) == {}


def test_what_is_left_comes_late() -> None:
    """Fewer are left, and the plan says how late who is."""
    before, after = made(hurried(None)), made(hurried(Lateness(per_hour=20, at_most_min=45)))
    town = hurried(None)

    assert len(after.unassigned) < len(before.unassigned)
    assert late(after)
    assert late(after) == pytest.approx(ends_late_s(after, town))
    assert max(late(after).values()) <= 45 * 60
    check_each_once(after, {each.order_id: each for each in town.orders})
    check_money(after)


def test_no_later_than_is_let_pass_and_not_at_any_price() -> None:
    """Five minutes are not enough for most; an hour that costs more than a parcel that is left is worth nothing."""
    most = 5 * 60
    few = made(hurried(Lateness(per_hour=1, at_most_min=5)))
    assert all(seconds <= most for seconds in late(few).values())
    penalty = 10 * fleet().unserved_penalty
    dear = made(hurried(Lateness(per_hour=60 * penalty, at_most_min=45)))
    assert all(seconds < 60 for seconds in late(dear).values())
    cheap = made(hurried(Lateness(per_hour=1, at_most_min=45)))
    assert len(cheap.unassigned) < len(dear.unassigned)


def test_lateness_is_by_hand_that_of_the_service() -> None:
    """One parcel, due before a van can be there: loading, the way, parking and handing over end so much too late."""
    far = place(3000, 0)
    town = snapshot(
        [order("O", far, hours=(0, 0.35), locker_ok=False)],
        vans=1,
        spec=fleet().model_copy(update={"lateness": Lateness(per_hour=20)}),
    )
    found = made(town)
    (route,) = found.routes
    kind = town.context.fleet.types[town.assets[0].type_id]
    leg = town.context.network.leg(town.context.sites["D"].place, far, "drive")
    assert leg is not None
    arrives = EIGHT + timedelta(seconds=kind.load_s + leg.duration_s)  # type: ignore[union-attr]
    ends = arrives + timedelta(seconds=PARKING_S + HANDING_S)
    (parcel,) = found.parcels
    assert isinstance(parcel, ParcelPlan)
    assert parcel.late_s == pytest.approx((ends - town.orders[0].due.end).total_seconds(), abs=2)
    assert parcel.eta == route.stops[0].arrive


def test_a_parcel_in_time_says_nothing_of_lateness() -> None:
    """Nor does its entry in a file: plans of before are read as they were."""
    town = hurried(Lateness(per_hour=20), parcels=1)
    (parcel,) = made(town).parcels
    assert parcel.late_s is None
    assert "late_s" not in parcel.model_dump(mode="json")


def test_what_was_planned_late_stays_in_a_plan_that_is_looked_at_again() -> None:
    """It holds as it was drafted, and nobody becomes later for that."""
    town = hurried(Lateness(per_hour=20, at_most_min=45))
    before = made(town)
    again = made(in_force(town, before))
    assert late(before)
    assert [one.kept for one in again.revised] == [True] * len(before.routes)
    assert late(again) == late(before)
    assert again.lost == ()


def test_a_plan_that_is_looked_at_again_counts_lateness() -> None:
    """As any draft: what is late is not as good as what is in time."""
    problem = Problem(hurried(Lateness(per_hour=20, at_most_min=45)))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    draft = mixed(problem, ways, flights, seed=1, stop=MaxIterations(5))
    assert any(late_s(problem, tour) for tour in draft.routing.tours)
    assert PricedBoard(draft, ways).worth() == pytest.approx(draft.objective)


def test_a_wait_behind_a_late_stop_makes_it_no_later() -> None:
    """The van could leave later for a parcel at noon; it leaves for the late one."""
    spec = fleet().model_copy(update={"lateness": Lateness(per_hour=20)})
    first = order("LATE", place(3000, 0), hours=(0, 0.35), locker_ok=False)
    noon = order("NOON", place(3200, 0), hours=(4, 6), locker_ok=False)
    alone, both = (late(made(snapshot(these, vans=1, spec=spec))) for these in ([first], [first, noon]))
    assert alone
    assert both == alone


@pytest.mark.parametrize("seed", [1, 3, 6])
def test_who_comes_late_gets_no_later_by_others_who_do(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each is given is what it keeps, however many more are brought late beside it."""
    rng = random.Random(seed)
    orders = [
        order(f"O{i:02}", place(rng.gauss(0, 2500), rng.gauss(0, 2500)), hours=(0, 0.75), locker_ok=False)
        for i in range(12)
    ]
    town = snapshot(orders, vans=1)
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    board = Board(van_only(problem, ways, flights, seed=1, stop=None), ways)
    settle(board)
    given: list[dict[int, int]] = []
    drive = board.put

    def put(number: int, seat: Seat) -> None:
        drive(number, seat)
        given.append({o: s for tour in board.tours.values() for o, s in late_s(problem, tour).items()})

    monkeypatch.setattr(board, "put", put)
    assert bring_late(board, Lateness(per_hour=600)) == len(given) >= 2
    for before, after in pairwise(given):
        assert all(after[o] <= seconds for o, seconds in before.items() if o in after)


# --- the best of all plans of a small day -----------------------------------------------------------------------------


def one_round(town: Snapshot, names: Sequence[str], per_hour: float) -> float:
    """What one van's round to these doors, in this order, counts for: it leaves as late as it can so that nobody is
    later than by leaving at once."""
    kind, orders = town.context.fleet.types[town.assets[0].type_id], {o.order_id: o for o in town.orders}
    assert isinstance(kind, RouteType)
    home = town.context.sites["D"].place
    places = [home, *(orders[name].place for name in names), home]
    legs = [town.context.network.leg(here, there, "drive") for here, there in pairwise(places)]
    ways = [math.ceil(leg.duration_s) for leg in legs if leg is not None]
    now, begins, dues, late = kind.load_s, list[float](), list[float](), 0.0
    for name, way in zip(names, ways, strict=False):
        opens, closes = ((t - EIGHT).total_seconds() for t in (orders[name].due.start, orders[name].due.end))
        now = max(now + way, opens)
        begins.append(now)
        now += PARKING_S + HANDING_S
        late += max(0.0, now - closes)
        dues.append(max(closes, now) - PARKING_S - HANDING_S)
    latest = math.inf
    for due, way in zip(reversed(dues), reversed(ways[:-1]), strict=True):
        latest = min(latest, due) - way - (PARKING_S + HANDING_S)
    start = latest + PARKING_S + HANDING_S - kind.load_s
    end = start + kind.load_s
    for name, way in zip(names, ways, strict=False):
        end = max(end + way, (orders[name].due.start - EIGHT).total_seconds()) + PARKING_S + HANDING_S
    end += ways[-1]
    rates, metres = kind.rates, sum(leg.distance_m for leg in legs if leg is not None)
    hours = (end - start) / 3600
    money = rates.per_trip + rates.per_hour * hours + rates.per_km * metres / 1000
    return money + rates.per_parcel * len(names) + per_hour * late / 3600


def best_of_all(town: Snapshot, per_hour: float) -> float:
    """The least that two vans' rounds count for, by trying all."""
    names = [each.order_id for each in town.orders]
    found = []
    for size in range(len(names) + 1):
        for some in combinations(names, size):
            parts = [part for part in (some, tuple(set(names) - set(some))) if part]
            rounds = (min(one_round(town, order, per_hour) for order in permutations(p)) for p in parts)
            found.append(sum(rounds))
    return min(found)


def due_at_once(seed: int, rule: Lateness | None) -> Snapshot:
    """Four parcels all around, and two vans."""
    rng = random.Random(seed)
    angles = [rng.uniform(0, 2 * math.pi) for _ in range(4)]
    orders = [
        order(f"O{i}", place(2500 * math.cos(a), 2500 * math.sin(a)), hours=(0, 0.7), locker_ok=False)
        for i, a in enumerate(angles)
    ]
    return snapshot(orders, vans=2, spec=fleet().model_copy(update={"lateness": rule}))


@pytest.mark.parametrize("seed", range(4))
def test_one_van_late_in_place_of_two_is_found(seed: int) -> None:
    """In time they take two vans, and one that is late costs less, as by trying every plan."""
    rule = Lateness(per_hour=12, at_most_min=60)
    strict, town = due_at_once(seed, None), due_at_once(seed, rule)
    found = made(town)
    assert len(made(strict).routes) == 2
    assert len(found.routes) == 1
    weighed = found.summary.cost.total + rule.per_hour * sum(late(found).values()) / 3600
    assert weighed == pytest.approx(best_of_all(town, rule.per_hour), abs=0.02)


def test_a_plan_made_anew_beside_the_one_in_force_may_be_late() -> None:
    """One parcel is drafted, the others are new: in time they take the second van, too."""
    town = due_at_once(0, Lateness(per_hour=12, at_most_min=60))
    again = made(in_force(town, made(replace(town, orders=town.orders[:1]))))
    assert not again.unassigned
    assert late(again)
    assert len(again.routes) == 1
