"""`fleet hub`: a day that can't begin leaves nothing behind, and one run has one hub."""

from __future__ import annotations

import errno
import io
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from fleet.app import Files, Setup, read_setup, run_hub
from fleet.cli.main import main
from fleet.hub.planning import Effort
from fleet.hub.rundir import RunDir, Running
from fleet.hub.security.keytable import KeyringError
from fleet.hub.sockets import Sockets, bound_address
from fleet.sim import SimError, World
from fleet.sim.spec import Incidents, parse_spec
from fleet.store.reader import Reader

FREE = "tcp://127.0.0.1:*"
AT = "2026-11-24T08:00:00Z"


def words(city: Path, **changes: str) -> list[str]:
    """A new day of the small city on ports that the system chooses."""
    options = {
        "depots": str(city / "depots.csv"),
        "lockers": str(city / "lockers.csv"),
        "at": AT,
        "control": FREE,
        "telemetry": FREE,
        "feed": FREE,
        "root": str(city / "runs"),
    } | changes
    return ["hub", *(word for name, value in options.items() for word in (f"--{name}", value))]


def begins(
    run: RunDir, _stop: Callable[[], bool], started: Callable[[Running], None], *, new: Setup | None
) -> None:
    """A hub that is up for no longer than it takes to say so."""
    run_hub(run, lambda: True, started, new=new)


def moment(text: str) -> datetime:
    """A time as on the command line."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def ended(*arguments: str) -> int:
    """Runs the command in this process, where it fails before it serves."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture
def taken() -> Iterator[str]:
    """An address at which somebody listens already."""
    with closing(Sockets(FREE, FREE, FREE)) as sockets:
        yield bound_address(sockets.control)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """`fleet hub` takes the signals; the tests give them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_taken_port_leaves_nothing(city: Path, taken: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So that the same command works once the port is free."""
    assert ended(*words(city, telemetry=taken)) == 2
    assert f"error: {taken}: Address already in use" in capsys.readouterr().err
    assert not (city / "runs").exists()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("foo", "is no address; write one like tcp://127.0.0.1:5701"),
        ("tcp://127.0.0.1", "is no address"),
        ("tcp://127.0.0.1:99999", "is no address"),
        ("tcp://192.0.2.1:5701", "this machine has no such address"),
    ],
)
def test_an_address_that_is_none_is_named(
    city: Path, capsys: pytest.CaptureFixture[str], address: str, message: str
) -> None:
    """A port above 65,535 is not taken for another one."""
    assert ended(*words(city, control=address)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {address}: ")
    assert message in said
    assert not (city / "runs").exists()


def test_a_wrong_file_leaves_nothing(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (city / "lockers.csv").write_text("locker_id\n", encoding="utf-8")
    assert ended(*words(city)) == 2
    assert "lockers.csv:1: lon: the column is missing" in capsys.readouterr().err
    assert not (city / "runs").exists()


def test_a_day_that_is_there_is_not_set_up_again(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunDir(city / "runs" / "day")
    run.create()
    run.store.write_text("", encoding="utf-8")
    assert ended(*words(city)) == 2
    assert "a day is there already; take it up with --resume" in capsys.readouterr().err
    assert not run.setup.exists()


@pytest.mark.parametrize(
    ("given", "effort"),
    [
        ({}, Effort()),
        ({"plan-seconds": "2.5"}, Effort(seconds=2.5)),
        ({"plan-iterations": "7"}, Effort(iterations=7)),
    ],
)
def test_the_budget_of_plans_is_kept_with_the_run(
    city: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], effort: Effort
) -> None:
    """So that a day that is taken up plans as it began."""
    monkeypatch.setattr("fleet.cli.hub.run_hub", begins)
    assert ended(*words(city, **given)) == 0
    assert read_setup(RunDir(city / "runs" / "day")).effort == effort


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"plan-seconds": "1", "plan-iterations": "1"}, "give --plan-seconds or --plan-iterations, not both"),
        ({"plan-seconds": "-1"}, "--plan-seconds: must not be negative (found -1)"),
        ({"plan-seconds": "inf"}, "--plan-seconds: must not be negative (found inf)"),
        ({"plan-iterations": "-3"}, "--plan-iterations: must not be negative (found -3)"),
        (
            {"plan-seconds": "2", "rate": "1000", "hours": "8"},
            "--plan-seconds: at --rate 1000 a plan of 2 s is in force 283 minutes after it was asked",
        ),
        (
            {"plan-seconds": "1.5", "rate": "60", "hours": "0.3"},
            "--plan-seconds: at --rate 60 a plan of 1.5 s is in force 16 minutes after it was asked",
        ),
        (
            {"plan-seconds": "130", "rate": "60", "hours": "8"},
            "--plan-seconds: at --rate 60 a plan of 130 s is in force 145 minutes after it was asked",
        ),
    ],
)
def test_a_budget_that_is_none_is_named(
    city: Path, capsys: pytest.CaptureFixture[str], given: dict[str, str], message: str
) -> None:
    assert ended(*words(city, **given)) == 2
    assert message in capsys.readouterr().err
    assert not (city / "runs").exists()


def test_a_hub_without_keys_says_so_in_its_log(city: Path) -> None:
    """Also where nothing but the log is said, and each time that it starts."""
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv", weather=city / "weather.csv")
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    setup = Setup(name="day", files=files, at=at, until=at + timedelta(hours=8), plain=True)
    run = RunDir(city / "runs" / "day")
    for new in (setup, None):
        with capture_logs() as said:
            run_hub(run, lambda: True, new=new)
        assert [e["log_level"] for e in said if e["event"] == "this hub runs without keys"] == ["warning"]


def test_a_day_in_a_database_does_not_go_on_without_its_keys(city: Path) -> None:
    """With fresh keys everybody who has one would be locked out, and nobody would know why."""
    files = Files(depots=city / "depots.csv", lockers=city / "lockers.csv", weather=city / "weather.csv")
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    store = "postgresql+psycopg://fleet@localhost/never-asked"
    setup = Setup(name="day", files=files, at=at, until=at + timedelta(hours=8), store=store)
    run = RunDir(city / "runs" / "day")
    run.create()
    run.setup.write_text(setup.model_dump_json(), encoding="utf-8")
    with pytest.raises(KeyringError, match=r"keyring\.json: is missing"):
        run_hub(run, lambda: True)
    assert not run.keys.exists()


def test_a_day_is_taken_up_from_any_folder(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are named as they were typed, and found again from elsewhere."""
    monkeypatch.chdir(city)
    run = RunDir(city / "runs" / "day")
    files = Files(depots=Path("depots.csv"), lockers=Path("lockers.csv"), weather=Path("weather.csv"))
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    setup = Setup(name="day", files=files, at=at, until=at + timedelta(hours=8))
    run_hub(run, lambda: True, new=setup)
    monkeypatch.chdir("/")
    run_hub(run, lambda: True)
    assert Reader(run.store).last_position() == 1


def test_a_new_day_leaves_a_world_of_its_files(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that simulated assets can be given to a day of one's own, and not to the demo's only."""
    zones = city / "zones.geojson"
    ring = [[-8.61, 41.16], [-8.60, 41.16], [-8.60, 41.17], [-8.61, 41.16]]
    feature = {
        "type": "Feature",
        "properties": {"id": "park", "restriction": "PROHIBITED"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    monkeypatch.setattr("fleet.cli.hub.run_hub", begins)
    main_words = words(city, weather=str(city / "weather.csv"), zones=str(zones), rate="5")
    assert ended(*main_words) == 0
    run = RunDir(city / "runs" / "day")
    spec = parse_spec(run.world.read_text(encoding="utf-8"), "world.json")
    assert (spec.start, spec.until) == (moment(AT), moment(AT) + timedelta(hours=14))
    assert {site.site_id for site in spec.sites} == {"D1", "S1"}
    assert {asset.asset_id for asset in spec.assets} >= {"D1/van-1", "S1/drone-1", "L1"}
    assert len(spec.weather) == 24
    assert World(0, spec, Incidents.NONE).asset_ids
    assert [z["features"][0]["properties"]["id"] for z in spec.zones] == ["park"]


@pytest.mark.parametrize(("option", "replans"), [((), True), (("--no-replan",), False)])
def test_drafts_may_be_planned_again_unless_that_is_switched_off(
    city: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...], *, replans: bool
) -> None:
    """A day keeps what it was begun with."""
    monkeypatch.setattr("fleet.cli.hub.run_hub", begins)
    assert ended(*words(city), *option) == 0
    assert read_setup(RunDir(city / "runs" / "day")).replans is replans


def test_a_world_that_cannot_be_told_is_no_obstacle(
    city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The day runs all the same, with real assets."""

    def unreadable(*_: object) -> None:
        raise SimError("zones.geojson: zone 'park' is an area to stay inside of")

    monkeypatch.setattr("fleet.cli.hub.run_hub", begins)
    monkeypatch.setattr("fleet.cli.world.write_world", unreadable)
    assert ended(*words(city)) == 0
    assert (
        "warning: no world.json, so no simulated assets: zones.geojson: zone 'park'"
        in capsys.readouterr().err
    )


def test_nothing_to_take_up_is_said(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And no folder is made in asking."""
    assert ended("hub", "--resume", "--root", str(city / "runs")) == 4
    assert "there is no run of that name" in capsys.readouterr().err
    assert ended("console", "--root", str(city / "runs")) == 4
    assert not (city / "runs").exists()


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_a_day_whose_store_is_gone_is_not_begun_anew(
    city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], left: str
) -> None:
    """What vehicles have on board would be forgotten; who has lost a file by mistake can still put it back."""
    monkeypatch.setattr("fleet.cli.hub.run_hub", begins)
    with pytest.raises(SystemExit, match=r"^0$"):
        main(words(city))
    run = RunDir(city / "runs" / "day")
    run.store.unlink()
    if left == "an empty file":
        run.store.touch()
    capsys.readouterr()
    for _ in range(2):
        assert ended("hub", "--resume", "--root", str(city / "runs")) == 4
        assert f"{run.store}: holds nothing" in (said := capsys.readouterr().err)
        assert "fleet hub restore" in said


@pytest.mark.parametrize(
    "words",
    [
        ("--store", "postgresql+psycopg://h/d"),
        ("--rate", "1"),  # as it is by default: it was given all the same
        ("--keep-contacts-days", "7"),
        ("--plain",),
        ("--depots", "depots.csv"),
        ("--status", "off"),
        ("--status-open",),
        ("--watchdog", "0"),
    ],
)
def test_what_does_not_count_with_a_resume_is_refused(
    city: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Nobody must believe that it did: the setup of the run counts."""
    assert ended("hub", *words, "--resume", "--root", str(city / "runs")) == 2
    assert f"error: {words[0]}: does not count with --resume" in capsys.readouterr().err


def test_what_counts_with_a_resume_is_taken(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets as far as looking for the run."""
    said: list[object] = []
    monkeypatch.setattr("fleet.hub.observability.logs.configure", lambda **words: said.append(words))
    words = ("--log-level", "debug", "--log-json", "--name", "none", "--root", str(city / "runs"), "--json")
    assert ended("hub", "--resume", *words) == 4
    assert said[-1] == {"level": "debug", "as_json": True}


@pytest.fixture
def log_as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("log_as_it_was")
def test_why_a_service_ends_stands_in_its_log(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads it line by line as JSON meets nothing else; who starts it by a program gets that program's JSON."""
    words = ("hub", "--resume", "--name", "none", "--root", str(city / "runs"), "--log-json")
    assert ended(*words) == 4
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["event"]) == ("critical", "the hub ends")
    assert "there is no run of that name" in said["why"]
    assert ended(*words, "--json") == 4
    assert json.loads(capsys.readouterr().out)["error"] == "unreachable"


@pytest.mark.usefixtures("log_as_it_was")
@pytest.mark.parametrize("alone", [True, False])
def test_a_fault_that_ends_a_hub_is_logged_with_its_trace(
    city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], alone: bool
) -> None:
    """In a service nobody can ask for it afterwards."""

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("what nobody thought of")

    monkeypatch.setattr("fleet.cli.hub.run_hub", fails)
    assert ended("hub", "--resume", "--root", str(city / "runs"), *(["--log-json"] if alone else [])) == 70
    first, *rest = capsys.readouterr().err.splitlines()
    said = json.loads(first)
    assert said["event"] == "the hub ends by a fault of the program"
    assert "in fails" in said["exception"]
    assert "what nobody thought of" in said["exception"]
    assert bool(rest) is not alone


def test_a_damaged_setup_is_named(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunDir(city / "runs" / "day")
    run.create()
    for text, fault in (("{", "Invalid JSON"), ("{}", "name: Field required")):
        run.setup.write_text(text, encoding="utf-8")
        assert ended("hub", "--resume", "--root", str(city / "runs")) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: {run.setup} is damaged: {fault}")


@pytest.mark.parametrize(
    "command",
    [
        "hub --resume",
        "hub verify",
        "hub backup --out kept",
        "keys list",
        "keys revoke drone-1 --by ann",
        "orders list",
    ],
)
def test_a_run_of_another_user_s_is_told(
    city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Set up as root, used as the service's user: nothing is wrong with it but whose it is, and no restart helps."""
    run = RunDir(city / "runs" / "day")
    run.create()
    run.setup.write_text("{}", encoding="utf-8")
    closed_to(54321, run.path, monkeypatch)
    assert ended(*command.split(), "--root", str(city / "runs")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{run.path} belongs to {pwd.getpwuid(run.path.stat().st_uid).pw_name}" in line
    assert "this process runs as 54321: run it as" in line
    assert f"give it away: chown -R 54321: {run.path}" in line


def closed_to(user: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if we were a user who may not look into a folder; root may look everywhere."""
    looked, opened, opened_file = os.stat, os.open, io.open

    def closed(path: object) -> None:
        if isinstance(path, str | Path) and folder in Path(path).parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def checked(path: object, *words: Any, **named: Any) -> Any:
            closed(path)
            return call(path, *words, **named)

        return checked

    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "stat", guarded(looked))
    monkeypatch.setattr(os, "open", guarded(opened))
    monkeypatch.setattr(io, "open", guarded(opened_file))


def test_a_root_that_is_no_folder_is_named(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*words(city, root=str(city / "orders.csv"))) == 2
    assert "orders.csv/day: cannot be used: Not a directory" in capsys.readouterr().err


@pytest.mark.timeout(120)
def test_one_run_has_one_hub(city: Path, repo_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is told which process has the day; when that is killed, the day is free at once."""
    run = RunDir(city / "runs" / "day")
    environment = {**os.environ, "PYTHONPATH": str(repo_root)}
    hub = subprocess.Popen([sys.executable, "-m", "fleet", *words(city)], env=environment)
    try:
        deadline = time.monotonic() + 60
        while not (run.path / "run.json").exists():
            assert hub.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        begun = run.running()
        said = f"a hub of that name is running (process {hub.pid}); stop it first"
        assert ended("hub", "--resume", "--root", str(city / "runs")) == 2
        assert said in capsys.readouterr().err
        assert ended(*words(city)) == 2
        assert said in capsys.readouterr().err
        assert (run.running(), hub.poll()) == (begun, None)
        assert Reader(run.store).last_position() == 1
    finally:
        hub.kill()
        hub.wait(20)
    with run.held(within_s=0):
        pass
