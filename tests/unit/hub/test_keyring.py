"""Keys are made, rotated and revoked; only their owner can read the files; a damaged keyring lets nobody in."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zmq

from adapters.sdk import AdapterError, load_keys
from fleet.hub import folders
from fleet.hub.security import secretfiles
from fleet.hub.security.access import Credential, KeyAccess
from fleet.hub.security.keyring import COMMANDS, CONSOLE, Keyring, new_hub_key, read_key_file
from fleet.hub.security.keytable import KeyringError, KeyState
from fleet.hub.security.secretfiles import write_secret
from fleet.protocol.keyfile import hidden_from
from fleet.protocol.messages import Role

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    made = Keyring(tmp_path / "keys")
    made.prepare(NOW, {"drone-1": Role.ASSET}, new_hub_key())
    return made


def states(ring: Keyring, subject: str, at: datetime) -> list[str]:
    return [key.state(at).value for key in ring.table().keys if key.subject == subject]


def test_a_new_run_has_the_keys_that_this_machine_needs(ring: Keyring) -> None:
    """Each file opens the door for the one it names; all of them know the hub."""
    hub = ring.hub_key()
    for subject, role in ((COMMANDS, Role.OPERATOR), (CONSOLE, Role.OPERATOR), ("drone-1", Role.ASSET)):
        key = ring.client(subject)
        assert (key.subject, key.role, key.hub) == (subject, role, hub.public)
        assert zmq.curve_public(key.secret.get_secret_value().encode()) == key.public.encode()
        assert key.public in {entry.public for entry in ring.table().keys}
    before = ring.table()
    ring.prepare(NOW, {"drone-2": Role.ASSET}, new_hub_key())
    assert ring.table() == before
    assert ring.hub_key() == hub


def test_only_the_owner_can_read_what_is_secret(ring: Keyring) -> None:
    ring.create("drone-7", Role.ASSET, NOW, by="ann")
    for path in (ring.folder, *ring.folder.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_secrets_stand_nowhere_but_in_their_files(ring: Keyring, tmp_path: Path) -> None:
    """Not in the keyring, not in ``repr``, not in what is said about a damaged file."""
    path = tmp_path / "drone-7.json"
    ring.create("drone-7", Role.ASSET, NOW, by="ann", out=path)
    key = read_key_file(path)
    secret = key.secret.get_secret_value()
    hub_secret = ring.hub_key().secret.get_secret_value()
    assert secret in path.read_text(encoding="utf-8")
    said = [ring.file.read_text(encoding="utf-8"), repr(key), repr(ring.hub_key()), repr(load_keys(path))]
    path.write_text(path.read_text(encoding="utf-8").replace('"role"', '"rule"'), encoding="utf-8")
    with pytest.raises(KeyringError, match=r"drone-7\.json: role") as wrong:
        read_key_file(path)
    said.append(str(wrong.value))
    ring.hub_file.write_text(f'{{"public": "short", "secret": "{hub_secret}"}}', encoding="utf-8")
    with pytest.raises(KeyringError, match=r"hub\.json: is damaged") as damaged:
        ring.hub_key()
    said.append(str(damaged.value))
    assert not [text for text in said if secret in text or hub_secret in text]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(ring: Keyring, mode: int) -> None:
    """Its group too."""
    path = ring.client_file("drone-1")
    assert load_keys(path).subject == "drone-1"
    path.chmod(mode)
    with pytest.raises(KeyringError, match="chmod 600"):
        read_key_file(path)
    with pytest.raises(AdapterError, match="chmod 600"):
        load_keys(path)


@pytest.mark.parametrize(
    ("mode", "owner", "reader", "hidden"),
    [
        (0o600, 1000, 1000, True),
        (0o640, 1000, 1000, False),
        (0o640, 1000, 1001, False),
        (0o640, 0, 0, False),
        (0o440, 0, 1000, True),
        (0o640, 0, 1000, True),
        (0o660, 0, 1000, False),
        (0o644, 0, 1000, False),
    ],
)
def test_a_secret_is_its_owner_s_alone_or_root_s_for_a_service(
    mode: int, owner: int, reader: int, hidden: bool
) -> None:
    """As systemd and Kubernetes hand secrets to a service: root's, readable for its group."""
    assert (mode & hidden_from(owner=owner, reader=reader) == 0) is hidden


def test_a_key_counts_between_its_dates(ring: Keyring) -> None:
    ring.create("drone-7", Role.ASSET, NOW, by="ann", not_before=NOW + DAY, not_after=NOW + 2 * DAY)
    assert states(ring, "drone-7", NOW) == [KeyState.NOT_YET]
    assert states(ring, "drone-7", NOW + DAY) == [KeyState.VALID]
    assert states(ring, "drone-7", NOW + 2 * DAY) == [KeyState.EXPIRED]
    with pytest.raises(KeyringError, match="would never count"):
        ring.create("drone-8", Role.ASSET, NOW, by="ann", not_after=NOW)


def test_two_keys_of_a_subject_count_at_most_and_in_one_role(ring: Keyring) -> None:
    ring.create("drone-7", Role.ASSET, NOW, by="ann")
    with pytest.raises(KeyringError, match="can't be operator too"):
        ring.create("drone-7", Role.OPERATOR, NOW, by="ann")
    ring.create("drone-7", Role.ASSET, NOW, by="ann")
    with pytest.raises(KeyringError, match="has 2 keys already"):
        ring.create("drone-7", Role.ASSET, NOW, by="ann")


def test_a_real_asset_takes_the_place_of_the_simulated_one(ring: Keyring) -> None:
    ring.create("drone-1", Role.ASSET, NOW, by="ann")
    assert states(ring, "drone-1", NOW) == [KeyState.REVOKED, KeyState.VALID]
    assert [key.revoked_by for key in ring.table().keys if key.subject == "drone-1"] == ["ann", ""]


def test_a_rotation_lets_both_in_for_a_while(ring: Keyring) -> None:
    first, _ = ring.create("drone-7", Role.ASSET, NOW, by="ann")
    second, path = ring.rotate("drone-7", NOW, by="ann", overlap=7 * DAY)
    assert states(ring, "drone-7", NOW) == [KeyState.VALID, KeyState.VALID]
    assert states(ring, "drone-7", NOW + 7 * DAY) == [KeyState.EXPIRED, KeyState.VALID]
    assert read_key_file(path).key_id == second.key_id != first.key_id
    with pytest.raises(KeyringError, match="has 2 keys already"):
        ring.rotate("drone-7", NOW, by="ann", overlap=DAY)
    with pytest.raises(KeyringError, match="has no key that counts"):
        ring.rotate("drone-9", NOW, by="ann", overlap=DAY)


def test_a_rotation_leaves_the_key_of_a_new_run_its_time_too(ring: Keyring) -> None:
    """Every asset's first key is one that the run made for its simulation; a vehicle may be using it."""
    _, path = ring.rotate("drone-1", NOW, by="ann", overlap=7 * DAY)
    assert states(ring, "drone-1", NOW) == [KeyState.VALID, KeyState.VALID]
    assert states(ring, "drone-1", NOW + 7 * DAY) == [KeyState.EXPIRED, KeyState.VALID]
    assert read_key_file(path).key_id == ring.table().keys[-1].key_id


@pytest.mark.parametrize(
    ("mode", "hub_key_counts", "keyring_counts"),
    [
        (0o600, True, True),
        (0o640, False, True),
        (0o604, False, True),
        (0o620, False, False),
        (0o602, False, False),
    ],
)
def test_files_that_others_can_read_or_change_are_refused(
    ring: Keyring, mode: int, hub_key_counts: bool, keyring_counts: bool
) -> None:
    """The hub's secret is its owner's alone; who may come in may be read, but not be written by others."""
    for path, read, counts in (
        (ring.hub_file, ring.hub_key, hub_key_counts),
        (ring.file, ring.table, keyring_counts),
    ):
        path.chmod(mode)
        if counts:
            read()
        else:
            with pytest.raises(KeyringError, match=f"{path.name}: others .* chmod 600"):
                read()
        path.chmod(0o600)
        read()


def test_a_key_or_all_of_a_subject_are_revoked(ring: Keyring) -> None:
    first, _ = ring.create("drone-7", Role.ASSET, NOW, by="ann")
    ring.create("drone-7", Role.ASSET, NOW, by="ann")
    assert [key.key_id for key in ring.revoke(first.key_id[:8], NOW, by="bob")] == [first.key_id]
    assert states(ring, "drone-7", NOW) == [KeyState.REVOKED, KeyState.VALID]
    assert len(ring.revoke("drone-7", NOW, by="bob")) == 1
    assert ring.revoke(first.key_id, NOW, by="bob") == ()
    with pytest.raises(KeyringError, match="no key of that id"):
        ring.revoke("drone-7", NOW, by="bob")


def test_the_hub_gets_another_key_and_the_files_here_know_it(ring: Keyring) -> None:
    before = ring.hub_key().public
    assert "drone-1" in ring.rotate_hub()
    assert ring.hub_key().public == ring.client("drone-1").hub != before


def files_of(ring: Keyring) -> dict[str, str]:
    """All that is there, but for the room that is kept."""
    return {
        str(path): path.read_text(encoding="utf-8")
        for path in ring.folder.rglob("*")
        if path.is_file() and path.name not in ("lock", "spare")
    }


def test_the_hub_keeps_its_key_where_a_file_here_can_t_be_used(ring: Keyring) -> None:
    """Else the commands would be locked out."""
    ring.client_file(CONSOLE).chmod(0o644)
    before = files_of(ring)
    with pytest.raises(KeyringError, match="chmod 600"):
        ring.rotate_hub()
    assert files_of(ring) == before


def fill_after(written: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has room for so many files more."""
    synced, left = os.fsync, iter(range(written))

    def full(handle: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(handle)

    monkeypatch.setattr(os, "fsync", full)


@pytest.mark.parametrize("written", range(1, 4))
def test_the_hub_keeps_its_key_where_there_is_no_room_for_another(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Nothing has changed, and nothing is left of what was written."""
    before = files_of(ring)
    fill_after(written, monkeypatch)
    with pytest.raises(KeyringError, match="make room") as refused:
        ring.rotate_hub()
    assert refused.value.transient
    assert files_of(ring) == before


@pytest.mark.parametrize("written", range(2))
def test_the_key_in_use_stays_where_there_is_no_room_for_another(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Neither its file nor the keyring has changed: the commands of this machine are not locked out."""
    before = files_of(ring)
    fill_after(written, monkeypatch)
    with pytest.raises(KeyringError, match="make room"):
        ring.rotate(COMMANDS, NOW, by="ann", overlap=DAY)
    assert files_of(ring) == before


def test_a_key_whose_time_has_not_come_takes_no_other_s_place(ring: Keyring, tmp_path: Path) -> None:
    """Its file would lock out who reads it until then; brought there in time it works, and so does one for nobody."""
    before = files_of(ring)
    with pytest.raises(KeyringError, match=r"fleet\.json: has the key \w+, which counts now.*--out"):
        ring.create(COMMANDS, Role.OPERATOR, NOW, by="ann", not_before=NOW + DAY)
    assert files_of(ring) == before
    ring.create(COMMANDS, Role.OPERATOR, NOW, by="ann", not_before=NOW + DAY, out=tmp_path / "later.json")
    assert states(ring, COMMANDS, NOW) == ["valid", "not yet valid"]
    assert states(ring, COMMANDS, NOW + DAY) == ["valid", "valid"]
    ring.create("depot", Role.OPERATOR, NOW, by="ann", not_before=NOW + DAY)
    assert states(ring, "depot", NOW) == ["not yet valid"]


KILLED = """
import os, signal, sys
from pathlib import Path
from fleet.hub.security.keyring import Keyring
left, replace = [int(sys.argv[2])], Path.replace
def replaced(path, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(path, target)
Path.replace = replaced
Keyring(Path(sys.argv[1])).rotate_hub()
"""


@pytest.mark.parametrize("replaced", range(4))
def test_a_rotation_of_the_hub_s_key_that_is_killed_is_mended_by_another(
    ring: Keyring, replaced: int
) -> None:
    """The hub's own file is the last one; no secret is left lying about."""
    names, hub = set(files_of(ring)), ring.hub_file.read_text(encoding="utf-8")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(ring.folder), str(replaced)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert ring.hub_file.read_text(encoding="utf-8") == hub
    ring.rotate_hub()
    assert {ring.client(name).hub for name in (COMMANDS, CONSOLE, "drone-1")} == {ring.hub_key().public}
    assert set(files_of(ring)) == names


@pytest.mark.parametrize("in_place", [True, False])
def test_a_key_is_revoked_where_nothing_new_can_be_written(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    """In the room that is there; on a file system that can't exchange files the room goes, and is made anew."""
    full = [True]
    write = secretfiles._write_fresh

    def no_room(*words: object, **named: object) -> None:
        if full[0] and (in_place or ring.spare.path.exists()):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*words, **named)  # type: ignore[arg-type]

    def unknown(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(secretfiles, "_write_fresh", no_room)
    if not in_place:
        monkeypatch.setattr(folders, "_renameat2", unknown)
    for name in ("drone-1", COMMANDS, CONSOLE):
        ring.revoke(name, NOW, by="ann")
        assert states(ring, name, NOW) == [KeyState.REVOKED]
        assert ring.file.stat().st_mode & 0o777 == 0o600
    full[0] = False
    ring.create("drone-7", Role.ASSET, NOW, by="ann")
    assert ring.spare.path.stat().st_blocks * 512 > ring.file.stat().st_size


def test_what_root_replaces_stays_its_owner_s(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a key that root revokes would leave a keyring that the hub's own user can't read."""
    given: list[tuple[str, int, int]] = []

    def noted(handle: int, uid: int, gid: int) -> None:
        given.append((Path(f"/proc/self/fd/{handle}").readlink().name, uid, gid))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", noted)
    ring.revoke("drone-1", NOW, by="ann")
    owner = ring.folder.stat()
    assert {name for name, *_ in given} >= {f"keyring.json.{os.getpid()}.new", "spare"}
    assert {(uid, gid) for _, uid, gid in given} == {(owner.st_uid, owner.st_gid)}


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{}",
        '{"format": "lastmile-fleet keyring 1"}',
        '{"keys": []}',
        '{"format": "lastmile-fleet keyring 9", "keys": []}',
        "\x00\xff",
    ],
)
def test_a_keyring_that_is_damaged_is_said_to_be(ring: Keyring, damage: str) -> None:
    ring.file.write_text(damage, encoding="utf-8")
    with pytest.raises(KeyringError, match=r"keyring\.json"):
        KeyAccess(ring)


def make_many(folder: Path, who: str) -> None:
    for number in range(10):
        Keyring(folder).create(f"{who}-{number}", Role.ASSET, NOW, by=who)


def test_two_who_make_keys_at_once_lose_none(ring: Keyring) -> None:
    spawn = multiprocessing.get_context("spawn")
    makers = [spawn.Process(target=make_many, args=(ring.folder, who)) for who in ("ann", "bob")]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(60)
    made = {key.subject for key in ring.table().keys}
    assert {f"{who}-{n}" for who in ("ann", "bob") for n in range(10)} <= made


# --- what a running hub sees of it -----------------------------------------------------------------------------------


class Clock:
    """A wall clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(ring: Keyring, clock: Callable[[], datetime]) -> KeyAccess:
    return KeyAccess(ring, clock)


def test_a_running_hub_sees_at_its_next_look_what_was_revoked(ring: Keyring, access: KeyAccess) -> None:
    key = ring.client("drone-1")
    assert access.of_public(key.public) == (Credential(key.key_id, "drone-1", Role.ASSET), KeyState.VALID)
    assert not access.refresh(0)
    ring.revoke("drone-1", NOW, by="bob")
    assert not access.refresh(0.1), "it looks five times a second, not at each turn"
    assert access.refresh(0.2)
    assert access.of_public(key.public) == (None, KeyState.REVOKED)
    assert access.of_id(key.key_id) is None


def test_a_date_that_passes_ends_a_key(ring: Keyring, access: KeyAccess, clock: Clock) -> None:
    entry, _ = ring.create("drone-7", Role.ASSET, NOW, by="ann", not_after=NOW + DAY)
    assert access.refresh(0)
    assert access.of_id(entry.key_id) is not None
    clock.now += DAY
    assert access.refresh(1)
    assert access.of_id(entry.key_id) is None
    clock.now -= DAY
    assert access.refresh(2), "a clock that was set back: the dates are looked at anew"
    assert access.of_id(entry.key_id) is not None


def test_a_keyring_that_breaks_lets_nobody_new_in_and_cuts_nobody_off(
    ring: Keyring, access: KeyAccess
) -> None:
    key, kept = ring.client("drone-1"), ring.file.read_bytes()
    ring.file.write_bytes(b"{")
    assert not access.refresh(0)
    assert access.trouble is not None
    assert "is damaged" in access.trouble
    assert access.of_id(key.key_id) is not None
    ring.file.unlink()
    access.refresh(1)
    assert access.trouble is not None
    assert "is missing" in access.trouble
    write_secret(ring.file, kept.decode())
    access.refresh(2)
    assert access.trouble is None


def test_a_keyring_that_others_may_write_is_believed_no_more(ring: Keyring, access: KeyAccess) -> None:
    """From the next look on; what was known before goes on counting, and mending the mode is enough."""
    key = ring.client("drone-1")
    for turn, (mode, trouble) in enumerate(((0o666, True), (0o600, False))):
        ring.file.chmod(mode)
        access.refresh(turn)
        assert ("chmod 600" in (access.trouble or "")) is trouble
        assert access.of_id(key.key_id) is not None


@pytest.mark.parametrize(
    ("role", "peer_id", "fits"),
    [
        (Role.ASSET, "drone-1", True),
        (Role.ASSET, "drone-1-b", False),
        (Role.ASSET, "drone-2", False),
        (Role.OPERATOR, "drone-1", True),
        (Role.OPERATOR, "drone-1-b", True),
        (Role.OPERATOR, "drone-10", False),
        (Role.TIMEKEEPER, "drone-1-b", False),
        (Role.WEATHER, "drone-1-b", False),
        (None, "anybody", True),
    ],
)
def test_a_key_belongs_to_one_name(role: Role | None, peer_id: str, fits: bool) -> None:
    """Operators' tools are several at once, everybody else is one."""
    assert Credential("0" * 16, "drone-1", role).may_call_itself(peer_id) is fits


def test_a_key_has_no_name_that_another_was_made_for(ring: Keyring, access: KeyAccess) -> None:
    """Whether or not that other key still counts: what is signed with a name is looked up long after."""
    entry, _ = ring.create("ana", Role.OPERATOR, NOW, by="ann")
    access.refresh(0)
    ana = access.of_id(entry.key_id)
    assert ana is not None
    assert ana.may_call_itself("ana-x")
    ring.create("ana-x", Role.OPERATOR, NOW, by="ann")
    ring.revoke("ana-x", NOW, by="ann")
    access.refresh(1)
    assert not ana.may_call_itself("ana-x"), "also one that was asked for before"
    assert ana.may_call_itself("ana-y")
    assert ana.may_call_itself("ana")


def test_a_key_file_says_what_form_it_has(ring: Keyring) -> None:
    path = ring.client_file("drone-1")
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["format"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(KeyringError, match=r"drone-1\.json: format"):
        read_key_file(path)
