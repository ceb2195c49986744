"""Who is let in is believed only what its session and its role allow, and only in the form of the wire."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleet.console.ledger import Ledger, record_all
from fleet.domain.events import OperationsStopped, OrderPlaced, RequestTaken, WeatherReported
from fleet.hub.client import HubClient
from fleet.protocol.codec import encode, encode_telemetry
from fleet.protocol.errors import Fault
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Envelope,
    Granted,
    OperatorCommand,
    ReportWeather,
    Role,
    StopAll,
    SubmitOrders,
    Telemetry,
)
from fleet.protocol.weather import WeatherRow, WeatherSort
from tests.support.besieged import HONEST, OTHER, THIRD, Besieged, End, Honest, end, until

STOP = Envelope(seq=1, message=StopAll(request_id="r-1", by="nobody", why="an attack"))


def raw(asset: End, *frames: bytes) -> None:
    asset.socket.send_multipart(list(frames))


def test_a_message_that_the_role_may_not_send(hub: Besieged, honest: Honest) -> None:
    """An asset can't stop the fleet; what it wrote is not even read."""
    with end(hub, OTHER) as asset:
        asset.welcomed()
        raw(asset, *encode(STOP, asset.session.version))
        raw(asset, b"1", b"stop_all", b"this is no JSON, and nobody finds out")
        hub.refuses(Fault.NOT_ALLOWED, OTHER, asset.turn)
        until(lambda: hub.refusals(Fault.NOT_ALLOWED) == 2, "both are refused", asset.turn)
        assert not hub.refusals(Fault.MALFORMED)
    assert not [e for e in hub.events() if "stop" in type(e).__name__.lower()]


def test_who_signs_as_another_is_on_record(hub: Besieged, honest: Honest) -> None:
    """``by`` is what a person says; beside it stands whose key the request came with, whatever its tool is called."""
    hub.ring.create("mallory", Role.OPERATOR, hub.wall[0], by="test")
    with end(hub, "mallory-tool", Role.OPERATOR, key=hub.ring.client("mallory")) as tool:
        tool.welcomed()
        assert tool.asks(StopAll(request_id="r-1", by="ana", why="an attack")).ok
        tool.heard.clear()
        (stopped,) = (e for e in hub.events() if isinstance(e, OperationsStopped))
        row = WeatherRow(
            time=stopped.at,
            sort=WeatherSort.OBSERVED,
            wind_mps=3,
            gust_mps=5,
            wind_from_deg=90,
            temperature_c=9,
            precipitation_mm_h=0,
            visibility_m=9000,
        )
        assert tool.asks(ReportWeather(request_id="r-2", source="harbour", by="ana", rows=(row,))).ok
        tool.heard.clear()
        orders = hub.files.read().orders.orders
        assert tool.asks(SubmitOrders(request_id="r-3", orders=orders)).ok
    (taken,) = (e for e in hub.events() if isinstance(e, RequestTaken))
    (weather,) = (e for e in hub.events() if isinstance(e, WeatherReported))
    assert (stopped.by, taken.request_id, taken.subject) == ("ana", "r-1", "mallory")
    assert (weather.by, weather.subject) == ("ana", "mallory")
    placed = [e for e in hub.events() if isinstance(e, OrderPlaced)]
    assert {e.subject for e in placed} == {"mallory"}
    ledger = record_all(Ledger(), hub.store.events())
    assert ledger.history(placed[0].order.order_id)[0].facts["placed_by"] == "mallory"


def test_time_is_moved_by_nobody_but_the_timekeeper(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER) as asset:
        asset.welcomed()
        granted = Granted(until=hub.wall[0], next_at=None, sent={})
        raw(asset, *encode(Envelope(seq=1, message=granted), asset.session.version))
        hub.refuses(Fault.NOT_ALLOWED, OTHER, asset.turn)


def test_nothing_is_taken_before_a_hello(hub: Besieged, honest: Honest) -> None:
    """A key alone is no session."""
    with end(hub, "fleet", Role.OPERATOR) as tool:
        other = tool.dial(hub.control)
        other.send_multipart(encode(STOP))
        hub.refuses(Fault.NO_SESSION, "fleet", tool.turn)
    assert not [e for e in hub.events() if "stop" in type(e).__name__.lower()]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([], Fault.FRAME_COUNT),
        ([b"1"], Fault.FRAME_COUNT),
        ([b"1", b"heartbeat"], Fault.FRAME_COUNT),
        ([b"1", b"heartbeat", b"{}", b"more"], Fault.FRAME_COUNT),
        ([b"1"] * 5000, Fault.FRAME_COUNT),
        ([b"99", b"heartbeat", b"{}"], Fault.UNKNOWN_VERSION),
        ([b"", b"heartbeat", b"{}"], Fault.UNKNOWN_VERSION),
        ([b"1", b"open_sesame", b"{}"], Fault.UNKNOWN_KIND),
        ([b"1", b"telemetry", b"{}"], Fault.WRONG_CHANNEL),
        ([b"1", b"asset_report", b'{"seq":"1"}'], Fault.MALFORMED),
        ([b"1", b"asset_report", b"\xff\x00garbage"], Fault.MALFORMED),
        ([b"1", b"asset_report", b"x" * 70_000], Fault.TOO_LARGE),
        ([b"1", b"asset_report", b'{"ack":0,"message":{"type":"heartbeat"}}'], Fault.KIND_MISMATCH),
    ],
)
def test_frames_that_are_no_message(hub: Besieged, honest: Honest, frames: list[bytes], code: Fault) -> None:
    with end(hub, OTHER) as asset:
        asset.welcomed()
        raw(asset, *(frames or [b""]))
        hub.refuses(code, OTHER, asset.turn)


def test_the_log_holds_nothing_of_what_was_sent(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER) as asset:
        asset.welcomed()
        for frames in (
            [b"1", b"Erika Mustermann", b"{}"],
            [b"1", b"asset_report", b'{"Erika":"Mustermann"}'],
        ):
            raw(asset, *frames)
        hub.refuses(Fault.MALFORMED, OTHER, asset.turn)
    assert "Muster" not in str(hub.told)


def test_an_old_number_is_taken_once(hub: Besieged, honest: Honest) -> None:
    """What is sent again under its number, by whoever holds the session, has no effect a second time."""
    with end(hub, OTHER) as asset:
        asset.welcomed()
        report = AssetReport(condition="ready", at=hub.wall[0], soc=0.5, site_id="S1")
        asset.works()
        before = [e for e in hub.events() if getattr(e, "asset_id", "") == OTHER]
        for _ in range(20):
            raw(asset, *encode(Envelope(seq=1, message=report), asset.session.version))
        time.sleep(0.3)
        asset.works()
        after = [e for e in hub.events() if getattr(e, "asset_id", "") == OTHER]
    assert [e for e in after if getattr(e, "soc", None) == 0.5] == []
    assert len(after) <= len(before) + 1


def test_the_token_of_an_earlier_session_opens_nothing(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER) as asset:
        asset.welcomed()
        assert asset.session.welcome is not None
        old = asset.session.welcome.token
        asset.session.close()
        asset.socket.close()
        asset.socket = asset.dial(hub.control)
        asset.hello()
        asset.welcomed()
        asset.attach(old)
        asset.sample()
        hub.refuses("not_attached", OTHER, asset.turn)
        assert OTHER not in hub.core.live


def test_the_token_of_another_opens_nothing(hub: Besieged, honest: Honest) -> None:
    """Not even where it was seen: the channel's key has to be the session's."""
    with end(hub, THIRD) as victim, end(hub, OTHER) as attacker:
        victim.welcomed()
        attacker.welcomed()
        assert victim.session.welcome is not None
        attacker.attach(victim.session.welcome.token, THIRD)
        attacker.sample()
        hub.refuses("not_attached", OTHER, attacker.turn)
        assert THIRD not in hub.core.live


def test_telemetry_without_a_session(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER) as asset:
        asset.samples = asset.dial(hub.telemetry)
        asset.sample()
        hub.refuses(Fault.NO_SESSION, OTHER)
        asset.samples.send_multipart([b"1", b"attach", b"{}"])
        hub.refuses(Fault.MALFORMED, OTHER)


def test_a_routing_id_that_a_peer_chooses(hub: Besieged, honest: Honest) -> None:
    """ROUTER would give a name to whoever asks for it once its connection has ended."""
    with end(hub, OTHER, routing_id=b"S1/drone-3") as asset:
        hub.refuses("own_routing_id", OTHER)
        asset.turned_away()


def test_the_routing_id_of_a_connection_that_stands(hub: Besieged, honest: Honest) -> None:
    """With ROUTER_HANDOVER another's commands would go to whoever asks for its id: here nothing happens at all."""
    with end(hub, THIRD) as victim:
        victim.welcomed().works()
        route = next(
            r for r, (peer, _) in hub.core.sessions.peers.by_control.items() if peer.peer_id == THIRD
        )
        with end(hub, OTHER, routing_id=route) as attacker:
            attacker.turned_away()
            assert not attacker.socket.poll(0)
        victim.works()
        assert victim.up


SENDER = """
import sys, time
from pathlib import Path
import zmq
from fleet.hub.client import secure
from fleet.hub.security.keyring import read_key_file
context = zmq.Context()
socket = context.socket(zmq.DEALER)
secure(socket, read_key_file(Path(sys.argv[1])))
socket.connect(sys.argv[2])
body = bytes(200_000_000)
for _ in range(100):
    socket.send_multipart([b"1", b"submit_orders", body], copy=False)
    time.sleep(0.2)
    socket.send_multipart([b"1", b"", b'{"ack":0}'])
"""


def resident_kb() -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0])


@pytest.mark.alone
def test_a_frame_of_200_megabytes_takes_no_memory(hub: Besieged, honest: Honest) -> None:
    """ZeroMQ hangs up before it takes the memory; the sender is a process of its own, so its memory is not counted."""
    before, peaks = resident_kb(), list[int]()
    words = [sys.executable, "-c", SENDER, str(hub.ring.client_file(OTHER)), hub.control]
    with subprocess.Popen(words) as sender:
        try:
            # What came with it is cut off, so the next word comes over a connection that has no session.
            until(
                lambda: hub.refusals(Fault.NO_SESSION) >= 2,
                "it is cut off again and again",
                lambda: peaks.append(resident_kb()),
            )
        finally:
            sender.kill()
    assert max(peaks) - before < 50_000
    hub.refuses(Fault.NO_SESSION, OTHER)


def test_telemetry_that_is_too_large(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER) as asset:
        asset.welcomed()
        asset.attach()
        assert asset.samples is not None
        frames = encode_telemetry(Telemetry(at=hub.wall[0], lon=0, lat=0))
        asset.samples.send_multipart([*frames[:2], b" " * 5000])

        def tell() -> None:
            asset.sample()
            asset.turn()

        until(lambda: hub.refusals(Fault.NO_SESSION), "its channel is cut off", tell)
        hub.refuses(Fault.NO_SESSION, OTHER)
        assert OTHER not in hub.core.live


def test_no_attack_is_an_attack(hub: Besieged, honest: Honest) -> None:
    """What a sound peer does is refused nowhere: it connects, works, hangs up and comes back."""
    for _ in range(3):
        with end(hub, OTHER) as asset:
            asset.welcomed().works()
            asset.attach()
            asset.sample()
            until(lambda: hub.attached(OTHER), "it is attached", asset.turn)
    assert hub.gate.refusals.counts() == {}
    assert HONEST in hub.core.live


def test_a_command_is_no_attack(hub: Besieged) -> None:
    """A tool that asks once and leaves is refused nowhere: a log full of it would hide those who are."""
    key = hub.ring.client("fleet")
    for number in range(5):
        with HubClient(hub.control, key=key) as client:
            hold = OperatorCommand(request_id=f"r-{number}", by="ana", asset_id="nobody", action=Action.HOLD)
            assert client.request(hold).request_id == hold.request_id
    until(lambda: hub.gate.connections.live == 0, "all have hung up")
    assert hub.gate.refusals.counts() == {}
