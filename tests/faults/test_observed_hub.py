"""A real hub process, watched from outside: its pages over HTTP, a pause of the whole process, a loop that hangs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet.hub.client import HubClient, HubUnreachable
from fleet.hub.observability.watchdog import STUCK
from fleet.hub.rundir import RunDir, RunDirError, Running
from fleet.hub.security.keyring import COMMANDS, key_for
from fleet.protocol.messages import Role, SubmitOrders
from tests.support.bench import DAY, write_inputs

FREE = "tcp://127.0.0.1:*"
WITHIN_S = 60.0

HANGS_ON_ORDERS = """
import sys, time
from fleet.dispatch.decide import HANDLERS
from fleet.protocol.messages import SubmitOrders

def hang(desk, message):
    while True:
        time.sleep(0.01)

HANDLERS[SubmitOrders] = hang
from fleet.cli.main import main
main(sys.argv[1:])
"""


class Hub:
    """One ``fleet hub`` as a child process."""

    def __init__(self, folder: Path, *words: str, code: str | None = None) -> None:
        files = write_inputs(folder)
        self.run = RunDir.named("day", folder / "runs")
        self.log = folder / "log.jsonl"
        program = ["-m", "fleet"] if code is None else ["-c", code]
        begin = ["--depots", str(files.depots), "--lockers", str(files.lockers), "--at", DAY.isoformat()]
        ends = [word for name in ("control", "telemetry", "feed") for word in (f"--{name}", FREE)]
        new = [] if "--resume" in words else [*begin, *ends]
        root = ["--root", str(folder / "runs")]
        (self.run.path / "run.json").unlink(missing_ok=True)  # an earlier hub's
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *program, "hub", *new, *root, "--log-json", *words],
                cwd=Path(__file__).parents[2],
                stdout=out,
                stderr=out,
            )

    @property
    def up(self) -> Running:
        """Where it listens, once it does."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                return self.run.running()
            except RunDirError:
                time.sleep(0.02)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def page(self, path: str) -> tuple[int, str]:
        """Status and body of one of its pages."""
        try:
            with urllib.request.urlopen(f"{self.up.status}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def client(self, timeout_s: float) -> HubClient:
        """An operator's end of the wire, with the key that the run has for commands."""
        return HubClient(self.up.control, key=key_for(self.run, COMMANDS), timeout_s=timeout_s)

    def ready(self) -> bool:
        """Whether it says so."""
        return self.page("/readyz")[0] == 200

    def metric(self, name: str, **labels: str) -> float:
        """One exported value."""
        for family in text_string_to_metric_families(self.page("/metrics")[1]):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return sample.value
        raise AssertionError(f"no {name} with {labels}")

    def said(self) -> list[dict[str, Any]]:
        """Its log."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def hub(folder: Path, *words: str, code: str | None = None) -> Iterator[Hub]:
    """A hub that is up, ended at the end if it still runs."""
    one = Hub(folder, *words, code=code)
    try:
        until(one.ready)
        yield one
    finally:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.wait(WITHIN_S)


def until(happened: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def orders(number: int) -> SubmitOrders:
    """A request that changes nothing but must be decided on and stored."""
    return SubmitOrders(request_id=f"r-{number}", orders=(), contacts=())


def test_a_hub_shows_how_it_is(tmp_path: Path) -> None:
    """Ready, alive, its numbers move with what happens, and its log tells of start and stop in JSON."""
    with hub(tmp_path) as one:
        assert one.up.status is not None
        assert one.up.status.startswith("http://127.0.0.1:")
        assert one.page("/healthz")[0] == 200
        assert json.loads(one.page("/readyz")[1])["checks"].keys() == {
            "listening",
            "loop",
            "storage",
            "integrity",
            "planner",
            "keyring",
        }
        until(lambda: one.metric("fleet_hub_assets", kind="drone", liveness="offline") == 1)
        with closing(one.client(30)) as client:
            assert client.request(orders(1)).ok
            until(lambda: one.metric("fleet_hub_connected_peers", role=Role.OPERATOR.value) == 1)
            until(lambda: one.metric("fleet_hub_messages_received_total", kind="submit_orders") == 1)
        until(lambda: one.metric("fleet_hub_commit_seconds_count") >= 1)
        assert one.metric("fleet_hub_events_total") >= 1
        assert one.metric("fleet_hub_turns_total") > 0
        assert one.metric("process_resident_memory_bytes") > 1e6
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(WITHIN_S) == 0
    events = {line["event"]: line for line in one.said()}
    assert {"store_s", "state_s", "release", "control", "status"} <= events["the hub is up"].keys()
    assert "the hub has stopped" in events


def test_a_keyring_that_can_t_be_read_makes_a_hub_not_ready(tmp_path: Path) -> None:
    """Who stands in front of it sees why; once it is mended the hub is ready by itself, and both are logged once."""
    with hub(tmp_path) as one:
        file = one.run.keys / "keyring.json"
        kept = file.read_bytes()
        file.write_bytes(b"{")
        until(lambda: not one.ready())
        checks = json.loads(one.page("/readyz")[1])["checks"]
        assert [name for name, check in checks.items() if not check["ok"]] == ["keyring"]
        assert "keyring.json: is damaged" in checks["keyring"]["reason"]
        assert one.page("/healthz")[0] == 200
        file.write_bytes(kept)
        until(one.ready)
    events = [line["event"] for line in one.said()]
    assert events.count("nobody new is let in; sessions that stand go on") == 1
    assert events.count("the keyring can be read again") == 1


@pytest.mark.alone
def test_a_hub_that_was_stopped_for_longer_than_its_watchdog_allows_goes_on(tmp_path: Path) -> None:
    """SIGSTOP and SIGCONT, as when a laptop sleeps: nobody was at fault, and the hub works on."""
    with hub(tmp_path, "--watchdog", "1.5") as one:
        one.process.send_signal(signal.SIGSTOP)
        time.sleep(4)
        one.process.send_signal(signal.SIGCONT)
        until(one.ready)
        time.sleep(2)
        with closing(one.client(30)) as client:
            assert client.request(orders(1)).ok
        assert one.process.poll() is None


@pytest.mark.slow
def test_a_hub_whose_loop_hangs_says_so_and_ends(tmp_path: Path) -> None:
    """While it hangs `/healthz` and `/readyz` say no, though nobody can get at the loop; then it ends with its code."""
    with hub(tmp_path, "--watchdog", "12", code=HANGS_ON_ORDERS) as one:
        with (
            closing(one.client(1)) as client,
            pytest.raises(HubUnreachable),
        ):
            client.request(orders(1))
        until(lambda: one.page("/healthz")[0] == 503)
        status, body = one.page("/readyz")
        assert status == 503
        assert "has not turned" in json.loads(body)["checks"]["loop"]["reason"]
        assert one.metric("fleet_hub_last_turn_age_seconds") > 5
        assert one.process.wait(WITHIN_S) == STUCK
    said = [line for line in one.said() if line["event"].startswith("the loop hangs")]
    assert [line["level"] for line in said] == ["warning", "critical"]
    assert any(" hang" in call for call in said[0]["stack"])
    with hub(tmp_path, "--resume") as again:
        assert again.ready()
        assert again.metric("fleet_hub_events_total") >= 1


@pytest.mark.parametrize("address", ["0.0.0.0:0", "127.0.0.1"])
def test_pages_for_everyone_must_be_asked_for(tmp_path: Path, address: str) -> None:
    """A new day whose status address is refused leaves nothing behind."""
    one = Hub(tmp_path, "--status", address)
    assert one.process.wait(WITHIN_S) == 2
    assert "--status" in one.log.read_text(encoding="utf-8")
    assert not one.run.path.exists()


def test_no_pages(tmp_path: Path) -> None:
    """`--status off`."""
    one = Hub(tmp_path, "--status", "off")
    try:
        assert one.up.status is None
    finally:
        one.process.terminate()
        assert one.process.wait(WITHIN_S) == 0
