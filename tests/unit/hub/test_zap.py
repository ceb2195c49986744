"""ZeroMQ's question is answered always, and with yes only where everything fits."""

from __future__ import annotations

import errno
import resource
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zmq
from zmq.utils import z85

from fleet.hub.security import zap
from fleet.hub.security.access import ANYONE, Access, KeyAccess, PlainAccess
from fleet.hub.security.connections import Connections
from fleet.hub.security.keyring import Keyring, new_hub_key
from fleet.hub.security.limits import FILES_KEPT, Limits, LimitSettings, Window, raise_file_limit
from fleet.hub.security.refusals import (
    ADVICE,
    MOST_REMEMBERED,
    OTHERS,
    QUIET_S,
    THIS_MACHINE,
    Refusals,
    Turned,
)
from fleet.hub.security.zap import DOORS, FAULT, OK, REFUSED, TEMPORARY, Doorkeeper, Zap, is_local
from fleet.hub.sockets import BindError, Sockets, bound_address, is_local_endpoint
from fleet.protocol.errors import Fault
from fleet.protocol.messages import Role

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    made = Keyring(tmp_path / "keys")
    people = {
        "drone-1": Role.ASSET,
        "ann": Role.OPERATOR,
        "timekeeper": Role.TIMEKEEPER,
        "harbour": Role.WEATHER,
    }
    made.prepare(NOW, people, new_hub_key())
    return made


def doorkeeper(access: Access, connected: int = 0, **limits: int) -> Doorkeeper:
    return Doorkeeper(access, Limits(LimitSettings(**limits)), lambda: connected)


def question(
    ring: Keyring, subject: str = "drone-1", domain: bytes = b"control", address: bytes = b"10.0.0.7"
) -> list[bytes]:
    return [b"1.0", b"1", domain, address, b"", b"CURVE", z85.decode(ring.client(subject).public)]


@pytest.fixture
def door(ring: Keyring) -> Doorkeeper:
    return doorkeeper(KeyAccess(ring, lambda: NOW))


@pytest.mark.parametrize("domain", list(DOORS))
@pytest.mark.parametrize(
    ("subject", "role"),
    [
        ("drone-1", Role.ASSET),
        ("ann", Role.OPERATOR),
        ("timekeeper", Role.TIMEKEEPER),
        ("harbour", Role.WEATHER),
    ],
)
def test_each_door_lets_its_roles_in(
    ring: Keyring, door: Doorkeeper, domain: str, subject: str, role: Role
) -> None:
    verdict = door.judge(question(ring, subject, domain.encode()), 0)
    if role in DOORS[domain]:
        assert (verdict.status, verdict.user_id) == (OK, ring.client(subject).key_id)
    else:
        assert (verdict.status, verdict.code) == (REFUSED, Turned.WRONG_CHANNEL_FOR_ROLE)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({0: b"2.0"}, REFUSED, Turned.BAD_ZAP_REQUEST),
        ({2: b""}, REFUSED, Turned.BAD_ZAP_REQUEST),
        ({2: b"elsewhere"}, REFUSED, Turned.BAD_ZAP_REQUEST),
        ({2: b"\xff"}, REFUSED, Turned.BAD_ZAP_REQUEST),
        ({5: b"NULL"}, REFUSED, Turned.WRONG_MECHANISM),
        ({5: b"PLAIN"}, REFUSED, Turned.WRONG_MECHANISM),
        ({6: b""}, REFUSED, Turned.BAD_ZAP_REQUEST),
        ({6: b"k" * 32}, REFUSED, Turned.UNKNOWN_KEY),
    ],
)
def test_what_does_not_fit_is_refused(
    ring: Keyring, door: Doorkeeper, change: dict[int, bytes], status: bytes, code: Turned
) -> None:
    asked = question(ring)
    for place, frame in change.items():
        asked[place] = frame
    verdict = door.judge(asked, 0)
    assert (verdict.status, verdict.code, verdict.user_id) == (status, code, "")


@pytest.mark.parametrize("length", range(7))
def test_a_question_that_is_cut_short_is_refused(ring: Keyring, door: Doorkeeper, length: int) -> None:
    assert door.judge(question(ring)[:length], 0).status == REFUSED


def test_a_revoked_key_and_a_broken_keyring(ring: Keyring) -> None:
    access = KeyAccess(ring, lambda: NOW)
    door = doorkeeper(access)
    asked = question(ring)
    ring.revoke("drone-1", NOW, by="ann")
    access.refresh(0)
    verdict = door.judge(asked, 0)
    assert verdict.code is Turned.REVOKED_KEY
    assert verdict.who.startswith("drone-1 at ")  # whose key was stolen, and from where it is tried
    ring.file.unlink()
    access.refresh(1)
    verdict = door.judge(question(ring, "ann"), 1)
    assert (verdict.status, verdict.user_id) == (TEMPORARY, "")


def test_who_connects_too_often_has_to_wait(ring: Keyring) -> None:
    """First one key, then one address; the next window begins anew."""
    access = KeyAccess(ring, lambda: NOW)
    door = doorkeeper(access, handshakes_per_key=3)
    found = [door.judge(question(ring), 0).status for _ in range(5)]
    assert found == [OK, OK, OK, TEMPORARY, TEMPORARY]
    assert door.judge(question(ring, "ann"), 0).status == OK
    assert door.judge(question(ring), 10).status == OK
    crowd = doorkeeper(access, handshakes_per_address=2)
    assert [crowd.judge(question(ring, s), 0).status for s in ("drone-1", "ann", "harbour")] == [
        OK,
        OK,
        TEMPORARY,
    ]
    assert crowd.judge(question(ring, address=b"10.0.0.8"), 0).status == OK


def test_a_full_hub_lets_nobody_in(ring: Keyring) -> None:
    access = KeyAccess(ring, lambda: NOW)
    assert doorkeeper(access, connected=9, connections=10).judge(question(ring), 0).status == OK
    full = doorkeeper(access, connected=10, connections=10).judge(question(ring), 0)
    assert (full.status, full.code) == (TEMPORARY, Turned.TOO_MANY_CONNECTIONS)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (b"127.0.0.1", OK),
        (b"127.9.9.9", OK),
        (b"::1", OK),
        (b"::ffff:127.0.0.1", OK),
        (b"", OK),
        (b":0:0:77", OK),
        (b"10.0.0.7", REFUSED),
        (b"::ffff:10.0.0.7", REFUSED),
        (b"fe80::1%eth0", REFUSED),
        (b"nonsense", REFUSED),
    ],
)
def test_without_keys_only_this_machine_is_let_in(address: bytes, status: bytes) -> None:
    door = doorkeeper(PlainAccess())
    assert door.judge([b"1.0", b"1", b"control", address, b"", b"NULL"], 0).status == status
    assert door.judge([b"1.0", b"1", b"control", address, b"", b"CURVE", b"k" * 32], 0).status == REFUSED


class Asked:
    """The socket that ZeroMQ asks on, with what it asks."""

    def __init__(self, *questions: list[bytes]) -> None:
        self.questions, self.answers = list(questions), list[list[bytes]]()

    def recv_multipart(self, _flags: int) -> list[bytes]:
        return self.questions.pop(0)

    def send_multipart(self, frames: list[bytes], _flags: int) -> None:
        self.answers.append(frames)


def test_no_question_stays_without_an_answer(ring: Keyring, door: Doorkeeper) -> None:
    """Neither one that can't be read, nor one at which our own code fails."""

    class Broken:
        def judge(self, _request: object, _wall_s: float) -> zap.Verdict:
            raise ZeroDivisionError

    good = [b"route", b"", *question(ring)]
    for keeper, asked, status in (
        (door, good, OK),
        (door, [b"route"], REFUSED),
        (door, [b"route", b"", b"1.0"], REFUSED),
        (Broken(), good, FAULT),
    ):
        socket, refusals = Asked(asked), Refusals(lambda *_, **__: None)
        assert Zap(socket, keeper, refusals).answer(0, most=1) == 1  # type: ignore[arg-type]
        (answer,) = socket.answers
        assert (answer[0], answer[1], answer[2], answer[4]) == (b"route", b"", b"1.0", status)
        assert len(answer) == 8
        assert bool(refusals.counts()) is (status != OK)


# --- limits and refusals ---------------------------------------------------------------------------------------------


def test_a_window_counts_each_for_itself() -> None:
    window = Window(2)
    assert [window.takes("a", 0.0), window.takes("a", 0.5), window.takes("a", 0.9)] == [True, True, False]
    assert window.takes("b", 0.9)
    assert window.takes("a", 1.0)


def test_a_refusal_is_told_once_a_minute_with_what_was_kept_quiet() -> None:
    told: list[dict[str, object]] = []
    refusals = Refusals(lambda _event, **said: told.append(said))
    for second in range(50):
        refusals.note("drone-1", Fault.MALFORMED, second)
    refusals.note("drone-2", Fault.MALFORMED, 5)
    assert [(said["who"], said["suppressed"]) for said in told] == [("drone-1", 0), ("drone-2", 0)]
    refusals.tidy(QUIET_S)
    assert (told[-1]["who"], told[-1]["suppressed"]) == ("drone-1", 49)
    assert refusals.counts() == {"malformed": 51}
    refusals.note("drone-1", Fault.MALFORMED, QUIET_S + 1)
    assert told[-1]["suppressed"] == 0


def test_who_makes_up_names_fills_no_memory() -> None:
    told: list[object] = []
    refusals = Refusals(lambda _event, **said: told.append(said["who"]))
    for number in range(MOST_REMEMBERED + 100):
        refusals.note(f"name-{number}", Turned.UNKNOWN_KEY, 0)
    assert len(told) == MOST_REMEMBERED + 1
    assert told[-1] == OTHERS
    assert refusals.counts() == {"unknown_key": MOST_REMEMBERED + 100}


def test_where_nobody_has_a_name_it_is_this_machine() -> None:
    """In plain mode keys tell nobody apart."""
    told: list[object] = []
    refusals = Refusals(lambda _event, **said: told.append(said["who"]))
    refusals.note(ANYONE.subject, Fault.WRONG_PEER, 0)
    assert told == [THIS_MACHINE]


def test_each_refusal_says_what_to_do() -> None:
    assert not {*Turned, *Fault} - ADVICE.keys()


# --- where the hub listens -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("tcp://127.0.0.1:5701", True),
        ("tcp://localhost:5701", True),
        ("ipc:///tmp/hub", True),
        ("tcp://0.0.0.0:5701", False),
        ("tcp://*:5701", False),
        ("tcp://10.0.0.7:5701", False),
        ("tcp://eth0:5701", False),
        ("tcp://hub.example:5701", False),
    ],
)
def test_without_keys_the_hub_listens_on_this_machine_only(endpoint: str, local: bool) -> None:
    assert is_local_endpoint(endpoint) is local
    if not local:
        with pytest.raises(BindError, match="without keys"):
            Sockets("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", endpoint)


@pytest.mark.parametrize("endpoint", ["tcp://[::1]:*", "tcp://[::]:5701", "tcp://[fe80::1%eth0]:5701"])
def test_ipv6_is_said_to_be_missing(endpoint: str) -> None:
    with pytest.raises(BindError, match="IPv6 is not supported; write an IPv4 address"):
        Sockets("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", endpoint)


def test_the_feed_keeps_little_for_a_reader_that_has_stopped() -> None:
    """What is kept would be memory of ours, and is old by the time that it is read."""
    sockets = Sockets("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*")
    try:
        reader = sockets.context.socket(zmq.SUB)
        reader.setsockopt(zmq.RCVHWM, 1)
        reader.setsockopt(zmq.RCVBUF, 65_536)
        reader.subscribe(b"")
        answering = Zap(sockets.zap, doorkeeper(PlainAccess()), Refusals(lambda *_, **__: None))
        reader.connect(bound_address(sockets.feed))
        while not reader.poll(5):
            answering.answer(0)
            sockets.feed.send(b"hello")
        for _ in range(1200):
            sockets.feed.send(bytes(100_000))
        received = 0
        while reader.poll(500):
            received += len(reader.recv()) == 100_000
        assert 0 < received < 700
    finally:
        sockets.close()


def test_local_addresses_of_peers() -> None:
    assert is_local("127.0.0.1")
    assert is_local("localhost:1000:1000:4711")  # over ipc: user, group and process
    assert not is_local("localhost.example:1000:1000:4711")
    assert not is_local("192.168.1.1")


class Events:
    """What a socket's monitor says, in its own form."""

    def __init__(self, *events: tuple[int, int]) -> None:
        self.events = [[struct.pack("=Hi", *event), b"tcp://127.0.0.1:5701"] for event in events]

    def recv_multipart(self, _flags: int) -> list[bytes]:
        if not self.events:
            raise zmq.Again
        return self.events.pop(0)


@pytest.mark.parametrize(
    ("events", "code", "live"),
    [
        ([(zmq.EVENT_ACCEPTED, -1)], None, 1),
        (
            [(zmq.EVENT_ACCEPTED, -1), (zmq.EVENT_HANDSHAKE_SUCCEEDED, 0), (zmq.EVENT_DISCONNECTED, -1)],
            None,
            0,
        ),
        ([(zmq.EVENT_ACCEPTED, -1), (zmq.EVENT_DISCONNECTED, -1)], Turned.NOT_ZMTP, 0),
        (
            [
                (zmq.EVENT_ACCEPTED, -1),
                (zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, errno.EAGAIN),
                (zmq.EVENT_DISCONNECTED, -1),
            ],
            Turned.HANDSHAKE_UNFINISHED,
            0,
        ),
        ([(zmq.EVENT_ACCEPT_FAILED, errno.EMFILE)], Turned.OUT_OF_FILES, 0),
        ([(zmq.EVENT_ACCEPTED, -1), (zmq.EVENT_ACCEPTED, -2)], Turned.TOO_MANY_CONNECTIONS, 2),
    ],
)
def test_what_becomes_of_a_connection(events: list[tuple[int, int]], code: Turned | None, live: int) -> None:
    refusals = Refusals(lambda *_, **__: None)
    told = Events(*events)
    connections = Connections({"control": told}, refusals, 1, 5.0)  # type: ignore[dict-item]
    connections.follow(0, {told})
    assert connections.live == live
    assert refusals.counts() == ({} if code is None else {code.value: 1})


ACCEPTED, SHAKEN, ENDED = zmq.EVENT_ACCEPTED, zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_DISCONNECTED


@pytest.mark.parametrize(
    ("events", "let_in"),
    [
        ([(ACCEPTED, -1), (ACCEPTED, -2)], 0),
        ([(ACCEPTED, -1), (ACCEPTED, -2), (SHAKEN, 0)], 1),
        ([(ACCEPTED, -1), (ACCEPTED, -2), (SHAKEN, 0), (ENDED, -1)], 0),
        (
            [
                (ACCEPTED, -1),
                (zmq.EVENT_HANDSHAKE_FAILED_AUTH, 400),
                (ENDED, -1),
                (ACCEPTED, -1),
                (SHAKEN, 0),
            ],
            1,
        ),
    ],
)
def test_who_has_not_shaken_hands_is_not_in(events: list[tuple[int, int]], let_in: int) -> None:
    """Also long after: then ZeroMQ would have hung up on the others, so those that are there are in."""
    told = Events(*events)
    connections = Connections({"control": told}, Refusals(lambda *_, **__: None), 9, 5.0)  # type: ignore[dict-item]
    connections.follow(0, {told})
    assert connections.let_in == let_in
    connections.follow(5.1, frozenset())
    assert connections.let_in == connections.live


def test_as_many_files_are_asked_for_as_the_system_allows() -> None:
    """What is set already is never lowered."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = before
    try:
        assert raise_file_limit(soft) >= soft
        assert raise_file_limit(10) == soft
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 50, hard))
        assert raise_file_limit(soft - 10) == soft - 10
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == soft - 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("files", "connections"), [(65_536, 12_000), (20_000, 12_000), (1024, 613), (10, 1)])
def test_no_more_connections_than_there_are_files_for(files: int, connections: int) -> None:
    """Those that are still shaking hands, the store and the logs have theirs too."""
    found = LimitSettings().within(files)
    assert found.connections == connections
    assert found.accepted + FILES_KEPT <= files or connections == 1


def test_limits_follow_the_rate_of_a_day() -> None:
    """A day that runs ten times as fast has assets that say ten times as much; a slow one has no less."""
    assert LimitSettings().at_rate(10).telemetry_per_s == 10 * LimitSettings().telemetry_per_s
    assert LimitSettings().at_rate(0.5) == LimitSettings()
