"""The keys of a run directory, on disk: the hub's own pair, who may come in, and the key files of who does.

``keyring.json`` says who may come in. It is replaced in one go under a lock, so that a running hub, which looks at it
all the time, sees the old or the new; what is revoked is revoked at once, whether or not the hub is up, and on a full
disk too. Secrets stand in files that only their owner can read, and nowhere else.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import zmq
from pydantic import ConfigDict, SecretStr, ValidationError

from fleet.hub.rundir import RunDir
from fleet.hub.security.keytable import (
    FORMAT,
    SIMULATION,
    KeyEntry,
    KeyringError,
    KeyState,
    KeyTable,
    key_id_of,
    revoked,
    rotated,
    with_key,
)
from fleet.hub.security.secretfiles import (
    FOLDER_MODE,
    OWNER_ONLY,
    NoRoom,
    delete_unfinished,
    refused,
    write_secret,
    write_secrets,
)
from fleet.hub.security.spare import Spare
from fleet.hub.unusable import unusable
from fleet.protocol import keyfile
from fleet.protocol.keyfile import KeyFile, KeyFileError, PublicKey, check_mode, hidden_from, parse_key_file
from fleet.protocol.messages import Role
from fleet.protocol.values import Value

V = TypeVar("V", bound=Value)

OTHERS_WRITE = 0o022
"""Bits of a file's mode by which others than its owner may write to it."""

COMMANDS = "fleet"
"""Whose key the commands on this machine use."""

HUB = "hub"
"""Who made the keys that a new run begins with."""

CONSOLE = "console"
"""Whose key the console uses."""


class HubKey(Value):
    """The hub's own pair. The public half is in every key file: whoever does not have the secret one is not the hub."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    public: PublicKey
    secret: SecretStr


@dataclass(frozen=True, slots=True)
class Keyring:
    """The folder ``keys`` of a run directory."""

    folder: Path

    @property
    def file(self) -> Path:
        """Who may come in: public halves only."""
        return self.folder / "keyring.json"

    @property
    def spare(self) -> Spare:
        """Room for the keyring on a disk that is full."""
        return Spare(self.folder / "spare", self.file)

    @property
    def hub_file(self) -> Path:
        """The hub's own pair."""
        return self.folder / "hub.json"

    def client_file(self, subject: str) -> Path:
        """The key file of a subject, where none was told."""
        return self.folder / "clients" / f"{quote(subject, safe='')}.json"

    @property
    def exists(self) -> bool:
        """Whether keys were made for this run."""
        return self.folder.exists()

    def table(self) -> KeyTable:
        """Who may come in. Raises ``KeyringError``: nobody is let in on a keyring that can't be read."""
        return _read(
            KeyTable,
            self.file,
            "restore it from a backup, or move it away and make keys anew",
            ("write to it", lambda _: OTHERS_WRITE, "see with `fleet keys list --all` that no key was added"),
        )

    def hub_key(self) -> HubKey:
        """The hub's own pair. Raises ``KeyringError``, also where the halves do not belong together."""
        key = _read(
            HubKey,
            self.hub_file,
            "restore it from a backup, or make another: fleet keys rotate-hub",
            ("read it", _secret_from, "if they may have read it: fleet keys rotate-hub"),
        )
        if zmq.curve_public(key.secret.get_secret_value().encode()) != key.public.encode():
            raise KeyringError(
                f"{self.hub_file}: the halves do not belong together; restore it from a backup"
            )
        return key

    def client(self, subject: str) -> KeyFile:
        """The key of one who runs on this machine. Raises ``KeyringError``."""
        return read_key_file(self.client_file(subject))

    def simulated(self, subject: str) -> KeyFile | None:
        """The key file that the simulated world has of a subject; none where it has none any more."""
        try:
            key = self.client(subject)
        except KeyringError:
            return None
        return key if key.simulated else None

    def create(
        self,
        subject: str,
        role: Role,
        now: datetime,
        *,
        by: str,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        out: Path | None = None,
        endpoints: Mapping[str, str] | None = None,
    ) -> tuple[KeyEntry, Path]:
        """Make a key, and its key file at ``out``. The simulated world has none in that name any more: its key ends,
        and its key file is replaced or goes.

        Raises ``KeyringError``: two count at most, one role for each, and at ``out`` stands nothing else.
        """
        entry, pair = new_key(subject, role, now, by=by, not_before=not_before, not_after=not_after)

        def change(table: KeyTable) -> KeyTable:
            played = self.simulated(subject)
            return with_key(table, entry, () if played is None else (played.key_id,))

        return self._enter(entry, pair, out, endpoints, change)

    def rotate(
        self,
        subject: str,
        now: datetime,
        *,
        by: str,
        overlap: timedelta,
        not_after: datetime | None = None,
        out: Path | None = None,
        endpoints: Mapping[str, str] | None = None,
    ) -> tuple[KeyEntry, Path]:
        """Make the key that takes the place of a subject's; the old one counts for ``overlap`` more.

        What the simulated world has in its folder stays its own: who plays an asset does not change.
        """
        old = self.table().of(subject, now)
        role = old[0].role if old else Role.ASSET
        entry, pair = new_key(subject, role, now, by=by, not_after=not_after)
        played = out is None and self.simulated(subject) is not None
        return self._enter(
            entry, pair, out, endpoints, lambda table: rotated(table, entry, overlap), simulated=played
        )

    def revoke(self, name: str, now: datetime, *, by: str) -> tuple[KeyEntry, ...]:
        """Let a key, or all of a subject, in no more. Raises ``KeyringError`` for a name that means none.

        On a disk that is full it takes the room that is kept for it.
        """
        with self.locked():
            table, gone = revoked(self.table(), name, now, by)
            try:
                self._write(table)
            except NoRoom:
                self._write_on_spare(table)
            self.spare.keep()
            for subject in subjects_of(gone):
                self._sweep(subject, table)
        return gone

    def _write_on_spare(self, table: KeyTable) -> None:
        try:
            self.spare.write(_table_text(table))
        except OSError:
            self.spare.give_up()  # A file system that writes nothing in place needs room elsewhere.
        else:
            return
        try:
            self._write(table)
        except NoRoom as error:
            reserve = RunDir(self.folder.parent).reserve
            raise KeyringError(
                f"{error}. UNTIL THEN THE KEY COUNTS. If nothing else can go, delete {reserve} (the hub makes it again "
                "once there is room) and revoke at once; or stop the hub",
                transient=True,
            ) from error

    def _sweep(self, subject: str, table: KeyTable) -> None:
        """Delete the simulated world's key file of a subject if its key was revoked: it would knock in vain."""
        played = self.simulated(subject)
        ended = {key.key_id for key in table.keys if key.revoked_at is not None}
        if played is not None and played.key_id in ended:
            self.client_file(subject).unlink(missing_ok=True)

    def prepare(self, now: datetime, simulated: Mapping[str, Role], hub: HubKey) -> None:
        """The keys of a new run, unless it has some: the hub's, those of commands and console, and of a simulation."""
        if self.file.exists():
            self.spare.keep()
            return
        with self.locked():
            write_secret(self.hub_file, _hub_text(hub))
            table = KeyTable(format=FORMAT, keys=())
            makers = dict.fromkeys((COMMANDS, CONSOLE), HUB) | dict.fromkeys(simulated, SIMULATION)
            for subject, by in makers.items():
                entry, secret = new_key(subject, simulated.get(subject, Role.OPERATOR), now, by=by)
                table = with_key(table, entry)
                # They can be made again: not worth an fsync each.
                text = _key_file(entry, secret, hub.public, simulated=by == SIMULATION)
                write_secret(self.client_file(subject), text, sync=False)
            self._write(table)

    def rotate_hub(self) -> list[str]:
        """Give the hub another pair, from its next start on; the subjects whose key files here were rewritten.

        Raises ``KeyringError``; then nothing has changed. Who is killed in between says it once more, which mends it.
        """
        hub = new_hub_key()
        with self.locked():
            clients = {path: read_key_file(path) for path in sorted((self.folder / "clients").glob("*.json"))}
            texts = {path: key.model_copy(update={"hub": hub.public}).text() for path, key in clients.items()}
            # The hub's own last: until then it is the old hub, and so it says to whoever looks.
            write_secrets({**texts, self.hub_file: _hub_text(hub)})
        return [key.subject for key in clients.values()]

    def _enter(
        self,
        entry: KeyEntry,
        secret: SecretStr,
        out: Path | None,
        endpoints: Mapping[str, str] | None,
        change: Callable[[KeyTable], KeyTable],
        *,
        simulated: bool = False,
    ) -> tuple[KeyEntry, Path]:
        with self.locked():
            hub, table = self.hub_key(), change(self.table())
            if out is not None:
                _check_free(out, entry.subject)
            path = out or self.client_file(entry.subject)
            _check_not_in_use(path, entry, table)
            # The file first: a key that nobody has does no harm, one that is let in and lost can't be used. But it may
            # take the place of the one in use: not where there is no room to let it in.
            text = _key_file(entry, secret, hub.public, endpoints, simulated=simulated)
            write_secrets({path: text, self.file: _table_text(table)})
            self.spare.keep()
            self._sweep(entry.subject, table)
        return entry, path

    def _write(self, table: KeyTable) -> None:
        write_secret(self.file, _table_text(table))
        self.spare.keep()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One change at a time, whoever makes it."""
        try:
            self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        except OSError as error:
            raise refused(
                KeyringError, self.folder, "cannot be used", error, run=self.folder.parent
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._tidy()
            yield
        finally:
            os.close(handle)

    def _tidy(self) -> None:
        """Delete what somebody was writing who was killed. We have the lock: nobody is at work on it."""
        for folder in (self.folder, self.folder / "clients"):
            delete_unfinished(folder)


def _table_text(table: KeyTable) -> str:
    return f"{table.model_dump_json(indent=1, exclude_none=True)}\n"


def new_hub_key() -> HubKey:
    """A fresh pair for the hub."""
    public, secret = (half.decode() for half in zmq.curve_keypair())
    return HubKey(public=public, secret=SecretStr(secret))


def new_key(
    subject: str,
    role: Role,
    now: datetime,
    *,
    by: str,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> tuple[KeyEntry, SecretStr]:
    """A fresh pair: its entry, and the secret half. Raises ``KeyringError`` for dates or a subject that can't be."""
    begin = not_before or now
    if not_after is not None and not_after <= max(begin, now):
        raise KeyringError(f"{subject}: a key that ends at {not_after.isoformat()} would never count")
    public, secret = (half.decode() for half in zmq.curve_keypair())
    try:
        entry = KeyEntry(
            key_id=key_id_of(public),
            public=public,
            subject=subject,
            role=role,
            not_before=begin,
            not_after=not_after,
            created_at=now,
            by=by,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise KeyringError(f"{subject!r}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return entry, SecretStr(secret)


def key_for(run: RunDir, subject: str) -> KeyFile | None:
    """The key with which a program of this machine speaks to the hub of a run; none where the hub wants none.

    Raises ``RunDirError`` (``KeyringError``) where there is no hub, or no key.
    """
    return None if run.running().plain else Keyring(run.keys).client(subject)


def read_key_file(path: Path) -> KeyFile:
    """The key in a file. Raises ``KeyringError``."""
    try:
        found = path.stat()
        check_mode(found.st_mode, str(path), owner=found.st_uid, reader=os.geteuid())
        return parse_key_file(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise KeyringError(
            f"{path}: there is no key file; make one with `fleet keys create`, or say which it is: fleet --key FILE …"
        ) from None
    except KeyFileError as error:
        raise KeyringError(str(error)) from None
    except OSError as error:
        raise refused(KeyringError, path, "cannot be read", error) from None
    except UnicodeDecodeError as error:
        raise KeyringError(f"{path}: cannot be read: {error}") from None


def renewed(key: KeyFile | None) -> KeyFile | None:
    """The key that is in the file now; the same one where there is no file, or none that can be used."""
    if key is None or not key.file:
        return key
    try:
        return read_key_file(Path(key.file))
    except KeyringError:
        return key  # It is being replaced; until the new one is whole the old one may still count.


def _hub_text(key: HubKey) -> str:
    return f"{json.dumps({'public': key.public, 'secret': key.secret.get_secret_value()})}\n"


def subjects_of(entries: Iterable[KeyEntry]) -> list[str]:
    """Whose keys they are, each once."""
    return list(dict.fromkeys(entry.subject for entry in entries))


def _key_file(
    entry: KeyEntry,
    secret: SecretStr,
    hub: str,
    endpoints: Mapping[str, str] | None = None,
    *,
    simulated: bool = False,
) -> str:
    said = endpoints or {}
    return KeyFile(
        format=keyfile.FORMAT,
        key_id=entry.key_id,
        subject=entry.subject,
        role=entry.role,
        hub=hub,
        public=entry.public,
        secret=secret,
        not_before=entry.not_before,
        not_after=entry.not_after,
        control=said.get("control"),
        telemetry=said.get("telemetry"),
        simulated=simulated or None,
    ).text()


def _check_free(out: Path, subject: str) -> None:
    """Refuse to write a key over anything but an older key of the same subject. Raises ``KeyringError``."""
    if not os.path.lexists(out):
        return
    try:
        theirs = parse_key_file(out.read_text(encoding="utf-8"), str(out)).subject == subject
    except (KeyFileError, OSError, UnicodeDecodeError):
        theirs = False
    if not theirs:
        raise KeyringError(
            f"{out}: exists, and is no key file of {subject}; move it away, or give another --out"
        )


def _check_not_in_use(path: Path, entry: KeyEntry, table: KeyTable) -> None:
    """Refuse to write a key whose time has not come over one that counts: whoever reads the file would be locked out
    until then, and the secret of the old key be gone. Raises ``KeyringError``.
    """
    if entry.not_before <= entry.created_at:
        return
    try:
        old = parse_key_file(path.read_text(encoding="utf-8"), str(path)).key_id
    except (KeyFileError, OSError, UnicodeDecodeError):
        return
    if any(key.key_id == old and key.state(entry.created_at) is KeyState.VALID for key in table.keys):
        raise KeyringError(
            f"{path}: has the key {old}, which counts now; the new one would only from {entry.not_before.isoformat()} "
            "on. Give another --out, and bring it there then"
        )


Guard = tuple[str, Callable[[os.stat_result], int], str]
"""What others must not be able to do with a file, the bits of its mode by which they could, and what to do then."""


def _secret_from(found: os.stat_result) -> int:
    return hidden_from(owner=found.st_uid, reader=os.geteuid())


def _read(model: type[V], path: Path, remedy: str, guard: Guard) -> V:
    what, bits, then = guard
    try:
        with path.open(encoding="utf-8") as file:
            found = os.fstat(file.fileno())
            if found.st_mode & bits(found):
                raise KeyringError(
                    f"{path}: others on this machine may {what}; put that right with: chmod 600 {path}; {then}"
                )
            return model.model_validate_json(file.read())
    except FileNotFoundError:
        raise KeyringError(f"{path}: is missing, so nobody can be let in; {remedy}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise KeyringError(f"{path}: is damaged ({where}: {first['msg']}); {remedy}") from None
    except OSError as error:
        why, transient = unusable(path, error, remedy, run=path.parent.parent)
        raise KeyringError(f"{path}: cannot be read: {why}", transient=transient) from None
    except UnicodeDecodeError as error:
        raise KeyringError(f"{path}: cannot be read: {error}; {remedy}") from None
