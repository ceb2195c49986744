"""Names, addresses and telephone numbers are in one table of a running hub, and nowhere else; erased, they are gone."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from fleet.cli.day import Day
from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.domain.apply import apply_all
from fleet.domain.state import State
from fleet.hub.rundir import RunDir
from fleet.hub.snapshots import snapshotter
from fleet.progress import settled
from fleet.protocol.values import Contact
from fleet.simulate import simulate
from fleet.store import Batch, MemoryStore
from fleet.store.reader import Reader
from fleet.store.rows import event_text, message_text
from fleet.store.statecodec import encode
from tests.support import commands
from tests.support.bench import DEPOTS, LOCKERS, ORDER_COLUMNS, WEATHER

SECRETS = {
    "recipient": "Zebedäus Quastenflosser",
    "address": "Irgendwogasse 4711",
    "email": "quastenflosser@example.org",
    "phone": "+34600987123",
    "notes": "the bell says Xylander",
    "language": "tlh",
    "extra": "c/o Yggdrasil",
}
NEEDLES = [
    part.encode(form)
    for form in ("utf-8", "latin-1", "unicode_escape")
    for part in (
        "Zebed",
        "Quastenflosser",
        "Irgendwogasse",
        "quastenflosser@",
        "600987123",
        "Xylander",
        "Yggdrasil",
    )
]


def secret(order_id: str) -> Contact:
    """Somebody who is recognised wherever he turns up."""
    fields = {name: value for name, value in SECRETS.items() if name != "extra"}
    return Contact(order_id=order_id, extra={"care": SECRETS["extra"]}, **fields)


def found_in(content: bytes) -> set[bytes]:
    """What of the person can be read there."""
    return {needle for needle in NEEDLES if needle in content}


class Recorded(MemoryStore):
    """A store in memory that keeps every batch as its rows would be written."""

    written: ClassVar[list[str]] = []
    people = 0

    def commit(self, batch: Batch) -> int:
        """Note events and messages to assets."""
        self.written.extend(event_text(event) for event in batch.events)
        self.written.extend(message_text(row.message) for row in batch.outbox)
        Recorded.people += len(batch.contacts)
        return super().commit(batch)


def test_no_decision_of_a_day_writes_who_it_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drones, robots, lockers and vans, with incidents: no event, no message to an asset, and no snapshot."""
    Recorded.written, Recorded.people = [], 0
    monkeypatch.setattr("fleet.simulate.MemoryStore", Recorded)
    setup, world = build_day(
        tmp_path, DemoOptions(seed=2, parcels=24, hours=3, incidents="hard", iterations=10)
    )
    incoming = tuple((at, order, secret(order.order_id)) for at, order, _ in incoming_of(setup))
    run = simulate(
        setup,
        setup.files.read(),
        world,
        incoming=incoming,
        incidents="hard",
        over=settled,
        latest=setup.until - setup.at,
    )
    assert Recorded.people == 24
    assert len(Recorded.written) > len(run.events) > 300
    assert found_in("\n".join(Recorded.written).encode()) == set()
    monkeypatch.setattr("fleet.store.statecodec.zlib.compress", lambda row, _level: row)
    assert found_in(encode(run.state)) == set()
    assert found_in(secret("P-1").model_dump_json().encode()), "it would be found"


@pytest.fixture
def day(tmp_path: Path) -> RunDir:
    """The files of a small day with two recognisable people; no hub is up."""
    person = f"{SECRETS['recipient']},{SECRETS['address']}"
    rows = [
        f"P-{number},{client},delivery,{name},-8.01,41.0{number},0.8,0.3,0.2,0.1,standard,10,,"
        "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,false,"
        f"{notes}\n"
        for number, client, name, notes in (
            (1, "acme", person, SECRETS["notes"]),
            (2, "acme", "Ana,Rua 2", ""),
            (3, "shoes", person, SECRETS["notes"]),
        )
    ]
    files = {
        "depots": DEPOTS,
        "lockers": LOCKERS,
        "weather": WEATHER,
        "orders": ORDER_COLUMNS + "".join(rows),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return RunDir(tmp_path / "runs" / "day")


def words(day: RunDir, *more: str) -> list[str]:
    return [sys.executable, "-m", "fleet", *more, "--root", str(day.path.parent)]


Fleet = Callable[..., tuple[int, str]]


@pytest.fixture
def fleet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Runs a command on a run, with nobody there to answer it; its exit code and all that it says."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def said(day: RunDir, *more: str) -> tuple[int, str]:
        code = commands.run(day, *more)
        return code, "".join(capsys.readouterr())

    return said


@contextmanager
def hub(day: RunDir, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A hub in a process of its own; what it says goes to a file of the run."""
    day.create()
    with day.log("hub").open("ab") as log:
        process = subprocess.Popen(words(day, "hub", *more, "--log-level", "debug"), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not ((day.path / "run.json").exists() and day.running().pids["hub"] == process.pid):
            assert process.poll() is None, day.log("hub").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def new(folder: Path) -> list[str]:
    files = [
        word
        for name in ("depots", "lockers", "weather")
        for word in (f"--{name}", str(folder / f"{name}.csv"))
    ]
    free = [word for name in ("control", "telemetry", "feed") for word in (f"--{name}", "tcp://127.0.0.1:*")]
    return [*files, *free, "--at", "2026-11-24T08:00:00Z", "--plain"]


def readable(day: RunDir) -> dict[str, set[bytes]]:
    """In which files of a run something of the person can be read."""
    files = (file for file in day.path.rglob("*") if file.is_file())
    return {file.name: found for file in files if (found := found_in(file.read_bytes()))}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_hub_s_files_hold_a_person_in_one_place_until_he_is_erased(
    day: RunDir, fleet: Fleet, tmp_path: Path
) -> None:
    """Orders come in, a wrong batch is refused, a snapshot is made, the person is erased, the hub is killed."""
    with hub(day, *new(tmp_path)) as process:
        code, said = fleet(day, "orders", "import", str(tmp_path / "orders.csv"))
        assert (code, found_in(said.encode())) == (0, set()), said
        wrong = (tmp_path / "orders.csv").read_text(encoding="utf-8").replace("0.8,", "0.9,")
        (tmp_path / "wrong.csv").write_text(wrong, encoding="utf-8")
        code, said = fleet(day, "orders", "import", str(tmp_path / "wrong.csv"))
        assert (code, found_in(said.encode())) == (2, set()), said
        make = snapshotter(day.store, day.snapshots, day.log("snapshots"))
        assert make().wait(150) == 0  # it takes the processor only when nobody else wants it
        assert set(readable(day)) <= {"hub.db", "hub.db-wal"}
        assert readable(day)
        reader = Reader(day.store)
        events = [stored.event for stored in reader.events()]
        assert found_in("\n".join(event_text(event) for event in events).encode()) == set()
        code, said = fleet(day, "orders", "erase", "P-1", "--why", "wanted by the recipient", "--yes")
        assert code == 1, said
        assert "P-1 has not come to its end" in said
        told = ("orders", "erase", "--why", "wanted by the recipient", "--unfinished", "--yes", "--by", "eva")
        code, said = fleet(day, *told, "P-1", "--client", "shoes", "--json")
        assert (code, json.loads(said)["erased"]) == (0, ["P-1", "P-3"]), said
        assert readable(day) == {}
        assert reader.contact("P-1") is None
        assert (ana := reader.contact("P-2")) is not None
        assert ana.recipient == "Ana"
        code, said = fleet(day, "orders", "import", str(tmp_path / "orders.csv"))
        assert code == 0, said
        assert readable(day) == {}, "the same orders again bring nobody back"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
    before = Day(day).ledger().state
    assert readable(day) == {}
    with hub(day, "--resume"):
        assert readable(day) == {}
        code, said = fleet(day, "orders", "show", "P-1")
        assert code == 0
        assert "contact: erased, or never kept" in said
    after = [stored.event for stored in Reader(day.store).events()]
    assert after[: len(events)] == events, "the log is whole"
    assert apply_all(State(), after[: before.position]) == before
    assert replace(before.parcels["P-1"], erased=False) == apply_all(State(), events).parcels["P-1"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_to_erase_is_asked_for_and_agreed_to(day: RunDir, fleet: Fleet, tmp_path: Path) -> None:
    """Nothing goes without a reason, without an order, or without a yes."""
    with hub(day, *new(tmp_path)):
        assert fleet(day, "orders", "import", str(tmp_path / "orders.csv"))[0] == 0
        for more, fault in (
            (("P-1",), "--why is needed"),
            (("--why", "x"), "which orders?"),
            (("P-11", "--why", "x"), "there is no order 'P-11'"),
            (("--client", "acne", "--why", "x"), "no order is of 'acne'; did you mean 'acme'"),
            (("P-1", "--why", "x"), "nothing was erased; --yes agrees"),
        ):
            code, said = fleet(day, "orders", "erase", *more)
            assert code == 2, said
            assert fault in said
        assert Reader(day.store).contact("P-1") is not None
