"""Late rather than not at all: by van, at a price, and nobody else becomes late for it."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from fleet.domain.objective import Lateness
from fleet.domain.plan import ParcelPlan, Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.board import Board, Seat
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.greedy import van_only
from fleet.planner.late import bring_late, late_s
from fleet.planner.problem import Problem
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


def test_what_is_left_comes_late_and_nobody_else_does() -> None:
    """Fewer are left; each that was in time without the price is in time with it; the plan says how late."""
    before, after = made(hurried(None)), made(hurried(Lateness(per_hour=20, at_most_min=45)))
    town = hurried(None)
    left = {each.order_id for each in before.unassigned}

    assert len(after.unassigned) < len(left)
    assert late(after)
    assert set(late(after)) <= left
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
