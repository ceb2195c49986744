"""The computer of one asset: the adapter kit's engine on a disk that outlives it, dying at every point."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from adapters.sdk.engine import Engine
from adapters.sdk.journal import Journal
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import AnyMessage, Welcome
from fleet.protocol.session import SessionState
from tests.faultsim.net import Frames, Network, Wire
from tests.faultsim.oracle import Oracle
from tests.faultsim.trouble import Crash, Trouble
from tests.faultsim.vehicle import SimAdapter, Vehicle

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Disk:
    """What is left of a computer that has died."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)

    def backup(self) -> Disk:
        """Another disk with what is on this one now."""
        other = Disk()
        self.connection.backup(other.connection)
        return other


class DiskJournal(Journal):
    """The kit's journal on such a disk. Around each commit the computer may die; what is durable, the oracle hears."""

    def __init__(
        self,
        disk: Disk,
        peer_id: str,
        fresh_boot_id: str,
        *,
        at_commit: Callable[[str], None],
        durable: Callable[[str, list[tuple[int, AnyMessage]]], None],
    ) -> None:
        self._disk, self._at_commit, self._durable = disk, at_commit, durable
        self._rows: list[tuple[int, AnyMessage]] = []
        super().__init__(":memory:", peer_id, fresh_boot_id, durable=False)

    def close(self) -> None:
        """The process ends; the disk stays."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _connected(self) -> sqlite3.Connection:
        return self._disk.connection

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._rows = []
        with super()._transaction():
            yield
            self._at_commit("before")
        self._durable(self._meta("boot_id"), self._rows)
        self._at_commit("after")

    def _insert(self, sent: object) -> None:
        self._rows = list(sent)  # type: ignore[call-overload]
        super()._insert(self._rows)


class AssetNode:
    """Runs the engine as ``adapters.sdk.client`` does, on the simulated network."""

    def __init__(self, vehicle: Vehicle, net: Network, trouble: Trouble, oracle: Oracle) -> None:
        self.vehicle, self._net, self._trouble, self._oracle = vehicle, net, trouble, oracle
        self._rng, self._timeline = vehicle.rng, net.timeline
        self._disk = Disk()
        self._backup: Disk | None = None
        self._boots = 0
        self._drift = 1 + self._rng.uniform(-0.02, 0.02)
        self.down = True
        self.stalled_until = 0.0
        self.control: Wire | None = None
        self._samples: Wire | None = None
        self._welcome: tuple[Welcome, float] | None = None
        self._every_s = self._rng.uniform(0.25, 0.6)

    @property
    def asset_id(self) -> str:
        """The asset's id."""
        return self.vehicle.asset_id

    @property
    def agreed(self) -> bool:
        """Whether it stands in a session and nothing of its own waits."""
        session = None if self.down else self.engine.session
        return session is not None and session.state is SessionState.WELCOMED and not session.outstanding

    @property
    def wires(self) -> list[Wire]:
        """Its connections."""
        return [wire for wire in (self.control, self._samples) if wire is not None]

    def boot(self) -> None:
        """The process starts on what is on the disk. It may die at once."""
        self._guarded(self._start)

    def wake(self) -> None:
        """Do what is due, and come again."""
        self._timeline.after(self._every_s * self._rng.uniform(0.5, 1.5), self.wake)
        self._misfortune()
        if not self.down and self._timeline.now >= self.stalled_until:
            self._guarded(self._step)

    def _start(self) -> None:
        self.down = False
        self._welcome = None
        self._boots += 1
        journal = DiskJournal(
            self._disk,
            self.asset_id,
            f"{self.asset_id}-boot-{self._boots}",
            at_commit=self._maybe_die,
            durable=self._note,
        )
        self.engine = Engine(SimAdapter(self.vehicle), self.asset_id, journal)
        self._journal = journal

    def _note(self, boot_id: str, rows: list[tuple[int, AnyMessage]]) -> None:
        self._oracle.reported(self.asset_id, boot_id, rows)

    def _now_s(self) -> float:
        return self._timeline.now * self._drift

    def _hub_now(self) -> datetime:
        if self._welcome is None:
            return EPOCH + timedelta(seconds=self._timeline.now)
        welcome, since = self._welcome
        return welcome.now + timedelta(seconds=self._now_s() - since)

    def _step(self) -> None:
        session, now = self.engine.session, self._now_s()
        if session.must_reboot:
            self._boots += 1
            self.engine.reboot(f"{self.asset_id}-boot-{self._boots}")
            self._connect(now)
        elif session.state is SessionState.REFUSED:
            raise Crash("turned away: the program ends, and whoever watches it starts it again")
        elif session.state is SessionState.CLOSED or session.wants_connection(now):
            self._connect(now)
        self.engine.tick(self._hub_now(), now)
        self._send()

    def _connect(self, now: float) -> None:
        self._hang_up()
        self.control = self._net.dial("control", self._hear)
        self._samples = self._net.dial("telemetry", self._hear)
        for envelope in self.engine.session.connect(now):
            self.control.up(encode(envelope))

    def _hang_up(self) -> None:
        for wire in self.wires:
            wire.close()
        self.control = self._samples = None

    def _hear(self, wire: Wire, frames: Frames) -> None:
        if wire is self.control and not self.down:
            self._guarded(lambda: self._receive(frames))

    def _receive(self, frames: Frames) -> None:
        now = self._now_s()
        try:
            self.engine.receive(decode_control(frames), now, self._hub_now())
        except RemoteError:
            self.engine.session.disconnected(now)
        welcome = self.engine.session.welcome
        if welcome is not None and (self._welcome is None or self._welcome[0] is not welcome):
            self._welcome = (welcome, now)
        self._send()

    def _send(self) -> None:
        if self.control is None or self._samples is None:
            return
        version = self.engine.session.version
        for envelope in self.engine.poll(self._now_s()):
            self._oracle.asset_sends(self.asset_id, self.engine.session.boot_id, envelope)
            self.control.up(encode(envelope, version))
        for message in self.engine.telemetry():
            self._samples.up(encode_telemetry(message, version))

    # --- what goes wrong -----------------------------------------------------------------------------------------

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Crash:
            self._die()

    def _maybe_die(self, when: str) -> None:
        chance = self._trouble.asset_before_commit if when == "before" else self._trouble.asset_after_commit
        if self._rng.random() < chance:
            raise Crash(f"{self.asset_id} {when} a commit")

    def _misfortune(self) -> None:
        trouble, rng, now = self._trouble, self._rng, self._timeline.now
        if rng.random() < trouble.asset_at_rest and not self.down:
            self._die()
        if rng.random() < trouble.clock_jump:
            self.vehicle.clock_error = timedelta(hours=rng.uniform(-30, 30))
        if rng.random() < trouble.stall_asset:
            self.stalled_until = now + rng.uniform(1, 12)
            for wire in self.wires:
                wire.stalled_until = self.stalled_until
        if rng.random() < 0.05 and not self.down:
            self._back_up()
        if rng.random() < trouble.garbage and self.control is not None:
            self.control.up([rng.randbytes(3), b"step_report", rng.randbytes(20)])
        self._net.cut_some(self.wires)

    def _die(self) -> None:
        self._hang_up()
        self._journal_closed()
        self.down = True
        fate = self._rng.random()
        if fate < self._trouble.memory_lost:
            self._forget(None)
        elif fate < self._trouble.memory_lost + self._trouble.memory_old and self._backup is not None:
            self._forget(self._backup)
        self._timeline.after(self._rng.uniform(0.1, 5), self.boot)

    def _journal_closed(self) -> None:
        if self._disk.connection.in_transaction:
            self._disk.connection.execute("ROLLBACK")

    def close(self) -> None:
        """The trial is over."""
        for disk in (self._disk, self._backup):
            if disk is not None:
                disk.connection.close()

    def _back_up(self) -> None:
        if self._backup is not None:
            self._backup.connection.close()
        self._backup = self._disk.backup()

    def _forget(self, backup: Disk | None) -> None:
        self._disk.connection.close()
        self._disk = Disk() if backup is None else backup.backup()
        self.vehicle.life += 1
        self._oracle.forgot(self.asset_id, _pending(self._disk) if backup is not None else [])


def _pending(disk: Disk) -> list[str]:
    return [row[0] for row in disk.connection.execute("SELECT message FROM outbox ORDER BY seq")]
