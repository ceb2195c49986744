"""A connection is whose hello came over it last."""

from __future__ import annotations

from fleet.hub.peers import Peer, Peers
from fleet.protocol.messages import Role
from fleet.protocol.session import HubSession


def peer(peer_id: str) -> Peer:
    return Peer(HubSession(peer_id, Role.OPERATOR), Role.OPERATOR)


def test_the_loss_of_an_earlier_name_leaves_the_later_one_connected() -> None:
    """Two hellos under two names over one connection: the first is silent from then on, and is lost."""
    peers, first, second = Peers(), peer("ana-1"), peer("ana-2")
    for each in (first, second):
        peers.bind(each, b"connection")
        peers.attach(each, b"telemetry")
    peers.unbind(first)
    assert peers.by_control == {b"connection": (second, second.session.epoch)}
    assert peers.by_telemetry == {b"telemetry": second}
    peers.unbind(second)
    assert not peers.by_control
    assert not peers.by_telemetry


def test_a_peer_that_comes_back_leaves_nothing_behind() -> None:
    """Its earlier connections are void."""
    peers, one = Peers(), peer("ana-1")
    peers.bind(one, b"old")
    peers.attach(one, b"old telemetry")
    peers.bind(one, b"new")
    peers.attach(one, b"new telemetry")
    assert list(peers.by_control) == [b"new"]
    assert list(peers.by_telemetry) == [b"new telemetry"]
