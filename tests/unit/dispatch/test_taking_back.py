"""A parcel is in one mission at a time, and what was kept for it is given back with its way."""

from __future__ import annotations

import json
from pathlib import Path

from fleet.dispatch.inputs import PlanReady
from fleet.domain.state import OVER
from fleet.hub.planning import Effort, make_plan
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import (
    AssetReport,
    Assign,
    CancelMission,
    CompartmentReport,
    MissionEnded,
    ReleaseCompartment,
    Role,
)
from tests.support.bench import DAY, ORDER_COLUMNS, Bench, Peer
from tests.support.script import DRONE, VAN, ready, report, sent

PORT = "locker_id,name,lon,lat,small,medium,large,drone_port\nL1,Port,-8.0145,41.0135,2,2,2,true\n"
TO_A_PORT = (
    f"{ORDER_COLUMNS}P-1,acme,delivery,Ana,Rua 1,-8.016,41.016,0.8,0.3,0.2,0.1,standard,10,,"
    "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,true,\n"
)
WEST, EAST, SOUTH, NORTH = -8.0168, -8.0152, 41.0152, 41.0168
OVER_THE_DOOR = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "the door"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]]
                    ],
                },
            }
        ],
    }
)


def at_a_port(tmp_path: Path) -> tuple[Bench, Peer, Peer]:
    """A parcel that a drone is to bring into a locker through its port, since it may not fly to the door."""
    bench = Bench(tmp_path, orders=TO_A_PORT, lockers=PORT, zones=OVER_THE_DOOR)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone, locker = ready(bench), ready(bench, "L1", "L1")
    ready(bench, VAN, "D1")
    bench.submit(operator)
    bench.run(5)
    assert bench.core.state.parcels["P-1"].locker_id == "L1"
    return bench, drone, locker


def live(bench: Bench) -> list[str]:
    """The missions that are to bring the parcel."""
    records = bench.core.state.missions.values()
    return [
        r.mission.mission_id
        for r in records
        if r.status not in OVER and any(i.order_id == "P-1" for i in r.mission.items)
    ]


def refuse(bench: Bench, locker: Peer) -> None:
    """The locker can't keep it after all."""
    bench.say(locker, CompartmentReport(order_id="P-1", state="refused", at=DAY, code="jammed"))


def test_a_refusal_before_the_release_leaves_one_mission(tmp_path: Path) -> None:
    """The drafted flight is dropped with it, and never sent."""
    bench, drone, locker = at_a_port(tmp_path)
    (first,) = live(bench)
    refuse(bench, locker)
    bench.run(60)
    assert bench.core.state.missions[first].status is MissionStatus.CANCELLED
    assert len(live(bench)) == 1
    assert not any(a.mission.mission_id == first for a in drone.of(Assign))  # type: ignore[union-attr]


def test_a_refusal_after_the_release_asks_the_flight_back(tmp_path: Path) -> None:
    """Another way is looked for once the drone has said that it has not begun."""
    bench, drone, locker = at_a_port(tmp_path)
    bench.say(locker, CompartmentReport(order_id="P-1", state="reserved", at=DAY))
    assign = sent(bench, drone)
    refuse(bench, locker)
    assert [getattr(c, "mission_id", None) for c in drone.of(CancelMission)] == [assign.mission.mission_id]
    assert live(bench) == [assign.mission.mission_id]
    bench.say(
        drone,
        MissionEnded(mission_id=assign.mission.mission_id, outcome="cancelled", at=DAY, site_id="S1"),
    )
    bench.run(5)
    assert len(live(bench)) == 1
    assert assign.mission.mission_id not in live(bench)


def test_a_refusal_in_flight_sends_nobody_after_the_drone(tmp_path: Path) -> None:
    """It will not be let in and comes home with the parcel: only then another way is looked for."""
    bench, drone, locker = at_a_port(tmp_path)
    bench.say(locker, CompartmentReport(order_id="P-1", state="reserved", at=DAY))
    assign = sent(bench, drone)
    bench.say(drone, report(assign, "load", "P-1"))
    refuse(bench, locker)
    assert live(bench) == [assign.mission.mission_id]
    assert bench.core.state.parcels["P-1"].custodian.id == DRONE


def test_what_was_kept_is_given_back_when_the_parcel_is_planned_anew(tmp_path: Path) -> None:
    """The drone breaks down before it leaves: no compartment stays kept for a parcel that goes to the door."""
    bench, drone, locker = at_a_port(tmp_path)
    bench.say(locker, CompartmentReport(order_id="P-1", state="reserved", at=DAY))
    bench.say(drone, AssetReport(condition="faulted", at=bench.now, site_id="S1", code="motor"))
    assert locker.of(ReleaseCompartment)
    bench.run(60)
    parcel = bench.core.state.parcels["P-1"]
    kept = [where for where, order_id in bench.core.state.compartments if order_id == "P-1"]
    assert kept == ([] if parcel.locker_id is None else [parcel.locker_id])


def test_a_plan_that_says_nothing_of_a_parcel_is_not_asked_for_again_at_once(tmp_path: Path) -> None:
    """It names the parcel and brings it nowhere: the parcel is handed on, and time can go on."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench)
    bench.planner_answers = False
    bench.submit(operator)
    (job,) = bench.core.plans
    bench.core.plans.clear()
    plan = make_plan(job, Effort(iterations=1, baselines=False), job.snapshot.at)
    hollow = plan.model_copy(update={"sorties": (), "routes": (), "unassigned": ()})
    bench.core.tell(PlanReady(hollow), bench.wall)
    bench.run(5)
    state = bench.core.state
    assert (state.planning, list(bench.core.plans)) == (None, [])
    assert "handon:P-1" in state.timers
    assert [e.code for e in state.open_exceptions()] == ["no_van_left"]
