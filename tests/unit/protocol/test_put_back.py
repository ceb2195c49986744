"""An end that was put back from an old backup is found out, also where it has said new things before it connected."""

from datetime import UTC, datetime

import pytest

from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import CancelMission, CommandReply, Role, Welcome
from fleet.protocol.session import HubSession, PeerSession, SessionRecord, SessionState

WALL = datetime(2026, 3, 1, 8, tzinfo=UTC)


def peer(record: SessionRecord) -> PeerSession:
    """An asset whose process starts with what it remembers."""
    session = PeerSession("drone-1", Role.ASSET, "unused")
    session.restore(record)
    return session


def reply(number: int) -> CommandReply:
    """Something to report."""
    return CommandReply(command_id=f"c-{number}", accepted=True)


def meet(asset: PeerSession, hub: HubSession) -> Welcome:
    """A hello and the hub's answer to it, which the asset hears."""
    (hello,) = asset.connect(0.0)
    hub.greet(hello, 0.0)
    (answer,) = hub.welcome(0.0, token="t", wall=WALL)
    asset.receive(answer, 0.0)
    assert isinstance(answer.message, Welcome)
    return answer.message


def test_an_asset_put_back_does_not_take_new_reports_for_old_ones_that_arrived() -> None:
    """The hub has 1 to 3; the asset remembers 1 and has since stored others as 2 and 3, which it has never sent."""
    asset = peer(SessionRecord(boot_id="boot-1", acknowledged=1))
    asset.send(reply(2))
    asset.send(reply(3))
    hub = HubSession("drone-1", Role.ASSET, boot_id="boot-1", received=3)
    assert meet(asset, hub).received == 3
    assert asset.state is SessionState.REFUSED
    assert asset.must_reboot
    assert asset.outstanding == 2


def test_what_was_stored_before_the_process_ended_may_have_been_sent() -> None:
    """A mere restart: the hub has what the asset has no acknowledgement of yet."""
    asset = peer(SessionRecord(boot_id="boot-1", acknowledged=1, pending=(reply(2), reply(3))))
    meet(asset, HubSession("drone-1", Role.ASSET, boot_id="boot-1", received=3))
    assert asset.state is SessionState.WELCOMED
    assert asset.outstanding == 0


def test_the_record_may_say_that_nothing_of_it_was_sent() -> None:
    """Put back, two reports stored, and restarted before it has reached the hub."""
    record = SessionRecord(boot_id="boot-1", acknowledged=1, pending=(reply(2), reply(3)), reached=1)
    asset = peer(record)
    meet(asset, HubSession("drone-1", Role.ASSET, boot_id="boot-1", received=3))
    assert asset.must_reboot


def test_a_hub_put_back_does_not_take_new_messages_for_old_ones_that_arrived() -> None:
    """The asset has taken 1 to 3; the hub remembers 1, and has since stored others as 2 and 3."""
    hub = HubSession("drone-1", Role.ASSET, boot_id="boot-1")
    hub.resume([], sent=1)
    for number in (2, 3):
        hub.send(CancelMission(mission_id=f"new-{number}", why="test"), number)
    (hello,) = peer(SessionRecord(boot_id="boot-1", taken=3)).connect(0.0)
    with pytest.raises(RemoteError) as refused:
        hub.greet(hello, 0.0)
    assert refused.value.code is Fault.FORGOTTEN
