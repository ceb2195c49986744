"""The run directory ``.fleet/NAME``: endpoints, pids, the store, logs. Everything that belongs to one day of one hub.

``run.json`` is written when the hub is up, so that commands find it; the files beside it survive a crash. Who runs the
day holds a lock (``hub.lock``), so that nobody else does; commands that only read need none.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from fleet.hub.unusable import unusable

ROOT = Path(".fleet")
DEFAULT_NAME = "day"
OWNER_ONLY = 0o700

HUB = "hub"
LOCK_WITHIN_S = 2.0
"""How long a process that was told to end may still hold its lock before it counts as running."""


class RunDirError(Exception):
    """The run directory is missing, damaged or in use; the message says what to do.

    ``transient``: the machine is the matter (a disk that is full, read-only or failing), and that may pass.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class RunInUse(RunDirError):
    """Another process runs on this directory; the message names it."""


class NoSuchRun(RunDirError):
    """Nothing has been run under that name."""


class Running(BaseModel):
    """What is running: ZeroMQ endpoints of the hub, addresses of the console and the status pages, process ids.

    ``plain``: the hub wants no keys.
    """

    model_config = ConfigDict(extra="ignore")

    name: str
    control: str
    telemetry: str
    feed: str
    console: str | None = None
    status: str | None = None
    plain: bool = False
    pids: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class RunDir:
    """Where the files of one run are."""

    path: Path

    @classmethod
    def named(cls, name: str, root: Path = ROOT) -> RunDir:
        """The run directory of that name."""
        return cls(root / name)

    @property
    def missing(self) -> str:
        """What to tell whoever names a run that is not there: how one is started, and which there are."""
        start = f"{self.path}: there is no run of that name; start one with `fleet demo` or `fleet hub`"
        try:
            there = sorted(each.name for each in self.path.parent.iterdir() if RunDir(each).setup.is_file())
        except OSError:
            there = []
        return f"{start}, or say which with --name: {', '.join(there[:5])}" if there else start

    @property
    def store(self) -> Path:
        """The hub's database, where it is a file."""
        return self.path / "hub.db"

    @property
    def place(self) -> Path | str:
        """Where the hub's store is: the address of a database where the run's setup names one, else the file."""
        try:
            address = json.loads(self.setup.read_text(encoding="utf-8")).get("store")
        except (OSError, ValueError, AttributeError):
            return self.store
        return address if isinstance(address, str) else self.store

    @property
    def has_day(self) -> bool:
        """Whether a day was begun here. A setup alone says so only where the store is elsewhere.

        Raises ``RunDirError`` where one may not look.
        """
        return self.is_there(self.store) or self.place != self.store

    @property
    def is_set_up(self) -> bool:
        """Whether there is a run of this name. Raises ``RunDirError`` where one may not look."""
        return self.is_there(self.setup)

    @property
    def can_be_read(self) -> bool:
        """Whether there is a store to read. Raises ``RunDirError`` where one may not look."""
        return self.place != self.store or self.is_there(self.store)

    def is_there(self, file: Path) -> bool:
        """Whether a file of the run is there. Raises ``RunDirError`` where that can't be told."""
        try:
            file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unusable(error) from error
        return True

    @property
    def snapshots(self) -> Path:
        """Snapshots of the state. Whoever deletes them loses nothing but a quick start."""
        return self.path / "snapshots"

    @property
    def reserve(self) -> Path:
        """Disk space that is given up when there is no other."""
        return self.path / "hub.reserve"

    @property
    def journal(self) -> Path:
        """What the simulated assets have received (for a resume)."""
        return self.path / "sim.journal"

    @property
    def world(self) -> Path:
        """The simulated world's description."""
        return self.path / "world.json"

    @property
    def judge(self) -> Path:
        """What the simulated world says about the day."""
        return self.path / "judge.json"

    @property
    def report(self) -> Path:
        """The report of a demo that has ended; none while it has not."""
        return self.path / "report.json"

    @property
    def keys(self) -> Path:
        """The folder of the keys: who may connect, and the secrets of who runs on this machine."""
        return self.path / "keys"

    @property
    def setup(self) -> Path:
        """What the run was started with, so that ``--resume`` needs no arguments."""
        return self.path / "setup.json"

    def identity(self) -> str:
        """What no other run anywhere has, made when it is first asked for. Ask it while the run is held."""
        file = self.path / "identity"
        if not file.exists():
            self.write(file, secrets.token_hex(8))
        return file.read_text(encoding="utf-8").strip()

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.path / "logs" / f"{process}.log"

    def create(self) -> None:
        """Make the directory and its log folder. Raises ``RunDirError`` where that can't be.

        Names and addresses are in the store: nobody but its owner may look into a directory that is made here.
        """
        try:
            # With the mode given only the last one of several gets it.
            if not self.path.exists():
                self.path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
            (self.path / "logs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def running(self) -> Running:
        """What ``run.json`` says; ``RunDirError`` where there is none."""
        file = self.path / "run.json"
        try:
            return Running.model_validate_json(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunDirError(
                f"{file}: no hub has been started under this name; start one with `fleet demo` or `fleet hub`"
            ) from None
        except ValidationError as error:
            raise RunDirError(f"{file} is damaged: {what_is_wrong(error)}; start the hub again") from error
        except OSError as error:
            raise self._unusable(error) from error

    def lock(self, role: str = HUB) -> Path:
        """The file whose lock the process in that role holds while it lives; its pid stands in it."""
        return self.path / f"{role}.lock"

    def is_live(self, role: str = HUB) -> bool:
        """Whether a process in that role runs on this directory. Asking leaves nothing behind.

        Raises ``RunDirError`` where the directory can't be read.
        """
        try:
            with self.lock(role).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unusable(error) from error
        return False

    @contextmanager
    def held(self, role: str = HUB, *, within_s: float = LOCK_WITHIN_S) -> Iterator[None]:
        """Keep every other process out of a role. The system lets go of the lock when this one ends, however it ends.

        Raises ``RunInUse`` when another one still has it after ``within_s`` seconds, and ``RunDirError`` where the
        directory can't be written.
        """
        handle = self._locked(role, within_s)
        try:
            self._sign(handle)
            yield
        finally:
            os.close(handle)

    def _sign(self, handle: int) -> None:
        try:
            # Over what is there, so that it needs no room on a disk that is full.
            os.ftruncate(handle, os.pwrite(handle, str(os.getpid()).encode(), 0))
        except OSError as error:
            raise self._unusable(error) from error

    def _locked(self, role: str, within_s: float) -> int:
        """A handle of the lock's file that has the lock. While one waits for it the whole run may have been put aside:
        then the lock is that run's, not this one's.
        """
        deadline = time.monotonic() + within_s
        while True:
            try:
                # Not inheritable: a child that outlives the process must not go on holding its lock.
                handle = os.open(self.lock(role), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise self._unusable(error) from error
            try:
                _wait_for_lock(handle, deadline, lambda: self.in_use(role))
            except BaseException:
                os.close(handle)
                raise
            if _is_at(handle, self.lock(role)):
                return handle
            os.close(handle)

    def in_use(self, role: str = HUB) -> RunInUse:
        """The error of who finds this run in use: which process has it, and what to do."""
        pid = self.lock(role).read_text(encoding="ascii", errors="replace").strip()
        who, end = (f" (process {pid})", f" or `kill {pid}`") if pid else ("", "")
        return RunInUse(
            f"{self.path}: a {role} of that name is running{who}; "
            f"stop it first (Ctrl-C where it runs{end}), or choose another --name"
        )

    def _unusable(self, error: OSError) -> RunDirError:
        why, transient = unusable(self.path, error, "choose another --root or --name", run=self.path)
        return RunDirError(f"{self.path}: cannot be used: {why}", transient=transient)

    def has_been_up(self) -> bool:
        """Whether a hub has ever listened on this run: its day was in the store before that."""
        return (self.path / "run.json").exists()

    def write_running(self, running: Running) -> None:
        """Write ``run.json`` in one go. Raises ``RunDirError``."""
        self.write(self.path / "run.json", running.model_dump_json(indent=1))

    def write(self, file: Path, text: str) -> None:
        """Replace a file of the run in one go. Raises ``RunDirError``."""
        try:
            write_atomically(file, text)
        except OSError as error:
            raise self._unusable(error) from error


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _wait_for_lock(handle: int, deadline: float, refusal: Callable[[], RunInUse]) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise refusal() from None
            time.sleep(0.05)
        else:
            return


def what_is_wrong(error: ValidationError) -> str:
    """The first thing that is wrong with a file, in a line."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field}: {first['msg']}" if field else first["msg"]


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content so that a reader sees the old or the new, never a part, also after a loss of power.

    A day whose set-up were lost could not be taken up, although its store is whole.
    """
    temporary = path.with_name(path.name + ".new")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
