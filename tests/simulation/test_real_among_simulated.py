"""Somebody else takes the part of a simulated asset: the world leaves that one out, says so, and goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import zmq

from adapters.sdk.keys import load_keys
from adapters.sim.channel import Channel, Endpoints
from adapters.sim.errors import HostError
from adapters.sim.host import Host, HostOptions
from adapters.sim.journal import Journal
from adapters.sim.keeper import WorldKeeper
from fleet.app import Setup, simulated
from fleet.protocol.endpoint import Timing
from fleet.protocol.messages import Role
from fleet.protocol.names import STATION, TIMEKEEPER
from fleet.sim import World
from fleet.trueworld import world_of
from tests.support.besieged import DAY, HONEST, OTHER, Besieged, besieged, end, until

QUICK = Timing(hello_s=0.4, missed_heartbeats=2, reconnect_s=0.02, reconnect_max_s=0.1)
WEEK = timedelta(days=7)


class Stage:
    """A hub with keys, and the process of its simulated world."""

    def __init__(self, hub: Besieged, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.told: list[str] = []
        self.host = self.started()

    def started(self) -> Host:
        """A process that has just begun, on what is on the disk."""
        at = DAY + timedelta(hours=8)
        files = self.hub.files
        setup = Setup(name="besieged", files=files, at=at, until=at + timedelta(hours=4))
        self.journal = Journal(self.folder / "sim.journal", {"seed": 1})
        world = World(1, world_of(files.read(), (), setup))
        options = HostOptions(
            Endpoints(self.hub.control, self.hub.telemetry),
            timing=QUICK,
            keys=self.hub.ring.folder / "clients",
            tell=self.told.append,
        )
        return Host(WorldKeeper(world, self.journal, "boot-1"), options, "boot-1")

    def restart(self) -> None:
        """The process ends, and another one goes on."""
        self.close()
        self.host = self.started()

    def close(self) -> None:
        self.host.close()
        self.journal.close()

    def step(self) -> None:
        self.host.step(wait_ms=1)

    def plays(self, *but: str) -> None:
        """Everybody is connected, except for these."""
        expected = {name for name, role in simulated(self.hub.files.read()).items() if role is Role.ASSET}
        sessions = self.hub.core.sessions.peers.by_id

        def all_up() -> bool:
            mine = self.host._assets
            return set(mine) == expected - set(but) and all(
                p.up and sessions[a].key.subject == a for a, p in mine.items()
            )

        until(all_up, f"all but {but} are up (told: {self.told})", self.step)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with besieged(tmp_path) as hub, staged(hub, tmp_path) as made:
        made.plays()
        yield made


@contextmanager
def staged(hub: Besieged, folder: Path) -> Iterator[Stage]:
    made = Stage(hub, folder)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_real_vehicle_takes_the_part_of_a_simulated_one(
    stage: Stage, tmp_path: Path, elsewhere: bool
) -> None:
    """Wherever its key file was written: the simulation never plays it again, not even after a restart."""
    out = tmp_path / "real.json" if elsewhere else None
    stage.hub.ring.create(OTHER, Role.ASSET, stage.hub.wall[0], by="ann", out=out)
    stage.plays(OTHER)
    assert [line.partition(" is left out")[0] for line in stage.told] == [OTHER]
    file = str(out) if out else stage.hub.ring.client_file(OTHER)
    with end(stage.hub, OTHER, key=stage.hub.key_in(Path(file))) as real:
        real.welcomed()
        stage.restart()
        stage.plays(OTHER)
        real.works()
        assert real.up
    assert len(stage.told) == 2


def test_a_key_that_is_revoked_leaves_its_asset_out(stage: Stage) -> None:
    stage.hub.ring.revoke(OTHER, stage.hub.wall[0], by="ann")
    stage.plays(OTHER)
    assert not stage.hub.ring.client_file(OTHER).exists()


def test_a_rotation_in_its_folder_stays_the_simulation_s(stage: Stage) -> None:
    """It comes back with the new key once the old one has ended; a real one then takes its part all the same."""
    key, _ = stage.hub.ring.rotate(OTHER, stage.hub.wall[0], by="ann", overlap=WEEK)
    stage.hub.wall[0] += WEEK

    def on_the_new_key() -> bool:
        peer = stage.hub.core.sessions.peers.by_id[OTHER]
        return peer.control is not None and peer.key.key_id == key.key_id

    until(on_the_new_key, "it is back with the new key", stage.step)
    stage.plays()
    assert not stage.told
    stage.hub.ring.create(OTHER, Role.ASSET, stage.hub.wall[0], by="ann")
    stage.plays(OTHER)


def test_a_key_that_ended_while_nothing_ran_leaves_its_asset_out(stage: Stage, tmp_path: Path) -> None:
    """The hub only refuses the handshake then: nobody waits for ever."""
    old = stage.hub.ring.client(OTHER).key_id
    stage.close()
    stage.hub.ring.rotate(
        OTHER, stage.hub.wall[0], by="ann", overlap=timedelta(hours=1), out=tmp_path / "real.json"
    )
    stage.hub.wall[0] += timedelta(hours=2)
    until(lambda: stage.hub.gate.access.of_id(old) is None, "the hub has noticed")
    stage.host = stage.started()
    stage.plays(OTHER)
    assert "does not take it" in stage.told[0]


def test_what_is_said_over_a_connection_that_was_refused_is_dropped(stage: Stage) -> None:
    """The hub may refuse a handshake before the first word was sent: that ends nothing, the session says it again."""
    keys = load_keys(stage.hub.ring.client_file(OTHER))
    stage.hub.ring.revoke(OTHER, stage.hub.wall[0], by="ann")
    until(lambda: stage.told, "the hub has noticed", stage.step)
    with zmq.Context() as context:
        where = Endpoints(stage.hub.control, stage.hub.telemetry)
        channel = Channel(context, where, zmq.Poller(), lambda: keys)
        channel.open(watched=True)
        until(lambda: channel.turned_away, "the handshake is refused")
        for _ in range(50):  # ZeroMQ takes what it was given away a moment later
            channel.send([b"1", b"hello", b"{}"])
            time.sleep(0.01)
        channel.close()


def test_a_station_is_left_out_too_and_the_timekeeper_can_t_be(stage: Stage) -> None:
    stage.hub.ring.create(STATION, Role.WEATHER, stage.hub.wall[0], by="ann")
    until(lambda: stage.told, "the station is left out", stage.step)
    stage.plays()
    stage.hub.ring.revoke(TIMEKEEPER, stage.hub.wall[0], by="ann")
    with pytest.raises(HostError, match="keeps the time"):
        until(lambda: False, "it ends", stage.step)


def test_a_world_of_nobody_ends(stage: Stage) -> None:
    names = [name for name, role in simulated(stage.hub.files.read()).items() if role is Role.ASSET]
    assert HONEST in names
    for name in names:
        stage.hub.ring.revoke(name, stage.hub.wall[0], by="ann")
    with pytest.raises(HostError, match="no asset is left"):
        until(lambda: False, "it ends", stage.step)
