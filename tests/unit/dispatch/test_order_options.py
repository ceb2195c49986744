"""Every way of a parcel as the plan stands: what a hub answers, what has no choice left."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.protocol.messages import ChangeZones, ExplainOrder, LockOrders, Reply, Role
from fleet.protocol.options import Option, OrderOptions, Status
from fleet.protocol.zones import ClosedZone
from tests.support.bench import DEPOTS, LOCKERS, ORDERS, Bench, Peer
from tests.support.script import DRONE, VAN, answers, flying, ready, report, sent
from tests.unit.dispatch.test_monitor import block
from tests.unit.dispatch.test_replanned import VAN_ALONE, drafts
from tests.unit.dispatch.test_replanned import orders as some_orders


def asked(bench: Bench, operator: Peer, order_id: str) -> Reply:
    """What the hub answers."""
    request_id = f"ask-{len(operator.inbox)}"
    bench.say(operator, ExplainOrder(request_id=request_id, order_id=order_id))
    return answers(operator)[request_id]


def ways(bench: Bench, operator: Peer, order_id: str) -> OrderOptions:
    """The ways that the hub finds."""
    reply = asked(bench, operator, order_id)
    assert reply.ok, reply.detail
    assert reply.options is not None
    return reply.options


def of(found: OrderOptions, mode: str) -> Option:
    """The first way of a mode."""
    return next(one for one in found.options if one.mode == mode)


def planned(folder: Path, *asset_ids: str, orders: str = ORDERS, depots: str = DEPOTS) -> tuple[Bench, Peer]:
    """An operator and a hub with a plan; these assets are there."""
    bench = Bench(folder, replans=True, orders=orders, depots=depots)
    operator = bench.connect("operator-1", Role.OPERATOR)
    for asset_id in asset_ids:
        ready(bench, asset_id, asset_id.partition("/")[0])
    bench.submit(operator)
    bench.run(0.1)
    return bench, operator


def waiting(folder: Path, orders: str = ORDERS, lockers: str = LOCKERS) -> tuple[Bench, Peer]:
    """The same with a drone, a van and a planner that has not answered yet."""
    bench = Bench(folder, replans=True, orders=orders, lockers=lockers)
    bench.planner_answers = False
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, DRONE)
    ready(bench, VAN, "D1")
    bench.submit(operator)
    return bench, operator


def test_the_ways_cost_what_the_plan_then_says_of_its_modes(tmp_path: Path) -> None:
    """The cheapest is chosen and saves what it was to cost; the van was to cost what it does where there is no drone.
    Once the parcel is drafted for the drone it stands at its site, where no van starts."""
    bench, operator = waiting(tmp_path)
    before = ways(bench, operator, "P-1")
    bench.planner_answers = True
    bench.run(0.1)
    choice, after = bench.core.state.choices["P-1"], ways(bench, operator, "P-1")
    assert [one.mode for one in after.options if one.chosen] == [choice.mode] == [before.options[0].mode]
    assert before.options[0].cost == after.options[0].cost == pytest.approx(choice.saving)
    by_van, _ = planned(tmp_path, VAN, depots=VAN_ALONE)
    assert of(before, "van").cost == pytest.approx(by_van.core.state.choices["P-1"].cost)
    assert [reason.code for reason in of(after, "van").reasons] == ["stands_elsewhere"]
    assert (after.currency, after.beside, after.nearest_change) == ("EUR", 0, None)


def test_a_question_leaves_nothing_behind(tmp_path: Path) -> None:
    """No event, no plan, and the draft is the one that it was; it may be asked twice."""
    bench, operator = planned(tmp_path, DRONE, VAN)
    before, state = bench.store.last_position(), bench.core.state
    first, second = (ways(bench, operator, "P-1") for _ in range(2))
    assert first.options == second.options
    assert bench.store.last_position() == before
    assert bench.core.state.missions == state.missions


def test_a_parcel_on_a_route_is_asked_about_beside_the_others_of_it(tmp_path: Path) -> None:
    """It has its place in the route: leaving it out saves less than a route of its own would cost."""
    bench, operator = planned(tmp_path, VAN, orders=some_orders(3, begins=10, lon=-8.05), depots=VAN_ALONE)
    (route,) = drafts(bench)
    found = ways(bench, operator, "P-1")
    own = of(found, "van")
    assert own.chosen
    assert found.beside == 2
    assert own.cost is not None
    assert own.cost < bench.core.state.choices["P-1"].cost * 3
    assert own.cost == pytest.approx(bench.core.state.choices["P-1"].saving)
    assert list(drafts(bench)) == [route]


def test_what_is_locked_or_due_can_be_asked_about(tmp_path: Path) -> None:
    """Its draft stands as it is, though no plan would change it."""
    bench, operator = planned(tmp_path, DRONE, VAN)
    bench.say(operator, LockOrders(request_id="l", by="ana", order_ids=("P-1",)))
    (mission,) = bench.core.state.missions.values()
    bench.run((mission.release_at - bench.now).total_seconds() - 5)
    found = ways(bench, operator, "P-1")
    assert found.options[0].chosen
    assert found.reasons == ()


def test_a_waiting_parcel_has_its_ways_while_its_plan_is_being_made(tmp_path: Path) -> None:
    """None is chosen, the cheapest is first, and it is said that a plan is on its way."""
    bench, operator = waiting(tmp_path)
    reply = asked(bench, operator, "P-1")
    assert reply.options is not None
    assert reply.detail == "plan-1 is being made: this is as of before it"
    costs = [one.cost for one in reply.options.options if one.verdict is Status.FEASIBLE]
    assert len(costs) == 2
    assert costs == sorted(cost for cost in costs if cost is not None)
    assert not any(one.chosen for one in reply.options.options)


def test_one_that_nobody_can_bring_is_told_why_and_what_would_help(tmp_path: Path) -> None:
    """Too heavy for the drone, no van in the fleet: every way has its reason, and the change is named."""
    heavy = ORDERS.replace(",0.8,0.3,", ",9.5,0.3,")
    depots = "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
    depots += "S1,Launch site,-8.0,41.0,0,1,0,1,07:00,21:00\n"
    bench, operator = planned(tmp_path, DRONE, orders=heavy, depots=depots)
    found = ways(bench, operator, "P-1")
    assert all(one.verdict is Status.INFEASIBLE and one.reasons for one in found.options)
    assert any(reason.code == "too_heavy" for one in found.options for reason in one.reasons)
    assert found.nearest_change
    assert found.reasons


def test_each_locker_is_named_with_its_walk(tmp_path: Path) -> None:
    """One next door that a van could fill, one too far away."""
    near_and_far = f"{LOCKERS}L1,Near,-8.0105,41.0101,2,2,2,false\nL2,Far,-8.05,41.03,2,2,2,false\n"
    wanted = ORDERS.replace(",1,false,\n", ",1,true,\n")
    bench, operator = waiting(tmp_path, orders=wanted, lockers=near_and_far)
    found = {one.locker_id: one for one in ways(bench, operator, "P-1").options if one.mode == "locker"}
    assert (found["L1"].verdict, found["L2"].verdict) == (Status.FEASIBLE, Status.INFEASIBLE)
    assert found["L1"].cost is not None
    assert found["L2"].reasons


def test_a_draft_that_holds_no_more_says_why_and_what_is_left(tmp_path: Path) -> None:
    """Its drop was closed since it was drafted, which the hub itself looks at when it is due."""
    bench, operator = planned(tmp_path, DRONE, VAN)
    assert ways(bench, operator, "P-1").options[0].mode == "drone"
    fire = ClosedZone(zone_id="fire", feature=block(-8.0105, 41.0095))
    bench.say(operator, ChangeZones(request_id="z", by="ana", add=(fire,)))
    found = ways(bench, operator, "P-1")
    assert not any(one.chosen for one in found.options)
    assert any("fire" in reason.detail for reason in found.reasons)
    assert of(found, "drone").verdict is Status.INFEASIBLE
    assert found.nearest_change


def test_one_that_is_out_has_no_choice_left_nor_one_that_was_handed_over(tmp_path: Path) -> None:
    """Each says so, with whom or since when."""
    bench = Bench(tmp_path)
    operator, drone, assign = flying(bench)
    out = asked(bench, operator, "P-1")
    assert not out.ok
    assert [reason.code for reason in out.reasons] == ["no_choice_left"]
    assert "S1/drone-1" in out.detail
    bench.say(drone, report(assign, "out"), report(assign, "drop", "P-1"))
    assert asked(bench, operator, "P-1").detail.startswith("P-1 is delivered since 2026-11-24T")


def test_one_that_was_sent_is_not_chosen_anew(tmp_path: Path) -> None:
    """Its drone has the mission; nothing is loaded yet."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), ready(bench)
    bench.submit(operator)
    sent(bench, drone)
    reply = asked(bench, operator, "P-1")
    assert (reply.ok, reply.options) == (False, None)
    assert "which was sent to S1/drone-1" in reply.detail


def test_an_order_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    bench, operator = planned(tmp_path, DRONE)
    reply = asked(bench, operator, "P-99")
    assert (reply.ok, reply.detail) == (False, "there is no order 'P-99': see `fleet orders list`")
