"""``fleet keys`` from the outside: what it makes, lists and ends, and that it never shows a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import weather
from fleet.cli import main
from fleet.cli.day import Day, who
from fleet.hub.rundir import RunDir, RunDirError, Running
from fleet.hub.security.keyring import COMMANDS, Keyring, new_hub_key, read_key_file
from fleet.protocol.messages import Role
from tests.support.besieged import besieged
from tests.support.fakehub import run_with
from tests.support.smallday import opened

NOW = datetime.now(UTC)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    made = run_with(tmp_path / "runs", [opened()])
    made.setup.write_text("{}", encoding="utf-8")
    Keyring(made.keys).prepare(NOW, {"drone-1": Role.ASSET}, new_hub_key())
    return made


@pytest.fixture
def keys(run: RunDir, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs ``fleet keys …`` on the run; the exit code and what it printed, as JSON where asked."""

    def command(*words: str) -> tuple[int, Any]:
        where = ("--name", run.path.name, "--root", str(run.path.parent))
        with pytest.raises(SystemExit) as end:
            main.main(["keys", *words, *where])
        said = capsys.readouterr()
        secrets = [k.secret.get_secret_value() for k in map(read_key_file, run.keys.glob("clients/*.json"))]
        assert not [secret for secret in secrets if secret in said.out + said.err]
        code = end.value.code or 0
        assert isinstance(code, int)
        return code, json.loads(said.out) if "--json" in words else said.out + said.err

    return command


def test_a_key_is_made_rotated_and_revoked(run: RunDir, keys: Any, tmp_path: Path) -> None:
    out = tmp_path / "drone-7.json"
    code, made = keys("create", "drone-7", "--role", "asset", "--out", str(out), "--by", "ann", "--json")
    assert (code, made["subject"], made["file"]) == (0, "drone-7", str(out))
    assert read_key_file(out).key_id == made["key_id"]
    code, next_one = keys("rotate", "drone-7", "--overlap", "12h", "--json")
    assert code == 0
    code, listed = keys("list", "--json")
    states = {key["key_id"]: (key["state"], key["not_after"] is None) for key in listed["keys"]}
    assert states[made["key_id"]] == ("valid", False)
    assert states[next_one["key_id"]] == ("valid", True)
    assert keys("revoke", "drone-7", "--json") == (0, {"revoked": [made["key_id"], next_one["key_id"]]})
    assert made["key_id"] not in keys("list")[1]
    assert made["key_id"] in keys("list", "--all")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "drone-1", "--role", "operator"), "made"),
        (("create", "fleet", "--role", "asset"), "can't be asset too"),
        (("create", "x", "--role", "asset", "--until", "2001-01-01T00:00:00Z"), "would never count"),
        (("create", "x", "--role", "asset", "--from", "tomorrow"), "--from"),
        (("rotate", "nobody"), "has no key that counts"),
        (("rotate", "drone-1", "--overlap", "soon"), "must be like 30s"),
        (("revoke", "nobody"), "no key of that id"),
        (("init",), "there are keys already"),
        (("create", "x", "--role", "asset", "--by", "simulation"), "must say who you are"),
        (("rotate", "drone-1", "--by", "simulation"), "must say who you are"),
        (("revoke", "drone-1", "--by", " "), "must say who you are"),
    ],
)
def test_what_can_t_be_is_said(keys: Any, words: tuple[str, ...], message: str) -> None:
    code, said = keys(*words)
    assert message in said
    assert code == (0 if message == "made" else 2)


def test_a_run_without_keys_gets_its_first(run: RunDir, keys: Any) -> None:
    for path in sorted(run.keys.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    code, said = keys("list")
    assert (code, "is missing" in said) == (2, True)
    assert keys("init")[0] == 0
    assert Keyring(run.keys).client(COMMANDS).role is Role.OPERATOR


def test_the_hub_s_key_is_made_anew_while_it_is_down(run: RunDir, keys: Any) -> None:
    before = Keyring(run.keys).hub_key().public
    with run.held():
        assert keys("rotate-hub")[0] == 2
    code, said = keys("rotate-hub", "--json")
    assert code == 0
    assert "drone-1" in said["rewritten"]
    assert Keyring(run.keys).hub_key().public != before


def test_who_revoked_a_key_is_kept(keys: Any) -> None:
    """As told, else the login name."""
    keys("create", "drone-7", "--role", "asset", "--by", "ann")
    keys("create", "drone-8", "--role", "asset", "--by", "ann")
    keys("revoke", "drone-7", "--by", "bob")
    keys("revoke", "drone-8")
    listed = {key["subject"]: key for key in keys("list", "--all", "--json")[1]["keys"]}
    assert (listed["drone-7"]["by"], listed["drone-7"]["revoked_by"]) == ("ann", "bob")
    assert listed["drone-8"]["revoked_by"] == who(None)
    assert listed["drone-1"]["revoked_by"] == ""
    assert "revoked by bob" in keys("list", "--all")[1]


def test_a_key_is_written_over_no_other_file(run: RunDir, keys: Any, tmp_path: Path) -> None:
    """But over an older key file of the same subject; what was refused is in no keyring either."""
    notes = tmp_path / "notes.txt"
    notes.write_text("do not lose", encoding="utf-8")
    own, lost = tmp_path / "drone-7.json", tmp_path / "nowhere"
    lost.symlink_to(tmp_path / "gone")
    keys("create", "drone-7", "--role", "asset", "--out", str(own))
    before = Keyring(run.keys).table(), own.read_text(encoding="utf-8")
    for words in (
        ("create", "drone-8", "--role", "asset", "--out", str(notes)),
        ("create", "drone-8", "--role", "asset", "--out", str(own)),
        ("create", "drone-8", "--role", "asset", "--out", str(Keyring(run.keys).file)),
        ("create", "drone-8", "--role", "asset", "--out", str(tmp_path)),
        ("create", "drone-8", "--role", "asset", "--out", str(lost)),
        ("rotate", "drone-1", "--out", str(own)),
    ):
        code, said = keys(*words)
        assert (code, "is no key file of" in said) == (2, True), words
    assert notes.read_text(encoding="utf-8") == "do not lose"
    assert (Keyring(run.keys).table(), own.read_text(encoding="utf-8")) == before
    code, made = keys("rotate", "drone-7", "--out", str(own), "--json")
    assert code == 0
    assert read_key_file(own).key_id == made["key_id"]


def test_a_real_asset_s_key_ends_the_simulated_one_s_file_too(run: RunDir, keys: Any, tmp_path: Path) -> None:
    """Else a simulation that is started again would go on as that asset."""
    _, said = keys("create", "drone-1", "--role", "asset", "--out", str(tmp_path / "real.json"))
    assert "drone-1 is simulated no more" in said
    assert not Keyring(run.keys).client_file("drone-1").exists()
    _, said = keys("create", "drone-1", "--role", "asset")
    assert "simulated" not in said
    assert Keyring(run.keys).simulated("drone-1") is None


@pytest.mark.parametrize(
    ("subject", "role", "warning"),
    [
        ("S1/drone-1", "asset", ""),
        ("S1/drone-7", "asset", "did you mean 'S1/drone-1'?"),
        ("zeppelin", "asset", "is in the fleet of this day, so the key lets nobody in"),
        ("ann", "operator", ""),
    ],
)
def test_a_key_that_lets_nobody_in_is_warned_of(
    run: RunDir, keys: Any, subject: str, role: str, warning: str
) -> None:
    code, said = keys("create", subject, "--role", role)
    assert code == 0
    assert (warning or "made") in said
    assert ("warning:" in said) == bool(warning)


def test_a_real_vehicle_is_of_no_use_in_granted_time(run: RunDir, keys: Any) -> None:
    run.setup.write_text('{"lockstep": true}', encoding="utf-8")
    assert "would be turned away" in keys("create", "S1/drone-1", "--role", "asset")[1]
    assert "warning" not in keys("create", "ann", "--role", "operator")[1]


def test_a_run_without_keys_says_so_and_not_that_they_are_lost(run: RunDir, keys: Any) -> None:
    run.setup.write_text('{"plain": true}', encoding="utf-8")
    for path in sorted(run.keys.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    code, said = keys("list")
    assert (code, "goes without keys (`--plain`)" in said, "backup" in said) == (0, True, False)
    assert keys("list", "--json") == (0, {"keys": [], "plain": True})
    for words in (("create", "x", "--role", "asset"), ("rotate", "x"), ("revoke", "x"), ("init",)):
        code, said = keys(*words)
        assert (code, "goes without keys (`--plain`)" in said) == (2, True), words
    assert not list(run.keys.rglob("*"))


@pytest.mark.parametrize(
    ("text", "message"), [(None, "there is no key file"), ("{}", "format"), ("\0", "file: Invalid JSON")]
)
def test_a_bad_key_file_is_bad_input(
    run: RunDir,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: str | None,
    message: str,
) -> None:
    """As any other file of the caller's, whatever the hub is doing."""
    ends = "tcp://127.0.0.1:9"
    run.write_running(Running(name="day", control=ends, telemetry=ends, feed=ends))
    file = tmp_path / "ann.json"
    if text is not None:
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    where = ("--name", run.path.name, "--root", str(run.path.parent))
    with key_told(file, monkeypatch), pytest.raises(SystemExit) as end:
        main.main(["assets", "hold", "S1/drone-1", *where])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert message in said
    assert str(file) in said


def test_a_command_with_a_vehicle_s_key_is_told_what_it_needs(
    run: RunDir, keys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that the id it made up is another's."""
    out = tmp_path / "drone-7.json"
    keys("create", "drone-7", "--role", "asset", "--out", str(out))
    with key_told(out, monkeypatch), pytest.raises(RunDirError, match=r"'drone-7' as asset.*--role operator"):
        Day(run).key()


@contextmanager
def key_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("FLEET_KEY", str(path))
        yield


def test_commands_take_the_run_s_key_or_the_one_they_are_told(
    run: RunDir, keys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(run)
    ends = "tcp://127.0.0.1:9"
    run.write_running(Running(name="day", control=ends, telemetry=ends, feed=ends))
    key = day.key()
    assert key is not None
    assert key.subject == COMMANDS
    out = tmp_path / "ann.json"
    keys("create", "ann", "--role", "operator", "--out", str(out))
    with key_told(out, monkeypatch):
        told = day.key()
    assert told is not None
    assert told.subject == "ann"
    run.write_running(Running(name="day", control=ends, telemetry=ends, feed=ends, plain=True))
    assert day.key() is None


def test_a_weather_station_is_let_in_by_its_key_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without one, and with one that was revoked, it ends and says why: whether the hub has read of that before the
    handshake, or hangs up when it does, the key and what to do are named."""
    file = tmp_path / "harbour.csv"
    file.write_text(f"{','.join(weather.VALUES)}\n", encoding="utf-8")
    with besieged(tmp_path) as hub:
        _, path = hub.ring.create("harbour", Role.WEATHER, hub.wall[0], by="ann")
        hub.ring.revoke("harbour", hub.wall[0], by="ann")
        words = ["--control", hub.control, "--file", str(file)]
        assert weather.main([*words, "--keys", str(path)]) == weather.BAD_INPUT
        told = capsys.readouterr().err
        assert f"the key in {path}" in told
        assert "fleet keys create harbour" in told
        assert weather.main(words) == weather.BAD_INPUT
        assert "it wants a key" in capsys.readouterr().err
        path.chmod(0o644)
        assert weather.main([*words, "--keys", str(path)]) == weather.BAD_INPUT
        assert "chmod 600" in capsys.readouterr().err
