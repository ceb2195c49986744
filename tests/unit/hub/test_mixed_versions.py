"""A hub with assets of two releases at once: each is spoken to in its own version, and one is upgraded in flight."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.protocol.codec import decode_control, encode
from fleet.protocol.errors import Fault
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import AssetReport, Assign, Heartbeat, MissionReply, Refused, Role
from fleet.protocol.session import PeerSession
from fleet.protocol.versions import WIRE_VERSIONS
from fleet.store import MemoryStore, OutboxRow
from tests.support.bench import Bench
from tests.support.script import DRONE, VAN, ready, report, sent

OLD, NEW = (1,), WIRE_VERSIONS


def test_each_asset_is_spoken_to_in_its_own_version(tmp_path: Path) -> None:
    """One of the old release, one of the new, a day's work between them."""
    bench = Bench(tmp_path)
    bench.connect(VAN, versions=OLD)
    drone = bench.connect(DRONE, versions=NEW)
    for peer_id, site in ((VAN, "D1"), (DRONE, "S1")):
        bench.say(bench.peers[peer_id], AssetReport(condition="ready", at=bench.now, soc=1.0, site_id=site))
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    bench.run(5)
    assign = sent(bench, drone)
    bench.say(drone, MissionReply(mission_id=assign.mission.mission_id, revision=0, accepted=True))
    bench.run(5)
    assert bench.spoken[VAN] == {1}
    assert bench.spoken[DRONE] == {2}
    assert not bench.core.sessions.refused


def test_an_asset_is_upgraded_while_others_fly(tmp_path: Path) -> None:
    """Its process is started again on the same journal: nothing is asked twice, nothing is lost, the others go on."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE, versions=OLD)
    van = ready(bench, VAN, "D1")
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    assign = sent(bench, drone)
    mission_id = assign.mission.mission_id
    drone.session.send(MissionReply(mission_id=mission_id, revision=0, accepted=True))  # not sent yet
    epoch = bench.core.sessions.peers.by_id[VAN].session.epoch
    bench.order_about(DRONE, "sent while it is down")
    upgraded = bench.upgrade(DRONE, NEW)
    bench.run(5)
    assert bench.spoken[DRONE] == {1, 2}
    assert bench.core.state.missions[mission_id].status is MissionStatus.ACCEPTED
    assert [m.why for m in upgraded.inbox if m.type == "cancel_mission"] == ["sent while it is down"]
    assert len(upgraded.of(Assign)) == 1
    bench.say(upgraded, report(assign, "load", "P-1"))
    assert bench.core.state.parcels["P-1"].custodian.id == DRONE
    assert bench.core.sessions.peers.by_id[VAN].session.epoch == epoch
    assert van.session.outstanding == 0


def test_what_waited_for_an_asset_of_the_old_release_reaches_it_after_the_hubs_upgrade(
    tmp_path: Path,
) -> None:
    """The stored outbox was written by version 1; the hub that reads it speaks both."""
    bench = Bench(tmp_path, MemoryStore())
    bench.connect(VAN, versions=OLD)
    bench.peers[VAN].route = b"nowhere"
    bench.order_about(VAN, "waits")
    bench.run(0.1)
    assert [type(row) for rows in bench.store.outbox().values() for row in rows] == [OutboxRow]
    bench.restart()
    van = bench.connect(VAN)
    bench.run(0.1)
    assert [m.why for m in van.inbox if m.type == "cancel_mission"] == ["waits"]
    assert bench.spoken[VAN] == {1}


@pytest.mark.parametrize("versions", [(0,), (3,), (3, 4), ()])
def test_no_common_version_is_said_in_words_that_any_version_has(
    tmp_path: Path, versions: tuple[int, ...]
) -> None:
    """A peer that is too old, or too new, can read why."""
    bench = Bench(tmp_path)
    stranger = PeerSession(DRONE, Role.ASSET, "boot", versions=versions)
    bench.core.control(b"r", encode(stranger.connect(0.0)[0], 1), bench.wall)
    bench.core.work(bench.wall)
    [answer] = [decode_control(f).message for r, f in bench.core.output(bench.wall) if r == b"r"]
    assert isinstance(answer, Refused)
    assert answer.code == Fault.NO_COMMON_VERSION
    assert str(versions) in answer.detail


def test_a_refused_hello_does_not_change_how_the_one_that_stands_is_spoken_to(tmp_path: Path) -> None:
    """A stale copy of an asset of the old release comes along; the real one goes on in its own version."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE, versions=NEW)
    stale = PeerSession(DRONE, Role.ASSET, "boot-1", versions=OLD)
    for envelope in stale.connect(bench.wall):
        forged = envelope.model_copy(update={"ack": 99})
        bench.core.control(b"stale", encode(forged), bench.wall)
    bench.run(0.1)
    assert bench.core.sessions.refused == {"forgotten": 1}
    assert bench.core.sessions.peers.by_id[DRONE].session.version == 2
    assert drone.session.state == "welcomed"


def test_a_frame_of_the_old_version_with_a_new_field_is_refused(tmp_path: Path) -> None:
    """Whatever was agreed: each frame is read by the version that it names."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE, versions=OLD)
    drone.session.close()
    body = b'{"seq":null,"ack":0,"message":{"type":"heartbeat","sent_s":1.0}}'
    bench.core.control(drone.route, [b"1", b"heartbeat", body], bench.wall)
    assert bench.core.sessions.refused == {"malformed": 1}
    assert "sent_s" in Heartbeat.model_fields
