"""A day as commands see it: its run directory, the events committed so far, and its hub."""

from __future__ import annotations

import getpass
import json
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import uuid4

import typer
from pydantic import BaseModel, ValidationError

from fleet.cli.main import KEY_VARIABLE
from fleet.cli.options import run_name
from fleet.cli.output import BadInput, ExitCode, Unreachable, show
from fleet.console.ledger import Ledger, record_all
from fleet.domain.events import CommandAnswered
from fleet.domain.state import State
from fleet.hub.rundir import DEFAULT_NAME, ROOT, RunDir, RunDirError
from fleet.kinds import all_kinds
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import AnyMessage, Reply, Role
from fleet.protocol.values import Contact
from fleet.store.base import StoredEvent, StoreError
from fleet.store.reader import Reader

M = TypeVar("M", bound=BaseModel)

Name = Annotated[str, typer.Option("--name", help="Name of the run.", callback=run_name)]
Root = Annotated[Path, typer.Option("--root", metavar="DIR", help="Where run directories are.")]
By = Annotated[
    str | None, typer.Option("--by", metavar="WHO", help="Who says so; your login name unless told.")
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for the record.")]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0, help="Seconds to wait for the hub, and for acknowledgements.")
]
TIMEOUT_S = 30.0
POLL_S = 0.1
"""How often the store is looked into while an acknowledgement is waited for."""


@dataclass(frozen=True, slots=True)
class Day:
    """One run. Reading needs no hub that is up; asking does."""

    run: RunDir

    @classmethod
    def named(cls, name: str = DEFAULT_NAME, root: Path = ROOT) -> Day:
        """The run of that name. Raises ``Unreachable`` where there is none."""
        run = RunDir.named(name, root)
        try:
            there = run.can_be_read
        except RunDirError as error:
            raise run_refused(error) from error
        if not there:
            raise Unreachable(run.missing)
        return cls(run)

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """The committed events behind a position. Raises ``Unreachable`` when the store can't be read."""
        reader = Reader(self.run.place)
        with _readable():
            while batch := list(reader.events(after)):
                yield from batch
                after = batch[-1].position

    def ledger(self) -> Ledger:
        """The state, with the histories of the parcels."""
        return record_all(Ledger(), self.events())

    def position(self) -> int:
        """The position of the last committed event."""
        with _readable():
            return Reader(self.run.place).last_position()

    def now(self, *, lockstep: bool, wall: datetime) -> datetime | None:
        """The hub's time at a moment of the wall clock; none before anything was stored.

        Granted time stands where it was last stored. Otherwise it goes on: at real speed even while the hub is down,
        as a resume will have it, at any other only while it is up.
        """
        with _readable():
            anchor = Reader(self.run.place).clock()
        if anchor is None:
            return None
        runs = not lockstep and (anchor.rate == 1 or self.run.is_live())
        passed = max(timedelta(0), wall - anchor.wall)
        return anchor.business + anchor.rate * passed if runs else anchor.business

    def lockstep(self) -> bool:
        """Whether the run's time is granted in steps, as its setup says; false where that can't be read."""
        try:
            setup = json.loads(self.run.setup.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(setup, dict) and setup.get("lockstep") is True

    def contact(self, order_id: str) -> Contact | None:
        """The person behind an order; personal data, to be shown on purpose only."""
        with _readable():
            return Reader(self.run.place).contact(order_id)

    def ask(self, message: AnyMessage, *, timeout_s: float) -> Reply:
        """The hub's answer. Raises ``Unreachable`` when no hub runs, at once, or when there is none in time, and
        ``BadInput`` for a key file that can't be used.
        """
        from fleet.hub.client import HubClient, HubUnreachable
        from fleet.hub.security.keytable import KeyringError

        try:
            control, key = self.run.running().control, self.key()
            if not self.run.is_live():
                raise Unreachable(
                    f"{self.run.path}: no hub is running; take the day up again with `fleet hub --resume`, "
                    "a demo with `fleet demo --resume`"
                )
            with HubClient(control, by="fleet", key=key, timeout_s=timeout_s) as client:
                return client.request(message)
        except KeyringError as error:
            raise BadInput(str(error)) from error
        except (RunDirError, HubUnreachable) as error:
            raise Unreachable(str(error)) from error

    def key(self) -> KeyFile | None:
        """The key that commands use: that of the file which ``FLEET_KEY`` names, else the run's own for commands.

        None where the hub wants none. Raises ``RunDirError`` (``KeyringError`` for a file that can't be used).
        """
        from fleet.hub.security.keyring import COMMANDS, key_for, read_key_file
        from fleet.hub.security.keytable import KeyringError

        told = os.environ.get(KEY_VARIABLE)
        if not told:
            return key_for(self.run, COMMANDS)
        if (key := read_key_file(Path(told))).role is not Role.OPERATOR:
            raise KeyringError(
                f"{told}: is the key of {key.subject!r} as {key.role.value}, and commands need an operator's: "
                "fleet keys create NAME --role operator"
            )
        return key

    def answers(
        self,
        command_ids: Collection[str],
        after: int,
        timeout_s: float,
        *,
        tell: Callable[[CommandAnswered], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> dict[str, CommandAnswered]:
        """What assets answered to commands, read from the events behind a position until all have, or time is up."""
        answered: dict[str, CommandAnswered] = {}
        deadline = monotonic() + timeout_s
        while True:
            for stored in self.events(after):
                after, event = stored.position, stored.event
                if isinstance(event, CommandAnswered) and event.command_id in command_ids:
                    answered[event.command_id] = event
                    tell(event)
            if len(answered) == len(set(command_ids)) or monotonic() >= deadline:
                return answered
            sleep(POLL_S)


def check_kind(option: str, kind: str | None, state: State) -> None:
    """Raises ``BadInput`` for a kind that nobody knows: neither this release, nor the day's own fleet."""
    known = sorted({*all_kinds(), *(each.record.kind for each in state.assets.values())})
    if kind is not None and kind not in known:
        raise BadInput(f"{option}: must be one of {', '.join(known)} (found {kind!r})")


def run_refused(error: RunDirError) -> BadInput | Unreachable:
    """What a command ends with that can't have a run: 4 where that may pass, so that who starts it tries again."""
    return (Unreachable if error.transient else BadInput)(str(error))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise Unreachable(str(error)) from error


def who(by: str | None) -> str:
    """Who gives the command: as told, else the login name, else ``operator`` where there is none."""
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "operator"


def request(model: type[M], **fields: Any) -> M:
    """A request to the hub with a fresh id. Raises ``BadInput`` that names the option whose value is wrong."""
    try:
        return model(request_id=f"req-{uuid4().hex}", **fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "the request"
        raise BadInput(f"{name}: {first['msg']} (found {first['input']!r})") from None


def answer_or_exit(reply: Reply, *, as_json: bool) -> None:
    """Show what the hub said; exit code 1 where it refused."""
    text = reply.detail if reply.ok else f"refused: {reply.detail}"
    show({"ok": reply.ok, "detail": reply.detail}, text, as_json=as_json)
    if not reply.ok:
        raise typer.Exit(ExitCode.NO)
