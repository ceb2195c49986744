"""The adapter kit's client against a small hub, over real ZeroMQ sockets on loopback."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import zmq

from adapters.sdk import (
    Adapter,
    AdapterClient,
    AdapterError,
    CurveKeys,
    Endpoints,
    Instruction,
    JournalError,
    Report,
    TurnedAway,
)
from fleet.protocol.endpoint import Timing
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import (
    Action,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    CompartmentReport,
    Factsheet,
    ReleaseCompartment,
    Telemetry,
)
from fleet.protocol.session import SessionState
from tests.wire.tinyhub import TinyHub, until

QUICK = Timing(hello_s=1.0, resend_s=0.2, reconnect_s=0.02, reconnect_max_s=0.1)


class Counter(Adapter):
    """Answers commands with how many it has executed; cancels come to nothing."""

    kind = "drone"

    def __init__(self) -> None:
        self.executed = 0
        self.explodes = False
        self.silent_s = 0.0

    def factsheet(self) -> Factsheet:
        return Factsheet(type_id="counter", model="Counter", software="1")

    def on_assign(self, assign: Assign, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_cancel(self, cancel: CancelMission, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_command(self, command: Command, now: datetime) -> Iterator[Report]:
        if self.explodes:
            raise RuntimeError("the process dies here")
        self.executed += 1
        yield CommandReply(command_id=command.command_id, accepted=True, detail=str(self.executed))

    def on_interrupted(self, instruction: Instruction, now: datetime) -> Iterator[Report]:
        assert isinstance(instruction, Command)
        yield CommandReply(command_id=instruction.command_id, accepted=False, detail="interrupted")

    def on_silence(self, silent_s: float, now: datetime) -> Iterator[Report]:
        self.silent_s = silent_s
        return iter(())

    def tick(self, now: datetime) -> Iterator[Report]:
        yield Telemetry(at=now, lon=16.0, lat=48.0)

    def save(self) -> str:
        return str(self.executed)

    def restore(self, saved: str) -> None:
        self.executed = int(saved)


def command(n: int) -> Command:
    return Command(command_id=f"c{n}", action=Action.HOLD, why="test")


class Rig:
    """A hub and a client that are stepped in turn."""

    def __init__(self, folder: Path) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.folder = folder
        self.hub = TinyHub(self.context, "drone-1")
        self.clients: list[AdapterClient] = []
        self.adapter = Counter()
        self.client = self.new_client()

    def new_client(self, peer_id: str = "drone-1", keys: CurveKeys | None = None) -> AdapterClient:
        self.adapter = Counter()
        client = AdapterClient(
            self.adapter,
            peer_id=peer_id,
            endpoints=Endpoints(*self.hub.endpoints),
            journal=self.folder / "journal.db",
            keys=keys,
            tick_s=0.01,
            timing=QUICK,
            context=self.context,
        )
        self.clients.append(client)
        self.client = client
        return client

    def step(self) -> None:
        self.hub.step(time.monotonic())
        self.client.step(timeout_ms=5)

    def answers(self) -> list[tuple[str, str]]:
        return [(m.command_id, m.detail) for m in self.hub.inbox if isinstance(m, CommandReply)]

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.hub.crash()
        self.context.destroy(linger=0)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_commands_are_answered_and_telemetry_flows(rig: Rig) -> None:
    """The ordinary case; the sample carries the hub's time, not ours."""
    for n in range(3):
        rig.hub.tell(command(n))
    until(lambda: len(rig.answers()) == 3 and rig.hub.telemetry and not rig.hub.outbox, rig.step)
    assert rig.answers() == [("c0", "1"), ("c1", "2"), ("c2", "3")]
    assert rig.hub.telemetry[-1].at.year == 2026
    assert rig.hub.telemetry[-1].at.hour == 8


def test_a_hub_that_crashes_and_comes_back_loses_and_repeats_nothing(rig: Rig) -> None:
    """It reconnects by itself."""
    rig.hub.tell(command(0))
    until(rig.answers, rig.step)
    rig.hub.crash()
    until(lambda: rig.client.state is SessionState.LOST, lambda: rig.client.step(5))
    rig.hub.start()
    rig.hub.tell(command(1))
    until(lambda: len(rig.answers()) == 2, rig.step)
    assert rig.answers() == [("c0", "1"), ("c1", "2")]
    assert rig.hub.hellos == 2


def test_an_adapter_is_told_how_long_the_hub_is_silent(rig: Rig) -> None:
    """Nothing while it is heard, also between two heartbeats; then the whole time, over every attempt; then nothing."""
    rig.hub.tell(command(0))
    until(rig.answers, rig.step)
    assert rig.adapter.silent_s == 0
    rig.hub.crash()
    # Longer than it waits for a welcome: attempts to connect are not the hub's voice.
    until(lambda: rig.adapter.silent_s > 1.5, lambda: rig.client.step(5))
    rig.hub.start()
    rig.hub.tell(command(1))
    until(lambda: len(rig.answers()) == 2 and rig.adapter.silent_s == 0, rig.step)


def test_an_adapter_that_restarts_forgets_and_repeats_nothing(rig: Rig) -> None:
    """The journal has its state, and the same boot goes on."""
    rig.hub.tell(command(0))
    until(rig.answers, rig.step)
    boot_id = rig.hub.boot_id
    rig.client.close()
    rig.hub.tell(command(1))
    rig.new_client()
    until(lambda: len(rig.answers()) == 2, rig.step)
    assert rig.answers() == [("c0", "1"), ("c1", "2")]
    assert rig.hub.boot_id == boot_id


def test_what_was_interrupted_is_not_blindly_done_again(rig: Rig) -> None:
    """The process died inside a handler: the adapter is asked, and says what became of it."""
    rig.adapter.explodes = True
    rig.hub.tell(command(0))
    with pytest.raises(RuntimeError, match="dies here"):
        until(rig.answers, rig.step)
    rig.client.close()
    rig.new_client()
    until(rig.answers, rig.step)
    assert rig.answers() == [("c0", "interrupted")]


def test_a_command_that_was_executed_is_answered_again_not_done_again(rig: Rig) -> None:
    """Told again under a new number, by a hub that did not know."""
    rig.hub.tell(command(0))
    rig.hub.tell(command(0))
    until(lambda: len(rig.answers()) == 2, rig.step)
    assert rig.answers() == [("c0", "1"), ("c0", "1")]
    assert rig.adapter.executed == 1


def test_a_connection_that_the_hub_does_not_know_is_made_again(rig: Rig) -> None:
    """The transport may reconnect by itself, under another routing id."""
    until(lambda: rig.client.state is SessionState.WELCOMED, rig.step)
    rig.hub.forget_connections()
    rig.hub.tell(command(0))
    until(rig.answers, rig.step)
    assert rig.hub.hellos == 2


def test_a_hub_that_lost_its_memory_gets_a_new_boot(rig: Rig) -> None:
    """What was executed stays known, so that nothing is done twice."""
    rig.hub.tell(command(0))
    until(lambda: rig.answers() and not rig.hub.outbox, rig.step)
    first = rig.hub.boot_id
    rig.hub.crash()
    rig.hub.outbox, rig.hub.sent, rig.hub.received = [], 0, 0
    rig.hub.start()
    rig.hub.tell(command(0))
    until(lambda: len(rig.answers()) == 2, rig.step)
    assert rig.hub.boot_id != first
    assert rig.answers() == [("c0", "1"), ("c0", "1")]


def test_an_asset_without_compartments_says_so(rig: Rig) -> None:
    """By default; a locker overrides it."""
    rig.hub.tell(ReleaseCompartment(order_id="o-1"))
    until(lambda: rig.hub.inbox, rig.step)
    [answer] = rig.hub.inbox
    assert isinstance(answer, CompartmentReport)
    assert (answer.state, answer.code) == ("refused", "no_compartments")


def test_a_refusal_for_good_ends_the_client(rig: Rig) -> None:
    """It does not knock for ever at a door that stays closed."""
    until(lambda: rig.client.state is SessionState.WELCOMED, rig.step)
    answer = rig.hub.session.refuse(RemoteError(Fault.NOT_ALLOWED, "revoked"))
    rig.hub._send(next(iter(rig.hub._epochs)), [answer])
    with pytest.raises(TurnedAway, match="revoked"):
        until(lambda: False, rig.step, steps=200)


def test_a_real_asset_does_not_run_on_granted_time(rig: Rig) -> None:
    """Its motors do not wait for a grant."""
    rig.hub.lockstep = True
    with pytest.raises(AdapterError, match="virtual time"):
        until(lambda: False, rig.step, steps=200)


def test_the_journal_belongs_to_one_asset_and_one_process(rig: Rig) -> None:
    """Two would tell the hub two different stories under one name."""
    with pytest.raises(JournalError, match=r"journal\.db"):
        rig.new_client()
    rig.clients[0].close()
    with pytest.raises(JournalError, match="peer_id"):
        rig.new_client("drone-2")


def test_over_curve(rig: Rig) -> None:
    """With the right key; with another the hub is never heard."""
    if not zmq.has("curve"):
        raise AssertionError("libzmq was built without CURVE")
    public, secret = zmq.curve_keypair()
    own_public, own_secret = zmq.curve_keypair()
    rig.client.close()
    rig.hub.crash()
    rig.hub = TinyHub(rig.context, "drone-1", curve_secret=secret)
    keys = CurveKeys(server=public, public=own_public, secret=own_secret)
    assert own_secret.decode() not in repr(keys)
    rig.new_client(keys=keys)
    rig.hub.tell(command(0))
    until(rig.answers, rig.step)
    rig.client.close()
    rig.new_client(keys=CurveKeys(server=own_public, public=own_public, secret=own_secret))
    for _ in range(40):
        rig.step()
    assert rig.client.state is not SessionState.WELCOMED
