"""The hub's process on its store: turns, a writer that takes its time, a planner, and death at every point."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

from fleet.app import Setup, note_put_back, open_core
from fleet.config import RunInputs
from fleet.dispatch.effects import StartPlanning
from fleet.dispatch.inputs import PlanFailed, PlanReady
from fleet.hub.core import CoreSettings, HubCore
from fleet.hub.planning import Effort, make_plan
from fleet.hub.trouble import Severity
from fleet.hub.writer import FIRST_DELAY_S, MOST_DELAY_S
from fleet.protocol.codec import decode_control
from fleet.protocol.messages import Hello, Role
from fleet.store.base import Batch, Failure, Store, StoreError
from fleet.store.snapshots import Shelf, mark_at
from tests.faultsim.net import Frames, Network
from tests.faultsim.oracle import Oracle
from tests.faultsim.store import FailingStore
from tests.faultsim.trouble import Crash, Trouble

WALL = datetime(2026, 11, 24, tzinfo=UTC)


class Disk(Protocol):
    """Where the hub's store is when no process has it open."""

    def open(self) -> Store:
        """The store, with what was committed."""

    def back_up(self) -> None:
        """Keep a copy of what is committed now, in the place of the one before."""

    def put_back(self) -> bool:
        """Go back to the copy; false where there is none."""


class HubNode:
    """``commit_first`` is how it is, and ``waits_for_store``, that nobody is told of a batch which could not be stored,
    and ``told_of_backups``, that a store which was put back says so. A test turns them round to see that this is
    noticed.
    """

    commit_first = True
    waits_for_store = True
    told_of_backups = True

    def __init__(
        self,
        setup: Setup,
        inputs: RunInputs,
        disk: Disk,
        net: Network,
        rng: random.Random,
        trouble: Trouble,
        oracle: Oracle,
        settings: CoreSettings,
        shelf: Shelf | None = None,
    ) -> None:
        self._setup, self._inputs, self._disk = setup, inputs, disk
        self._net, self._rng, self._trouble, self._oracle = net, rng, trouble, oracle
        self._settings, self._timeline, self._shelf = settings, net.timeline, shelf
        self._tokens = (f"token-{n}" for n in count())
        self._wall_error = timedelta(0)
        self._turn_due = False
        self._lives = 0
        self._committed = 0
        self._routes: dict[bytes, tuple[str, str | None]] = {}
        self._writing: Batch | None = None
        self._failing: Failure | None = None
        self._failing_until = 0.0
        self.store_failures = 0
        self.down = True
        self.stalled_until = 0.0
        self.crashes = self.snapshots = 0
        net.to_hub = self._hear
        self._start()

    def _start(self) -> None:
        self._lives += 1
        self.down = False
        # Only what is done in a turn can fail: who starts a hub on a store that can't be written is told so.
        self._failing_until, until = 0.0, self._failing_until
        self.store: Any = FailingStore(self._disk.open(), self._fault, self._lands, self._count)
        brain = open_core(
            self._setup,
            self._inputs,
            self.store,
            make_token=lambda: next(self._tokens),
            wall=self._wall,
            monotonic=lambda: self._timeline.now,
            settings=self._settings,
            shelf=self._shelf,
        )
        self.core: HubCore = brain.core
        self.snapshots += brain.snapshot > 0
        self._failing_until = until
        self._note_opening()
        self._wake(self._lives)

    def _fault(self) -> Failure | None:
        """How the store fails just now."""
        if self._timeline.now >= self._failing_until:
            return None
        self.store_failures += 1
        return self._failing

    def _lands(self) -> bool:
        return self._rng.random() < 0.5

    def _wall(self) -> datetime:
        return WALL + timedelta(seconds=self._timeline.now) + self._wall_error

    def _note_opening(self) -> None:
        """What was committed while the store was opened."""
        events = tuple(stored.event for stored in self.store.events(after=self._committed))
        self._count(Batch(events=events))

    def _count(self, batch: Batch) -> None:
        self._committed += len(batch.events)
        self._oracle.committed(batch)

    def _wake(self, life: int) -> None:
        if life == self._lives:
            self._timeline.after(0.25, lambda: self._wake(life))
            self._guarded(self._turn)

    # --- what comes in -------------------------------------------------------------------------------------------

    def _hear(self, channel: str, route: bytes, frames: Frames) -> None:
        if self.down:
            return
        now = self._timeline.now
        if now < self.stalled_until:
            self._timeline.at(self.stalled_until, lambda: self._hear(channel, route, frames))
            return
        if channel == "control":
            self._note_hello(route, frames)
            self.core.control(route, frames, now)
        else:
            self.core.telemetry(route, frames, now)
        if not self._turn_due:  # several frames may come in before the loop gets round to them
            self._turn_due = True
            life = self._lives
            self._timeline.after(self._rng.uniform(0, 0.01), lambda: self._due(life))

    def _due(self, life: int) -> None:
        if life == self._lives:
            self._turn_due = False
            self._guarded(self._turn)

    def _note_hello(self, route: bytes, frames: Frames) -> None:
        """Whom a connection is for, as a tap on the wire would know it: by what its hello says."""
        if frames[1:2] == [b"hello"]:
            hello = decode_control(frames).message
            assert isinstance(hello, Hello)
            self._routes[route] = (hello.peer_id, hello.boot_id if hello.role is Role.ASSET else None)

    # --- the loop ------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        if self.down or self._timeline.now < self.stalled_until:
            return
        self._misfortune()
        self.core.work(self._timeline.now)
        if self.core.faults:
            raise self.core.faults[0]
        self._store_batch()
        self._send_out()

    def _store_batch(self) -> None:
        batch = self.core.take()
        if batch is None:
            return
        self._writing = batch
        if not self.commit_first:
            self.core.committed()
        slow = self._rng.random() < self._trouble.slow_commit
        delay_s = self._rng.uniform(0.1, 1.5) if slow else self._rng.uniform(0.001, 0.01)
        life = self._lives
        self._timeline.after(delay_s, lambda: self._guarded(lambda: self._written(life)))

    def _held_up(self, error: StoreError, life: int, delay_s: float) -> None:
        """As the writer's thread and the loop have it: the batch is tried again, and nothing else is taken in."""
        assert error.transient
        self.core.inbox.trouble = Severity.FAILING
        again_s = min(2 * delay_s, MOST_DELAY_S)
        self._timeline.after(delay_s, lambda: self._guarded(lambda: self._written(life, again_s)))

    def _maybe_fail(self) -> None:
        """Have a spell begin in which nothing can be stored."""
        if self._timeline.now >= self._failing_until and self._rng.random() < self._trouble.store_fails:
            self._failing = self._rng.choice((Failure.DISK_FULL, Failure.IO_ERROR, Failure.DISCONNECTED))
            self._failing_until = self._timeline.now + self._rng.uniform(0.05, 8)

    def _written(self, life: int, delay_s: float = FIRST_DELAY_S) -> None:
        if life != self._lives or self._writing is None:
            return
        self._maybe_die(self._trouble.hub_before_commit)
        self._maybe_fail()
        try:
            self._write()
        except StoreError as error:
            if self.waits_for_store:
                self._held_up(error, life, delay_s)
                return
            self._writing = None
        else:
            self.core.inbox.trouble = None
        self._maybe_die(self._trouble.hub_after_commit)
        if self.commit_first:
            self.core.committed()
        self._maybe_die(self._trouble.hub_after_committed)
        self._plan(life)
        self._turn()

    def _write(self) -> None:
        if self._writing is not None:
            self.store.commit(self._writing)
            self._writing = None

    def _plan(self, life: int) -> None:
        jobs = list(self.core.plans)
        self.core.plans.clear()
        for job in jobs:
            self._timeline.after(
                self._rng.uniform(0.05, 2),
                lambda job=job: self._guarded(lambda: self._planned(life, job)),  # type: ignore[misc]
            )

    def _planned(self, life: int, job: StartPlanning) -> None:
        if life != self._lives:
            return
        if self._rng.random() < self._trouble.planner_dies:
            self.core.tell(PlanFailed(job.plan_id, "the worker died three times"), self._timeline.now)
        else:
            plan = make_plan(job, Effort(iterations=1, baselines=False), job.snapshot.at)
            self.core.tell(PlanReady(plan), self._timeline.now)
        self._turn()

    def _send_out(self) -> None:
        for route, frames in self.core.output(self._timeline.now):
            known = self._routes.get(route)
            if known is not None:
                self._oracle.hub_sends(*known, decode_control(frames))
            if not self._net.send(route, frames):
                self.core.undelivered(route)
            self._maybe_die(self._trouble.hub_amid_output)

    # --- what goes wrong -----------------------------------------------------------------------------------------

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Crash:
            self._die()

    def _maybe_die(self, chance: float) -> None:
        if self._rng.random() < chance:
            raise Crash("the hub")

    def _misfortune(self) -> None:
        self._maybe_die(self._trouble.hub_at_rest)
        if self._trouble.hub_memory_old and self._rng.random() < 0.005 and self._writing is None:
            self._back_up()
        if self._shelf is not None and self._rng.random() < 0.02:
            self._take_snapshot(self._shelf)
        if self._rng.random() < self._trouble.stall_hub:
            self.stalled_until = self._timeline.now + self._rng.uniform(0.5, 8)

    def _die(self) -> None:
        if self.down:
            return
        self.down, self._lives, self.crashes = True, self._lives + 1, self.crashes + 1
        if self._writing is not None and self._rng.random() < 0.5:
            with suppress(StoreError):
                self._write()  # the writer's thread was done, and nobody heard of it
        self._writing, self._turn_due, self.stalled_until = None, False, 0.0
        self._routes.clear()
        self._net.cut_all()
        self.store.close()
        if self._rng.random() < self._trouble.clock_jump * 10:
            self._wall_error = timedelta(seconds=self._rng.uniform(-300, 300))
        if self._rng.random() < self._trouble.hub_memory_old:
            self._put_back()
        self._timeline.after(self._rng.uniform(0.05, 3), self._start)

    def _take_snapshot(self, shelf: Shelf) -> None:
        """As the process beside the hub does it, of what is committed."""
        found = shelf.restored(self.store)
        if found.state.position > found.snapshot:
            shelf.put(found.state, mark_at(self.store, found.state.position))

    def _back_up(self) -> None:
        self._disk.back_up()
        self._oracle.backed_up()

    def _put_back(self) -> None:
        """Somebody puts the store back from a backup, as ``fleet hub restore`` does."""
        if not self._disk.put_back():
            return
        self._committed = self._oracle.put_back()
        if self.told_of_backups:
            store = self._disk.open()
            note_put_back(store, self._setup, self._wall())
            store.close()
