"""One seed, from start to rest: a fleet works while everything goes wrong, then all heals and must agree."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from fleet.app import Files, Setup
from fleet.config import RunInputs
from fleet.hub.core import CoreSettings
from fleet.protocol.messages import SubmitOrders
from fleet.store import MemoryStore, SqlStore, Store
from fleet.store.snapshots import Shelf
from tests.faultsim.asset import AssetNode
from tests.faultsim.hub import WALL, HubNode
from tests.faultsim.net import Network
from tests.faultsim.operator import OperatorNode
from tests.faultsim.oracle import ORDERS, Oracle, Violated
from tests.faultsim.timeline import Timeline
from tests.faultsim.trouble import Trouble, drawn
from tests.faultsim.vehicle import Parcels, Vehicle
from tests.support.bench import ORDER_COLUMNS, write_inputs

TROUBLED_S = 40.0
REST_S = 240.0
"""How long all may take to agree once the network is whole: hellos, doubled pauses and resends come to less."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many of each there are, and how the hub keeps its store; with a file it has ``snapshots`` too."""

    drones: int = 2
    vans: int = 1
    lockers: int = 1
    orders: int = 3
    sql: bool = False
    troubles: tuple[tuple[str, float], ...] = ()
    """Chances of faults that are not drawn but given."""

    @classmethod
    def of(cls, assets: int, *, sql: bool = False) -> Fleet:
        """So many assets, mostly drones."""
        lockers, vans = max(1, assets // 30), max(1, assets // 10)
        return cls(assets - vans - lockers, vans, lockers, min(assets, 12), sql)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed was like."""

    events: int
    reports: int
    executed: int
    hub_crashes: int
    memory_losses: int
    delivered: int
    put_backs: int
    store_failures: int
    snapshots: int


class MemoryDisk:
    """A memory store is its own disk."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self._copy: MemoryStore | None = None

    def open(self) -> Store:
        """The same store."""
        return self._store

    def back_up(self) -> None:
        """Keep a copy."""
        self._copy = copied(self._store)

    def put_back(self) -> bool:
        """Go on with what the copy holds."""
        if self._copy is None:
            return False
        self._store = copied(self._copy)
        return True


def copied(store: MemoryStore) -> MemoryStore:
    """A store with the same rows. Events and messages are never changed and need no copies."""
    kept = {id(stored): stored for stored in store.events()}
    return deepcopy(store, dict(kept))


class SqlDisk:
    """A real file. Power stays on here, so the file system's cache does for the disk."""

    def __init__(self, path: Path) -> None:
        self._path, self._copy = path, path.with_suffix(".copy")

    def open(self) -> Store:
        """A new connection."""
        return SqlStore.open(self._path, synchronous="OFF")

    def back_up(self) -> None:
        """Keep a copy, made while the hub works on the file."""
        with closing(sqlite3.connect(self._path)) as file, closing(sqlite3.connect(self._copy)) as copy:
            file.backup(copy)

    def put_back(self) -> bool:
        """Put the copy where the file was."""
        if not self._copy.exists():
            return False
        for rest in ("-wal", "-shm"):
            self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
        shutil.copyfile(self._copy, self._path)
        return True


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, fleet: Fleet, folder: Path, files: Files, inputs: RunInputs) -> None:
        self._rng = random.Random(seed)
        self.timeline, self.oracle, self.parcels = Timeline(), Oracle(), Parcels()
        assets = fleet.drones + fleet.vans + fleet.lockers
        self.trouble: Trouble = replace(drawn(self._rng, assets=assets), **dict(fleet.troubles))
        self.net = Network(self.timeline, self._own("net"), self.trouble)
        setup = Setup(
            name="sim", files=files, at=WALL + timedelta(hours=8), until=WALL + timedelta(hours=12), seed=seed
        )
        limit = self._rng.choice((3, 20, 20_000))
        settings = CoreSettings(inbox_limit=max(limit, assets // 4))
        disk = SqlDisk(folder / f"hub-{seed}.db") if fleet.sql else MemoryDisk()
        shelf = Shelf(folder / f"snapshots-{seed}") if fleet.sql else None
        own = self._own("hub")
        self.hub = HubNode(setup, inputs, disk, self.net, own, self.trouble, self.oracle, settings, shelf)
        self.assets = [self._asset(a.asset_id, a.kind, inputs) for a in _records(self.hub)]
        self.operators = self._operators(inputs)

    def _own(self, name: str) -> random.Random:
        """Random numbers of a part's own, so that a change in one does not change all."""
        return random.Random(f"{self._rng.random()} {name}")

    def _asset(self, asset_id: str, kind: str, inputs: RunInputs) -> AssetNode:
        site_id = asset_id.partition("/")[0]
        site = inputs.context.sites.get(site_id)
        place = site.place if site is not None else inputs.context.lockers[asset_id].place
        vehicle = Vehicle(asset_id, kind, place, self.parcels, self._own(asset_id))
        return AssetNode(vehicle, self.net, self.trouble, self.oracle)

    def _operators(self, inputs: RunInputs) -> list[OperatorNode]:
        ids = tuple(a.asset_id for a in self.assets)
        operators = [OperatorNode(f"operator{n}", self.net, self._own(f"o{n}"), ids) for n in range(2)]
        operators[0].first.append(SubmitOrders(request_id=ORDERS, orders=inputs.orders.orders))
        return operators

    def run(self) -> Outcome:
        """Raises ``Violated`` where something that must hold does not."""
        for asset in self.assets:
            self.timeline.after(self._rng.uniform(0, 2), asset.boot)
            self.timeline.after(self._rng.uniform(0, 2), asset.wake)
        for operator in self.operators:
            self.timeline.after(self._rng.uniform(0, 2), operator.wake)
        self._suffer()
        self._heal()
        self._come_to_rest()
        self._judge()
        return self._outcome()

    def close(self) -> None:
        """Let go of files."""
        self.hub.store.close()
        for asset in self.assets:
            asset.close()

    def _suffer(self) -> None:
        while self.timeline.now < TROUBLED_S:
            self.timeline.run(self.timeline.now + 1)
            if self._rng.random() < 30 * self.trouble.partition:
                self._partition()

    def _partition(self) -> None:
        """Some can't be reached for a while; nothing tells them so."""
        until = self.timeline.now + self._rng.uniform(1, 10)
        for asset in self._rng.sample(self.assets, max(1, len(self.assets) // 3)):
            for wire in asset.wires:
                wire.stalled_until = until

    def _heal(self) -> None:
        self.trouble.heal()
        for asset in self.assets:
            asset.vehicle.chatter = 0.0
        for operator in self.operators:
            operator.talks = False

    def _come_to_rest(self) -> None:
        """All agree, and stay so for a while."""
        end, quiet_since = self.timeline.now + REST_S, self.timeline.now
        while self.timeline.now - quiet_since < 3:
            self.timeline.run(self.timeline.now + 0.5)
            if not self._agreed():
                quiet_since = self.timeline.now
            if self.timeline.now > end:
                raise Violated(f"no agreement {REST_S:g} s after the network healed: {self._laggards()}")

    def _agreed(self) -> bool:
        operators_rest = all(o.at_rest for o in self.operators)
        return operators_rest and not self.hub.down and not self._laggards()

    def _laggards(self) -> list[str]:
        if self.hub.down:
            return ["the hub"]
        peers = self.hub.core.sessions.peers.by_id
        return [
            a.asset_id
            for a in self.assets
            if not a.agreed or a.asset_id not in peers or peers[a.asset_id].session.outstanding
        ]

    def _judge(self) -> None:
        executed = {a.asset_id: a.vehicle.executed for a in self.assets}
        log = [s.event.model_dump_json(by_alias=True) for s in self.hub.store.events()]
        found = list(self.oracle.judge(executed, self.parcels.where, log))
        found += self._different_numbers()
        if not (self.oracle.put_backs or any(mine.losses for mine in self.oracle.assets.values())):
            found += self.parcels.wrongs
        if found:
            raise Violated("; ".join(found))

    def _different_numbers(self) -> Iterator[str]:
        """Hub and asset must agree on how far each has taken what the other sent."""
        rows = self.hub.store.peers()
        for asset in self.assets:
            record, row = asset.engine.session.snapshot(), rows[asset.asset_id]
            ours = (record.boot_id, record.acknowledged, record.taken)
            if ours != (row.boot_id, row.received, row.sent):
                yield f"{asset.asset_id}: the asset says {ours}, the hub {row}"

    def _outcome(self) -> Outcome:
        mine = self.oracle.assets.values()
        return Outcome(
            events=len(self.oracle.log),
            reports=sum(len(m.seen) for m in mine),
            executed=sum(sum(a.vehicle.executed.values()) for a in self.assets),
            hub_crashes=self.hub.crashes,
            memory_losses=sum(m.losses for m in mine),
            put_backs=self.oracle.put_backs,
            snapshots=self.hub.snapshots,
            store_failures=self.hub.store_failures,
            delivered=sum(holder == "recipient" for holder in self.parcels.where.values()),
        )


def _records(hub: HubNode) -> list[_Record]:
    return [_Record(a, hub.core.state.assets[a].record.kind) for a in sorted(hub.core.state.assets)]


@dataclass(frozen=True, slots=True)
class _Record:
    asset_id: str
    kind: str


def inputs_of(fleet: Fleet, folder: Path) -> tuple[Files, RunInputs]:
    """The input files of a fleet: parcels all around one launch site, one of two by a locker."""
    rows = "".join(
        f"P-{n},acme,delivery,Ana,Rua {n},{-8.01 + 0.002 * n:.4f},41.01,0.8,0.3,0.2,0.1,standard,10,,"
        f"2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,"
        f"{'true' if n % 2 else 'false'},\n"
        for n in range(1, fleet.orders + 1)
    )
    lockers = "".join(
        f"L{n},Kiosk,{-8.005 + 0.001 * n:.4f},41.011,4,4,2,true\n" for n in range(fleet.lockers)
    )
    files = write_inputs(
        folder,
        orders=ORDER_COLUMNS + rows,
        depots="depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
        f"D1,Depot,-8.05,41.02,{fleet.vans},0,0,0,05:00,22:00\n"
        f"S1,Launch site,-8.0,41.0,0,{fleet.drones},0,1,07:00,21:00\n",
        lockers="locker_id,name,lon,lat,small,medium,large,drone_port\n" + lockers,
    )
    return files, files.read()


class Simulation:
    """Runs seeds of one fleet; its input files are read once."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._fleet, self._folder = fleet, folder
        self._files, self._inputs = inputs_of(fleet, folder)

    def run(self, seed: int) -> Outcome:
        """Raises ``Violated``, or whatever the code under test raises."""
        world = World(seed, self._fleet, self._folder, self._files, self._inputs)
        try:
            return world.run()
        finally:
            world.close()


@contextmanager
def simulation(fleet: Fleet) -> Iterator[Simulation]:
    """A simulation in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Simulation(fleet, Path(folder))
