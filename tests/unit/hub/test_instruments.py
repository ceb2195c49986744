"""What the loop counts: who is there, what came in, what was shed; and what the log tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fleet.hub.observability.census import NAMED, Census, Counting, log_changes
from fleet.hub.observability.instruments import Instruments
from fleet.hub.observability.vitals import Liveness, Pulse, Vitals
from fleet.hub.planning import Effort, Planning
from fleet.protocol.codec import encode_telemetry
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import AssetReport, Role, Telemetry
from fleet.store.base import Batch
from tests.support.bench import DAY, Bench

DRONE = "S1/drone-1"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A hub's core with one drone and one van, of which nobody has come."""
    return Bench(tmp_path)


def counted(bench: Bench, most: int = 250) -> Census:
    """Everybody counted."""
    counting = Counting(bench.core.sessions.peers, bench.core.state)
    while (found := counting.go_on(most)) is None:
        pass
    return found


class Turned:
    """Instruments that are turned by hand, a second at a time."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.now_s, self.wrong_s = bench, 100.0, 0.0
        self.instruments = Instruments(Pulse(), clock=lambda: self.now_s, wall=self.wall)
        self.planning = Planning(Effort(iterations=1), wake=lambda: None)

    def wall(self) -> datetime:
        """What the wall clock says, which may be wrong."""
        return DAY + timedelta(seconds=self.now_s + self.wrong_s)

    def turn(self) -> Vitals:
        """One turn that takes 30 ms; what it leaves."""
        begun_s = self.now_s + 1
        self.now_s = begun_s + 0.03
        self.instruments.turned(self.bench.core, self.planning, begun_s)
        vitals = self.instruments.pulse.vitals
        assert vitals is not None
        return vitals


@pytest.fixture
def turned(bench: Bench) -> Turned:
    """Instruments of the bench."""
    return Turned(bench)


def of_drones(bench: Bench) -> dict[str, int]:
    """How many drones are how, without the zeros."""
    found = counted(bench).assets.items()
    return {liveness.value: n for (kind, liveness), n in found if kind == "drone" and n}


def test_how_a_drone_is_heard(bench: Bench) -> None:
    """Not come yet; heard; gone without being missed; out and silent for too long; heard again."""
    assert of_drones(bench) == {"offline": 1}
    drone = bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    assert of_drones(bench) == {"heard": 1}
    bench.core.sessions.peers.unbind(bench.core.sessions.peers.by_id[DRONE])
    assert of_drones(bench) == {"quiet": 1}
    state = bench.core.state
    lost = replace(state.assets[DRONE], status=AssetStatus.LINK_LOST)
    bench.core.state = replace(state, assets=state.assets.set(DRONE, lost))
    assert of_drones(bench) == {"lost": 1}


def test_when_an_asset_was_heard_last(bench: Bench, turned: Turned) -> None:
    """Of one that has gone too; of one that was never there nothing is made up."""
    bench.connect(DRONE)
    turned.turn()
    turned.turn()
    heard = turned.instruments.pulse.heard
    assert {name: each.connected for name, each in heard.items()} == {DRONE: True, "D1/van-1": False}
    assert heard[DRONE].at_s is not None
    assert heard["D1/van-1"].at_s is None
    bench.core.sessions.peers.unbind(bench.core.sessions.peers.by_id[DRONE])
    turned.turn()
    assert turned.instruments.pulse.heard[DRONE] == replace(heard[DRONE], connected=False)


@pytest.mark.parametrize("most", [1, 2, 3, 250])
def test_a_census_in_slices_counts_the_same(bench: Bench, most: int) -> None:
    """However few are looked at in a turn."""
    bench.connect(DRONE)
    bench.connect("ana", Role.OPERATOR)
    assert counted(bench, most) == counted(bench)
    assert counted(bench, most).peers[Role.OPERATOR.value] == 1


def test_a_peer_that_goes_between_two_slices_is_not_counted(bench: Bench) -> None:
    """Nothing fails when peers come and go while they are counted."""
    bench.connect("ana", Role.OPERATOR)
    counting = Counting(bench.core.sessions.peers, bench.core.state)
    bench.core.sessions.peers.by_id.clear()
    found = counting.go_on()
    assert found is not None
    assert found.peers[Role.OPERATOR.value] == 0


def test_every_kind_has_every_liveness(bench: Bench) -> None:
    """A series that appears only in trouble can't be alerted on."""
    assert {kind for kind, _ in counted(bench).assets} == {"drone", "van"}
    assert len(counted(bench).assets) == 2 * len(Liveness)


def test_what_came_in_and_what_was_shed(bench: Bench, turned: Turned) -> None:
    """Of two samples that come together the older is shed; messages are counted by kind."""
    drone = bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    for soc in (0.9, 0.8):
        bench.core.inbox.put_sample(DRONE, sample(soc))
    bench.run(0.01)
    bench.core.inbox.put_sample(DRONE, sample(0.7))
    turned.turn()
    vitals = turned.turn()
    assert (vitals.samples.received, vitals.samples.shed, vitals.samples.checked) == (3, 1, 1)
    assert vitals.messages == {"asset_report": 1}
    assert vitals.peers[Role.ASSET.value] == 1
    assert vitals.queues.inbox == 0


def sample(soc: float) -> list[bytes]:
    """A sample as it comes over the wire."""
    return encode_telemetry(Telemetry(at=DAY, lon=-8.0, lat=41.0, soc=soc))


def test_turns_and_commits_are_timed(turned: Turned) -> None:
    """Work and interval of a turn; a commit counts from its hand-over until the loop knows of its end."""
    turned.turn()
    turned.instruments.submitted(Batch(events=()))
    assert turned.turn().commits.under_way_since_s == pytest.approx(101.03)
    turned.instruments.stored(41)
    vitals = turned.turn()
    assert (vitals.position, vitals.commits.took_s.count, vitals.commits.under_way_since_s) == (41, 1, None)
    assert vitals.commits.took_s.total == pytest.approx(1.03)
    assert (vitals.turn_s.count, vitals.interval_s.count) == (3, 2)
    assert vitals.turn_s.total == pytest.approx(0.09)


def test_the_record_is_made_once_a_second(turned: Turned) -> None:
    """Turns that follow each other quickly leave the same one."""
    first = turned.turn()
    turned.now_s -= 0.9
    assert turned.turn() is first
    assert turned.turn() is not first


def said(before: Census, after: Census) -> list[dict[str, Any]]:
    """What the log tells of a change."""
    with capture_logs() as lines:
        log_changes(before, after)
    return [dict(line) for line in lines]


def test_comings_and_goings_are_told_in_one_line_each() -> None:
    """A storm of reconnects names some and counts all."""
    many = {f"d-{n:03}": 1 for n in range(100)}
    (line,) = said(Census(), Census(epochs=many))
    assert (line["event"], line["count"], len(line["assets"])) == ("assets connected", 100, NAMED)
    (line,) = said(Census(epochs=many), Census(epochs=many | {"d-007": 2}))
    assert (line["event"], line["assets"]) == ("assets connected anew", ["d-007"])
    (line,) = said(Census(epochs=many), Census())
    assert (line["event"], line["count"]) == ("assets disconnected", 100)
    assert said(Census(epochs=many), Census(epochs=many)) == []


def test_lost_links_are_warnings() -> None:
    """An operator must see them."""
    lost, none = Census(lost=frozenset({DRONE})), Census()
    assert [(e["event"], e["log_level"]) for e in said(none, lost)] == [("link lost", "warning")]
    assert [(e["event"], e["log_level"]) for e in said(lost, none)] == [("link back", "info")]


def test_no_name_of_a_person_is_told() -> None:
    """Operators are counted, not named."""
    (line,) = said(Census(peers={"operator": 0}), Census(peers={"operator": 2}))
    assert line == {"event": "other peers connected", "log_level": "info", "role": "operator", "count": 2}


def test_a_wall_clock_that_is_set_is_told_once(turned: Turned) -> None:
    """By how much business time is behind it; nothing of the small differences that any clock has."""
    with capture_logs() as log:
        turned.turn()
        turned.wrong_s = 1.5
        assert turned.turn().behind_s == pytest.approx(1.5)
        turned.wrong_s = 3600.0
        turned.turn()
        assert turned.turn().behind_s == pytest.approx(3600)
    parted = "the wall clock and business time have parted"
    assert [line["behind_s"] for line in log if line["event"] == parted] == [3600.0]
