"""Handing on to vans: shown stops stay, lockers that say no, doors that stay shut, vans that break down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fleet.dispatch.desk import Desk, Settings
from fleet.dispatch.handovers import hand_on
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import AssetStatus, ParcelStatus
from fleet.protocol.messages import (
    AssetReport,
    Assign,
    CompartmentReport,
    FailedItem,
    MissionEnded,
    ReleaseCompartment,
    ReserveCompartment,
    Role,
    StepReport,
)
from fleet.protocol.mission import Mission, Stop
from fleet.protocol.values import Place
from tests.support.bench import DAY, ORDER_COLUMNS, Bench, Peer
from tests.support.bench import LOCKERS as NO_LOCKERS
from tests.support.script import VAN, accepted, ready, report, sent

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.05,41.02,{vans},0,0,0,05:00,22:00
"""
LOCKERS = (
    "locker_id,name,lon,lat,small,medium,large,drone_port\n"
    "L1,Kiosk,-8.04,41.01,2,2,2,false\nL2,Station,-8.041,41.011,2,2,2,false\n"
)
WHY = (incident("test", "as the test says", source="test"),)


def orders(*names: str, locker: bool = False) -> str:
    """Parcels along a street, due until noon."""
    rows = (
        f"{name},acme,delivery,Ana,Rua {i},{-8.04 + i / 500},41.01,3,0.3,0.2,0.1,standard,10,,"
        "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,"
        f"{str(locker).lower()},\n"
        for i, name in enumerate(names)
    )
    return ORDER_COLUMNS + "".join(rows)


def bench_with(tmp_path: Path, text: str, *, vans: int = 1, lockers: str = NO_LOCKERS) -> Bench:
    """A depot with vans and nothing that flies or walks."""
    return Bench(tmp_path, orders=text, depots=DEPOTS.format(vans=vans), lockers=lockers)


def driving(bench: Bench, asset_id: str = VAN) -> tuple[Peer, Assign]:
    """A van that has loaded and is on its way to its first stop."""
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, asset_id, "D1")
    bench.submit(operator)
    assign = sent(bench, van)
    accepted(bench, van, assign)
    loaded = assign.mission.steps[0]
    bench.say(van, report(assign, loaded.step_id, *loaded.order_ids))  # type: ignore[union-attr]
    return van, assign


def brought_to_a_locker(tmp_path: Path, *names: str) -> tuple[Bench, dict[str, Peer], Peer, Assign]:
    """A van that has taken a route to a locker, which has confirmed the compartments; nothing is loaded yet."""
    bench = bench_with(tmp_path, orders(*names, locker=True), lockers=LOCKERS)
    lockers = {name: ready(bench, name, name) for name in ("L1", "L2")}
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(5)
    for name in names:
        locker_id = bench.core.state.parcels[name].locker_id
        assert locker_id is not None
        bench.say(lockers[locker_id], CompartmentReport(order_id=name, state="reserved", at=DAY))
    assign = sent(bench, van)
    accepted(bench, van, assign)
    return bench, lockers, van, assign


def stops(mission: Mission) -> list[Stop]:
    """The stops of a route."""
    return [s for s in mission.steps if isinstance(s, Stop)]


def serve(bench: Bench, van: Peer, assign: Assign, stop: Stop, code: str) -> None:
    """At a stop nothing could be handed over."""
    failed = tuple(FailedItem(order_id=o, code=code) for o in (*stop.deliver, *stop.collect))
    bench.say(
        van,
        StepReport(
            mission_id=assign.mission.mission_id, step_id=stop.step_id, state="done", at=DAY, failed=failed
        ),
    )


def test_what_the_driver_was_shown_stays(tmp_path: Path) -> None:
    """A parcel that comes on the way goes behind the next two stops, and these keep their ids, places and times."""
    bench = bench_with(tmp_path, orders("A", "B", "C", "D"))
    van, first = driving(bench)
    bench.say(
        van,
        StepReport(
            mission_id=first.mission.mission_id,
            step_id=stops(first.mission)[0].step_id,
            state="started",
            at=DAY,
        ),
    )
    operator = bench.peers["operator-1"]
    (order,) = [o for o in bench.inputs.orders.orders if o.order_id == "A"]
    bench.submit_more(operator, order.model_copy(update={"order_id": "E"}))
    revised = sent(bench, van, 1).mission
    shown = 1 + Settings().frozen_stops
    assert revised.revision == first.mission.revision + 1
    assert stops(revised)[:shown] == stops(first.mission)[:shown]
    assert any("E" in s.deliver for s in stops(revised)[shown:])


def test_a_route_that_has_not_left_takes_a_parcel_on_at_its_depot(tmp_path: Path) -> None:
    """Nothing is shown yet: the load list grows, and no stop is added only to load."""
    bench = bench_with(tmp_path, orders("A", "B"))
    operator, van = bench.connect("operator-1", Role.OPERATOR), ready(bench, VAN, "D1")
    bench.submit(operator)
    first = sent(bench, van)
    accepted(bench, van, first)
    (order,) = [o for o in bench.inputs.orders.orders if o.order_id == "A"]
    bench.submit_more(operator, order.model_copy(update={"order_id": "E"}))
    revised = sent(bench, van, 1).mission
    assert "E" in revised.steps[0].order_ids  # type: ignore[union-attr]
    assert not any(s.collect for s in stops(revised))


def test_nobody_opens_twice(tmp_path: Path) -> None:
    """The first time the same van comes again later on; the second time the parcel goes back."""
    bench = bench_with(tmp_path, orders("A", "B", "C", "D"))
    van, assign = driving(bench)
    parcel = bench.core.state.parcels["A"]
    for attempt in (1, 2):
        mission = bench.core.state.missions[assign.mission.mission_id].mission
        done = bench.core.state.missions[assign.mission.mission_id].ended
        stop = next(s for s in stops(mission) if "A" in s.deliver and s.step_id not in done)
        serve(bench, van, assign, stop, "recipient_absent")
        parcel = bench.core.state.parcels["A"]
        assert parcel.attempts == attempt
        assert parcel.custodian.id == VAN
    assert parcel.status is ParcelStatus.RETURNED
    assert not bench.core.state.open_exceptions()
    unload = assign.mission.steps[-1]
    bench.say(van, report(assign, unload.step_id, "A"))
    assert bench.core.state.parcels["A"].custodian.kind == "site"


def test_a_locker_that_refuses_sends_the_parcel_elsewhere(tmp_path: Path) -> None:
    """It said yes to nobody: the parcel's stop is changed before the van leaves, and the compartment is no longer
    wanted."""
    bench = bench_with(tmp_path, orders("A", locker=True), lockers=LOCKERS)
    lockers = {name: ready(bench, name, name) for name in ("L1", "L2")}
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(5)
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    assert len(lockers[chosen].of(ReserveCompartment)) == 1
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="refused", at=DAY, code="jammed"))
    parcel = bench.core.state.parcels["A"]
    assert parcel.status is ParcelStatus.PLANNED
    assert parcel.locker_id != chosen
    assert (chosen, "A") not in bench.core.state.compartments
    assert parcel.handed_on[0].code == "jammed"


def test_a_full_locker_is_not_asked_again(tmp_path: Path) -> None:
    """Its reservation is given back; the next place is another locker or the door, and no attempt is counted."""
    bench, lockers, van, assign = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    bench.say(van, report(assign, assign.mission.steps[0].step_id, "A"))
    serve(bench, van, assign, stops(assign.mission)[0], "locker_full")
    parcel = bench.core.state.parcels["A"]
    assert parcel.attempts == 0
    assert parcel.locker_id != chosen
    assert (chosen, "A") not in bench.core.state.compartments
    assert lockers[chosen].of(ReleaseCompartment)
    again = sent(bench, van, 1).mission
    assert any("A" in s.deliver and s.locker_id != chosen for s in stops(again)[1:])


def test_what_rides_on_a_broken_van_is_fetched_by_another(tmp_path: Path) -> None:
    """The other van collects it where the first stands; custody passes only when it has it."""
    bench = bench_with(tmp_path, orders("A", "B"), vans=2)
    van, assign = driving(bench)
    other = ready(bench, "D1/van-2", "D1")
    where = Place(lon=-8.045, lat=41.015)
    bench.say(
        van,
        AssetReport(condition="faulted", at=DAY, place=where, code="breakdown"),
        MissionEnded(
            mission_id=assign.mission.mission_id,
            outcome="failed",
            at=DAY,
            place=where,
            on_board=("A", "B"),
            code="breakdown",
        ),
    )
    rescue = sent(bench, other, 0)
    mission = bench.core.state.missions[rescue.mission.mission_id].mission
    fetched = {o: s.place for s in stops(mission) for o in s.collect}
    assert fetched == {"A": where, "B": where}
    assert bench.core.state.assets[VAN].status is AssetStatus.FAULTED
    assert {bench.core.state.parcels[o].custodian.id for o in "AB"} == {VAN}
    first = next(s for s in stops(mission) if "A" in s.collect)
    bench.say(other, report(rescue, mission.steps[0].step_id), report(rescue, first.step_id, *first.collect))
    assert bench.core.state.parcels["A"].custodian.id == "D1/van-2"


def test_what_finds_no_van_by_the_days_end_is_given_up(tmp_path: Path) -> None:
    """Until then it waits and is tried again by a timer; afterwards it goes back to the client, with the reasons."""
    bench = bench_with(tmp_path, orders("A"), vans=0)
    operator = bench.connect("operator-1", Role.OPERATOR)
    bench.submit(operator)
    bench.run(5)
    state = bench.core.state
    assert "A" in state.waiting
    assert "handon:A" in state.timers
    assert [e.code for e in state.open_exceptions()] == ["no_van_left"]
    assert state.until is not None
    desk = Desk(state, state.until + timedelta(minutes=1), {}, Settings(), lambda _: bench.inputs.context)
    hand_on(desk, "A", WHY, handed_on_from=None)
    parcel = desk.state.parcels["A"]
    assert parcel.status is ParcelStatus.RETURNED
    assert [r.code for r in parcel.handed_on] == ["test", "no_van_left"]
    assert desk.state.open_exceptions() == ()
