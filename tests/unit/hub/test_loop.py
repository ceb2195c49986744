"""The real hub: loop, sockets, writer thread, planner process and file, with one drone on a real connection."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import zmq
from structlog.testing import capture_logs

from fleet.app import Setup, run_hub
from fleet.hub.client import HubBusy, HubClient, HubUnreachable, secure
from fleet.hub.loop import Loop
from fleet.hub.planning import Effort
from fleet.hub.rundir import RunDir, RunInUse, Running
from fleet.hub.security.keyring import COMMANDS, Keyring, key_for, new_hub_key
from fleet.hub.snapshots import Snapshots
from fleet.hub.sockets import BindError, Sockets
from fleet.hub.trouble import Severity, Trouble
from fleet.protocol.codec import decode_control, encode
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import (
    AnyMessage,
    AssetReport,
    Assign,
    MissionEnded,
    MissionReply,
    RemoveZone,
    Reply,
    Role,
    StepReport,
    SubmitOrders,
)
from fleet.protocol.session import PeerSession
from fleet.store import Batch, Failure, SqlStore, StoreError
from fleet.store.reader import Reader
from tests.support.bench import DAY, write_inputs

DRONE = "S1/drone-1"
AT_ONCE = DAY + timedelta(days=2)
"""Later than any hub's time here: it counts from when it comes."""


class Drone:
    """A scripted drone on a real connection: it answers what it is told, and does each step at once."""

    def __init__(self, control: str, key: KeyFile) -> None:
        self.session = PeerSession(DRONE, Role.ASSET, "boot-1")
        self.missions: list[str] = []
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        secure(self.socket, key)
        self.socket.connect(control)
        for envelope in self.session.connect(time.monotonic()):
            self.socket.send_multipart(encode(envelope))
        self.told = -math.inf

    def turn(self) -> None:
        """Take in what has come, answer, send; every five seconds, which are 150 of the hub's, how full it is."""
        if time.monotonic() - self.told > 5:
            self.told = time.monotonic()
            self.session.send(AssetReport(condition="ready", at=AT_ONCE, soc=1.0, site_id="S1"))
        if self.socket.poll(20):
            envelope = decode_control(self.socket.recv_multipart())
            for delivery in self.session.receive(envelope, time.monotonic()):
                self._obey(delivery.message)
                if delivery.seq is not None:
                    self.session.taken(delivery.seq)
        for envelope in self.session.poll(time.monotonic()):
            self.socket.send_multipart(encode(envelope, self.session.version))

    def _obey(self, message: AnyMessage) -> None:
        if not isinstance(message, Assign):
            return
        mission_id = message.mission.mission_id
        self.missions.append(mission_id)
        self.session.send(MissionReply(mission_id=mission_id, revision=0, accepted=True))
        for step in message.mission.steps:
            moved = ("P-1",) if step.step in ("load", "drop") else ()
            self.session.send(
                StepReport(mission_id=mission_id, step_id=step.step_id, state="done", at=DAY, order_ids=moved)
            )
        self.session.send(MissionEnded(mission_id=mission_id, outcome="completed", at=DAY, site_id="S1"))

    def close(self) -> None:
        """End the connection."""
        self.context.destroy(linger=0)


def prepared(folder: Path, **changes: str) -> RunDir:
    """A run directory whose business time runs thirty times as fast as the wall clock."""
    run = RunDir(folder / "run")
    run.create()
    (folder / "input").mkdir()
    at = DAY + timedelta(hours=8)
    setup = Setup(
        name="run",
        files=write_inputs(folder / "input"),
        at=at,
        until=at + timedelta(hours=4),
        rate=30,
        effort=Effort(iterations=1, baselines=False),
    )
    run.setup.write_text(setup.model_copy(update=changes).model_dump_json(), encoding="utf-8")
    return run


@contextmanager
def hub(run: RunDir) -> Iterator[Running]:
    """A hub in a thread; what goes wrong in it is raised at the end."""
    stop, up = threading.Event(), threading.Event()
    wrong: list[BaseException] = []

    def body() -> None:
        try:
            run_hub(run, stop.is_set, started=lambda _: up.set())
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            wrong.append(error)
            up.set()

    thread = threading.Thread(target=body)
    thread.start()
    try:
        assert up.wait(60)
        if not wrong:
            yield run.running()
    finally:
        stop.set()
        thread.join(60)
    if wrong:
        raise wrong[0]


def until(done: Callable[[], bool], turn: Callable[[], None]) -> None:
    """Turn until it is done, a minute at most."""
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        turn()


def test_one_parcel_over_real_sockets(tmp_path: Path) -> None:
    """Order in over ZeroMQ, plan from the planner's process, mission out, delivery on disk; a restart sends nothing."""
    run = prepared(tmp_path)
    inputs = write_inputs(tmp_path / "input").read()
    reader = Reader(run.store)

    def over() -> bool:
        return any(getattr(s.event, "type", "") == "mission_over" for s in reader.events())

    with hub(run) as running:
        drone = Drone(running.control, Keyring(run.keys).client(DRONE))
        try:
            until(
                lambda: any(getattr(s.event, "type", "") == "asset_changed" for s in reader.events()),
                drone.turn,
            )
            with HubClient(running.control, key=key_for(run, COMMANDS), timeout_s=30) as client:
                contacts = tuple(contact for _, contact in inputs.orders.accepted)
                request = SubmitOrders(request_id="r-1", orders=inputs.orders.orders, contacts=contacts)
                assert client.request(request).ok
            until(over, drone.turn)
        finally:
            drone.close()
    passed = [s.event for s in reader.events() if getattr(s.event, "type", "") == "custody_passed"]
    assert [e.taker.kind for e in passed] == ["site", "asset", "recipient"]  # type: ignore[attr-defined]
    assert len(drone.missions) == 1
    before = reader.last_position()
    with hub(run):
        pass
    assert reader.last_position() == before


def test_a_hub_has_snapshots_made_and_starts_from_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a child of its own, while it runs; here after every event."""
    defaults = Snapshots.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "every", 1)
    run = prepared(tmp_path)
    orders = write_inputs(tmp_path / "input").read().orders.orders
    with hub(run) as running:
        with HubClient(running.control, key=key_for(run, COMMANDS), timeout_s=30) as client:
            assert client.request(SubmitOrders(request_id="r-1", orders=orders)).ok
        until(lambda: any(run.snapshots.glob("*.state")), lambda: time.sleep(0.05))
    with capture_logs() as logs, hub(run):
        pass
    (up,) = (line for line in logs if line["event"] == "the hub is up")
    assert up["snapshot"] > 1


def test_a_port_in_use_is_named_and_everything_is_closed(tmp_path: Path) -> None:
    """The message has the address and what to do; no socket stays open behind it, and no lock."""
    first = Sockets("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*")
    try:
        taken = first.telemetry.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(taken, bytes)
        address = taken.decode().rstrip("\0")
        run = prepared(tmp_path, telemetry=address)
        with pytest.raises(BindError, match=address), hub(run):
            pass
        assert not run.is_live()
    finally:
        first.close()


def test_a_second_hub_on_the_same_day_is_refused(tmp_path: Path) -> None:
    """It is told which process runs the day, before it opens anything; the first one goes on."""
    run = prepared(tmp_path)
    with hub(run) as running:
        with pytest.raises(RunInUse, match=f"process {os.getpid()}"):
            run_hub(run, lambda: True)
        assert run.running() == running
        with HubClient(running.control, key=key_for(run, COMMANDS), timeout_s=30) as client:
            request = RemoveZone(request_id="r-1", by="ann", zone_id="none")
            assert not client.request(request).ok  # an answer is an answer


def test_a_damaged_store_is_refused_before_anything_listens(tmp_path: Path) -> None:
    """A file that is no store is left as it is."""
    run = prepared(tmp_path)
    Keyring(run.keys).prepare(DAY, {}, new_hub_key())
    run.store.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="can't be opened"), hub(run):
        pass
    assert run.store.read_bytes() == b"not a database" * 100
    assert not (run.path / "run.json").exists()


def test_a_disk_that_fails_is_waited_out_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is answered while it fails; then everything is, once. The log is told when it begins and when it ends."""
    run = prepared(tmp_path)
    commit = SqlStore.commit
    refusals = [0]
    failing = threading.Event()

    def ailing(store: SqlStore, batch: Batch) -> int:
        if failing.is_set():
            refusals[0] += 1
            raise StoreError("the disk is full", Failure.DISK_FULL)
        return commit(store, batch)

    monkeypatch.setattr(SqlStore, "commit", ailing)
    replies: list[Reply] = []

    def ask(address: str, request_id: str) -> None:
        with HubClient(address, key=key_for(run, COMMANDS), timeout_s=30) as client:
            replies.append(client.request(RemoveZone(request_id=request_id, by="ann", zone_id="none")))

    with capture_logs() as logs, hub(run) as running:
        ask(running.control, "r-1")
        run.reserve.unlink()  # there is nothing to fall back on
        failing.set()
        asking = threading.Thread(target=ask, args=(running.control, "r-2"))
        asking.start()
        until(lambda: refusals[0] > 3, lambda: time.sleep(0.01))
        assert [reply.request_id for reply in replies] == ["r-1"]
        failing.clear()
        asking.join(60)
    assert [reply.request_id for reply in replies] == ["r-1", "r-2"]
    told = [line["event"] for line in logs if "store" in line["event"]]
    assert told == ["store in trouble", "the store takes everything again"]


def loop_of(parts: MagicMock) -> Loop:
    """A loop with these parts."""
    return Loop(
        parts.core,
        parts.sockets,
        parts.gate,
        parts.writer,
        parts.planning,
        parts.feed,
        parts.instruments,
        parts.snapshots,
    )


def test_an_end_with_something_that_is_not_stored_is_no_clean_one() -> None:
    """What the writer finds at its end is raised, once everything else is closed."""
    parts = MagicMock()
    parts.writer.see_all_written.side_effect, parts.writer.trouble = StoreError("it failed"), None
    with pytest.raises(StoreError, match="it failed"):
        loop_of(parts).run(lambda: True)
    order = [name for name, _, _ in parts.mock_calls]
    assert order.index("writer.close") < order.index("sockets.close") < order.index("writer.see_all_written")


def test_a_hub_that_is_stopped_while_its_disk_is_full_does_not_end_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises what its command ends with 4 for, and does not say that it has stopped as it should."""
    run = prepared(tmp_path)
    commit, full = SqlStore.commit, threading.Event()

    def ailing(store: SqlStore, batch: Batch) -> int:
        if full.is_set():
            raise StoreError("the disk is full", Failure.DISK_FULL)
        return commit(store, batch)

    monkeypatch.setattr(SqlStore, "commit", ailing)

    def stopped_while_full() -> None:
        with hub(run) as running:
            run.reserve.unlink()  # there is nothing to fall back on
            full.set()
            key = key_for(run, COMMANDS)
            with (
                HubClient(running.control, key=key, timeout_s=1) as client,
                suppress(HubBusy, HubUnreachable),
            ):
                client.request(RemoveZone(request_id="r-1", by="ann", zone_id="none"))

    with capture_logs() as logs, pytest.raises(StoreError, match="the disk is full"):
        stopped_while_full()
    told = [line["event"] for line in logs]
    assert "stopped with something that is not stored" in told
    assert "the hub has stopped" not in told


@pytest.mark.parametrize("trouble", [None, Trouble(Severity.FULL_ON_RESERVE, Failure.DISK_FULL, "make room")])
def test_no_snapshot_is_made_of_the_last_of_the_disks_space(trouble: Trouble | None) -> None:
    """It can be made again; what the space is kept for can't."""
    parts = MagicMock()
    parts.writer.finished.side_effect, parts.writer.trouble, parts.core.plans = [7, None], trouble, []
    loop_of(parts)._stored()
    parts.core.committed.assert_called_once()
    assert parts.snapshots.committed.called is (trouble is None)
