"""A mission that was sent and does not begin: taken back, and nothing given to another on a guess."""

from __future__ import annotations

from pathlib import Path

from fleet.dispatch.desk import Settings
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import AssetStatus, MissionStatus, ParcelStatus
from fleet.protocol.messages import (
    Action,
    Assign,
    CancelMission,
    CommandReply,
    MissionEnded,
    Role,
    Telemetry,
)
from tests.support.bench import DAY, Bench, Peer
from tests.support.script import DRONE, accepted, flying, ready, report, sent, tell

GRACE_S = Settings().begin_grace_s


def waiting(bench: Bench) -> tuple[Peer, Assign]:
    """A drone that has taken its mission, stands on its pad, and does not begin."""
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    assign = sent(bench, drone)
    accepted(bench, drone, assign)
    return drone, assign


def chatter(bench: Bench, drone: Peer, seconds: float) -> None:
    """Let time go on while the drone tells where it is."""
    for _ in range(round(seconds / 60)):
        bench.sample(drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0, soc=1.0))
        bench.run(60)


def codes(bench: Bench) -> set[str]:
    """The open exceptions."""
    return {e.code for e in bench.core.state.open_exceptions()}


def test_it_is_taken_back_and_the_parcel_goes_on_once_the_asset_has_answered(tmp_path: Path) -> None:
    """First the question, then the answer, then another mission for the parcel."""
    bench = Bench(tmp_path)
    drone, assign = waiting(bench)
    chatter(bench, drone, GRACE_S + 300)
    (cancel,) = drone.of(CancelMission)
    assert cancel.mission_id == assign.mission.mission_id  # type: ignore[union-attr]
    assert codes(bench) == {"mission_not_begun"}
    assert bench.core.state.parcels["P-1"].mission_id == assign.mission.mission_id
    bench.say(
        drone,
        MissionEnded(mission_id=assign.mission.mission_id, outcome="cancelled", at=DAY, site_id="S1"),
    )
    parcel = bench.core.state.parcels["P-1"]
    assert (parcel.status, parcel.custodian.id) == (ParcelStatus.PLANNED, "S1")
    assert parcel.mission_id not in (None, assign.mission.mission_id)
    assert codes(bench) == set()


def test_one_that_begins_after_all_goes_on(tmp_path: Path) -> None:
    """The question crossed with the start: the mission is under way, and nobody is called."""
    bench = Bench(tmp_path)
    drone, assign = waiting(bench)
    chatter(bench, drone, GRACE_S + 300)
    bench.say(drone, report(assign, "load", "P-1"))
    assert bench.core.state.missions[assign.mission.mission_id].status is MissionStatus.ACTIVE
    assert codes(bench) == set()


def test_an_asset_that_does_not_answer_is_a_persons_business(tmp_path: Path) -> None:
    """It may have begun: its parcel is not given to another on a guess."""
    bench = Bench(tmp_path)
    drone, assign = waiting(bench)
    chatter(bench, drone, 2 * GRACE_S + 400)
    assert codes(bench) == {"mission_not_begun", "cancel_unanswered"}
    assert bench.core.state.parcels["P-1"].mission_id == assign.mission.mission_id


def test_an_asset_that_fell_silent_before_it_began_is_looked_for(tmp_path: Path) -> None:
    """Silence is noticed on the pad too, is told once, and what is heard again is as it was before."""
    bench = Bench(tmp_path)
    drone, _ = waiting(bench)
    limit_s = kind_of("drone").lost_link.waiting_s
    assert limit_s is not None
    drone.silent = True
    bench.run(limit_s + 5)
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST
    assert codes(bench) == {"link_lost"}
    bench.heard_again(drone)
    assert bench.core.state.assets[DRONE].status is AssetStatus.READY
    assert codes(bench) == set()


def test_an_asset_that_was_held_before_it_fell_silent_is_held_when_it_is_heard(tmp_path: Path) -> None:
    """The hold was acknowledged: silence does not lift it."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    (command_id,) = tell(operator, bench, Action.HOLD).ids
    bench.say(drone, CommandReply(command_id=command_id, accepted=True))
    drone.silent = True
    bench.run(60)
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST
    bench.heard_again(drone)
    assert bench.core.state.assets[DRONE].status is AssetStatus.HELD


def test_one_that_is_held_on_its_pad_is_not_taken_back(tmp_path: Path) -> None:
    """It does what it was told."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    accepted(bench, drone, sent(bench, drone))
    (command_id,) = tell(operator, bench, Action.HOLD).ids
    bench.say(drone, CommandReply(command_id=command_id, accepted=True))
    chatter(bench, drone, 2 * GRACE_S)
    assert not drone.of(CancelMission)
    assert codes(bench) == set()
