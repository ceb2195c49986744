"""Real sockets through a proxy that delays, throttles, stalls, cuts in the middle of a frame and duplicates."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.sdk.client import AdapterClient
from adapters.sdk.link import Endpoints
from benchmarks.faults.hubprocess import HubProcess, hub_process
from benchmarks.faults.reporters import BRISK
from fleet.hub.client import HubClient, HubUnreachable
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import Action, OperatorCommand
from fleet.protocol.session import SessionState
from tests.faultsim.vehicle import SimAdapter
from tests.support.assetprocess import vehicle
from tests.support.proxy import Conditions, Proxy
from tests.support.soak import chosen

WITHIN_S = 100.0
WHY = "test"
TROUBLED_S = chosen(5.0, long=300.0)


@pytest.fixture(scope="module", params=[True, False], ids=["keyed", "plain"])
def hub(request: pytest.FixtureRequest) -> Iterator[HubProcess]:
    """One hub for all of these tests; each has a drone of its own."""
    with hub_process(drones=4, tcp=True, keyed=request.param) as process:
        process.start()
        process.wait_until_up()
        yield process


def port(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


@contextmanager
def connected(
    hub: HubProcess, number: int, folder: Path, control: int
) -> Iterator[tuple[SimAdapter, AdapterClient]]:
    """A drone of the hub's whose control channel goes to a port of the proxy's."""
    machine = vehicle(hub.asset_ids[number])
    adapter = SimAdapter(machine)
    client = AdapterClient(
        adapter,
        peer_id=machine.asset_id,
        endpoints=Endpoints(f"tcp://127.0.0.1:{control}", hub.endpoints.telemetry),
        journal=folder / "journal.db",
        keys=hub.keys(machine.asset_id),
        tick_s=0.02,
        timing=BRISK,
    )
    try:
        yield adapter, client
    finally:
        client.close()


def step_until(client: AdapterClient, deadline: float, happened: object = None) -> None:
    """Step the client until a moment, or until something is so."""
    while time.monotonic() < deadline:
        client.step(10)
        if callable(happened) and happened():
            return
    assert happened is None, "it has not happened"


def all_taken(client: AdapterClient) -> bool:
    """Whether the session stands and nothing waits."""
    session = client._engine.session
    return session.state is SessionState.WELCOMED and not session.outstanding


def serials(hub: HubProcess, asset_id: str) -> list[int]:
    """The asset's own numbers of its reports, in the order of the hub's log."""
    with closing(sqlite3.connect(hub.run.store)) as store:
        rows = store.execute("SELECT body FROM events WHERE type = 'asset_changed' ORDER BY position")
        events = [json.loads(body) for (body,) in rows]
    mine = [e["detail"] for e in events if e["asset_id"] == asset_id and e["detail"].startswith("1:")]
    return [int(detail.partition(":")[2]) for detail in mine]


class Operator(threading.Thread):
    """A person's tool that asks without end, also through the proxy; what is not answered is asked again."""

    def __init__(self, control: int, asset_id: str, key: KeyFile | None) -> None:
        super().__init__(daemon=True)
        self._control, self._asset_id, self._key = control, asset_id, key
        self.answered: list[str] = []
        self.unanswered = 0
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            request = OperatorCommand(
                request_id=f"{self._asset_id}-{number}",
                by="ana",
                asset_id=self._asset_id,
                action=Action.RETURN,
                why=WHY,
            )
            self.answered.extend(self._ask(request))

    def _ask(self, request: OperatorCommand) -> tuple[str, ...]:
        while True:
            try:
                with HubClient(f"tcp://127.0.0.1:{self._control}", key=self._key, timeout_s=3.0) as client:
                    return client.request(request).ids
            except HubUnreachable:
                self.unanswered += 1


def weather(rng: random.Random) -> Conditions:
    """What the network is like for the next half second."""
    return rng.choice(
        (
            Conditions(),
            Conditions(delay_s=rng.uniform(0, 0.2)),
            Conditions(rate=rng.uniform(2_000, 20_000)),
            Conditions(cut_after=rng.randrange(1, 3_000)),
            Conditions(stalled=True),
            Conditions(twin=True),
        )
    )


@pytest.mark.slow
@pytest.mark.timeout(chosen(300, long=1000))
def test_everything_arrives_once_through_the_worst_of_networks(
    hub: HubProcess, tmp_path: Path, rng: random.Random
) -> None:
    """Reports are in the log once and in order, commands are carried out once, and both ends come to rest."""
    with (
        Proxy(port(hub.endpoints.control)) as proxy,
        connected(hub, 0, tmp_path, proxy.port) as (adapter, client),
    ):
        operator = Operator(proxy.port, hub.asset_ids[0], hub.tool_key())
        step_until(client, time.monotonic() + WITHIN_S, lambda: all_taken(client))
        operator.start()
        end = time.monotonic() + TROUBLED_S
        while time.monotonic() < end:
            proxy.now = weather(rng)
            step_until(client, time.monotonic() + 0.5)
            if rng.random() < 0.3:
                proxy.cut()
        proxy.now = Conditions()
        operator.over.set()
        machine = adapter._vehicle
        machine.chatter = 0.0
        step_until(client, time.monotonic() + WITHIN_S, lambda: not operator.is_alive() and all_taken(client))
        wanted = {f"command {command_id} {WHY}" for command_id in operator.answered}
        step_until(
            client, time.monotonic() + WITHIN_S, lambda: wanted <= set(machine.executed) and all_taken(client)
        )
        assert proxy.cuts > 3
    assert serials(hub, hub.asset_ids[0]) == list(range(1, adapter._serial + 1))
    assert adapter._serial > 50
    assert len(operator.answered) == len(set(operator.answered)) > 3
    assert set(machine.executed.values()) == {1}


def test_a_frame_that_is_cut_in_the_middle_is_sent_again_whole(hub: HubProcess, tmp_path: Path) -> None:
    """Each connection ends a few bytes further on, until one lives long enough."""
    with (
        Proxy(port(hub.endpoints.control)) as proxy,
        connected(hub, 1, tmp_path, proxy.port) as (adapter, client),
    ):
        for cut_after in range(60, 1_500, 120):
            proxy.now = Conditions(cut_after=cut_after)
            connections = proxy.connections
            step_until(client, time.monotonic() + WITHIN_S, lambda n=connections: proxy.connections > n)
        proxy.now = Conditions()
        proxy.cut()
        step_until(client, time.monotonic() + WITHIN_S, lambda: adapter._serial > 20)
        adapter._vehicle.chatter = 0.0
        step_until(client, time.monotonic() + WITHIN_S, lambda: all_taken(client))
    assert serials(hub, hub.asset_ids[1]) == list(range(1, adapter._serial + 1))


def test_a_connection_that_is_heard_twice_is_believed_once(hub: HubProcess, tmp_path: Path) -> None:
    """The same bytes arrive over two connections: the newer one is believed, and nothing is taken twice."""
    with (
        Proxy(port(hub.endpoints.control)) as proxy,
        connected(hub, 2, tmp_path, proxy.port) as (adapter, client),
    ):
        proxy.now = Conditions(twin=True)
        step_until(client, time.monotonic() + 3)
        proxy.now = Conditions()
        step_until(client, time.monotonic() + WITHIN_S, lambda: adapter._serial > 50)
        adapter._vehicle.chatter = 0.0
        step_until(client, time.monotonic() + WITHIN_S, lambda: all_taken(client))
    assert serials(hub, hub.asset_ids[2]) == list(range(1, adapter._serial + 1))
