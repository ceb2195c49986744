"""The supervisor starts a hub that its watchdog has ended again, on the same addresses, and not for ever."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.app import Setup, read_setup
from fleet.hub.observability.watchdog import STUCK
from fleet.hub.rundir import RunDir
from fleet.supervisor import MOST_RESTARTS, WITHIN_S, ChildDied, Supervisor
from tests.support.bench import DAY, write_inputs

STAND_IN = """
import json, os, sys, time
folder, code = sys.argv[1:]
setup = json.load(open(f"{folder}/setup.json"))
places = {n: setup[n].replace("*", "5999") for n in ("control", "telemetry", "feed")}
with open(f"{folder}/run.json.new", "w") as file:
    json.dump({"name": "run", **places, "pids": {"hub": os.getpid()}}, file)
with open(f"{folder}/asked", "a") as file:
    file.write(setup["control"] + "\\n")
os.replace(f"{folder}/run.json.new", f"{folder}/run.json")
time.sleep(0.1)
os._exit(int(code))
"""
"""Stands in for a hub: listens nowhere, says where it would, and ends with a code."""


class OfStandIns(Supervisor):
    """Starts stand-ins instead of hubs."""

    code = STUCK

    def start(self, name: str, command: object) -> None:
        """A stand-in, whatever is asked for."""
        words = (str(self.run.path), str(self.code))
        Supervisor.start(self, name, (sys.executable, "-c", STAND_IN, *words))


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[OfStandIns]:
    """One with a day that is set up."""
    run = RunDir(tmp_path / "run")
    run.create()
    (tmp_path / "input").mkdir()
    files = write_inputs(tmp_path / "input")
    setup = Setup(name="run", files=files, at=DAY, until=DAY + timedelta(hours=4))
    run.setup.write_text(setup.model_dump_json(), encoding="utf-8")
    told: list[str] = []
    with OfStandIns(run, tell=told.append) as one:
        yield one


def checked_until(supervisor: Supervisor, happened: Callable[[], bool]) -> None:
    """Look after the processes until something has happened."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        supervisor.check()
        time.sleep(0.01)


def test_a_hub_that_hung_goes_on_where_it_was(supervisor: OfStandIns) -> None:
    """On the addresses that it had, so that everybody finds it; the setup is as it was, the console still known."""
    first = supervisor.start_hub()
    supervisor.run.write_running(first.model_copy(update={"console": "http://here"}))
    before = read_setup(supervisor.run)
    checked_until(supervisor, lambda: len(supervisor.restarted_s) == 1)
    again = supervisor.run.running()
    assert (again.control, again.console) == (first.control, "http://here")
    assert again.pids["hub"] != first.pids["hub"]
    assert read_setup(supervisor.run) == before
    asked = (supervisor.run.path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["tcp://127.0.0.1:*", "tcp://127.0.0.1:5999"]


def test_not_for_ever(supervisor: OfStandIns) -> None:
    """One that hangs again and again needs a person; after a while it may be started again."""
    supervisor.start_hub()
    with pytest.raises(
        ChildDied, match=f"the hub ended .exit code {STUCK}.; the day can go on with --resume"
    ):
        checked_until(supervisor, lambda: False)
    assert len(supervisor.restarted_s) == MOST_RESTARTS
    supervisor.restarted_s = [at_s - WITHIN_S for at_s in supervisor.restarted_s]
    checked_until(supervisor, lambda: len(supervisor.restarted_s) == 1)


@pytest.mark.parametrize("code", [0, 1, 70])
def test_any_other_end_is_the_days_end(supervisor: OfStandIns, code: int) -> None:
    """A fault that comes again at once must be seen."""
    supervisor.code = code
    supervisor.start_hub()
    with pytest.raises(ChildDied, match=f"exit code {code}"):
        checked_until(supervisor, lambda: False)
    assert supervisor.restarted_s == []
