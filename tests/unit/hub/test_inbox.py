"""Telemetry is thinned for each asset, in turn; messages are kept in order or handed back."""

from __future__ import annotations

from fleet.hub.inbox import SAMPLES_A_TURN, SHARE_A_TURN, Inbox
from fleet.hub.peers import Peer
from fleet.protocol.messages import AssetReport, Role
from fleet.protocol.session import HubSession
from tests.support.bench import DAY


def filled(assets: int) -> Inbox:
    """An inbox in which each asset has a sample, in the order of their numbers."""
    inbox = Inbox(10, 0.5)
    for number in range(assets):
        inbox.put_sample(f"a-{number:05}", [b"1", b"telemetry", b"%d" % number])
    return inbox


def test_a_newer_sample_takes_the_place_of_the_one_before() -> None:
    inbox = filled(3)
    inbox.put_sample("a-00000", [b"newest"])
    assert inbox.samples(in_lockstep=False)[0] == ("a-00000", [b"newest"])
    assert (inbox.samples_in, inbox.samples_waiting, inbox.samples_shed) == (4, 0, 1)


def test_a_flood_passes_no_asset_over() -> None:
    """While all send without a pause, each is looked at within the promised number of turns."""
    assets = 40 * SAMPLES_A_TURN
    inbox = filled(assets)
    seen_in: dict[str, int] = {}
    for turn in range(2 * SHARE_A_TURN + 1):
        for peer_id, _ in inbox.samples(in_lockstep=False):
            seen_in.setdefault(peer_id, turn)
        for number in range(assets):
            inbox.put_sample(f"a-{number:05}", [b"1", b"telemetry", b"%d" % number])
    assert len(seen_in) == assets
    assert max(seen_in.values()) <= SHARE_A_TURN


def test_in_lockstep_every_sample_is_looked_at_in_the_order_of_ids() -> None:
    inbox = Inbox(10, 0.5)
    names = [f"a-{number * 7 % 1000:05}" for number in range(1000)]
    for name in names:
        inbox.put_sample(name, [])
    assert [peer_id for peer_id, _ in inbox.samples(in_lockstep=True)] == sorted(names)


def test_who_spoke_is_told_once_looked_at_or_not() -> None:
    inbox = filled(3)
    assert list(inbox.spoke()) == ["a-00000", "a-00001", "a-00002"]
    assert list(inbox.spoke()) == []
    assert inbox.samples_waiting == 3


def test_beyond_its_limit_messages_are_handed_back_and_counted() -> None:
    inbox = Inbox(1, 0.5)
    peer = Peer(HubSession("van-1", Role.ASSET), Role.ASSET)
    peer.session._in.delivered = 2
    for seq in (1, 2):
        inbox.put(peer, seq, AssetReport(condition="ready", at=DAY))
    assert [entry[2] for entry in inbox.entries(in_lockstep=False)] == [1]
    assert inbox.busy == 1
