"""`fleet hub backup|restore|verify`: a day is kept as it was at one moment, taken up elsewhere, and looked through."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from fleet import backup
from fleet.app import Files, Setup, note_put_back, read_setup, run_hub
from fleet.cli.main import main
from fleet.domain.events import ContactsErased, Custodian, OrderPlaced, TimerSet
from fleet.hub import folders
from fleet.hub.folders import left_over
from fleet.hub.rundir import RunDir, RunDirError, RunInUse
from fleet.hub.security.keyring import COMMANDS, Keyring
from fleet.hub.security.keytable import KeyringError, KeyState
from fleet.protocol.messages import CancelMission
from fleet.protocol.values import Contact
from fleet.store import Batch, OutboxRow, PeerRow, SqlStore
from fleet.store.reader import Reader
from tests.support import smallday
from tests.support.postgres import Server

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


def batch(first: int, count: int = 3) -> Batch:
    """Events, messages that wait, and a person."""
    numbers = range(first, first + count)
    return Batch(
        events=tuple(TimerSet(at=AT, timer_id=f"t-{n}", due=AT + timedelta(days=9)) for n in numbers),
        outbox=tuple(
            OutboxRow("drone-1", n, CancelMission(mission_id=f"m-{n}", why="test")) for n in numbers
        ),
        contacts=(Contact(order_id=f"P-{first}", recipient="Ana"),),
    )


def hub_once(run: RunDir, new: Setup | None = None) -> None:
    """A hub that is up for no longer than it takes to say so."""
    run_hub(run, lambda: True, new=new)


@pytest.fixture
def day(city: Path) -> RunDir:
    """A run whose hub has been up, and has had some more to store since."""
    run = RunDir.named("day", city / "runs")
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
    hub_once(run, Setup(name="day", files=files, at=AT, until=AT + timedelta(hours=4), plain=True))
    with closing(SqlStore.open(run.store)) as store:
        store.commit(Batch(boots=(PeerRow("drone-1", "boot-1"),)))
        store.commit(batch(1))
    return run


@pytest.fixture
def kept(day: RunDir, city: Path) -> Path:
    """A backup of the day."""
    assert ran("backup", "--out", city / "kept", root=city) == 0
    return city / "kept"


def ran(*words: object, root: Path, name: str = "day") -> int:
    """Runs `fleet hub …` in this process; its exit code."""
    with pytest.raises(SystemExit) as end:
        main(["hub", *map(str, words), "--name", name, "--root", str(root / "runs")])
    return int(end.value.code or 0)


def changed(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


def timers(place: Path) -> list[str]:
    return [getattr(s.event, "timer_id", "") for s in Reader(place).events()]


def test_a_backup_of_a_running_hub_is_of_one_moment(day: RunDir, city: Path) -> None:
    """The writer goes on meanwhile; what it commits later is not in it, and what it had committed is."""
    with closing(SqlStore.open(day.store)) as store:
        store.commit(batch(4))
        before = day.store.with_name("hub.db-wal").stat().st_size
        assert before > 0  # in the write-ahead log, not yet in the file
        assert ran("backup", "--out", city / "kept", root=city) == 0
        store.commit(batch(7))
        assert day.store.with_name("hub.db-wal").stat().st_size > before
    assert timers(city / "kept" / "hub.db") == timers(day.store)[:-3]
    manifest = json.loads((city / "kept" / "manifest.json").read_text())
    assert manifest["position"] == 7
    assert manifest["run"] == "day"
    assert set(manifest["files"]) == {"hub.db", "setup.json", "files/1-depots.csv", "files/2-lockers.csv"}
    assert (city / "kept").stat().st_mode & 0o077 == 0
    assert not list((city / "kept").glob("**/*key*"))


def test_a_restored_run_goes_on_without_the_old_one(kept: Path, day: RunDir, city: Path) -> None:
    """Its input files came with it; its hub starts and knows what was stored."""
    before = [s.event for s in Reader(day.store).events()]
    shutil.rmtree(day.path)
    for file in ("depots.csv", "lockers.csv"):
        (city / file).unlink()
    assert ran("restore", kept, root=city, name="again") == 0
    run = RunDir.named("again", city / "runs")
    setup = read_setup(run)
    assert setup.name == "again"
    assert setup.files.depots.is_relative_to(run.path.absolute())
    stored = [s.event for s in Reader(run.store).events()]
    assert stored[:-1] == before
    assert stored[-1].type == "store_put_back"  # type: ignore[attr-defined]
    hub_once(run)
    assert [s.event for s in Reader(run.store).events()][: len(stored)] == stored
    assert Reader(run.store).contact("P-1") == Contact(order_id="P-1", recipient="Ana")


def test_a_run_that_is_there_is_kept(kept: Path, day: RunDir, city: Path) -> None:
    """Without --force nothing happens; with it the old run stands beside, and the new one has its keys."""
    day.keys.mkdir()
    (day.keys / "keyring.json").write_text("{}")
    with closing(SqlStore.open(day.store)) as store:
        store.commit(batch(4))
    assert ran("restore", kept, root=city) == 2
    assert len(timers(day.store)) == 7
    assert ran("restore", kept, "--force", root=city) == 0
    assert timers(day.store)[1:] == ["t-1", "t-2", "t-3", ""]  # the last one says that it was put back
    assert len(timers(city / "runs" / "day-1" / "hub.db")) == 7
    assert (day.keys / "keyring.json").read_text() == "{}"


def placed(store: SqlStore, *names: str) -> None:
    orders = [smallday.order(name) for name in names]
    store.commit(
        Batch(
            events=tuple(
                OrderPlaced(at=AT, order=order, custodian=Custodian(kind="client", id=order.client))
                for order in orders
            ),
            contacts=tuple(
                Contact(order_id=order.order_id, recipient=f"Ms {order.order_id}") for order in orders
            ),
        )
    )


def erased(store: SqlStore, *names: str, by: str = "ann") -> None:
    event = ContactsErased(at=AT, order_ids=names, by=by, why="their request")
    store.commit(Batch(events=(event,), erased=names))


def test_who_was_erased_since_the_backup_does_not_come_back(
    day: RunDir, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Erased again in the restored store, with a word about it in its log, and before it is there."""
    with closing(SqlStore.open(day.store)) as store:
        placed(store, "A", "B", "C")
        erased(store, "C")
        assert ran("backup", "--out", city / "kept", root=city) == 0
        placed(store, "D")
        erased(store, "A", "D", by="retention")
    assert b"Ms A" in (city / "kept" / "hub.db").read_bytes()
    assert ran("restore", city / "kept", "--force", root=city) == 0
    assert "of 1 orders was erased again" in capsys.readouterr().out
    there = Reader(day.store)
    assert [there.contact(name) is None for name in "ABC"] == [True, False, True]
    assert b"Ms A" not in b"".join(file.read_bytes() for file in day.path.glob("hub.db*"))
    assert [(e.order_ids, e.by) for e in there.erasures()] == [(("C",), "ann"), (("A",), "retention")]
    assert ran("verify", root=city) == 0
    hub_once(day)


def test_another_days_erasures_are_its_own(day: RunDir, city: Path) -> None:
    """Orders may have the same ids there."""
    with closing(SqlStore.open(day.store)) as store:
        placed(store, "A")
    assert ran("backup", "--out", city / "kept", root=city) == 0
    shutil.rmtree(day.path)
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
    hub_once(day, Setup(name="day", files=files, at=AT + timedelta(days=1), until=AT + timedelta(days=2)))
    with closing(SqlStore.open(day.store)) as store:
        placed(store, "A")
        erased(store, "A")
    assert ran("restore", city / "kept", "--force", root=city) == 0
    assert Reader(day.store).contact("A") is not None


def test_a_damaged_run_is_replaced_with_a_word_about_its_erasures(
    kept: Path, day: RunDir, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is what backups are for; who was erased can't be read then."""
    day.store.write_bytes(b"no database" * 1000)
    day.store.with_name("hub.db-wal").unlink(missing_ok=True)
    assert ran("restore", kept, "--force", root=city) == 0
    assert "erase them again by hand" in capsys.readouterr().err


@pytest.mark.parametrize("lost", ["run", "store", "another day"])
def test_a_restore_that_could_compare_nothing_says_so(
    kept: Path, day: RunDir, city: Path, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a disk was lost there is no log that tells who was erased since, and they are back."""
    if lost == "store":
        day.store.unlink()
    else:
        shutil.rmtree(day.path)
    if lost == "another day":
        files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
        hub_once(day, Setup(name="day", files=files, at=AT + timedelta(days=1), until=AT + timedelta(days=2)))
    capsys.readouterr()
    assert ran("restore", kept, "--force", "--json", root=city) == 0
    said = capsys.readouterr()
    assert "erase them again by hand" in said.err
    assert json.loads(said.out)["unknown"]


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_folder_beside_is_left_alone(
    kept: Path, day: RunDir, city: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it is called: it may be a run whose hub is up. One that a killed command left is named."""
    beside = [
        city / "runs" / "day.new",
        city / "new.new",
        city / "runs" / ".unfinished-day-1",
        city / ".unfinished-2",
    ]
    for folder in beside:
        folder.mkdir()
        (folder / "precious").touch()
    words = ("restore", kept, "--force") if verb == "restore" else ("backup", "--out", city / "new")
    assert ran(*words, root=city) == 0
    assert all((folder / "precious").exists() for folder in beside)
    assert f"{beside[2 if verb == 'restore' else 3]} was left unfinished" in capsys.readouterr().err
    assert day.path.stat().st_mode & 0o077 == 0


def test_nothing_is_replaced_where_that_takes_two_steps(
    kept: Path, day: RunDir, city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a file system that can't exchange folders a kill in between would leave no run of that name."""

    def unknown(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("fleet.hub.folders._renameat2", unknown)
    assert ran("restore", kept, "--force", root=city) == 2
    assert "restore under another --name" in capsys.readouterr().err
    assert [path.name for path in (city / "runs").iterdir()] == ["day"]
    assert ran("restore", kept, root=city, name="again") == 0
    assert ran("backup", "--out", city / "kept-2", root=city) == 0


def test_a_missing_file_is_named_and_not_the_backup(
    day: RunDir, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (city / "depots.csv").unlink()
    assert ran("backup", "--out", city / "kept", root=city) == 2
    said = capsys.readouterr().err
    assert f"{city / 'depots.csv'}: can't be copied: No such file" in said
    assert str(city / "kept") not in said
    assert not left_over(city / "kept")


def test_a_run_whose_hub_is_up_is_not_replaced(kept: Path, day: RunDir, city: Path) -> None:
    """Not even with --force."""
    with day.held():
        assert ran("restore", kept, "--force", root=city) == 2
    assert not (city / "runs" / "day-1").exists()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "store": lambda kept: changed(kept / "hub.db", "DELETE FROM events WHERE position = 2"),
    "setup": lambda kept: (kept / "setup.json").write_text("{}"),
    "missing": lambda kept: (kept / "files" / "1-depots.csv").unlink(),
    "cut": lambda kept: (kept / "hub.db").write_bytes((kept / "hub.db").read_bytes()[:-4096]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused(
    kept: Path, city: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, verify says no, and no run is made of it."""
    DAMAGES[damage](kept)
    assert ran("verify", "--backup", kept, root=city) == 1
    capsys.readouterr()
    assert ran("restore", kept, root=city, name="again") == 2
    assert str(kept) in capsys.readouterr().err
    assert [path.name for path in (city / "runs").iterdir()] == ["day"]


def test_what_is_no_backup_is_bad_input(city: Path, tmp_path: Path) -> None:
    """A folder without a manifest."""
    assert ran("restore", tmp_path, root=city, name="again") == 2
    assert ran("verify", "--backup", tmp_path / "none", root=city) == 2


def test_a_backup_never_replaces_anything(kept: Path, city: Path) -> None:
    """The folder must not be there."""
    before = (kept / "manifest.json").read_bytes()
    assert ran("backup", "--out", kept, root=city) == 2
    assert (kept / "manifest.json").read_bytes() == before


def test_a_damaged_run_gives_no_backup(day: RunDir, city: Path) -> None:
    """Nobody must believe to have one."""
    changed(day.store, "DELETE FROM events WHERE position = 2")
    assert ran("backup", "--out", city / "kept", root=city) == 4
    assert not (city / "kept").exists()
    assert not left_over(city / "kept")


FAULTS = {
    "DELETE FROM events WHERE position = 2": "event 2 is missing",
    "UPDATE events SET body = '{' WHERE position = 3": "event 3 can't be read",
    "INSERT INTO events SELECT position + 10, type, version, at_us, body FROM events WHERE position = 1": "event 5",
    "DELETE FROM outbox WHERE seq = 2": "message 2 is missing",
    "DELETE FROM outbox WHERE seq = 3": "it ends with 2, but 3 were sent",
    "UPDATE outbox SET body = '{}' WHERE seq = 1": "message 1 can't be read",
    "UPDATE contacts SET body = '{}'": "the contact of P-1 can't be read",
}


@pytest.mark.parametrize("sql", FAULTS)
def test_verify_names_what_is_wrong(
    day: RunDir, city: Path, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each fault by its place, in words and as JSON, and the exit code says no; a whole run is said to be."""
    assert ran("verify", root=city) == 0
    assert "whole, 4 events" in capsys.readouterr().out
    changed(day.store, sql)
    assert ran("verify", "--json", root=city) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["whole"]
    assert any(FAULTS[sql] in fault for fault in told["faults"])
    assert "Ana" not in str(told)


def test_verify_finds_damaged_pages(day: RunDir, city: Path) -> None:
    """Also of tables that nothing else of it reads."""
    size = 4096
    with day.store.open("r+b") as file:
        file.seek(3 * size)
        file.write(b"\xff" * size)
    assert ran("verify", root=city) == 1


def test_a_run_that_is_not_there_is_4(city: Path) -> None:
    """As for every command."""
    assert ran("verify", root=city, name="nope") == 4
    assert ran("backup", "--out", city / "kept", root=city, name="nope") == 4


def test_options_before_the_verb_are_refused(
    day: RunDir, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are the hub's own: another run would be backed up than meant."""
    with pytest.raises(SystemExit) as end:
        main(["hub", "--name", "other", "verify", "--root", str(city / "runs")])
    assert end.value.code == 2
    assert "come behind 'verify'" in capsys.readouterr().err


def test_a_store_that_was_put_back_by_other_means_is_told_so(day: RunDir, city: Path) -> None:
    """Its hub must not be up, and it must be there."""
    assert ran("put-back", root=city) == 0
    assert list(Reader(day.store).events())[-1].event.type == "store_put_back"  # type: ignore[attr-defined]
    with day.held():
        assert ran("put-back", root=city) == 2
    assert ran("put-back", root=city, name="nope") == 4


@pytest.fixture
def shared_day(city: Path, postgres: Server) -> RunDir:
    """A run whose store is in PostgreSQL."""
    run = RunDir.named("day", city / "runs")
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
    url = postgres.new()
    hub_once(run, Setup(name="day", files=files, at=AT, until=AT + timedelta(hours=4), plain=True, store=url))
    return run


def test_a_day_in_postgresql_is_run_read_and_verified(
    shared_day: RunDir, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands read it there; a second day does not get in; a backup is the database's own affair."""
    assert not shared_day.store.exists()
    place = shared_day.place
    assert isinstance(place, str)
    assert Reader(place).last_position() == 1
    hub_once(shared_day)
    assert ran("verify", root=city) == 0
    with pytest.raises(SystemExit):
        main(["orders", "list", "--root", str(city / "runs")])
    assert "error" not in capsys.readouterr().err
    assert ran("backup", "--out", city / "kept", root=city) == 2
    assert "pg_dump" in capsys.readouterr().err
    other = ("--depots", city / "depots.csv", "--lockers", city / "lockers.csv", "--store", place)
    assert ran(*other, root=city, name="other") == 2
    assert "a day is there already" in capsys.readouterr().err
    assert not (city / "runs" / "other").exists()
    with closing(SqlStore.open(place)) as store:
        store.commit(batch(1))
    Server.run(postgres_of(place), "DELETE FROM outbox WHERE seq = 2", schema=place.rpartition("%3D")[2])
    assert ran("verify", root=city) == 1


def postgres_of(place: str) -> Server:
    return Server(Path(place.partition("host=")[2].partition("&")[0]), None)


def test_an_address_with_a_password_is_refused(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would be in setup.json and in logs."""
    for url in ("postgresql+psycopg://u:hush@h/d", "postgresql+psycopg://h/d?password=hush", "mysql://h/d"):
        words = ("--depots", city / "depots.csv", "--lockers", city / "lockers.csv", "--store", url)
        assert ran(*words, root=city) == 2
        said = capsys.readouterr()
        assert "--store" in said.err
        assert "hush" not in said.err + said.out
    assert not (city / "runs").exists()


def test_a_day_in_postgresql_is_not_begun_a_second_time(
    postgres: Server, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its setup says where it is: it must not be written over, nor its hub be given another key."""
    run = RunDir.named("day", city / "runs")
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
    first = Setup(name="day", files=files, at=AT, until=AT + timedelta(hours=4), store=postgres.new())
    hub_once(run, first)
    for store in (None, postgres.new()):
        with pytest.raises(RunDirError, match="a day is there already"):
            hub_once(run, first.model_copy(update={"store": store}))
    assert read_setup(run).store == first.store
    shutil.rmtree(run.keys)
    with pytest.raises(KeyringError, match="is missing"):
        hub_once(run)


def test_no_hub_starts_on_a_run_that_is_being_replaced(
    kept: Path, day: RunDir, city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it acknowledged in between would be put aside with the old run."""
    noted = note_put_back

    def slowly(*words: Any) -> None:
        with pytest.raises(RunInUse):
            hub_once(day)
        noted(*words)

    monkeypatch.setattr("fleet.backup.note_put_back", slowly)
    assert ran("restore", kept, "--force", root=city) == 0


def test_a_key_that_is_revoked_while_a_run_is_restored_stays_revoked(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys of the run that is there are copied, and nobody changes them until the other is in its place."""
    run = RunDir.named("day", city / "runs")
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
    hub_once(run, Setup(name="day", files=files, at=AT, until=AT + timedelta(hours=4)))
    assert ran("backup", "--out", city / "kept", root=city) == 0
    revoking = Thread(target=lambda: Keyring(run.keys).revoke(COMMANDS, AT, by="ann"))
    put_instead = folders.put_instead

    def slowly(folder: Path, place: Path) -> Path:
        revoking.start()
        revoking.join(0.5)
        assert revoking.is_alive()
        return put_instead(folder, place)

    monkeypatch.setattr(backup, "put_instead", slowly)
    assert ran("restore", city / "kept", "--force", root=city) == 0
    revoking.join()
    states = {k.state(AT) for k in Keyring(run.keys).table().keys if k.subject == COMMANDS}
    assert states == {KeyState.REVOKED}


def test_a_run_that_began_while_another_was_restored_is_not_put_aside(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was there at first, so that nobody was kept out: what came is left alone, and the restore says so."""
    run = RunDir.named("day", city / "runs")
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv")
    setup = Setup(name="day", files=files, at=AT, until=AT + timedelta(hours=4))
    hub_once(run, setup)
    assert ran("backup", "--out", city / "kept", root=city) == 0
    shutil.rmtree(run.path)
    put = folders.put

    def late(folder: Path, place: Path) -> None:
        hub_once(run, setup)
        put(folder, place)

    monkeypatch.setattr(backup, "put", late)
    assert ran("restore", city / "kept", "--force", root=city) != 0
    assert sorted(p.name for p in (city / "runs").iterdir() if not p.name.startswith(".")) == ["day"]
