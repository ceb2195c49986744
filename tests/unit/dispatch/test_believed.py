"""What peers say of parcels: their own are believed, others' are put before a person and change nothing."""

from __future__ import annotations

from pathlib import Path

from fleet.dispatch.desk import Settings
from fleet.dispatch.handlers.lockers import compartment_report
from fleet.dispatch.handlers.missions import step_report
from fleet.domain.events import (
    CompartmentChanged,
    Custodian,
    CustodyPassed,
    MissionDrafted,
    MissionReleased,
    MissionRevised,
)
from fleet.protocol.lifecycle import CompartmentEvent, CompartmentStatus, MissionStatus, ParcelStatus
from fleet.protocol.messages import (
    AssetReport,
    CloseException,
    CompartmentReport,
    FailedItem,
    MissionEnded,
    Role,
    StepReport,
    Telemetry,
)
from fleet.protocol.values import CompartmentSize
from tests.support.bench import DAY, Bench
from tests.support.script import (
    DRONE,
    VAN,
    accepted,
    answers,
    desk_after,
    empty_route,
    flying,
    ready,
    report,
    sent,
)
from tests.unit.dispatch.test_hand_on import bench_with, brought_to_a_locker, driving, orders, stops


def codes(bench: Bench) -> list[str]:
    """The open exceptions, oldest first."""
    return [e.code for e in bench.core.state.open_exceptions()]


def test_a_load_takes_nothing_that_its_step_does_not_name(tmp_path: Path) -> None:
    """A van that says it loaded what the drone is flying does not get it; the rest of its report holds."""
    bench = Bench(tmp_path)
    flying(bench)
    route = empty_route(bench, "route-1")
    desk = desk_after(bench, MissionDrafted(at=DAY, mission=route, kind="van", release_at=DAY))
    desk.emit(MissionReleased(at=DAY, mission=route))
    desk.peer_id = VAN
    claim = StepReport(mission_id="route-1", step_id="load", state="done", at=DAY, order_ids=("P-1",))
    step_report(desk, claim)
    assert desk.state.parcels["P-1"].custodian.id == DRONE
    assert "load" in desk.state.missions["route-1"].ended
    assert [e.code for e in desk.state.open_exceptions()] == ["contradiction"]


def test_a_failure_about_anothers_parcel_changes_nothing(tmp_path: Path) -> None:
    """It is not this van's to give up."""
    bench = bench_with(tmp_path, orders("A", "B"))
    van, assign = driving(bench)
    first = stops(assign.mission)[0]
    strange = next(o for o in "AB" if o not in first.deliver)
    bench.say(
        van,
        StepReport(
            mission_id=assign.mission.mission_id,
            step_id=first.step_id,
            state="done",
            at=DAY,
            order_ids=first.deliver,
            failed=(FailedItem(order_id=strange, code="recipient_absent"),),
        ),
    )
    assert bench.core.state.parcels[strange].attempts == 0
    assert bench.core.state.parcels[first.deliver[0]].status is ParcelStatus.DELIVERED
    assert codes(bench) == ["contradiction"]


def test_one_hand_off_that_cannot_be_costs_the_others_nothing(tmp_path: Path) -> None:
    """At one stop for two, the van hands over what it has, and what it never took aboard is put before a person."""
    bench = bench_with(tmp_path, orders("A", "B"))
    _, assign = driving(bench)
    first, second = stops(assign.mission)[0], stops(assign.mission)[1]
    both = first.model_copy(update={"deliver": (*first.deliver, *second.deliver)})
    mission = assign.mission.model_copy(update={"steps": (assign.mission.steps[0], both), "revision": 1})
    desk = desk_after(bench, MissionRevised(at=DAY, mission=mission, why="test"))
    lost = second.deliver[0]
    holder = Custodian(kind="asset", id=VAN)
    depot = Custodian(kind="site", id="D1")
    desk.emit(CustodyPassed(at=DAY, order_id=lost, giver=holder, taker=depot))
    desk.peer_id = VAN
    claim = StepReport(
        mission_id=mission.mission_id, step_id=both.step_id, state="done", at=DAY, order_ids=both.deliver
    )
    step_report(desk, claim)
    assert desk.state.parcels[first.deliver[0]].status is ParcelStatus.DELIVERED
    assert desk.state.parcels[lost].custodian == depot
    assert [e.code for e in desk.state.open_exceptions()] == ["contradiction"]


def test_a_parcel_that_is_not_at_its_site_is_looked_for_by_a_person(tmp_path: Path) -> None:
    """Its stop is left out, nobody drives after it, and once the exception is closed it goes on."""
    bench = bench_with(tmp_path, orders("A", "B"))
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.submit(operator)
    assign = sent(bench, van)
    accepted(bench, van, assign)
    bench.say(
        van,
        StepReport(
            mission_id=assign.mission.mission_id,
            step_id=assign.mission.steps[0].step_id,
            state="done",
            at=DAY,
            order_ids=("B",),
            failed=(FailedItem(order_id="A", code="not_found"),),
        ),
    )
    (missing,) = bench.core.state.open_exceptions()
    assert (missing.code, missing.owner, missing.order_id) == ("parcel_missing", "operator", "A")
    revised = sent(bench, van, 1).mission
    assert not any("A" in (*s.deliver, *s.collect) for s in stops(revised))
    bench.run(120)
    assert bench.core.state.parcels["A"].mission_id is None
    bench.say(
        operator,
        CloseException(request_id="c", by="ana", exception_id=missing.exception_id, outcome="on the shelf"),
    )
    assert answers(operator)["c"].ok
    bench.run(5)
    assert bench.core.state.parcels["A"].mission_id is not None


def test_a_locker_that_is_late_to_confirm_is_waited_for(tmp_path: Path) -> None:
    """The van is done before the locker speaks: nothing is fetched from it, and custody passes in the end."""
    bench, lockers, van, assign = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    steps = assign.mission.steps
    for step in steps[:-1]:
        bench.say(van, report(assign, step.step_id, "A"))
    bench.say(
        van,
        report(assign, steps[-1].step_id),
        MissionEnded(mission_id=assign.mission.mission_id, outcome="completed", at=DAY, site_id="D1"),
    )
    assert not bench.core.state.live_missions
    assert bench.core.state.parcels["A"].custodian.id == VAN
    bench.run(Settings().deposit_grace_s + 60)
    assert codes(bench) == ["deposit_unconfirmed"]
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="deposited", at=DAY))
    parcel = bench.core.state.parcels["A"]
    assert (parcel.status, parcel.custodian.id) == (ParcelStatus.IN_LOCKER, chosen)
    assert codes(bench) == []


def test_a_locker_whose_word_overtakes_the_van_s_is_believed_once_the_van_speaks(tmp_path: Path) -> None:
    """The van's link was down while it loaded and delivered: nothing is a contradiction, custody passes from the site
    to the van and from it to the locker, and in the end nobody is asked to look.
    """
    bench, lockers, van, assign = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    size = bench.core.state.compartments[chosen, "A"].size
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="deposited", at=DAY, size=size))
    assert codes(bench) == ["deposit_early"]
    assert bench.core.state.parcels["A"].custodian.id == "D1"
    bench.say(van, report(assign, assign.mission.steps[0].step_id, "A"))
    parcel = bench.core.state.parcels["A"]
    assert (parcel.status, parcel.custodian.id) == (ParcelStatus.IN_LOCKER, chosen)
    for step in assign.mission.steps[1:-1]:
        bench.say(van, report(assign, step.step_id, "A"))
    bench.say(
        van,
        report(assign, assign.mission.steps[-1].step_id),
        MissionEnded(mission_id=assign.mission.mission_id, outcome="completed", at=DAY, site_id="D1"),
    )
    bench.run(Settings().deposit_grace_s + 60)
    assert bench.core.state.parcels["A"].custodian.id == chosen
    assert codes(bench) == []
    passed = [
        e
        for e in (s.event for s in bench.store.events())
        if isinstance(e, CustodyPassed) and e.order_id == "A"
    ]
    assert [(e.giver.id, e.taker.id) for e in passed[-2:]] == [("D1", VAN), (VAN, chosen)]


def test_a_deposit_that_a_person_has_denied_is_not_believed_later(tmp_path: Path) -> None:
    """An operator looked and found the compartment empty: the van's word that it loaded the parcel is just that."""
    bench, lockers, van, assign = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    size = bench.core.state.compartments[chosen, "A"].size
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="deposited", at=DAY, size=size))
    (early,) = (e for e in bench.core.state.open_exceptions() if e.code == "deposit_early")
    operator = bench.connect("operator-2", Role.OPERATOR)
    bench.say(
        operator,
        CloseException(request_id="c", by="ana", exception_id=early.exception_id, outcome="it is empty"),
    )
    bench.say(van, report(assign, assign.mission.steps[0].step_id, "A"))
    assert bench.core.state.parcels["A"].custodian.id == VAN


def test_what_was_said_to_be_in_a_locker_and_comes_home_goes_on(tmp_path: Path) -> None:
    """The van brings it back after all: it is at the site, nobody waits for the locker, and it has another way."""
    bench, _, van, assign = brought_to_a_locker(tmp_path, "A")
    for step in assign.mission.steps:
        bench.say(van, report(assign, step.step_id, "A"))
    bench.say(
        van,
        MissionEnded(mission_id=assign.mission.mission_id, outcome="completed", at=DAY, site_id="D1"),
    )
    bench.run(5)
    parcel = bench.core.state.parcels["A"]
    assert parcel.custodian.id == "D1"
    assert parcel.mission_id not in (None, assign.mission.mission_id)
    bench.run(Settings().deposit_grace_s + 60)
    assert "deposit_unconfirmed" not in codes(bench)


def test_a_late_answer_to_a_release_does_not_free_what_was_asked_for_since(tmp_path: Path) -> None:
    """The hub gave the compartment back and wants it again at once: the locker's `released` is about the first."""
    bench, lockers, _, _ = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="released", at=DAY))
    kept = bench.core.state.compartments[chosen, "A"]
    assert kept.status is CompartmentStatus.RESERVED
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="reserved", at=DAY))
    assert codes(bench) == []


def test_a_parcel_that_a_locker_has_taken_in_is_in_it(tmp_path: Path) -> None:
    """Its compartment was given back by mistake: what is inside is inside, and custody says so."""
    bench, _, van, assign = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    bench.say(van, report(assign, assign.mission.steps[0].step_id, "A"))
    desk = desk_after(
        bench,
        *(
            CompartmentChanged(at=DAY, locker_id=where, order_id=order_id, change=CompartmentEvent.RELEASE)
            for where, order_id in bench.core.state.compartments
        ),
    )
    desk.peer_id = chosen
    size = CompartmentSize.MEDIUM
    compartment_report(desk, CompartmentReport(order_id="A", state="deposited", at=DAY, size=size))
    parcel = desk.state.parcels["A"]
    assert (parcel.status, parcel.custodian.id) == (ParcelStatus.IN_LOCKER, chosen)


def test_a_refusal_while_the_van_loads_costs_no_other_parcel_its_report(tmp_path: Path) -> None:
    """A goes aboard, since it is in the driver's hands, and on from there; B's hand-off is recorded as it happened."""
    bench, lockers, van, assign = brought_to_a_locker(tmp_path, "A", "B")
    load = assign.mission.steps[0]
    mission_id = assign.mission.mission_id
    bench.say(van, StepReport(mission_id=mission_id, step_id=load.step_id, state="started", at=DAY))
    refusing = bench.core.state.parcels["A"].locker_id
    assert refusing is not None
    bench.say(lockers[refusing], CompartmentReport(order_id="A", state="refused", at=DAY, code="jammed"))
    bench.run(5)
    assert bench.core.state.parcels["A"].mission_id == mission_id
    bench.say(van, report(assign, load.step_id, "A", "B"))
    state = bench.core.state
    assert {state.parcels[o].custodian.id for o in "AB"} == {VAN}
    assert list(state.live_missions) == [mission_id]
    brought = {o for s in stops(state.missions[mission_id].mission) for o in s.deliver}
    assert "A" in brought
    assert state.parcels["A"].locker_id != refusing


def test_a_drone_that_forgot_its_flight_is_asked_about(tmp_path: Path) -> None:
    """Rebooted on the way, it stands there and is ready: the mission is not taken to be over, and not forgotten."""
    bench = Bench(tmp_path)
    _, drone, assign = flying(bench)
    bench.say(
        drone,
        StepReport(mission_id=assign.mission.mission_id, step_id="out", state="started", at=DAY),
        AssetReport(condition="ready", at=DAY, soc=0.9, site_id="S1"),
    )
    assert codes(bench) == ["ready_under_way"]
    for _ in range(120):
        bench.sample(drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0, soc=0.9))
        bench.run(60)
    assert "mission_overdue" in codes(bench)
    assert bench.core.state.missions[assign.mission.mission_id].status is MissionStatus.ACTIVE
    bench.say(
        drone, MissionEnded(mission_id=assign.mission.mission_id, outcome="failed", at=DAY, site_id="S1")
    )
    assert not {"ready_under_way", "mission_overdue"} & set(codes(bench))


def test_a_van_that_never_comes_is_not_counted_on_again(tmp_path: Path) -> None:
    """It misses what was planned for it: a person learns of it, and the parcel goes with the van that is there."""
    bench = bench_with(tmp_path, orders("A"), vans=2)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, "D1/van-2", "D1")
    bench.submit(operator)
    bench.run(5)
    assert bench.core.state.parcels["A"].asset_id == VAN
    bench.run(Settings().patience_s + 15 * 60)
    assert "asset_absent" in codes(bench)
    assert bench.core.state.parcels["A"].asset_id == "D1/van-2"
    ready(bench, VAN, "D1")
    assert "asset_absent" not in codes(bench)


def test_one_peer_cannot_flood_the_exceptions(tmp_path: Path) -> None:
    """It speaks of another's mission again and again: one exception."""
    bench = Bench(tmp_path)
    _, _, assign = flying(bench)
    van = ready(bench, VAN, "D1")
    for _ in range(20):
        bench.say(van, report(assign, "drop", "P-1"))
    assert codes(bench) == ["foreign_mission"]
    assert bench.core.state.parcels["P-1"].custodian.id == DRONE
