"""What people lock, no new plan brings otherwise; they let it go again, and are told where there is nothing to lock."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from fleet.cli.explanation import explanation_text
from fleet.console.ledger import Ledger, record_all
from fleet.console.views.explain import explain
from fleet.dispatch.inputs import PlanReady
from fleet.domain import events as ev
from fleet.domain.state import Parcel
from fleet.hub.planning import Effort, make_plan
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.messages import LockOrders, Reply, Role
from tests.support.bench import ORDER_COLUMNS, Bench, Peer
from tests.support.script import VAN, ready
from tests.unit.dispatch.test_replanned import (
    DEPOTS,
    ONE,
    TWO,
    VAN_ALONE,
    another,
    breaks_down,
    brought_once,
    drafts,
    of,
    orders,
)


def asked(bench: Bench, operator: Peer, name: str, **said: object) -> Reply:
    """What the hub answers to a request to lock or to let go."""
    bench.say(operator, LockOrders.model_validate({"request_id": name, "by": "ana"} | said))
    return next(m for m in reversed(operator.of(Reply)) if isinstance(m, Reply) and m.request_id == name)


def as_brought(parcel: Parcel) -> tuple[object, ...]:
    """How a parcel is brought, and in which mission."""
    return parcel.mode, parcel.asset_id, parcel.locker_id, parcel.mission_id, parcel.eta


def route_of_three(folder: Path) -> tuple[Bench, Peer, str]:
    """A van with three parcels in a route that nobody was shown."""
    bench = Bench(folder, replans=True, orders=orders(3, begins=10, lon=-8.05), depots=VAN_ALONE)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(0.1)
    (route,) = drafts(bench)
    return bench, operator, route


@pytest.mark.parametrize("by", ["route", "order"])
def test_a_locked_route_stays_when_a_new_parcel_comes(tmp_path: Path, by: str) -> None:
    """It is looked at by no plan until it is let go; without the lock it is drafted anew at once."""
    bench, operator, route = route_of_three(tmp_path)
    named = {"mission_id": route} if by == "route" else {"order_ids": ("P-2",)}
    reply = asked(bench, operator, "lock", **named, why="promised")
    count = 3 if by == "route" else 1
    assert (reply.ok, reply.detail, len(reply.ids)) == (True, f"{count} locked, 0 had been before", count)
    before = bench.core.state.missions[route].mission
    bench.submit_more(operator, another(bench, "N-1"))
    bench.run(0.1)
    state = bench.core.state
    assert {state.parcels[o].mission_id for o in ("P-1", "P-2", "P-3")} == {route}
    stays = {step.step_id for step in before.steps} <= {
        s.step_id for s in state.missions[route].mission.steps
    }
    assert stays
    assert not of(bench, ev.PlanRevised)
    assert asked(bench, operator, "unlock", **named, locked=False).detail.startswith(f"{count} let go")
    assert not any(p.locked for p in bench.core.state.parcels.values())
    brought_once(bench)


def test_a_plan_that_was_begun_before_the_lock_is_not_put_in_force(tmp_path: Path) -> None:
    """It began with the draft as one that may change: another is asked for, without drafts."""
    bench, operator, route = route_of_three(tmp_path)
    bench.planner_answers = False
    bench.submit_more(operator, another(bench, "N-1"))
    bench.run(0.1)
    (job,) = bench.core.plans
    assert [one.mission_id for one in job.snapshot.drafted] == [route]
    made = make_plan(job, Effort(iterations=1, baselines=False), job.snapshot.at)
    assert asked(bench, operator, "lock", order_ids=("P-1",)).ok
    bench.core.plans.clear()
    bench.core.tell(PlanReady(made), bench.wall)
    bench.run(0.1)
    (dropped,) = of(bench, ev.PlanDropped)
    assert isinstance(dropped, ev.PlanDropped)
    assert route in dropped.detail
    bench.planner_answers = True
    bench.run(0.1)
    assert bench.core.state.parcels["P-1"].mission_id == route
    brought_once(bench)


@pytest.mark.parametrize("seed", range(6))
def test_no_replan_moves_what_is_locked(tmp_path: Path, seed: int) -> None:
    """Random orders are locked on two drones and a van; parcels come and the first drone breaks down, in turn. What is
    locked elsewhere stays where it is, and what that drone was to bring is brought all the same."""
    rng = Random(seed)
    light = orders(5).removeprefix(ORDER_COLUMNS)
    heavy = orders(3, begins=10, lon=-8.05, name="V").replace(",0.8,", ",20,")
    bench = Bench(tmp_path, replans=True, orders=heavy + light, depots=DEPOTS)
    operator = bench.connect("operator-1", Role.OPERATOR)
    first, _, _ = ready(bench, ONE), ready(bench, TWO), ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(0.1)
    locked = [
        rng.choice(["V-1", "V-2", "V-3"]),
        *rng.sample([f"P-{i}" for i in range(1, 6)], rng.randint(1, 4)),
    ]
    assert asked(bench, operator, "lock", order_ids=locked).ok
    before = {o: as_brought(bench.core.state.parcels[o]) for o in locked}
    lost = {o for o in locked if bench.core.state.parcels[o].asset_id == ONE}
    happens = ["drone", "N-1", "N-2"]
    rng.shuffle(happens)
    for what in happens:
        if what == "drone":
            breaks_down(bench, first)
        else:
            bench.submit_more(operator, another(bench, what))
        bench.run(0.1)
        parcels = bench.core.state.parcels
        assert {o: as_brought(parcels[o]) for o in locked if o not in lost} == {
            o: how for o, how in before.items() if o not in lost
        }
        brought_once(bench)
    parcels = bench.core.state.parcels
    assert all(parcels[o].asset_id not in (None, ONE) and parcels[o].locked for o in lost)
    moved = {
        one.order_id for e in of(bench, ev.PlanRevised) if isinstance(e, ev.PlanRevised) for one in e.moved
    }
    assert moved & set(locked) <= lost


def test_what_cannot_be_locked_is_said_and_nothing_is(tmp_path: Path) -> None:
    """Orders that nobody knows, or nobody is to bring; missions that are over or were never there; nothing at all."""
    bench, operator, route = route_of_three(tmp_path)
    bench.planner_answers = False
    bench.submit_more(operator, another(bench, "N-1"))
    for name, said, why in (
        ("a", {"order_ids": ("P-1", "P-9")}, "there is no order 'P-9'"),
        ("b", {"order_ids": ("P-1", "N-1")}, "N-1 is not planned: nobody is to bring it yet"),
        (
            "c",
            {"mission_id": "tour-9"},
            "there is no route or mission 'tour-9' that is to be made or under way",
        ),
        ("d", {}, "no order is named, or brought by what is named"),
    ):
        reply = asked(bench, operator, name, **said)
        assert (reply.ok, reply.detail) == (False, f"nothing was locked: {why}")
        assert reply.reasons
    assert not of(bench, ev.LocksChanged)
    assert asked(bench, operator, "e", mission_id=route, order_ids=("P-1",)).detail.startswith("3 locked")
    assert asked(bench, operator, "f", order_ids=("P-1",)).detail == "0 locked, 1 had been before"
    assert len(of(bench, ev.LocksChanged)) == 1


def test_a_lock_is_told_and_outlives_a_restart(tmp_path: Path) -> None:
    """With who and why, in the order's row and in the words of `fleet orders explain`."""
    bench, operator, _ = route_of_three(tmp_path)
    asked(bench, operator, "lock", order_ids=("P-1",), why="promised to the client")
    bench.restart()
    bench.run(0.1)
    assert {o for o, p in bench.core.state.parcels.items() if p.locked} == {"P-1"}
    assert bench.core.state.parcels["P-1"].status is ParcelStatus.PLANNED
    row = explain(record_all(Ledger(), bench.store.events()), "P-1")
    assert row["order"]["locked"] is True
    (told,) = row["locks"]
    assert f"locked at {told['at']} by ana: promised to the client" in explanation_text(row)
