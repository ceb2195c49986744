"""Programs that run for months: a rotated key is used as soon as the old one ends, and who is turned away says why."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
import zmq

from adapters.sdk import AdapterClient, Endpoints, TurnedAway, load_keys
from adapters.sdk.adapter import Adapter
from adapters.weather import VALUES, Station
from fleet.console.follow import following
from fleet.console.live import Live
from fleet.console.source import Source
from fleet.hub.client import HubClient, HubUnreachable
from fleet.hub.security.keyring import COMMANDS, CONSOLE, Keyring
from fleet.hub.security.secretfiles import write_secret
from fleet.protocol.messages import RemoveZone, Role
from fleet.protocol.session import SessionState
from fleet.store import MemoryStore
from fleet.store.base import StoredEvent
from tests.support.besieged import OTHER, Besieged, besieged, until
from tests.wire.test_adapter_client import Counter

DAY = timedelta(days=1)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Besieged]:
    with besieged(tmp_path) as made:
        yield made


@contextmanager
def adapter(hub: Besieged, folder: Path, file: Path) -> Iterator[AdapterClient]:
    """A vehicle's program, with the key in a file."""
    made = AdapterClient(
        counter(),
        peer_id=OTHER,
        endpoints=Endpoints(hub.control, hub.telemetry),
        journal=folder / "journal.db",
        keys=load_keys(file),
    )
    try:
        yield made
    finally:
        made.close()


def counter() -> Adapter:
    return Counter()


def rotate(hub: Besieged, subject: str, out: Path | None = None) -> str:
    """Make the next key of a subject, in the place of the old one; its id."""
    return hub.ring.rotate(subject, hub.wall[0], by="ann", overlap=DAY, out=out)[0].key_id


def connected_with(hub: Besieged, subject: str, key_id: str) -> Callable[[], bool]:
    """Whether a peer of that subject is connected with that key."""

    def check() -> bool:
        peers = list(hub.core.sessions.peers.by_id.values())
        return any(p.control is not None and p.key.key_id == key_id for p in peers)

    return check


def step(client: AdapterClient) -> Callable[[], None]:
    return lambda: client.step(5)


def test_an_adapter_goes_on_with_the_key_that_has_come_into_its_file(hub: Besieged, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    hub.ring.create(OTHER, Role.ASSET, hub.wall[0], by="ann", out=file)
    with adapter(hub, tmp_path, file) as client:
        until(lambda: client.state is SessionState.WELCOMED, "it is in", step(client))
        key_id = rotate(hub, OTHER, file)
        hub.wall[0] += DAY
        until(connected_with(hub, OTHER, key_id), "it is back with its new key", step(client))
        until(lambda: client.state is SessionState.WELCOMED, "it is welcome", step(client))
        hub.ring.revoke(OTHER, hub.wall[0], by="ann")
        with pytest.raises(
            TurnedAway, match=rf"revoked or is over \(we have the key in .*{file.name}\); have another made"
        ):
            until(lambda: False, "it ends", step(client))


def test_an_adapter_s_file_that_is_broken_while_it_runs_costs_no_connection(
    hub: Besieged, tmp_path: Path
) -> None:
    """The key that it has read counts still."""
    file = tmp_path / "other.json"
    hub.ring.create(OTHER, Role.ASSET, hub.wall[0], by="ann", out=file)
    with adapter(hub, tmp_path, file) as client:
        until(lambda: client.state is SessionState.WELCOMED, "it is in", step(client))
        file.write_text("half a k", encoding="utf-8")
        client._engine.session.disconnected(time.monotonic())
        until(lambda: client.state is SessionState.WELCOMED, "it is back", step(client))


def test_an_adapter_that_knows_another_hub_s_key_says_so(
    hub: Besieged, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on knocking, since a hub without room looks the same; but not in silence."""
    file = wrong_hub(hub, OTHER, tmp_path)
    with adapter(hub, tmp_path, file) as client, caplog.at_level(logging.WARNING, "fleet.adapter"):
        until(lambda: caplog.messages, "it is told", step(client))
        for _ in range(200):
            client.step(5)
        (told,) = caplog.messages
    assert "hangs up on us before it has looked at" in told
    assert str(file) in told
    assert hub.control in told


def wrong_hub(hub: Besieged, subject: str, folder: Path) -> Path:
    """A key file that is right but for the hub's public key."""
    file = folder / "wrong.json"
    other = zmq.curve_keypair()[0].decode()
    write_secret(file, hub.ring.client(subject).model_copy(update={"hub": other}).text())
    return file


def test_a_weather_station_goes_on_with_its_next_key(hub: Besieged, tmp_path: Path) -> None:
    file, rows = tmp_path / "harbour.json", tmp_path / "rows.csv"
    rows.write_text(f"{','.join(VALUES)}\n", encoding="utf-8")
    hub.ring.create("harbour", Role.WEATHER, hub.wall[0], by="ann", out=file)
    station = Station(rows, hub.control, source="harbour", every_s=60, keys=load_keys(file))
    try:
        until(lambda: station._session.state is SessionState.WELCOMED, "it is in", lambda: station.step(5))
        key_id = rotate(hub, "harbour", file)
        hub.wall[0] += DAY
        until(connected_with(hub, "harbour", key_id), "it is back", lambda: station.step(5))
    finally:
        station.close()


def request(number: int) -> RemoveZone:
    return RemoveZone(request_id=f"r-{number}", by="ann", zone_id="none")


def test_a_tool_goes_on_with_its_next_key(hub: Besieged) -> None:
    """Whether its session ends, or it comes back only later."""
    with HubClient(hub.control, key=hub.ring.client(COMMANDS), timeout_s=20) as client:
        client.request(request(0))
        rotate(hub, COMMANDS)
        hub.wall[0] += DAY
        until(lambda: hub.refusals("key_ended"), "the hub has noticed")
        client.request(request(1))
    key = hub.ring.client(COMMANDS)
    hub.ring.revoke(COMMANDS, hub.wall[0], by="ann")
    until(lambda: hub.gate.access.of_id(key.key_id) is None, "the hub has noticed")
    with (
        HubClient(hub.control, key=key, timeout_s=20) as client,
        pytest.raises(
            HubUnreachable, match=rf"does not take the key {key.key_id} of fleet in .*fleet\.json; .*create"
        ),
    ):
        client.request(request(2))


def test_a_tool_that_knows_another_hub_s_key_is_told_soon(hub: Besieged, tmp_path: Path) -> None:
    """Not only that there is no answer."""
    key = hub.key_in(wrong_hub(hub, COMMANDS, tmp_path))
    begun = time.monotonic()
    with (
        HubClient(hub.control, key=key, timeout_s=60) as client,
        pytest.raises(HubUnreachable, match=r"the hub's public key in there is not its own"),
    ):
        client.request(request(0))
    assert time.monotonic() - begun < 30


class Committed:
    """A store's events, as the console reads them."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def events(self, after: int = 0, limit: int = 1000) -> Iterator[StoredEvent]:
        yield from islice(self._store.events(after), limit)


def test_the_console_hears_the_feed_again_with_its_next_key(hub: Besieged) -> None:
    """And says on the page that its key does not count, meanwhile."""

    async def watch() -> None:
        source = Source(Committed(hub.store), Live(time.monotonic), lambda _: pytest.fail("nothing is asked"))
        async with following(source, hub.feed, hub.ring.client(CONSOLE)):
            await heard(lambda: not source.live.silent())
            hub.ring.revoke(CONSOLE, hub.wall[0], by="ann")
            await heard(lambda: source.feed_trouble)
            assert "clients/console.json" in str(source.feed_trouble)
            hub.ring.create(CONSOLE, Role.OPERATOR, hub.wall[0], by="ann")
            await heard(lambda: not source.live.silent() and source.feed_trouble is None)

    with ThreadPoolExecutor(1) as thread:  # a browser's test before this one leaves a loop that runs in ours
        thread.submit(asyncio.run, watch()).result()


async def heard(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_the_adapter_in_the_readme_ends_in_a_sentence(hub: Besieged, tmp_path: Path, repo_root: Path) -> None:
    """As it stands there, turned away by a hub: what its author sees is why, not a traceback."""
    text = (repo_root / "adapters" / "README.md").read_text(encoding="utf-8")
    whole, run = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:2]
    hub.ring.create("robot-7", Role.ASSET, hub.wall[0], by="ann", out=tmp_path / "robot-7.json")
    run = run.replace("tcp://127.0.0.1:7400", hub.control).replace("tcp://127.0.0.1:7401", hub.telemetry)
    program = tmp_path / "robot.py"
    program.write_text(whole + run, encoding="utf-8")

    def ends() -> str:
        words = (sys.executable, str(program))
        ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        return ended.stderr

    said = ends()
    assert said.startswith(
        "robot-7: the hub refuses this adapter: wrong_peer: no asset 'robot-7' belongs to this fleet"
    )
    assert said.count("\n") == 1
    Keyring(hub.ring.folder).revoke("robot-7", hub.wall[0], by="ann")
    assert "it does not take the key in robot-7.json" in ends()
    (tmp_path / "robot-7.json").unlink()
    assert "robot-7.json: the key file cannot be read" in ends()
