"""The run directory ``.fleet/NAME``: endpoints, pids, the store, logs. Everything that belongs to one day of one hub.

``run.json`` is written when the hub is up, so that commands find it; the files beside it survive a crash.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

ROOT = Path(".fleet")
DEFAULT_NAME = "day"


class RunDirError(Exception):
    """The run directory is missing, damaged or in use; the message says what to do."""


class Running(BaseModel):
    """What is running: ZeroMQ endpoints of the hub, the console's address, process ids."""

    model_config = ConfigDict(extra="ignore")

    name: str
    control: str
    telemetry: str
    feed: str
    console: str | None = None
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
    def store(self) -> Path:
        """The hub's database."""
        return self.path / "hub.db"

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
    def setup(self) -> Path:
        """What the run was started with, so that ``--resume`` needs no arguments."""
        return self.path / "setup.json"

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.path / "logs" / f"{process}.log"

    def create(self) -> None:
        """Make the directory and its log folder."""
        (self.path / "logs").mkdir(parents=True, exist_ok=True)

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
            raise RunDirError(f"{file} is damaged: {error}") from error

    def is_live(self) -> bool:
        """Whether the hub that ``run.json`` names still runs."""
        try:
            os.kill(self.running().pids["hub"], 0)
        except (RunDirError, KeyError, ProcessLookupError):
            return False
        except PermissionError:
            return True
        return True

    def write_running(self, running: Running) -> None:
        """Write ``run.json`` in one go."""
        write_atomically(self.path / "run.json", running.model_dump_json(indent=1))


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content so that a reader sees the old or the new, never a part."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
