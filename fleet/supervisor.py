"""Starts hub, console and adapters as processes of their own, watches them, and stops them together."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from fleet.app import Setup, read_setup
from fleet.hub.children import start, stop, tail
from fleet.hub.observability.watchdog import STUCK
from fleet.hub.rundir import RunDir, Running, write_atomically

START_S = 60.0
"""How long a process may take until it says that it is up."""

MOST_RESTARTS, WITHIN_S = 3, 600.0
"""How often in how long a hub that its watchdog has ended is started again; more than that needs a person."""


class ChildDied(Exception):
    """A process ended that should have gone on; the message holds the end of its log and what to do."""


@dataclass(slots=True)
class Supervisor:
    """The processes of one run. Use it as a context manager: leaving it stops them all."""

    run: RunDir
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _: None
    restarted_s: list[float] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop(self.children)

    def start_hub(self) -> Running:
        """Start the hub on the run directory's setup and wait until it listens. Raises ``RunInUse``."""
        with self.run.held():  # so that a running hub's run.json stays
            (self.run.path / "run.json").unlink(missing_ok=True)
        words = (
            "hub",
            "--name",
            self.run.path.name,
            "--root",
            str(self.run.path.parent),
            "--resume",
            "--log-json",
        )
        self.start("hub", (sys.executable, "-m", "fleet", *words))
        self.wait_for((self.run.path / "run.json").exists, "hub")
        return self.run.running()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one more process; its pid goes into ``run.json`` once there is one."""
        self.children[name] = start(command, self.run.log(name))
        if (self.run.path / "run.json").exists():
            running = self.run.running()
            pids = {**running.pids, name: self.children[name].pid}
            self.run.write_running(running.model_copy(update={"pids": pids}))

    def stop(self, name: str) -> None:
        """Stop one process before the others."""
        stop({name: self.children.pop(name)})

    def wait_for(self, happened: Callable[[], bool], name: str) -> None:
        """Wait until something has happened that a process does once it is up."""
        deadline = time.monotonic() + START_S
        while not happened():
            self.check()
            if time.monotonic() > deadline:
                raise ChildDied(f"the {name} was not up after {START_S:.0f} s; see {self.run.log(name)}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raise ``ChildDied`` when a process has ended; a hub that its watchdog has ended is started again."""
        for name, child in tuple(self.children.items()):
            code = child.poll()
            if name == "hub" and code == STUCK and self._may_restart(time.monotonic()):
                self._restart_hub()
            elif code is not None:
                raise ChildDied(
                    f"the {name} ended ({_how(code)}); the day can go on with --resume.\n"
                    f"The end of {self.run.log(name)}:\n{tail(self.run.log(name))}"
                )

    def _may_restart(self, now_s: float) -> bool:
        self.restarted_s = [at_s for at_s in self.restarted_s if now_s - at_s < WITHIN_S]
        return len(self.restarted_s) < MOST_RESTARTS

    def _restart_hub(self) -> None:
        """Take the day up where it stands, on the same addresses: everybody else is still there and comes back."""
        self.restarted_s.append(time.monotonic())
        self.tell(f"the hub hung and was ended by its watchdog; it goes on. See {self.run.log('hub')}")
        before, setup = self.run.running(), read_setup(self.run)
        where = before.model_dump(include={"control", "telemetry", "feed"})
        self._write_setup(setup.model_copy(update=where))
        try:
            now = self.start_hub()
        finally:
            self._write_setup(setup)
        pids = {**before.pids, **now.pids}
        self.run.write_running(now.model_copy(update={"console": before.console, "pids": pids}))

    def _write_setup(self, setup: Setup) -> None:
        write_atomically(self.run.setup, setup.model_dump_json(indent=1))


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
