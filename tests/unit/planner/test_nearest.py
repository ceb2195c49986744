"""The smallest change that would serve a parcel: it was tried, it serves, and the reasons name what binds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta

import pytest

from fleet.domain.fleet import RouteType, SortieType
from fleet.domain.plan import Unassigned
from fleet.planner import MaxIterations, Snapshot, nearest, plan, trial
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.explain import Explainer
from fleet.planner.flights import Flights
from fleet.planner.greedy import greedy
from fleet.planner.nearest import MORE_TIME, NONE_SERVES
from fleet.planner.nearways import Legs
from fleet.planner.prices import learn
from fleet.planner.problem import Problem
from fleet.planner.render import Sheet
from fleet.planner.routes import Routing
from fleet.planner.seats import Seat
from fleet.planner.settle import settle
from fleet.planner.stop import Late, never
from fleet.planner.trial import Change
from fleet.protocol.values import CompartmentSize, Place
from tests.property.test_planner import check_plan, made
from tests.unit.planner.town import EIGHT, fleet, locker, order, place, random_town, snapshot, type_of


def explainer(town: Snapshot, late: Late = never) -> Explainer:
    """Of the greedy plan, settled."""
    problem = Problem(town)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    draft = greedy(problem, ways, flights, learn(problem, ways, Routing((), ())), seed=1)
    board = Board(draft, ways)
    settle(board)
    sheet = Sheet(board.draft(), ways, "P")
    sheet.fill()
    return Explainer(problem, ways, flights, learn(problem, ways, draft.routing), sheet, board, late)


def left_of(town: Snapshot) -> Unassigned:
    """What is said of the only parcel that nobody brings."""
    (left,) = plan(town, seed=1, stop=MaxIterations(5), made_at=EIGHT, baselines=False).unassigned
    return left


def with_vans(**fields: object) -> dict[str, RouteType]:
    """The default fleet's vans with other fields."""
    types = fleet().types.values()
    return {t.type_id: t.model_copy(update=fields) for t in types if isinstance(t, RouteType)}


def town_with(town: Snapshot, types: dict[str, RouteType]) -> Snapshot:
    """The town with other types of vans."""
    spec = town.context.fleet
    changed = spec.model_copy(update={"types": {**spec.types, **types}})
    return replace(town, context=replace(town.context, fleet=changed))


def without_machines(town: Snapshot) -> Snapshot:
    """The town of a fleet that has neither drones nor robots."""
    spec = town.context.fleet
    types = {name: kind for name, kind in spec.types.items() if not isinstance(kind, SortieType)}
    return replace(town, context=replace(town.context, fleet=spec.model_copy(update={"types": types})))


@pytest.mark.parametrize("seed", [1, 4, 8, 14, 16, 21, 26])
def test_the_named_change_serves_the_parcel_in_a_plan_that_is_made_anew(seed: int) -> None:
    """Made by the whole planner, held against the checker that shares no code with it: fewer are left than before."""
    town = random_town(seed, 14, capacity_kg=8.0)
    asked = explainer(town)
    for number in asked.sheet.left[:2]:
        found = asked.nearest(number)
        if not found.changes:
            assert found.text.startswith(NONE_SERVES)
            continue
        (change,) = found.changes
        assert change.text in found.text
        changed = change.apply(town)
        again = made(changed, iterations=20)
        check_plan(again, changed)
        left = {one.order_id for one in again.unassigned}
        assert town.orders[number].order_id not in left or len(left) < len(asked.sheet.left), found.text


def test_no_text_comes_out_that_was_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change that is named had a seat on the plan's own board; all others had none."""
    seats = dict[tuple[int, str], bool]()

    def seen(board: Board, number: int, change: Change) -> Seat | None:
        seat = trial.seat_with(board, number, change)
        seats[number, change.text] = seat is not None
        return seat

    monkeypatch.setattr(nearest, "seat_with", seen)
    named = 0
    for seed in range(8):
        seats.clear()
        asked = explainer(random_town(seed, 12, capacity_kg=8.0))
        for number in asked.sheet.left:
            text = asked.unassigned(number).nearest_change
            served = {change for (of, change), seat in seats.items() if of == number and seat}
            if text == NONE_SERVES:
                assert served == set()
            else:
                assert text.removeprefix(f"{NONE_SERVES}; two would: ") in served
                named += 1
    assert named > 10, "or nothing was shown"


def test_far_out_at_sea_no_change_serves() -> None:
    """No locker that is free, no consent and no longer window brings anybody there."""
    out = order("O", place(646_000, 0))
    left = left_of(snapshot([out], vans=1, drones=1, lockers=(locker("L", place(300, 0)),)))
    assert left.nearest_change == NONE_SERVES
    assert left.reasons


def test_a_longer_walk_is_no_advice_where_no_van_can_stop_at_the_locker() -> None:
    """The shift is over before any van could be there: that is what must change."""
    lockers = (locker("L", place(20_000, 0)),)
    town = snapshot([order("O", place(21_100, 0))], vans=1, lockers=lockers)
    types = with_vans(shift_start=time(8, 0), shift_end=time(8, 30))
    left = left_of(town_with(town, types))
    assert "walk" not in left.nearest_change
    assert left.nearest_change.startswith("a shift of van-e that ends at")
    assert "instead of 08:30" in left.nearest_change


def test_a_longer_walk_is_named_with_its_metres_where_it_serves() -> None:
    """To a locker at which a van stops: the door is closed to it by the crew that the order asks for."""
    station = type_of("locker")
    spec = fleet()
    types = {**spec.types, station: spec.types[station].model_copy(update={"max_walk_m": 300.0})}
    town = snapshot(
        [order("A", place(2000, 0), hours=(0, 4)), order("O", place(2500, 0), service_minutes=700)],
        vans=1,
        lockers=(locker("L", place(2000, 0)),),
        spec=spec.model_copy(update={"types": types}),
    )
    left = left_of(town)
    assert left.nearest_change.startswith("a walk of ")
    assert left.nearest_change.endswith(" m instead of 300 m to L")


@pytest.mark.parametrize("agreed", [True, False])
def test_vans_that_carry_a_gram_fill_no_locker(agreed: bool) -> None:
    """Neither consent nor a walk helps: what binds is what they carry."""
    where = place(1500, 300)
    town = snapshot([order("O", where, locker_ok=agreed)], vans=1, lockers=(locker("L", where),))
    types = {
        name: kind.model_copy(
            update={
                "carriage": kind.carriage.model_copy(update={"max_parcel_kg": 0.001}),
                "capacity_kg": 0.001,
            }
        )
        for name, kind in with_vans().items()
    }
    left = left_of(without_machines(town_with(town, types)))
    assert left.nearest_change.startswith("a van-e that takes 1 kg instead of 0.001 kg")
    full = [r.detail for r in left.reasons if r.code == "no_room"]
    assert full == (["no van that may carry it comes to L"] if agreed else [])


def test_a_full_locker_needs_a_compartment() -> None:
    """Where the van stops anyway, and the door takes longer than a shift."""
    where = place(1500, 300)
    crowd = [order(name, where, service_minutes=700) for name in ("A", "O")]
    left = left_of(
        without_machines(snapshot(crowd, lockers=(locker("L", where, small=1, medium=0, large=0),)))
    )
    assert left.nearest_change == f"one more {CompartmentSize.SMALL} compartment at locker L"
    assert "L has no compartment left for a small parcel" in {reason.detail for reason in left.reasons}


def test_trials_look_up_no_more_legs_than_a_tour_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vans that could carry more, say, drive their tours anew: of thousands of parcels all legs were 100 MB a tour."""
    asked = explainer(random_town(12, 16, capacity_kg=8.0))
    own, of_all = max(len(tour.visits) for tour in asked.board.tours.values()), Problem.legs
    assert len(asked.board.tours) > 1, "or one tour has all stops"
    looked_up = list[int]()

    def legs(problem: Problem, places: Sequence[Place]) -> Legs:
        looked_up.append(len(places))
        return of_all(problem, places)

    monkeypatch.setattr(Problem, "legs", legs)
    for number in asked.sheet.left:
        asked.nearest(number)
    assert looked_up, "or no van was otherwise"
    assert max(looked_up) <= own + 2, "its depot, its stops and the parcel's own"


def test_a_locker_with_room_needs_a_van() -> None:
    """That is what the reason says, and not that it might be full."""
    where = place(200, 100)
    left = left_of(without_machines(snapshot([order("O", where)], vans=0, lockers=(locker("L", where),))))
    assert left.nearest_change == "one more van-e at D"
    assert "no van that may carry it comes to L" in {reason.detail for reason in left.reasons}


def test_where_one_change_is_too_little_two_are_named_that_serve() -> None:
    """No van, and the recipient has not agreed to a locker, while the door takes longer than a shift."""
    where = place(200, 100)
    parcel = order("O", where, service_minutes=700, locker_ok=False)
    left = left_of(without_machines(snapshot([parcel], vans=0, lockers=(locker("L", where),))))
    two = "the recipient's consent to a locker and one more van-e at D"
    assert left.nearest_change == f"{NONE_SERVES}; two would: {two}"


def test_a_window_is_no_wider_than_it_takes() -> None:
    """A minute less, and the parcel is left again."""
    town = snapshot([order("O", place(9000, 0), hours=(0, 0.1), locker_ok=False)], vans=1)
    asked = explainer(town)
    (change,) = asked.nearest(0).changes
    assert change.text.startswith("a window that ends")
    assert not explainer(change.apply(town)).sheet.left
    (parcel,) = change.apply(town).orders
    shorter = parcel.due.model_copy(update={"end": parcel.due.end - timedelta(minutes=1)})
    assert explainer(replace(town, orders=(parcel.model_copy(update={"due": shorter}),))).sheet.left


def test_time_that_is_up_is_said() -> None:
    """Nothing is tried then, and nothing is named."""
    town = snapshot([order("O", place(9000, 0), hours=(0, 0.1), locker_ok=False)], vans=1)
    said = explainer(town, late=lambda: True).unassigned(0)
    assert said.nearest_change == "time was up before a change that would serve it was found"
    assert "out_of_time" in {reason.code for reason in said.reasons}
    assert said.nearest_change != MORE_TIME
