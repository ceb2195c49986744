"""The adapter kit between hub and adapter: once and only once, whatever the disk and the hub do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sdk import Adapter, AdapterError, Engine, Instruction, Journal, JournalError, Report
from adapters.sdk import engine as engine_module
from adapters.sdk import journal as journal_module
from fleet.protocol.codec import decode_control, encode
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    CompartmentReport,
    Envelope,
    Factsheet,
    ReserveCompartment,
    Role,
    StepReport,
)
from fleet.protocol.session import HubSession, SessionState, refusal
from fleet.protocol.values import CompartmentSize, TimeWindow

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
WINDOW = TimeWindow(start=AT, end=AT.replace(hour=20))


class Lamp(Adapter):
    """Switches something; reports each tick if told to; its state is as big as one likes."""

    kind = "locker"

    def __init__(self) -> None:
        self.done: list[str] = []
        self.ticks = 0
        self.chatty = 0
        self.ballast = ""
        self.trace = ""
        self.many: tuple[str, ...] = ()

    def factsheet(self) -> Factsheet:
        return Factsheet(type_id="lamp", model="Lamp", software="1")

    def on_assign(self, assign: Assign, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_cancel(self, cancel: CancelMission, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_command(self, command: Command, now: datetime) -> Iterator[Report]:
        self.done.append(f"{command.command_id} {command.action.value}")
        yield CommandReply(command_id=command.command_id, accepted=True, detail=command.action.value)

    def on_reserve(self, reserve: ReserveCompartment, now: datetime) -> Iterator[Report]:
        self.done.append(f"{reserve.order_id} {reserve.request}")
        yield CompartmentReport(
            order_id=reserve.order_id, state="reserved", at=now, size=reserve.size, request=reserve.request
        )

    def on_interrupted(self, instruction: Instruction, now: datetime) -> Iterator[Report]:
        assert isinstance(instruction, Command)
        yield CommandReply(command_id=instruction.command_id, accepted=False, detail="interrupted")

    def tick(self, now: datetime) -> Iterator[Report]:
        self.ticks += 1
        if self.trace:
            trace, self.trace = self.trace, ""
            yield AssetReport(condition="faulted", at=now, detail=trace)
        if self.many:
            yield StepReport(mission_id="m", step_id="s", state="done", at=now, order_ids=self.many)
        for n in range(self.chatty):
            yield AssetReport(condition="ready", at=now, detail=f"{self.ticks}.{n}")

    def save(self) -> str:
        return json.dumps([self.done, self.ticks, self.ballast])

    def restore(self, saved: str) -> None:
        self.done, self.ticks, self.ballast = json.loads(saved)


class Rig:
    """An engine on a journal and a hub's session, joined by the codec; the hub's numbers outlive everything."""

    def __init__(self, folder: Path, limit: int = 64) -> None:
        self.path, self.limit = folder / "journal.db", limit
        self.hub = HubSession("L1", Role.ASSET, heartbeat_s=1.0)
        self.now = 0.0
        self.sent = self.boots = 0
        self.heard: list[object] = []
        self.deaf = False
        self.versions: tuple[int, ...] = (1, 2)
        self.start()

    def start(self) -> None:
        self.boots += 1
        self.lamp = Lamp()
        self.journal = Journal(self.path, "L1", f"boot-{self.boots}", durable=False)
        self.engine = Engine(self.lamp, "L1", self.journal, limit=self.limit, versions=self.versions)
        self.connect()

    def restart(self) -> None:
        self.journal.close()
        self.start()

    def connect(self) -> None:
        self._up(self.engine.session.connect(self.now))

    def tell(self, *messages: Instruction) -> None:
        for message in messages:
            self.sent += 1
            self.hub.send(message, self.sent)

    def run(self, seconds: float = 5.0) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 0.5
            self.engine.tick(AT, self.now)
            for _ in range(6):
                self._up(self.engine.poll(self.now))
                for envelope in self.hub.poll(self.now):
                    frames = encode(envelope, self.hub.version)
                    self.engine.receive(decode_control(frames), self.now, AT)

    def deliver(self) -> None:
        """What the hub has to say arrives between two ticks."""
        for envelope in self.hub.poll(self.now + 0.1):
            self.engine.receive(envelope, self.now + 0.1, AT)

    def said(self) -> list[str]:
        return [m.detail for m in self.heard if isinstance(m, AssetReport)]

    def answers(self) -> list[tuple[str, str]]:
        return [(m.command_id, m.detail) for m in self.heard if isinstance(m, CommandReply)]

    def _up(self, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            frames = encode(envelope, self.engine.session.version)
            self._hears(decode_control(frames))

    def _hears(self, envelope: Envelope) -> None:
        message = envelope.message
        if message is not None and message.type == "hello":
            if self.hub.greet(envelope, self.now).new_boot:
                self.sent = self.hub.outstanding
            for said in self.hub.welcome(self.now, token="t", wall=AT):
                self.engine.receive(said, self.now, AT)
            return
        for seq, message in self.hub.receive(envelope, self.hub.epoch, self.now):
            assert seq is not None
            if self.deaf:
                self.hub.busy(seq, 1.0, code="store_full", detail="no room")
                return
            self.heard.append(message)
            self.hub.taken(seq)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.journal.close()


def command(n: int, action: Action = Action.HOLD) -> Command:
    return Command(command_id=f"c{n}", action=action, why="test")


FILLERS = (
    "INSERT INTO meta VALUES (hex(randomblob(8)), ?)",
    "INSERT INTO outbox SELECT min(-1, ifnull(min(seq), 0) - 1), ? FROM outbox",
    "INSERT INTO executed (key, digest, progress, answers) VALUES (hex(randomblob(8)), '', 'done', ?)",
)


def full(journal: Journal) -> None:
    """As when the disk is full: the file can't grow."""
    [pages] = journal._db.execute("PRAGMA page_count").fetchone()
    journal._db.execute(f"PRAGMA max_page_count = {pages}")


def fill(journal: Journal) -> None:
    """The same, and what room there was in it is used up."""
    full(journal)
    for filler in FILLERS:
        size = 4096
        while size:
            try:
                journal._db.execute(filler, ("x" * size,))
            except sqlite3.OperationalError:
                size //= 2


def empty(journal: Journal) -> None:
    """As when somebody has made room."""
    journal._db.execute("PRAGMA max_page_count = 1073741823")


def test_more_reports_than_the_memory_holds_wait_on_the_disk(rig: Rig) -> None:
    """Hours without the hub: nothing is lost, nothing is out of order, the process goes on; also across a restart."""
    rig.run(2)
    rig.lamp.chatty, rig.deaf = 7, True
    rig.run(20)
    assert rig.engine.session.outstanding == rig.limit
    rig.restart()
    assert rig.engine.session.outstanding == rig.limit
    rig.lamp.chatty = 7
    rig.run(5)
    rig.lamp.chatty, rig.deaf = 0, False
    rig.run(60)
    said = rig.said()
    ticks = sorted({int(text.partition(".")[0]) for text in said})
    assert said == [f"{t}.{n}" for t in ticks for n in range(7)]
    assert len(ticks) == 50
    assert rig.journal.outbox(0, 10) == []
    assert rig.engine.session.outstanding == 0


def test_instructions_are_put_off_while_reports_pile_up(rig: Rig) -> None:
    """The hub is told why, and sends them again."""
    rig.run(2)
    rig.lamp.chatty, rig.deaf = 7, True
    rig.run(5)
    rig.tell(command(1))
    rig.run(5)
    assert rig.lamp.done == []
    assert rig.hub.told_busy is not None
    assert rig.hub.told_busy.code == "outbox_full"
    rig.lamp.chatty, rig.deaf = 0, False
    rig.run(60)
    assert rig.answers() == [("c1", "hold")]


def test_a_hub_that_lost_its_memory_gets_what_waits_on_the_disk_too(rig: Rig) -> None:
    """Numbered anew, from 1."""
    rig.run(2)
    rig.lamp.chatty = 1
    rig.run(1)
    rig.lamp.chatty, rig.deaf = 7, True
    rig.run(10)
    before = len(rig.said())
    rig.hub = HubSession("L1", Role.ASSET, heartbeat_s=1.0, boot_id="boot-1", received=0)
    with pytest.raises(RemoteError) as refused:
        rig.hub.greet(rig.engine.session.connect(rig.now)[0].model_copy(update={"ack": 9}), rig.now)
    rig.engine.receive(refusal(RemoteError(Fault.FORGOTTEN, refused.value.detail)), rig.now, AT)
    assert rig.engine.session.must_reboot
    assert rig.engine.reboot("boot-2")
    rig.deaf, rig.lamp.chatty = False, 0
    rig.connect()
    rig.run(60)
    said = rig.said()
    assert len(said) == len(set(said)) == before + 20 * 7
    assert rig.journal.record(5).acknowledged == len(said) - before


def test_nothing_is_begun_that_can_t_be_written_down(rig: Rig) -> None:
    """Disk full: the instruction is put off, with the reason; once there is room it is carried out, once."""
    rig.run(2)
    fill(rig.journal)
    rig.tell(command(1))
    rig.run(5)
    assert rig.lamp.done == []
    assert rig.hub.told_busy is not None
    assert rig.hub.told_busy.code == "journal_unwritable"
    assert "full" in rig.hub.told_busy.detail
    assert rig.engine.session.state is SessionState.WELCOMED
    empty(rig.journal)
    rig.run(40)
    assert rig.lamp.done == ["c1 hold"]
    assert rig.answers() == [("c1", "hold")]
    assert rig.engine.trouble is None


def test_what_was_done_when_the_disk_filled_up_is_told_once_it_is_stored(rig: Rig) -> None:
    """The vehicle goes on being driven; the answer waits, and so does all that comes after it; nothing is lost."""
    rig.run(2)
    full(rig.journal)
    rig.lamp.ballast = "x" * 100_000  # too much for what is left, while the mark at the beginning still fits
    rig.tell(command(1), command(2))
    rig.deliver()
    assert rig.lamp.done == ["c1 hold"]
    ticks = rig.lamp.ticks
    rig.lamp.chatty = 1
    rig.run(2)
    rig.lamp.chatty = 0
    assert rig.lamp.ticks == ticks + 4
    assert rig.engine.trouble is not None
    assert "full" in rig.engine.trouble
    assert rig.heard == []
    assert rig.hub.acknowledged == 0
    empty(rig.journal)
    rig.run(40)
    assert rig.lamp.done == ["c1 hold", "c2 hold"]
    assert rig.answers() == [("c1", "hold"), ("c2", "hold")]
    assert len(rig.said()) == len(set(rig.said())) == 4
    assert rig.heard[0] == CommandReply(command_id="c1", accepted=True, detail="hold")


def test_a_process_that_dies_while_the_disk_is_full_says_what_it_knows(rig: Rig) -> None:
    """That it was begun is on the disk, what became of it is not."""
    rig.run(2)
    full(rig.journal)
    rig.lamp.ballast = "x" * 100_000
    rig.tell(command(1))
    rig.deliver()
    rig.run(5)
    assert rig.lamp.done == ["c1 hold"]
    rig.restart()
    rig.run(40)
    assert rig.answers() == [("c1", "interrupted")]


def test_a_disk_that_stays_full_ends_the_process_in_the_end(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than the memory with it."""
    monkeypatch.setattr(engine_module, "MOST_OWED", 20)
    rig.run(2)
    fill(rig.journal)
    rig.lamp.chatty = 1
    with pytest.raises(JournalError, match="full"):
        rig.run(60)


def test_what_was_executed_is_forgotten_after_many_more(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal does not grow for ever; what is recent is known."""
    monkeypatch.setattr(journal_module, "KEPT", 30)
    for n in range(100):
        rig.tell(command(n))
        rig.run(0.5)
    assert rig.journal._db.execute("SELECT count(*) FROM executed").fetchone() == (30,)
    rig.tell(command(99))
    rig.run(5)
    assert rig.lamp.done.count("c99 hold") == 1
    assert rig.answers().count(("c99", "hold")) == 2


def test_a_name_that_is_used_again_for_something_else_is_new(rig: Rig) -> None:
    """A hub that was restored from a backup counts on from there: what it says now is what it wants."""
    rig.tell(command(7, Action.RETURN), command(7, Action.HOLD), command(7, Action.HOLD))
    rig.run()
    assert rig.lamp.done == ["c7 return", "c7 hold"]
    assert rig.answers() == [("c7", "return"), ("c7", "hold"), ("c7", "hold")]


def test_reservations_are_told_apart_by_their_requests(rig: Rig) -> None:
    """Again under another number of the message's: the same one. Under another request: another."""
    first, second = (
        ReserveCompartment(order_id="P", size=CompartmentSize.SMALL, window=WINDOW, request=n) for n in (1, 2)
    )
    rig.tell(first, first, second)
    rig.run()
    assert rig.lamp.done == ["P 1", "P 2"]
    reports = [m.request for m in rig.heard if isinstance(m, CompartmentReport)]
    assert reports == [1, 1, 2]


def test_an_adapter_is_upgraded_on_its_journal(tmp_path: Path) -> None:
    """What the release before wrote, of version 1 of the wire: known instructions, waiting reports, its state."""
    db = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    db.executescript(
        """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE outbox (seq INTEGER PRIMARY KEY, message TEXT NOT NULL);
        CREATE TABLE executed (
            key TEXT PRIMARY KEY, progress TEXT NOT NULL, answers TEXT NOT NULL
        ) WITHOUT ROWID;
        INSERT INTO meta VALUES ('schema', '1'), ('peer_id', 'L1'), ('boot_id', 'boot-0');
        INSERT INTO meta VALUES ('acknowledged', '0'), ('taken', '0'), ('adapter', '[["c1 hold"], 5, ""]');
        INSERT INTO outbox VALUES (1, '{"type":"command_reply","command_id":"c1","accepted":true,"detail":"hold"}');
        INSERT INTO executed VALUES
            ('command c1', 'done', '[{"type":"command_reply","command_id":"c1","accepted":true,"detail":"hold"}]'),
            ('command c2', 'begun', '[]');
        """
    )
    db.close()
    rig = Rig(tmp_path)
    rig.tell(command(1), command(2), command(3))
    rig.run()
    assert rig.hub.boot_id == "boot-0"
    assert rig.hub.version == 2
    assert rig.lamp.done == ["c1 hold", "c3 hold"]
    assert rig.answers() == [("c1", "hold"), ("c1", "hold"), ("c2", "interrupted"), ("c3", "hold")]
    rig.journal.close()


def test_a_journal_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    """What can't be understood is not guessed at."""
    journal = Journal(tmp_path / "journal.db", "L1", "b")
    journal._db.execute("UPDATE meta SET value = '9' WHERE name = 'schema'")
    journal.close()
    with pytest.raises(JournalError, match="schema is '9'"):
        Journal(tmp_path / "journal.db", "L1", "b")


def test_what_is_stored_is_synced_to_the_disk(tmp_path: Path) -> None:
    """A loss of power loses nothing that was sent or acknowledged."""
    journal = Journal(tmp_path / "journal.db", "L1", "b")
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


def test_it_speaks_with_a_hub_of_the_version_before(tmp_path: Path) -> None:
    """As an adapter that was never upgraded does."""
    rig = Rig(tmp_path)
    rig.versions = (1,)
    rig.restart()
    rig.tell(command(1))
    rig.run()
    assert rig.hub.version == 1
    assert rig.answers() == [("c1", "hold")]
    rig.journal.close()


def test_a_report_that_is_too_long_for_the_wire_arrives_shortened(rig: Rig) -> None:
    """A driver's whole trace as ``detail``: in the journal it would end each process that takes the journal up."""
    rig.lamp.trace = "trace " * 20_000
    rig.run()
    rig.restart()
    rig.run()
    assert rig.said() == [f"{('trace ' * 20_000)[: engine_module.MOST_DETAIL]}…"]


def test_a_report_that_can_t_be_shortened_is_not_stored(rig: Rig) -> None:
    """A fault of the adapter's, which it is told; the process after it goes on."""
    rig.lamp.many = tuple(f"{n:0>100}" for n in range(1000))
    with pytest.raises(AdapterError, match="too long for the wire"):
        rig.run()
    rig.restart()
    rig.tell(Command(command_id="c", action=Action.HOLD, why="test"))
    rig.run()
    assert rig.answers() == [("c", "hold")]


def test_each_command_of_a_row_is_passed_on(rig: Rig) -> None:
    """Home, then elsewhere, then down: the later ones are new, however soon they come."""
    for n, action in enumerate((Action.RETURN, Action.DIVERT, Action.LAND), start=1):
        rig.tell(command(n, action))
    rig.run()
    assert rig.lamp.done == ["c1 return", "c2 divert", "c3 land"]
    assert rig.answers() == [("c1", "return"), ("c2", "divert"), ("c3", "land")]
