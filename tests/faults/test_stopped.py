"""SIGSTOP: a hub or an asset that stands still for a while loses its sessions, and nothing else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest

from benchmarks.faults.hubprocess import ROOT, HubProcess, hub_process
from benchmarks.faults.killing import judged, logged
from benchmarks.faults.reporters import Reporters
from fleet.hub.client import HubClient
from fleet.protocol.messages import Action, OperatorCommand
from fleet.protocol.session import SessionState

WITHIN_S = 60.0
LONGER_THAN_PATIENCE_S = 4.0
"""Three heartbeats of a second may be missed."""


@pytest.mark.slow
def test_a_hub_that_was_stopped_goes_on_where_it_was() -> None:
    """Its peers notice, come back by themselves, and nothing is lost or taken twice."""
    with hub_process(drones=8) as hub:
        with closing(Reporters(hub.asset_ids, hub.endpoints, each=400)) as reporters:
            hub.start()
            hub.wait_until_up()
            reporters.run(lambda: reporters.acknowledged > 800, WITHIN_S)
            hub.signal(signal.SIGSTOP)
            lost = [False] * 8

            def noticed() -> bool:
                for n, reporter in enumerate(reporters.all):
                    lost[n] |= reporter.session.state is not SessionState.WELCOMED
                return all(lost)

            reporters.run(noticed, WITHIN_S)
            hub.signal(signal.SIGCONT)
            reporters.run(lambda: reporters.done, WITHIN_S)
        hub.stop()
        assert judged(logged(hub.run.store), hub.asset_ids, 400) == (0, 0, 0)


@contextmanager
def asset_process(hub: HubProcess, asset_id: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One asset in a process of its own; what it did is in ``did.json``."""
    where = hub.endpoints
    words = ["-m", "tests.support.assetprocess", asset_id, where.control, where.telemetry, str(folder)]
    with subprocess.Popen([sys.executable, *words], cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def until(happened: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)


def did(folder: Path) -> dict[str, int]:
    """How often the asset has done what."""
    try:
        found: dict[str, int] = json.loads((folder / "did.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def told(hub: HubProcess, asset_id: str, requests: Sequence[str]) -> list[str]:
    """Tell an asset to come home, once for each request; the names of the commands."""
    with HubClient(hub.endpoints.control, timeout_s=WITHIN_S) as client:
        common = {"by": "ana", "asset_id": asset_id, "action": Action.RETURN, "why": "test"}
        replies = [client.request(OperatorCommand(request_id=r, **common)) for r in requests]  # type: ignore[arg-type]
    return [f"command {command_id} test" for reply in replies for command_id in reply.ids]


@pytest.mark.alone
@pytest.mark.slow
def test_an_asset_that_was_stopped_harms_only_itself_and_misses_nothing(tmp_path: Path) -> None:
    """While it stands still and hundreds of commands wait for it, the others are served as before."""
    with hub_process(drones=5) as hub:
        hub.start()
        hub.wait_until_up()
        stopped, *others = hub.asset_ids
        with (
            closing(Reporters(others, hub.endpoints, each=1_000_000, ahead=4)) as reporters,
            asset_process(hub, stopped, tmp_path) as process,
        ):
            tries = count()
            until(lambda: bool(told(hub, stopped, [f"is it there? {next(tries)}"])))
            until(lambda: bool(did(tmp_path)))
            process.send_signal(signal.SIGSTOP)
            commands = told(hub, stopped, [f"r-{n}" for n in range(200)])
            assert len(commands) == len(set(commands)) == 200
            reporters.run(lambda: reporters.acknowledged > 200, WITHIN_S)
            for reporter in reporters.all:
                reporter.delays_s.clear()
            end = time.monotonic() + LONGER_THAN_PATIENCE_S
            reporters.run(lambda: time.monotonic() > end, WITHIN_S)
            delays_s = sorted(d for reporter in reporters.all for d in reporter.delays_s)
            assert not did(tmp_path).keys() & set(commands)
            process.send_signal(signal.SIGCONT)
            until(lambda: did(tmp_path).keys() >= set(commands))
            assert set(did(tmp_path).values()) == {1}
    assert len(commands) == len(set(commands)) == 200
    assert len(delays_s) > 1_000
    assert delays_s[len(delays_s) // 2] < 0.2
    assert (
        delays_s[-1] < 3
    )  # less than the patience of a session: nobody was made to wait for the one that stands
