"""The hub's time at a peer: right within its own bound, whatever clocks, network and the hub's rate do."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from fleet.protocol.greetings import Echo, Welcome
from fleet.protocol.hub_time import EVERY_S, TURN_S, HubTime
from fleet.protocol.messages import CommandReply, Envelope, Heartbeat, Message, Role
from fleet.protocol.session import HubSession, PeerSession

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Universe:
    """True time, the hub's clock on it, and a peer's steady clock that began somewhere and drifts."""

    def __init__(self, *, rate: float = 1.0, origin_s: float = 7e5, drift: float = 1e-4) -> None:
        self.true_s = 0.0
        self.rate, self._origin_s, self._drift = rate, origin_s, drift
        self.hub_begins = START

    def hub_now(self, transport_s: float) -> datetime:
        return self.hub_begins + timedelta(seconds=self.rate * transport_s)

    def peer_s(self) -> float:
        return self._origin_s + self.true_s * (1 + self._drift)


def welcome(universe: Universe, time: HubTime, there_s: float = 0.05, back_s: float = 0.05) -> None:
    asked_s = universe.peer_s()
    universe.true_s += there_s
    said = Welcome(
        version=2,
        token="t",
        heartbeat_s=1,
        now=universe.hub_now(universe.true_s),
        received=0,
        rate=universe.rate,
    )
    universe.true_s += back_s
    time.welcomed(said, asked_s, universe.peer_s())


def exchange(universe: Universe, time: HubTime, there_s: float, held_s: float, back_s: float) -> None:
    sent_s = universe.peer_s()
    universe.true_s += there_s + held_s
    echo = Echo(sent_s=sent_s, held_s=held_s, now=universe.hub_now(universe.true_s))
    universe.true_s += back_s
    time.echoed(echo, universe.peer_s())


def off_s(universe: Universe, time: HubTime) -> float:
    found = time.now(universe.peer_s())
    assert found is not None
    return (found - universe.hub_now(universe.true_s)).total_seconds()


def bound_s(universe: Universe, time: HubTime) -> float:
    found = time.error_s(universe.peer_s())
    assert found is not None
    return found


def test_nothing_is_known_before_the_hub_is_heard() -> None:
    """And it is not made up."""
    time = HubTime()
    assert (time.now(5.0), time.error_s(5.0), time.stamp(5.0)) == (None, None, None)


@pytest.mark.parametrize("rate", [0.5, 1.0, 60.0, 600.0])
@pytest.mark.parametrize("seed", range(20))
def test_the_error_is_never_larger_than_its_bound(seed: int, rate: float) -> None:
    """Trips of any length and any share of it there and back; clocks that drift; hours without an answer."""
    rng = random.Random(seed)
    universe = Universe(rate=rate, origin_s=rng.uniform(-1e6, 1e6), drift=rng.uniform(-1e-4, 1e-4))
    time = HubTime()
    welcome(universe, time, rng.uniform(0, 2), rng.uniform(0, 2))
    for _ in range(200):
        assert abs(off_s(universe, time)) <= bound_s(universe, time)
        universe.true_s += rng.choice([0.1, 16.0, 16.0, 3600.0])
        assert abs(off_s(universe, time)) <= bound_s(universe, time)
        exchange(universe, time, rng.expovariate(10), rng.uniform(0, 1), rng.expovariate(10))


def test_the_quickest_exchange_counts() -> None:
    """One that was held up on one way says little, and spoils nothing."""
    universe, time = Universe(drift=0.0), HubTime()
    welcome(universe, time, 1.0, 0.0)
    exchange(universe, time, 0.002, 0.7, 0.002)
    assert bound_s(universe, time) == pytest.approx(0.002 + TURN_S, abs=1e-3)
    exchange(universe, time, 3.0, 0.0, 0.0)
    assert abs(off_s(universe, time)) < 0.003


def test_old_exchanges_make_room_for_worse_ones_in_the_end() -> None:
    """Clocks drift: after a day one exchange of yesterday says less than a slow one of now."""
    universe, time = Universe(drift=-1e-4), HubTime()
    welcome(universe, time, 0.001, 0.001)
    universe.true_s += 86_400
    assert abs(off_s(universe, time)) > 5
    exchange(universe, time, 0.4, 0.0, 0.1)
    assert abs(off_s(universe, time)) < 0.3


def test_time_does_not_go_back_when_a_better_exchange_comes() -> None:
    """What was stamped before stays before."""
    universe, time = Universe(drift=0.0), HubTime()
    welcome(universe, time, 0.0, 1.0)
    exchange(universe, time, 0.9, 0.0, 0.0)
    seen = [time.now(universe.peer_s())]
    for _ in range(5):
        exchange(universe, time, 0.001, 0.0, 0.001)
        seen.append(time.now(universe.peer_s()))
    assert seen == sorted(seen)  # type: ignore[type-var]


@pytest.mark.parametrize("step_s", [-7200.0, 5.0, 86_400.0])
def test_a_hub_whose_time_was_set_is_followed(step_s: float) -> None:
    """Another hub, one restored from a backup, or a peer that slept: the newest answer counts, forward and back."""
    universe, time = Universe(), HubTime()
    welcome(universe, time)
    exchange(universe, time, 0.01, 0.0, 0.01)
    universe.hub_begins += timedelta(seconds=step_s)
    exchange(universe, time, 0.2, 0.0, 0.01)
    assert abs(off_s(universe, time)) <= bound_s(universe, time) < 0.2


def test_a_new_connection_keeps_what_was_known() -> None:
    """A welcome that came slowly does not make the time worse."""
    universe, time = Universe(drift=0.0), HubTime()
    welcome(universe, time)
    exchange(universe, time, 0.001, 0.0, 0.001)
    welcome(universe, time, 4.0, 0.0)
    assert abs(off_s(universe, time)) < 0.01


def test_answers_to_stamps_that_are_not_ours_say_nothing() -> None:
    """Of an earlier process, whose clock was another; or held for longer than it was away."""
    universe, time = Universe(), HubTime()
    welcome(universe, time)
    before = time.error_s(universe.peer_s())
    ahead = Echo(sent_s=universe.peer_s() + 50, held_s=0.0, now=START + timedelta(hours=5))
    longer = Echo(sent_s=universe.peer_s() - 1, held_s=2.0, now=START + timedelta(hours=5))
    for echo in (ahead, longer):
        time.echoed(echo, universe.peer_s())
    assert time.error_s(universe.peer_s()) == before


def messages(envelopes: list[Envelope]) -> list[Message | None]:
    return [envelope.message for envelope in envelopes]


def joined(rate: float = 1.0, versions: tuple[int, ...] = (1, 2)) -> tuple[PeerSession, HubSession]:
    def clock(now: float) -> datetime:
        return START + timedelta(seconds=rate * now)

    peer = PeerSession("drone-1", Role.ASSET, "b", versions=versions)
    hub = HubSession("drone-1", Role.ASSET, clock=clock)
    [hello] = peer.connect(900.0)
    hub.greet(hello, 0.1)
    [said] = hub.welcome(0.1, token="t", wall=clock(0.1), rate=rate)
    peer.receive(said, 900.2)
    return peer, hub


@pytest.mark.parametrize("rate", [1.0, 60.0])
def test_heartbeats_carry_the_exchange(rate: float) -> None:
    """At first with every one, later now and then; the hub answers at once, and with nothing that was not asked."""
    peer, hub = joined(rate)
    stamps = 0
    for second in range(2, 120):
        up = peer.poll(899.9 + second)
        for envelope in up:
            hub.receive(envelope, 1, float(second))
        down = hub.poll(float(second))
        stamped = [m for m in messages(up) if isinstance(m, Heartbeat) and m.sent_s is not None]
        answered = [m for m in messages(down) if isinstance(m, Heartbeat) and m.echo is not None]
        assert len(answered) == len(stamped)
        stamps += len(stamped)
        for envelope in down:
            peer.receive(envelope, 899.9 + second + 0.05)
    assert stamps == 4 + int((120 - 2 - 4) / EVERY_S)
    now = peer.hub_time.now(1019.9)
    assert now is not None
    assert abs((now - START).total_seconds() - 120 * rate) <= 0.05 * rate


def test_a_peer_that_is_never_quiet_asks_too() -> None:
    """Its reports take the place of heartbeats; an exchange is made all the same."""
    peer, hub = joined()
    for n in range(40):
        peer.send(CommandReply(command_id=f"c{n}", accepted=True))
        now = 900.5 + n / 4
        for envelope in peer.poll(now):
            hub.receive(envelope, 1, now - 900)
            assert envelope.message is not None
            if isinstance(envelope.message, Heartbeat):
                return
    raise AssertionError("it never asked")


def test_a_hub_that_says_no_time_leaves_what_the_welcome_said() -> None:
    """Version 1 of the wire: the bound grows, and says so."""
    peer, hub = joined(versions=(1,))
    assert hub.version == 1
    first = peer.hub_time.error_s(900.2)
    later = peer.hub_time.error_s(4500.2)
    assert first is not None
    assert later is not None
    assert later > first + 0.5


def test_granted_time_is_not_worked_out() -> None:
    """It moves when it is granted, and not between."""
    peer = PeerSession("drone-1", Role.ASSET, "b")
    hub = HubSession("drone-1", Role.ASSET)
    hub.greet(peer.connect(0.0)[0], 0.1)
    [said] = hub.welcome(0.1, token="t", wall=START, lockstep=True)
    peer.receive(said, 0.2)
    assert peer.hub_time.now(5.0) is None
    assert messages(peer.poll(1.5)) == [Heartbeat()]
