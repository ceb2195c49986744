"""The plan in force is looked at again when something happens: what may change, what stays, and what is said of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.cli.explanation import explanation_text
from fleet.console.ledger import Ledger, record
from fleet.console.views.explain import explain
from fleet.dispatch.audit import audit
from fleet.dispatch.compartments import EMPTY
from fleet.dispatch.desk import Desk, Settings
from fleet.dispatch.inputs import PlanReady
from fleet.dispatch.revisable import revisable
from fleet.dispatch.revision import gave_way
from fleet.domain import events as ev
from fleet.domain.state import MissionRecord
from fleet.hub.planning import Effort, make_plan
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import (
    AssetReport,
    Assign,
    CompartmentReport,
    ReleaseCompartment,
    ReserveCompartment,
    Role,
)
from fleet.protocol.values import CompartmentSize, Dimensions, Order
from tests.support.bench import LOCKERS as NO_LOCKERS
from tests.support.bench import ORDER_COLUMNS, Bench, Peer
from tests.support.script import VAN, ready

ONE, TWO = "S1/drone-1", "S1/drone-2"
DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00
S1,Launch site,-8.0,41.0,0,2,0,2,07:00,21:00
"""

VAN_ALONE = DEPOTS.replace("S1,Launch site,-8.0,41.0,0,2,", "S1,Launch site,-8.0,41.0,0,0,")


def orders(count: int, *, begins: int = 8, lon: float = -8.0, name: str = "P", locker: bool = False) -> str:
    """Light parcels a kilometre north of somewhere, due until noon."""
    rows = (
        f"{name}-{i},acme,delivery,Ana,Rua {i},{lon + i / 1000},41.01,0.8,0.3,0.2,0.1,standard,10,,"
        f"2026-11-24T07:00:00+00:00,2026-11-24T{begins:02}:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,"
        f"{str(locker).lower()},\n"
        for i in range(1, count + 1)
    )
    return ORDER_COLUMNS + "".join(rows)


@pytest.fixture
def day(tmp_path: Path) -> tuple[Bench, Peer, Peer, Peer]:
    """A bench whose plan has eight parcels on two drones, an operator and the drones."""
    bench = Bench(tmp_path, replans=True, orders=orders(8), depots=DEPOTS)
    operator = bench.connect("operator-1", Role.OPERATOR)
    first, second = ready(bench, ONE), ready(bench, TWO)
    ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(0.1)
    return bench, operator, first, second


def of(bench: Bench, kind: type[ev.Event]) -> list[ev.Event]:
    """The stored events of a type."""
    return [s.event for s in bench.store.events() if isinstance(s.event, kind)]


def drafts(bench: Bench) -> dict[str, str]:
    """Drafted missions and their assets."""
    missions = bench.core.state.missions
    live = bench.core.state.live_missions.items()
    return {m: a for m, a in live if missions[m].status is MissionStatus.DRAFTED}


def breaks_down(bench: Bench, drone: Peer) -> None:
    bench.say(drone, AssetReport(condition="faulted", at=bench.now, code="motor", detail="it smokes"))
    bench.run(0.1)


def brought_once(bench: Bench) -> None:
    """Each parcel that is not at its end is in one live mission, and that is the one that it names."""
    state = bench.core.state
    carried = Counter(i.order_id for m in state.live_missions for i in state.missions[m].mission.items)
    assert set(carried.values()) <= {1}
    named = {o: p.mission_id for o, p in state.parcels.items() if p.mission_id is not None}
    assert set(named) == set(carried)
    found = audit(s.event for s in bench.store.events())
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())


def test_what_a_lost_drone_was_to_bring_is_planned_at_once_beside_what_stays(
    day: tuple[Bench, Peer, Peer, Peer],
) -> None:
    """One plan for all of it; the other drone's drafts are in it under their own ids; it is said who moved and why."""
    bench, _, first, _ = day
    lost = {o for o, p in bench.core.state.parcels.items() if p.asset_id == ONE}
    assert len(lost) >= 3
    others = {m: bench.core.state.missions[m] for m, a in drafts(bench).items() if a == TWO}
    breaks_down(bench, first)
    asked = of(bench, ev.PlanRequested)[-1]
    assert isinstance(asked, ev.PlanRequested)
    assert set(asked.order_ids) == lost
    (said,) = of(bench, ev.PlanRevised)
    assert isinstance(said, ev.PlanRevised)
    assert lost <= {one.order_id for one in said.moved}
    for one in said.moved:
        assert one.was is not None
        assert (one.was.asset_id == ONE) == (one.why[0].code == "asset_unavailable")
    assert said.kept
    committed = of(bench, ev.PlanCommitted)[-1]
    assert isinstance(committed, ev.PlanCommitted)
    stays = {i.order_id for m in said.kept for i in others[m].mission.items}
    assert {one.order_id for one in committed.plan.parcels}.isdisjoint(stays), "the log has what is changed"
    assert {s.sortie_id for s in committed.plan.sorties}.isdisjoint(said.kept)
    assert {m: bench.core.state.missions[m] for m in said.kept} == {m: others[m] for m in said.kept}
    assert all(bench.core.state.missions[m].status is MissionStatus.CANCELLED for m in said.changed)
    brought_once(bench)


def test_what_is_sent_or_due_soon_stays(day: tuple[Bench, Peer, Peer, Peer]) -> None:
    """A plan that is asked for when a mission is out has it for granted, and the next one to go as well."""
    bench, _, first, second = day
    while not (first.of(Assign) and second.of(Assign)):
        bench.run(15)
    state = bench.core.state
    soon = bench.now + timedelta(seconds=180)
    fixed = {m for m in state.live_missions if state.missions[m].release_at < soon}
    assert fixed
    before = {m: state.missions[m].mission for m in fixed if state.live_missions[m] == TWO}
    bench.planner_answers = False
    breaks_down(bench, first)
    (job,) = bench.core.plans
    looked_at = {one.mission_id for one in job.snapshot.drafted}
    assert looked_at
    assert looked_at.isdisjoint(fixed)
    bench.planner_answers = True
    bench.run(0.1)
    assert {m: bench.core.state.missions[m].mission for m in before} == before
    brought_once(bench)


def test_a_plan_for_drafts_that_are_others_meanwhile_is_not_put_in_force(
    day: tuple[Bench, Peer, Peer, Peer],
) -> None:
    """The second drone is lost while the plan for the first one's parcels is made: another is asked for that counts
    on no draft, and everybody is in it."""
    bench, _, first, second = day
    bench.planner_answers = False
    breaks_down(bench, first)
    (job,) = bench.core.plans
    assert job.snapshot.drafted
    made = make_plan(job, Effort(iterations=1, baselines=False), job.snapshot.at)
    breaks_down(bench, second)
    bench.core.plans.clear()
    bench.core.tell(PlanReady(made), bench.wall)
    bench.run(0.1)
    (dropped,) = of(bench, ev.PlanDropped)
    assert isinstance(dropped, ev.PlanDropped)
    assert "drafts that are none any more" in dropped.detail
    assert made.plan_id not in {
        e.plan.plan_id for e in of(bench, ev.PlanCommitted) if isinstance(e, ev.PlanCommitted)
    }
    (again,) = bench.core.plans
    assert (again.snapshot.drafted, len(again.snapshot.orders)) == ((), 8)
    bench.planner_answers = True
    bench.run(0.1)
    brought_once(bench)


def test_a_new_parcel_goes_into_a_route_that_was_drafted(tmp_path: Path) -> None:
    """Nobody has seen the route yet: it is drafted anew with one stop more, and the driver is sent that one alone."""
    bench = Bench(tmp_path, replans=True, orders=orders(3, begins=10, lon=-8.05), depots=VAN_ALONE)
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(0.1)
    (before,) = drafts(bench)
    bench.submit_more(operator, another(bench, "N-1"))
    bench.run(0.1)
    (after,) = drafts(bench)
    assert after != before
    assert bench.core.state.missions[before].code == "replanned"
    (said,) = of(bench, ev.PlanRevised)
    assert isinstance(said, ev.PlanRevised)
    assert {why.detail for one in said.moved for why in one.why} <= {
        "made room or costs less so, after: 1 new parcel"
    }
    items = {i.order_id for i in bench.core.state.missions[after].mission.items}
    assert items == {"P-1", "P-2", "P-3", "N-1"}
    brought_once(bench)
    while not van.of(Assign):
        bench.run(60)
    assert [a.mission.mission_id for a in van.of(Assign) if isinstance(a, Assign)] == [after]


def test_new_is_only_what_was_in_no_plan_before(day: tuple[Bench, Peer, Peer, Peer]) -> None:
    """Neither a parcel that waits again without a reason, nor one that is cancelled while the plan is made."""
    bench, operator, *_ = day
    bench.planner_answers = False
    bench.submit_more(operator, another(bench, "N-1"))
    bench.submit_more(operator, another(bench, "N-2"))
    bench.run(0.1)
    (job,) = bench.core.plans
    made = make_plan(job, Effort(iterations=1, baselines=False), job.snapshot.at)
    state = bench.core.state
    again = replace(state.parcels["P-1"], mission_id=None, handed_on=())
    parcels = state.parcels.set("P-1", again)
    waiting = state.waiting.set("P-1", None).set("N-2", None).delete("N-1")
    desk = Desk(
        replace(state, parcels=parcels, waiting=waiting),
        bench.now,
        {},
        Settings(replans=True),
        lambda _: bench.inputs.context,
    )
    plan = made.model_copy(
        update={"parcels": (*made.parcels, made.parcels[0].model_copy(update={"order_id": "N-2"}))}
    )
    assert gave_way(desk, plan).detail == "made room or costs less so, after: 1 new parcel"


def test_an_event_touches_the_nearest_drafts_alone(day: tuple[Bench, Peer, Peer, Peer]) -> None:
    """So many as the settings say for so many parcels that wait, and never more than at most."""
    bench = day[0]
    context = bench.inputs.context

    def looked_at(waiting: list[str], **said: int) -> set[str]:
        settings = Settings(replans=True, keep_before_s=0, **said)
        desk = Desk(bench.core.state, bench.now, {}, settings, lambda _: context)
        return {o for one in revisable(desk, waiting, {ONE, TWO, VAN}) for o in one.order_ids}

    everybody = looked_at(["P-1"])
    assert len(everybody) > 4
    near = looked_at(["P-1"], replanned_few=1, replanned_each=2)
    assert len(near) == 3
    assert near == set(sorted(everybody)[:3]), "they stand in a row"
    assert len(looked_at(["P-1", "P-2"], replanned_few=1, replanned_each=2)) == min(5, len(everybody))
    assert len(looked_at(["P-1", "P-2"], replanned_few=1, replanned_each=2, most_replanned=4)) == 4


def test_a_long_route_that_is_nearest_hides_no_other_draft(tmp_path: Path) -> None:
    """It has more parcels than are looked at; what lies behind it is looked at all the same."""
    heavy = orders(4, name="H").replace(",0.8,", ",20,").removeprefix(ORDER_COLUMNS)
    bench = Bench(tmp_path, replans=True, orders=orders(3) + heavy, depots=DEPOTS)
    operator = bench.connect("operator-1", Role.OPERATOR)
    for asset_id, site in ((ONE, "S1"), (TWO, "S1"), (VAN, "D1")):
        ready(bench, asset_id, site)
    bench.submit(operator)
    bench.run(0.1)
    context, state = bench.inputs.context, bench.core.state
    assert len(state.missions[state.parcels["H-1"].mission_id or ""].mission.items) == 4
    settings = Settings(replans=True, keep_before_s=0, replanned_few=0, replanned_each=2)
    desk = Desk(state, bench.now, {}, settings, lambda _: context)
    near = revisable(desk, ["H-1"], {ONE, TWO, VAN})
    assert {o for one in near for o in one.order_ids} & {"P-1", "P-2", "P-3"}


def another(bench: Bench, name: str) -> Order:
    """A parcel next door to the first."""
    first = bench.inputs.orders.orders[0]
    place = first.place.model_copy(update={"lon": first.place.lon + 0.0004})
    return first.model_copy(update={"order_id": name, "place": place})


def test_compartments_of_parcels_that_are_drafted_anew_are_kept(tmp_path: Path) -> None:
    """The locker is asked once for each parcel, and told to free none."""
    lockers = f"{NO_LOCKERS}L1,Kiosk,-8.0485,41.0105,6,6,6,false\n"
    text = orders(3, begins=10, lon=-8.05, locker=True)
    bench = Bench(tmp_path, replans=True, orders=text, depots=VAN_ALONE, lockers=lockers)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, VAN, "D1")
    locker = bench.connect("L1")
    bench.submit(operator)
    bench.run(0.1)
    (before,) = drafts(bench)
    assert {p.locker_id for p in bench.core.state.parcels.values()} == {"L1"}
    bench.submit_more(operator, another(bench, "N-1"))
    bench.run(0.1)
    assert before not in drafts(bench)
    asked = [m.order_id for m in locker.of(ReserveCompartment) if isinstance(m, ReserveCompartment)]
    assert sorted(asked) == sorted(set(asked))
    assert not locker.of(ReleaseCompartment)
    brought_once(bench)


def test_it_is_told_by_whom_a_parcel_was_to_be_brought_before_and_why_not_any_more(
    day: tuple[Bench, Peer, Peer, Peer],
) -> None:
    """In the parcel's history, and in the words of `fleet orders explain`."""
    bench, _, first, _ = day
    moved = next(o for o, p in sorted(bench.core.state.parcels.items()) if p.asset_id == ONE)
    breaks_down(bench, first)
    ledger = Ledger()
    for stored in bench.store.events():
        ledger = record(ledger, stored.event)
    row = explain(ledger, moved)
    (one,) = row["replanned"]
    assert (one["was"]["asset"], one["now"]["asset"]) == (ONE, bench.core.state.parcels[moved].asset_id)
    assert one["reasons"][0]["code"] == "asset_unavailable"
    text = explanation_text(row)
    assert f"planned again at {one['at']}: was drone {ONE}" in text
    assert "asset_unavailable: S1/drone-1 is faulted" in text


def test_a_hub_that_starts_again_while_a_plan_is_made_asks_for_it_with_the_drafts(
    day: tuple[Bench, Peer, Peer, Peer],
) -> None:
    """The plan that was under way died with the process before."""
    bench, _, first, _ = day
    bench.planner_answers = False
    breaks_down(bench, first)
    bench.restart()
    bench.run(0.1)
    (job,) = bench.core.plans
    assert job.snapshot.drafted
    bench.planner_answers = True
    bench.run(0.1)
    assert of(bench, ev.PlanRevised)
    brought_once(bench)


def test_a_locker_is_asked_for_no_more_compartments_of_a_size_than_it_has(tmp_path: Path) -> None:
    """A small parcel keeps the medium one, which a new parcel needs: it gets the small one that came free instead."""
    lockers = f"{NO_LOCKERS}L1,Kiosk,-8.0485,41.0105,1,1,0,false\n"
    text = orders(2, begins=10, lon=-8.05, locker=True)
    bench = Bench(tmp_path, replans=True, orders=text, depots=VAN_ALONE, lockers=lockers)
    operator, _, locker = (
        bench.connect("operator-1", Role.OPERATOR),
        ready(bench, VAN, "D1"),
        bench.connect("L1"),
    )
    bench.submit(operator)
    bench.run(0.1)
    kept = bench.core.state.compartments
    (small,) = (o for (_, o), one in kept.items() if one.size is CompartmentSize.SMALL)
    request = kept["L1", small].request
    bench.say(
        locker,
        CompartmentReport(
            order_id=small, state="refused", at=bench.now, code="door_jammed", detail="", request=request
        ),
    )
    bench.run(0.1)
    size = Dimensions(length_m=0.4, width_m=0.35, height_m=0.18)
    bench.submit_more(operator, another(bench, "N-1").model_copy(update={"size": size}))
    bench.run(0.1)
    sizes = Counter(one.size for one in bench.core.state.compartments.values() if one.status in EMPTY)
    assert sizes == {CompartmentSize.SMALL: 1, CompartmentSize.MEDIUM: 1}
    brought_once(bench)


def later(record: MissionRecord) -> MissionRecord:
    """The same route an hour later, sent already."""
    start = record.mission.start_at + timedelta(hours=1)
    mission = record.mission.model_copy(update={"start_at": start})
    return replace(record, mission=mission, status=MissionStatus.RELEASED)


def sooner(record: MissionRecord) -> MissionRecord:
    """The same route an hour earlier, under way."""
    start = record.mission.start_at - timedelta(hours=1)
    mission = record.mission.model_copy(update={"start_at": start})
    return replace(record, mission=mission, status=MissionStatus.ACTIVE)


def test_a_van_s_drafts_behind_the_last_that_stays_may_change_and_none_beyond_the_day(tmp_path: Path) -> None:
    """A plan makes trips of a van in the time in which it is free, and none after the day's end; of one whose driver
    has a break it makes one."""
    bench = Bench(tmp_path, replans=True, orders=orders(3, begins=10, lon=-8.05), depots=VAN_ALONE)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(0.1)
    (only,) = drafts(bench)
    state, settings, context = bench.core.state, Settings(replans=True), bench.inputs.context
    desk = Desk(state, bench.now, {}, settings, lambda _: context)
    assert [one.mission_id for one in revisable(desk, ["P-1"], {VAN})] == [only]

    twice = replace(state, live_missions=state.live_missions.set("another", VAN))
    twice = replace(twice, missions=state.missions.set("another", state.missions[only]))
    both = revisable(replace(desk, state=twice), ["P-1"], {VAN})
    assert [one.mission_id for one in both] == [only, only]
    assert all(one.end is not None and one.end > one.start for one in both)
    twice = replace(twice, missions=state.missions.set("another", later(state.missions[only])))
    assert revisable(replace(desk, state=twice), ["P-1"], {VAN}) == ()
    twice = replace(twice, missions=state.missions.set("another", sooner(state.missions[only])))
    assert [one.mission_id for one in revisable(replace(desk, state=twice), ["P-1"], {VAN})] == [only]

    over = replace(state, until=bench.now + timedelta(minutes=30))
    assert revisable(replace(desk, state=over), ["P-1"], {VAN}) == ()
