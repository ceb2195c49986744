"""A hub's store that was put back from a backup: assets have done things since that the hub knows no more of."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from fleet.app import note_put_back
from fleet.domain.events import CommandIssued
from fleet.protocol.codec import encode
from fleet.protocol.messages import Action, AssetReport, CancelMission, Command, OperatorCommand, Role
from fleet.protocol.session import SessionState
from fleet.store import MemoryStore
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, ready


def told(bench: Bench, request_id: str) -> None:
    """An operator tells the drone to come home."""
    operator = bench.peers["operator-1"]
    command = OperatorCommand(request_id=request_id, by="ana", asset_id=DRONE, action=Action.RETURN)
    bench.say(operator, command)


def issued(bench: Bench) -> list[str]:
    """The names of the commands in the log."""
    return [s.event.command_id for s in bench.store.events() if isinstance(s.event, CommandIssued)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A drone that has done three things, two of which the hub forgets; it is put back, and not connected yet."""
    bench = Bench(tmp_path)
    bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    told(bench, "before")
    backup = deepcopy(bench.store)
    for request_id in ("forgotten-1", "forgotten-2"):
        told(bench, request_id)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
    assert len(drone.of(Command)) == 3
    bench.store = backup
    note_put_back(bench.store, bench.setup, bench.wall_clock())
    bench.peers.pop("operator-1")
    bench.restart()
    return bench


def came_back(bench: Bench) -> Peer:
    """The drone connects until it and the hub agree."""
    drone = bench.peers[DRONE]
    for boot in range(2, 6):
        if drone.session.must_reboot:
            drone.session.reboot(f"boot-{boot}")
        for envelope in drone.session.connect(bench.wall):
            bench.core.control(drone.route, encode(envelope), bench.wall)
        bench.run(0.01)
        if drone.session.state is SessionState.WELCOMED:
            return drone
    raise AssertionError(drone.session.refused)


def test_nothing_new_has_the_name_of_something_that_was_done(bench: Bench) -> None:
    """An asset does what has another name, and only that: a new command must not have the name of an old one."""
    drone = bench.peers[DRONE]
    done = {m.command_id for m in drone.of(Command) if isinstance(m, Command)}
    bench.connect("operator-1", Role.OPERATOR)
    told(bench, "after")
    assert issued(bench)[-1] not in done
    assert bench.core.state.plans >= bench.core.state.floor > 10**12
    assert bench.core.state.reservations >= bench.core.state.floor


def test_what_is_sent_after_it_arrives_also_where_the_hub_starts_once_more_before(bench: Bench) -> None:
    """The numbers of messages begin anew: what the drone has taken under them before is not taken for the new."""
    bench.connect("operator-1", Role.OPERATOR)
    told(bench, "after")
    told(bench, "after-2")
    bench.peers.pop("operator-1")
    bench.restart()
    drone = came_back(bench)
    bench.run(1)
    assert [m.command_id for m in drone.of(Command)[-2:] if isinstance(m, Command)] == issued(bench)[-2:]
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.25, site_id="S1"))
    assert bench.core.state.assets[DRONE].soc == 0.25


def test_what_waited_in_the_backup_is_sent_again(tmp_path: Path) -> None:
    """An asset that has had it knows it by its name."""
    store = MemoryStore()
    bench = Bench(tmp_path, store)
    ready(bench)
    bench.peers.clear()
    bench.order_about(DRONE, "waits")
    bench.run(1)
    note_put_back(store, bench.setup, bench.wall_clock())
    (row,) = store.outbox()[DRONE]
    assert row.seq == 1
    assert isinstance(row.message, CancelMission)
    assert store.peers()[DRONE].boot_id == ""
