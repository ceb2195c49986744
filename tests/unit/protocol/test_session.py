"""The session, rule by rule; ``tests/property`` has all of them at once under misfortune."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from fleet.protocol.errors import Fault, Full, LocalError, RemoteError
from fleet.protocol.lifecycle import LifecycleError
from fleet.protocol.messages import (
    AnyMessage,
    Attach,
    Busy,
    CancelMission,
    CommandReply,
    Envelope,
    Factsheet,
    Grant,
    Granted,
    Heartbeat,
    Hello,
    Refused,
    Role,
    StopAll,
    Telemetry,
    Welcome,
)
from fleet.protocol.session import (
    SESSION,
    HubSession,
    PeerSession,
    SessionRecord,
    SessionState,
    Timing,
    refusal,
)

WALL = datetime(2026, 3, 1, 8, tzinfo=UTC)


def report(n: int) -> CommandReply:
    return CommandReply(command_id=f"c{n}", accepted=True)


def order(n: int) -> CancelMission:
    return CancelMission(mission_id=f"m{n}", why="test")


def a_peer(boot_id: str = "boot-1", limit: int = 8, window: int = 4) -> PeerSession:
    sheet = Factsheet(type_id="m2", model="M2", software="1")
    return PeerSession(
        "drone-1", Role.ASSET, boot_id, kind="drone", factsheet=sheet, limit=limit, window=window
    )


def a_hub(**stored: object) -> HubSession:
    return HubSession("drone-1", Role.ASSET, **stored)  # type: ignore[arg-type]


def greet(peer: PeerSession, hub: HubSession, now: float = 0.0) -> None:
    """Hello, welcome."""
    [hello] = peer.connect(now)
    hub.greet(hello, now)
    [welcome] = hub.welcome(now, token=f"t{hub.epoch}", wall=WALL)
    assert peer.receive(welcome, now) == []


def pair() -> tuple[PeerSession, HubSession]:
    peer, hub = a_peer(), a_hub()
    greet(peer, hub)
    return peer, hub


def messages(envelopes: list[Envelope]) -> list[AnyMessage | None]:
    return [envelope.message for envelope in envelopes]


def test_hello_and_welcome() -> None:
    """Who, what, and both ends agree on the session."""
    peer, hub = pair()
    assert (peer.state, hub.state) == (SessionState.WELCOMED, SessionState.WELCOMED)
    assert hub.hello is not None
    assert (hub.hello.kind, hub.hello.factsheet and hub.hello.factsheet.type_id) == ("drone", "m2")
    assert peer.welcome is not None
    assert peer.welcome.token == hub.token == "t1"
    assert (peer.frames_sent, hub.frames_received) == (1, 1)
    assert (peer.frames_received, hub.frames_sent) == (1, 1)


def test_the_highest_common_version_is_spoken() -> None:
    """A hub speaks several, so that assets can be upgraded one by one."""
    peer = PeerSession("drone-1", Role.ASSET, "b", versions=(1, 2, 5))
    hub = HubSession("drone-1", Role.ASSET, versions=(1, 2, 3))
    greet(peer, hub)
    assert (peer.version, hub.version) == (2, 2)


def test_no_common_version_is_refused_and_the_peer_stops_trying() -> None:
    """Resending does not help; a person has to."""
    peer = PeerSession("drone-1", Role.ASSET, "b", versions=(7,))
    with pytest.raises(RemoteError) as refused:
        a_hub().greet(peer.connect(0.0)[0], 0.0)
    assert refused.value.code is Fault.NO_COMMON_VERSION
    peer.receive(refusal(refused.value), 0.1)
    assert peer.state is SessionState.REFUSED
    assert peer.refused is not None
    assert not peer.wants_connection(1e9)


def test_a_version_that_was_not_offered_is_not_spoken() -> None:
    """Nor is the session begun."""
    peer = a_peer()
    peer.connect(0.0)
    odd = Welcome(version=9, token="t", heartbeat_s=1, now=WALL, received=0)
    with pytest.raises(RemoteError, match="no_common_version"):
        peer.receive(Envelope(message=odd), 0.1)
    assert peer.state is SessionState.CONNECTING


@pytest.mark.parametrize(
    ("peer_id", "role", "fault"),
    [("drone-2", Role.ASSET, Fault.WRONG_PEER), ("drone-1", Role.OPERATOR, Fault.WRONG_ROLE)],
)
def test_a_hello_in_anothers_name_leaves_the_session_standing(peer_id: str, role: Role, fault: Fault) -> None:
    """Nobody is thrown out by a stranger."""
    peer, hub = pair()
    [hello] = PeerSession(peer_id, role, "b").connect(0.0)
    with pytest.raises(RemoteError) as refused:
        hub.greet(hello, 0.0)
    assert refused.value.code is fault
    assert hub.state is SessionState.WELCOMED
    peer.send(report(1))
    assert hub.receive(peer.poll(0.1)[0], 1, 0.1)


def test_a_connection_begins_with_a_hello() -> None:
    """What comes before one is refused; the peer then says hello."""
    hub = a_hub()
    with pytest.raises(RemoteError, match="no_session"):
        hub.receive(Envelope(message=Heartbeat()), 0, 0.0)
    with pytest.raises(RemoteError, match="no_session"):
        hub.greet(Envelope(message=Heartbeat()), 0.0)


def test_nothing_is_sent_before_the_welcome() -> None:
    """What is queued meanwhile goes out after it."""
    peer, hub = a_peer(), a_hub()
    peer.send(report(1))
    [hello] = peer.connect(0.0)
    assert peer.poll(0.1) == []
    hub.greet(hello, 0.1)
    hub.send(order(1), 1)
    assert hub.poll(0.1) == []
    peer.receive(hub.welcome(0.1, token="t", wall=WALL)[0], 0.2)
    assert messages(peer.poll(0.2)) == [report(1)]
    assert messages(hub.poll(0.2)) == [order(1)]


def test_what_is_delivered_is_acknowledged_only_once_it_is_taken() -> None:
    """Store before effect, at both ends."""
    peer, hub = pair()
    peer.send(report(1))
    [delivery] = hub.receive(peer.poll(0.1)[0], 1, 0.1)
    assert delivery == (1, report(1))
    assert hub.poll(0.1) == []
    hub.taken(1)
    [ack] = hub.poll(0.2)
    assert (ack.message, ack.ack) == (None, 1)
    peer.receive(ack, 0.2)
    assert (peer.acknowledged, peer.outstanding) == (1, 0)
    assert hub.poll(0.2) == []


def test_an_acknowledgement_rides_on_what_is_sent_anyway() -> None:
    """No frame of its own for it."""
    peer, hub = pair()
    peer.send(report(1))
    hub.receive(peer.poll(0.1)[0], 1, 0.1)
    hub.taken(1)
    hub.send(order(1), 1)
    [envelope] = hub.poll(0.1)
    assert (envelope.ack, envelope.seq) == (1, 1)


def test_what_was_not_delivered_can_t_be_taken() -> None:
    """A bug at this end."""
    _, hub = pair()
    with pytest.raises(LocalError):
        hub.taken(1)


def test_duplicates_are_ignored_and_acknowledged_again() -> None:
    """The acknowledgement must have been lost."""
    peer, hub = pair()
    peer.send(report(1))
    [envelope] = peer.poll(0.1)
    hub.receive(envelope, 1, 0.1)
    assert hub.receive(envelope, 1, 0.1) == []
    hub.taken(1)
    hub.poll(0.1)
    assert hub.receive(envelope, 1, 0.2) == []
    assert [e.ack for e in hub.poll(0.2)] == [1]


def test_what_comes_after_a_gap_waits_for_the_gap() -> None:
    """In order or not at all."""
    peer, hub = pair()
    peer.send(report(1))
    peer.send(report(2))
    first, second = peer.poll(0.1)
    assert hub.receive(second, 1, 0.1) == []
    assert hub.receive(first, 1, 0.1)
    assert hub.receive(second, 1, 0.1)


def test_resending_backs_off_and_stops_with_the_acknowledgement() -> None:
    """2, then 4, then 8 seconds; the first sign of life resets it."""
    peer, hub = pair()
    peer.heartbeat_s = 0.0
    peer.send(report(1))
    sent_at = [now / 2 for now in range(60) if peer.poll(now / 2)]
    assert sent_at == [0.0, 2.0, 6.0, 14.0]
    hub.receive(Envelope(seq=1, message=report(1)), 1, 30.0)
    hub.taken(1)
    peer.receive(hub.poll(30.0)[0], 30.0)
    assert all(peer.poll(float(now)) == [] for now in range(31, 99))


def test_the_window_bounds_what_is_under_way() -> None:
    """The rest follows as acknowledgements come in."""
    peer, _ = pair()
    for n in range(6):
        peer.send(report(n))
    assert [e.seq for e in peer.poll(0.1)] == [1, 2, 3, 4]
    assert peer.poll(0.2) == []
    peer.receive(Envelope(ack=2), 0.3)
    assert [e.seq for e in peer.poll(0.3)] == [5, 6]


def test_memory_is_bounded() -> None:
    """The application is told to hold back, and loses nothing."""
    peer, _ = pair()
    for n in range(8):
        peer.send(report(n))
    assert peer.room == 0
    with pytest.raises(Full):
        peer.send(report(8))
    assert peer.outstanding == 8
    peer.poll(0.1)
    peer.receive(Envelope(ack=1), 0.2)
    assert peer.send(report(8)) == 9


def test_busy_holds_back_and_delivers_again() -> None:
    """Nothing was taken, so everything from there on comes again, after the wait."""
    peer, hub = pair()
    for n in (1, 2, 3):
        peer.send(report(n))
    for envelope in peer.poll(0.1):
        hub.receive(envelope, 1, 0.1)
    hub.taken(1)
    hub.busy(2, 0.5)
    [busy] = hub.poll(0.1)
    assert busy.message == Busy(retry_after_s=0.5)
    peer.receive(busy, 0.2)
    assert peer.poll(0.6) == []
    again = [hub.receive(envelope, 1, 0.8) for envelope in peer.poll(0.8)]
    assert again == [[(2, report(2))], [(3, report(3))]]
    with pytest.raises(LocalError):
        hub.busy(1, 0.5)


def test_heartbeats_fill_silence_only() -> None:
    """Whatever is sent is a sign of life."""
    peer, _ = pair()
    assert peer.poll(0.9) == []
    assert [type(m) for m in messages(peer.poll(1.0))] == [Heartbeat]
    peer.send(report(1))
    assert messages(peer.poll(1.9)) == [report(1)]
    assert peer.poll(2.5) == []
    assert [type(m) for m in messages(peer.poll(2.9))] == [Heartbeat]


def test_each_end_notices_that_the_other_is_gone() -> None:
    """After three heartbeats that did not come; the peer then tries again, ever more rarely."""
    peer, hub = pair()
    peer.poll(3.0)
    assert peer.state is SessionState.WELCOMED
    peer.poll(3.1)
    hub.poll(3.1)
    assert (peer.state, hub.state, hub.token) == (SessionState.LOST, SessionState.LOST, None)
    assert not peer.wants_connection(3.1)
    waits = []
    for _ in range(8):
        waits.append(peer.reconnect_at)
        assert peer.wants_connection(peer.reconnect_at)
        peer.connect(peer.reconnect_at)
        peer.poll(peer.reconnect_at + 5.1)
    gaps = [round(later - earlier - 5.1, 6) for earlier, later in pairwise(waits)]
    assert gaps == sorted(gaps)
    assert gaps[0] < 1.5
    assert 11 < gaps[-1] < 19


def test_peers_do_not_come_back_all_at_once() -> None:
    """After the hub's restart a thousand assets spread out by themselves, the same way each time."""
    peers = [PeerSession(f"drone-{n}", Role.ASSET, "b") for n in range(100)]
    for peer in peers:
        peer.connect(0.0)
        peer.disconnected(0.0)
    times = {peer.reconnect_at for peer in peers}
    assert len(times) == 100
    assert max(times) - min(times) > 0.2


def test_no_heartbeat_means_no_timeout() -> None:
    """Where the transport can't fail, in one process, nothing depends on the clock."""
    peer, hub = a_peer(), a_hub(heartbeat_s=0.0)
    greet(peer, hub)
    assert peer.poll(1e6) == hub.poll(1e6) == []
    assert peer.state is hub.state is SessionState.WELCOMED


def test_a_connection_that_the_hub_does_not_know_says_hello_again() -> None:
    """The transport reconnected by itself, or the hub was restarted."""
    peer, _ = pair()
    peer.receive(refusal(RemoteError(Fault.NO_SESSION, "who is it?")), 0.1)
    assert peer.state is SessionState.LOST
    assert peer.wants_connection(1.0)


def test_after_a_reconnection_only_what_is_missing_is_sent_again() -> None:
    """The welcome says what the hub has."""
    peer, hub = pair()
    for n in (1, 2, 3):
        peer.send(report(n))
    for envelope in peer.poll(0.1)[:2]:
        hub.receive(envelope, 1, 0.1)
    hub.taken(2)
    peer.disconnected(0.2)
    greet(peer, hub, 1.0)
    assert [e.seq for e in peer.poll(1.0)] == [3]


def test_the_newest_hello_wins_and_the_earlier_connection_is_void() -> None:
    """Its frames are refused, its token too."""
    peer, hub = pair()
    old = Attach(peer_id="drone-1", token="t1")
    assert hub.attaches(old)
    peer.send(report(1))
    [late] = peer.poll(0.1)
    peer.disconnected(0.2)
    greet(peer, hub, 1.0)
    with pytest.raises(RemoteError, match="no_session"):
        hub.receive(late, 1, 1.1)
    assert not hub.attaches(old)
    assert hub.attaches(Attach(peer_id="drone-1", token="t2"))
    assert not hub.attaches(Attach(peer_id="drone-2", token="t2"))


def test_a_restarted_hub_goes_on_from_what_it_stored() -> None:
    """The outbox keeps its numbers; the peer notices nothing but a reconnection."""
    peer, hub = pair()
    hub.send(order(1), 1)
    hub.send(order(2), 2)
    for envelope in hub.poll(0.1):
        peer.receive(envelope, 0.1)
    peer.taken(1)
    hub = a_hub(boot_id="boot-1", received=0)
    hub.resume([(1, order(1)), (2, order(2)), (3, order(3))], sent=3)
    peer.disconnected(0.2)
    greet(peer, hub, 1.0)
    assert hub.acknowledged == 1
    assert [e.seq for e in hub.poll(1.0)] == [2, 3]
    with pytest.raises(LocalError, match="the next number is 4"):
        hub.send(order(9), 9)
    with pytest.raises(LocalError, match="without gaps"):
        hub.resume([(1, order(1)), (3, order(3))], sent=3)


def test_a_restarted_peer_goes_on_from_its_snapshot() -> None:
    """It neither forgets what it has to say nor handles anything twice."""
    peer, hub = pair()
    peer.send(report(1))
    for n in (1, 2):
        hub.send(order(n), n)
    for envelope in hub.poll(0.1):
        peer.receive(envelope, 0.1)
    peer.taken(1)
    record = SessionRecord.model_validate_json(peer.snapshot().model_dump_json())
    peer = a_peer("unused")
    peer.restore(record)
    greet(peer, hub, 1.0)
    assert peer.boot_id == "boot-1"
    assert messages(peer.poll(1.0)) == [report(1)]
    assert [peer.receive(e, 1.0) for e in hub.poll(1.0)] == [[(2, order(2))]]
    with pytest.raises(LocalError, match="before it connects"):
        peer.restore(record)


def test_a_new_boot_starts_both_directions_over() -> None:
    """A peer that lost its memory gets everything that it has not acknowledged, from number 1."""
    peer, hub = pair()
    for n in (1, 2):
        hub.send(order(n), n)
    for envelope in hub.poll(0.1):
        peer.receive(envelope, 0.1)
    peer.taken(1)
    hub.receive(peer.poll(0.1)[0], 1, 0.1)
    fresh = a_peer("boot-2")
    greeting = hub.greet(fresh.connect(1.0)[0], 1.0)
    assert greeting == (2, True)
    fresh.receive(hub.welcome(1.0, token="t", wall=WALL)[0], 1.0)
    assert [fresh.receive(e, 1.0) for e in hub.poll(1.0)] == [[(1, order(2))]]
    fresh.send(report(1))
    assert hub.receive(fresh.poll(1.0)[0], 2, 1.0) == [(1, report(1))]


def test_a_commit_of_an_earlier_boot_acknowledges_nothing_of_this_one() -> None:
    """The writer may finish after the peer has rebooted."""
    peer, hub = pair()
    peer.send(report(1))
    hub.receive(peer.poll(0.1)[0], 1, 0.1)
    fresh = a_peer("boot-2")
    came_under = hub.boots
    greet(fresh, hub, 1.0)
    hub.taken(1, came_under)
    assert hub.received == 0


def test_nor_does_it_where_the_peer_is_back_under_the_name_of_that_boot() -> None:
    """A name that comes again is another boot."""
    peer, hub = pair()
    peer.send(report(1))
    hub.receive(peer.poll(0.1)[0], 1, 0.1)
    came_under = hub.boots
    greet(a_peer("boot-2"), hub, 1.0)
    greet(a_peer("boot-1"), hub, 2.0)
    hub.taken(1, came_under)
    assert hub.received == 0


def test_a_hub_that_lost_its_memory_makes_the_peer_reboot() -> None:
    """Restored from a backup it would number new orders as ones that the peer already has."""
    peer, hub = pair()
    for n in (1, 2):
        hub.send(order(n), n)
    for envelope in hub.poll(0.1):
        peer.receive(envelope, 0.1)
    peer.taken(2)
    peer.send(report(1))
    old = a_hub(boot_id="boot-1")
    old.resume([], sent=1)
    peer.disconnected(0.2)
    with pytest.raises(RemoteError) as refused:
        old.greet(peer.connect(1.0)[0], 1.0)
    assert refused.value.code is Fault.FORGOTTEN
    peer.receive(refusal(refused.value), 1.0)
    assert peer.must_reboot
    with pytest.raises(LocalError, match="reboot"):
        peer.connect(1.1)
    with pytest.raises(LocalError, match="not used before"):
        peer.reboot("boot-1")
    peer.reboot("boot-2")
    greet(peer, old, 1.2)
    assert [(e.seq, e.message) for e in peer.poll(1.2)] == [(1, report(1))]
    old.send(order(3), 1)
    assert peer.receive(old.poll(1.3)[0], 1.3) == [(1, order(3))]


@pytest.mark.parametrize("received", [0, 9])
def test_a_welcome_that_does_not_fit_makes_the_peer_reboot(received: int) -> None:
    """The hub has less than it acknowledged, or more than was sent."""
    peer, _ = pair()
    for n in (1, 2):
        peer.send(report(n))
    peer.poll(0.1)
    peer.receive(Envelope(ack=1), 0.1)
    peer.disconnected(0.2)
    peer.connect(1.0)
    welcome = Welcome(version=1, token="t", heartbeat_s=1, now=WALL, received=received)
    peer.receive(Envelope(message=welcome), 1.0)
    assert peer.must_reboot
    assert peer.state is SessionState.REFUSED


@pytest.mark.parametrize(
    ("envelope", "fault"),
    [
        (Envelope(seq=1, message=StopAll(request_id="r", by="eva")), Fault.NOT_ALLOWED),
        (
            Envelope(message=Hello(peer_id="x", role=Role.ASSET, boot_id="b", versions=(1,))),
            Fault.NOT_ALLOWED,
        ),
        (Envelope(message=Telemetry(at=WALL, lon=0, lat=0)), Fault.NOT_ALLOWED),
        (Envelope(message=report(1)), Fault.BAD_SEQUENCE),
        (Envelope(seq=1, message=Busy(retry_after_s=1)), None),
        (Envelope(ack=1), Fault.BAD_ACK),
    ],
)
def test_the_hub_names_the_rule_that_a_peer_breaks(envelope: Envelope, fault: Fault | None) -> None:
    """And can then end the session."""
    _, hub = pair()
    if fault is None:
        assert hub.receive(envelope, 1, 0.1) == []
        return
    with pytest.raises(RemoteError) as broken:
        hub.receive(envelope, 1, 0.1)
    assert broken.value.code is fault
    assert hub.refuse(broken.value).message == Refused(code=fault.value, detail=broken.value.detail)
    assert hub.state is SessionState.REFUSED
    with pytest.raises(RemoteError, match="no_session"):
        hub.receive(Envelope(message=Heartbeat()), 1, 0.2)


def test_neither_end_sends_what_is_the_others() -> None:
    """A bug at this end, found here."""
    peer, hub = pair()
    with pytest.raises(LocalError, match="may not send 'stop_all'"):
        peer.send(StopAll(request_id="r", by="eva"))
    with pytest.raises(LocalError, match="does not send"):
        hub.send(report(1), 1)
    with pytest.raises(LocalError, match="must have a number"):
        hub.send(order(1))
    with pytest.raises(RemoteError, match="does not send"):
        peer.receive(Envelope(seq=1, message=report(1)), 0.1)


def test_granted_time_is_not_resent_and_is_dropped_without_a_session() -> None:
    """A grant of an earlier connection means nothing."""
    keeper = PeerSession("time", Role.TIMEKEEPER, "b")
    hub = HubSession("time", Role.TIMEKEEPER)
    granted = Granted(until=WALL, next_at=None, sent={})
    assert keeper.send(granted) is None
    greet(keeper, hub)
    assert keeper.poll(0.1) == []
    hub.send(Grant(until=WALL))
    assert keeper.receive(hub.poll(0.1)[0], 0.1) == [(None, Grant(until=WALL))]
    keeper.send(granted)
    assert hub.receive(keeper.poll(0.2)[0], 1, 0.2) == [(None, granted)]


def test_a_closed_session_is_quiet_and_can_be_opened_again() -> None:
    """What waits is kept."""
    peer, hub = pair()
    peer.send(report(1))
    peer.close()
    assert peer.poll(99.0) == []
    assert peer.receive(Envelope(message=Heartbeat()), 99.0) == []
    assert not peer.wants_connection(99.0)
    greet(peer, hub, 100.0)
    assert messages(peer.poll(100.0)) == [report(1)]


def test_a_welcome_needs_a_hello() -> None:
    """What the table of states does not list can't happen."""
    with pytest.raises(LifecycleError):
        a_hub().welcome(0.0, token="t", wall=WALL)
    assert {state for state, _ in SESSION} == set(SessionState) == set(SESSION.values())


def test_timing_can_be_chosen() -> None:
    """Satellite links are slow."""
    peer = PeerSession("drone-1", Role.ASSET, "b", timing=Timing(hello_s=60.0))
    peer.connect(0.0)
    states = []
    for now in (59.0, 61.0):
        peer.poll(now)
        states.append(peer.state)
    assert states == [SessionState.CONNECTING, SessionState.LOST]


def test_why_the_other_end_is_busy_is_known_until_it_has_taken_something() -> None:
    """For whoever waits for an answer."""
    peer, hub = pair()
    peer.send(report(1))
    [envelope] = peer.poll(0.1)
    [(seq, _)] = hub.receive(envelope, 1, 0.1)
    assert seq is not None
    hub.busy(seq, 0.5, code="store_full", detail="no room")
    for answer in hub.poll(0.2):
        peer.receive(answer, 0.2)
    assert peer.told_busy == Busy(retry_after_s=0.5, code="store_full", detail="no room")
    [envelope] = peer.poll(0.8)
    hub.receive(envelope, 1, 0.8)
    hub.taken(1)
    for answer in hub.poll(0.9):
        peer.receive(answer, 0.9)
    assert peer.told_busy is None


def test_an_end_that_asks_for_too_much_patience_is_asked_again() -> None:
    """A hub does not stop telling an asset anything because that said so once."""
    peer, hub = pair()
    hub.send(order(1), 1)
    for envelope in hub.poll(0.1):
        peer.receive(envelope, 0.1)
    hub.receive(Envelope(message=Busy(retry_after_s=1e300)), 1, 0.2)
    assert [m for m in messages(hub.poll(0.3)) if isinstance(m, CancelMission)] == []
    for second in range(1, 33):
        peer.receive(Envelope(), float(second))
        hub.receive(Envelope(), 1, float(second))
    assert [m for m in messages(hub.poll(33.0)) if isinstance(m, CancelMission)] == [order(1)]
