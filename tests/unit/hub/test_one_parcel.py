"""One parcel by one drone, through every layer: order, feasibility, plan, mission, telemetry, delivery, custody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fleet.protocol.lifecycle import MissionStatus, ParcelStatus
from fleet.protocol.messages import (
    AssetReport,
    Assign,
    MissionEnded,
    MissionReply,
    Reply,
    Role,
    StepReport,
)
from tests.support.bench import DAY, Bench, Peer

DRONE = "S1/drone-1"


def ready(bench: Bench) -> Peer:
    """A drone that has said it is there and full."""
    drone = bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    return drone


def fly(bench: Bench, drone: Peer, assign: Assign, steps: tuple[str, ...]) -> None:
    """Report the steps as done, one after the other."""
    mission = assign.mission
    for step in steps:
        moved = ("P-1",) if step in ("load", "drop") else ()
        for state in ("started", "done"):
            bench.say(
                drone,
                StepReport(
                    mission_id=mission.mission_id,
                    step_id=step,
                    state=state,
                    at=DAY,
                    order_ids=moved if state == "done" else (),
                ),
            )


def assigned(bench: Bench, drone: Peer) -> Assign:
    """Run until the drone has its mission."""
    for _ in range(200):
        if found := drone.of(Assign):
            assert isinstance(found[0], Assign)
            return found[0]
        bench.run(30)
    raise AssertionError(f"no mission was sent; exceptions: {bench.core.state.open_exceptions()}")


def test_one_parcel_by_one_drone(tmp_path: Path) -> None:
    """An order becomes a plan, a mission, a flight and a delivery, and every hand-off is recorded."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    assert [r.ok for r in operator.of(Reply) if isinstance(r, Reply)] == [True]
    assign = assigned(bench, drone)
    bench.say(drone, MissionReply(mission_id=assign.mission.mission_id, revision=0, accepted=True))
    fly(bench, drone, assign, ("load", "out", "drop", "back", "unload"))
    bench.say(
        drone,
        MissionEnded(mission_id=assign.mission.mission_id, outcome="completed", at=DAY, site_id="S1"),
    )
    state = bench.core.state
    assert state.parcels["P-1"].status is ParcelStatus.DELIVERED
    assert state.missions[assign.mission.mission_id].status is MissionStatus.COMPLETED
    passed = [e.event for e in bench.store.events() if e.event.type == "custody_passed"]  # type: ignore[attr-defined]
    assert [e.taker.kind for e in passed] == ["site", "asset", "recipient"]  # type: ignore[attr-defined]


def test_hub_killed_in_flight_goes_on_where_it_was(tmp_path: Path) -> None:
    """A hub that is started again on its store sends nothing twice and takes what it had not acknowledged."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    assign = assigned(bench, drone)
    bench.say(drone, MissionReply(mission_id=assign.mission.mission_id, revision=0, accepted=True))
    fly(bench, drone, assign, ("load",))
    bench.start()  # the process is gone with all that it had in memory
    bench.peers.clear()
    drone.session.disconnected(bench.wall)
    bench.peers[DRONE] = drone
    bench.wall += 60
    again = bench.connect(DRONE)
    fly(bench, again, assign, ("out", "drop", "back", "unload"))
    bench.say(
        again,
        MissionEnded(mission_id=assign.mission.mission_id, outcome="completed", at=DAY, site_id="S1"),
    )
    assert len(again.of(Assign)) == 1
    assert bench.core.state.parcels["P-1"].status is ParcelStatus.DELIVERED
    assert DAY + timedelta(hours=8) <= bench.core.clock.now(bench.wall)
