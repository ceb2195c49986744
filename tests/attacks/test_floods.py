"""Who sends too much, or connects too often, harms nobody else; and what comes in is not the hub's protocol at all."""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zmq

from fleet.domain.events import AssetChanged
from fleet.hub import sockets
from fleet.hub.security.keyring import COMMANDS
from fleet.hub.security.limits import LimitSettings
from fleet.protocol.codec import encode
from fleet.protocol.endpoint import SessionState
from fleet.protocol.errors import Fault
from fleet.protocol.messages import AssetReport, Envelope, Heartbeat, Role
from fleet.protocol.values import Place
from tests.support.besieged import DAY, OTHER, THIRD, Besieged, Honest, besieged, end, honest_at, until

UNHARMED_S = 2.0
"""An honest acknowledgement takes milliseconds; a machine that is busy with other tests is allowed this much."""


def address_of(endpoint: str) -> tuple[str, int]:
    found = urlsplit(endpoint)
    assert found.hostname is not None
    assert found.port is not None
    return found.hostname, found.port


FLOOD_S = 3.0
STEP = 1e-7
"""Degrees by which each sample of a flood lies further on: that tells them apart."""


@pytest.mark.alone
def test_a_flood_of_telemetry_is_shed(hub: Besieged, honest: Honest) -> None:
    """The newest samples of a sound pace come through, the rest is counted; the honest asset notices nothing."""
    with end(hub, OTHER) as flooder:
        flooder.welcomed()
        flooder.attach()
        flooder.sample()
        until(lambda: OTHER in hub.core.live, "it is attached", flooder.turn)
        honest.worst_s = 0.0
        sent_at = [time.monotonic()]
        while sent_at[-1] < sent_at[0] + FLOOD_S:
            flooder.sample(-8.0 + len(sent_at) * STEP)
            sent_at.append(time.monotonic())
        known = round((hub.core.live[OTHER].lon + 8.0) / STEP)
        assert sent_at[-1] - sent_at[known] < UNHARMED_S, "what is believed of it is as old as the flood"
        hub.refuses("telemetry_rate", OTHER, flooder.turn)
        honest.goes_on()
        flooder.works()
        allowed = (FLOOD_S + 2) * LimitSettings().telemetry_per_s
        until(lambda: hub.refusals("telemetry_rate") > len(sent_at) / 2 - allowed, "the rest is counted")

        def at_a_sound_pace() -> None:
            flooder.sample(-7.5)
            flooder.turn()
            time.sleep(0.03)

        until(lambda: hub.core.live[OTHER].lon == -7.5, "its next samples come through", at_a_sound_pace)
    assert honest.worst_s < UNHARMED_S
    assert not [line for line in hub.told if line["who"] != OTHER]


@pytest.mark.alone
@pytest.mark.parametrize("sound", [True, False])
def test_a_flood_of_messages_is_dropped_before_it_is_read(hub: Besieged, honest: Honest, sound: bool) -> None:
    """What is over is not read, whatever it is. A sound peer's session sends it again: it arrives a little later."""
    with end(hub, OTHER) as flooder:
        flooder.welcomed()
        heartbeat = encode(Envelope(message=Heartbeat()), flooder.session.version)
        honest.worst_s = 0.0
        for _ in range(20):
            for _ in range(600):
                with suppress(zmq.Again):
                    flooder.socket.send_multipart(
                        [*heartbeat[:2], heartbeat[2] if sound else b"no"], zmq.NOBLOCK
                    )
            flooder.turn()
        hub.refuses("control_rate", OTHER, flooder.turn)
        if sound:
            flooder.works()
        else:
            assert hub.refusals(Fault.MALFORMED) < 9000
    assert honest.worst_s < UNHARMED_S
    assert {line["who"] for line in hub.told} == {OTHER}


def test_who_has_much_to_report_is_told_to_slow_down(tmp_path: Path) -> None:
    """After an outage an asset sends what it kept, faster than it may: it hears of it at once, and all of it arrives,
    in order, without waiting until a resend is due.
    """
    with besieged(tmp_path, LimitSettings(control_per_s=40)) as hub, end(hub, OTHER) as asset:
        asset.welcomed()
        for number in range(100):
            place = Place(lon=-8.0, lat=41 + number / 10_000)
            asset.session.send(AssetReport(condition="ready", at=DAY, place=place))
        until(lambda: not asset.session.outstanding, "all was taken", asset.turn)
        told = [event.place.lat for event in hub.events() if isinstance(event, AssetChanged) and event.place]
        assert told == [41 + number / 10_000 for number in range(100)]
        assert hub.refusals("control_rate") > 0
        assert asset.busy is not None
        assert (asset.busy.code, asset.busy.retry_after_s) == ("too_fast", 1.0)


@pytest.mark.alone
def test_a_flood_of_those_who_never_say_hello(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER) as flooder:
        other = flooder.dial(hub.control)
        honest.worst_s = 0.0
        for _ in range(5000):
            with suppress(zmq.Again):
                other.send_multipart([b"1", b"heartbeat", b"{}"], zmq.NOBLOCK)
        hub.refuses("stranger_rate", OTHER)
    assert honest.worst_s < UNHARMED_S


@pytest.mark.alone
def test_a_flood_of_hellos(hub: Besieged, honest: Honest) -> None:
    """Each new session costs a commit; who begins them without end is slowed down to what a window allows."""
    with end(hub, OTHER) as flooder:
        flooder.welcomed()
        honest.worst_s = 0.0
        for _ in range(3000):
            flooder.session.disconnected(time.monotonic())
            if flooder.session.state is not SessionState.REFUSED:
                flooder.hello()
        hub.refuses("control_rate", OTHER)
    assert honest.worst_s < UNHARMED_S


def test_one_who_connects_without_end(tmp_path: Path) -> None:
    """A key may begin so many connections in ten seconds; then it has to wait, and others come in as before."""
    with (
        besieged(tmp_path, LimitSettings(handshakes_per_key=10)) as hub,
        honest_at(hub),
        end(hub, OTHER) as flooder,
    ):
        for _ in range(40):
            flooder.dial(hub.control).close()
            time.sleep(0.005)
        kept = [flooder.dial(hub.control) for _ in range(20)]
        hub.refuses("handshake_rate", OTHER)
        with end(hub, THIRD) as new:
            new.welcomed().works()
        for each in kept:
            each.close()


def test_more_connections_than_the_hub_has_room_for(tmp_path: Path) -> None:
    """Those that are too many are refused; when they have gone, new ones come in again."""
    with besieged(tmp_path, LimitSettings(connections=12)) as hub, honest_at(hub):
        with end(hub, COMMANDS, Role.OPERATOR) as crowd:
            kept = [crowd.dial(hub.control) for _ in range(14)]
            until(lambda: hub.gate.connections.let_in >= 12, "the hub is full")
            with end(hub, THIRD) as late:
                hub.refuses("too_many_connections")
                late.turned_away(0.2)
            for each in kept:
                each.close()
        until(lambda: hub.gate.connections.live < 10, "they have gone")
        with end(hub, THIRD) as later:
            later.welcomed().works()


@pytest.mark.alone
def test_connections_that_never_shake_hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow loris: each is hung up on in time, and at once while there are far too many."""
    monkeypatch.setattr(sockets, "HANDSHAKE_MS", 700)
    with (
        besieged(tmp_path, LimitSettings(connections=20)) as hub,
        honest_at(hub) as honest,
        ExitStack() as stack,
    ):
        honest.worst_s = 0.0
        for _ in range(150):
            opened = stack.enter_context(socket.create_connection(address_of(hub.control), timeout=5))
            opened.sendall(b"\xff\x00\x00\x00")
        hub.refuses("too_many_connections")
        until(lambda: hub.gate.connections.live < 60, "those that are too many are hung up on")
        hub.refuses("handshake_unfinished")
        until(lambda: hub.refusals("handshake_unfinished") >= 10, "they are hung up on")
        honest.goes_on()
        assert honest.worst_s < UNHARMED_S
        stack.close()
        until(lambda: hub.gate.connections.live < 10, "all of them")
        with end(hub, OTHER) as new:
            new.welcomed().works()


def test_strangers_do_not_take_the_room_of_those_with_a_key(tmp_path: Path) -> None:
    """As many half-open connections as the hub has room for: who has a key comes in at once, again and again, since
    those that linger give way to newcomers.
    """
    with (
        besieged(tmp_path, LimitSettings(connections=20)) as hub,
        honest_at(hub) as honest,
        ExitStack() as stack,
    ):
        until(lambda: not hub.gate.connections.shaking, "the honest asset is known to be in")
        before = hub.gate.connections.let_in
        for _ in range(5):
            for _ in range(24):
                opened = stack.enter_context(socket.create_connection(address_of(hub.control), timeout=5))
                opened.sendall(b"\xff\x00\x00\x00")
            until(lambda: hub.gate.connections.live >= 23, "the strangers have come")
            until(lambda: hub.gate.connections.let_in == before, "none of them is in")
            with end(hub, OTHER) as back:
                back.welcomed().works()
            until(lambda: hub.gate.connections.let_in == before, "it has gone")
        honest.goes_on()
    assert {line["who"] for line in hub.lines("too_many_connections")} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n" * 10,
        random.Random(5).randbytes(200),
        bytes(200),
        b"\xff" + b"\x00" * 500,
    ],
    ids=["http", "random", "zeros", "half a greeting"],
)
def test_noise_on_the_port(hub: Besieged, honest: Honest, noise: bytes) -> None:
    """HTTP, random bytes, nothing but zeros: nobody gets a word in, and what it was is counted."""
    with socket.create_connection(address_of(hub.control), timeout=5) as opened:
        with suppress(OSError):
            opened.sendall(noise)
            opened.shutdown(socket.SHUT_WR)
        codes = ("not_zmtp", "bad_handshake", "handshake_unfinished", "hung_up", "wrong_mechanism")
        until(
            lambda: sum(hub.refusals(code) for code in codes), f"it is refused ({hub.gate.refusals.counts()})"
        )
    for line in hub.told:
        assert line["advice"]


class Recorder:
    """A TCP relay that keeps what went through it, to send it once more."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.sent: list[bytes] = []
        host, port = self._server.getsockname()
        self.endpoint = f"tcp://{host}:{port}"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()
        self._open: list[socket.socket] = []

    def _serve(self) -> None:
        with suppress(OSError):
            near, _ = self._server.accept()
            far = socket.create_connection(self._target)
            self._open += [near, far]
            back = threading.Thread(target=self._pump, args=(far, near, []), daemon=True)
            self._threads.append(back)
            back.start()
            self._pump(near, far, self.sent)

    def _pump(self, source: socket.socket, sink: socket.socket, kept: list[bytes]) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                kept.append(data)
                sink.sendall(data)

    def close(self) -> None:
        """Hang up at both ends."""
        self._server.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)


def test_bytes_that_were_recorded_are_not_taken_again(hub: Besieged, honest: Honest) -> None:
    """The whole conversation of an honest asset, sent once more by somebody who listened: each handshake is fresh."""
    recorder = Recorder(address_of(hub.control))
    try:
        with end(hub, OTHER, control=recorder.endpoint) as asset:
            asset.welcomed().works()
    finally:
        recorder.close()
    assert len(b"".join(recorder.sent)) > 500
    time.sleep(0.2)
    before = [e for e in hub.events() if getattr(e, "asset_id", "") == OTHER]
    sessions = set(hub.core.sessions.peers.by_control)
    with socket.create_connection(address_of(hub.control), timeout=5) as replay:
        with suppress(OSError):
            for piece in recorder.sent:
                replay.sendall(piece)
                time.sleep(0.05)
        codes = ("wrong_server_key", "bad_handshake")
        until(lambda: sum(hub.refusals(code) for code in codes), f"refused ({hub.gate.refusals.counts()})")
    after = [e for e in hub.events() if getattr(e, "asset_id", "") == OTHER]
    assert before
    assert after == before
    assert not set(hub.core.sessions.peers.by_control) - sessions
