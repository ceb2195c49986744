"""Who has no key, a wrong one, or one that has ended, gets no word in."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zmq

from fleet.app import Setup, run_hub
from fleet.hub.client import HubClient, HubUnreachable, secure
from fleet.hub.rundir import RunDir, Running
from fleet.hub.security.keyring import COMMANDS, Keyring
from fleet.hub.security.keytable import KeyringError
from fleet.hub.security.secretfiles import write_secret
from fleet.hub.sockets import Sockets, bound_address, drain
from fleet.protocol.errors import Fault
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import RemoveZone, Role
from fleet.sim import TIMEKEEPER
from tests.support.bench import write_inputs
from tests.support.besieged import HONEST, OTHER, Besieged, Honest, end, until


def of_nobody(key: KeyFile) -> KeyFile:
    """A pair that the hub has never seen, for the same hub."""
    public, secret = (half.decode() for half in zmq.curve_keypair())
    return KeyFile.model_validate({**key.model_dump(), "public": public, "secret": secret})


def of_another_hub(key: KeyFile) -> KeyFile:
    return key.model_copy(update={"hub": zmq.curve_keypair()[0].decode()})


def test_a_key_that_nobody_made(hub: Besieged, honest: Honest) -> None:
    with end(hub, OTHER, key=of_nobody(hub.ring.client(OTHER))) as attacker:
        hub.refuses("unknown_key", "127.0.0.1")
        attacker.turned_away()


def test_no_key_at_all(hub: Besieged, honest: Honest) -> None:
    """A client of the NULL mechanism."""
    with end(hub, OTHER, key=None) as attacker:
        # Both ends see that they do not fit; which of them hangs up first is chance.
        until(
            lambda: hub.refusals("wrong_mechanism") + hub.refusals("hung_up"), "it is refused", attacker.turn
        )
        hub.refuses("wrong_mechanism" if hub.refusals("wrong_mechanism") else "hung_up")
        attacker.turned_away()


def test_the_key_of_another_hub(hub: Besieged, honest: Honest) -> None:
    """Whoever does not know this hub's public key can't even ask."""
    with end(hub, OTHER, key=of_another_hub(hub.ring.client(OTHER))) as attacker:
        hub.refuses("wrong_server_key")
        attacker.turned_away()


def test_a_right_key_with_the_id_of_another(hub: Besieged, honest: Honest) -> None:
    """The honest one is connected meanwhile, and stays it."""
    with end(hub, HONEST, key=hub.ring.client(OTHER)) as attacker:
        attacker.refused(Fault.WRONG_PEER)
        hub.refuses(Fault.WRONG_PEER, OTHER)


@pytest.mark.parametrize(
    ("subject", "name", "role"),
    [
        (OTHER, OTHER, Role.OPERATOR),
        (OTHER, OTHER, Role.TIMEKEEPER),
        (COMMANDS, "fleet-tool", Role.TIMEKEEPER),
        (COMMANDS, "fleet", Role.ASSET),
        (TIMEKEEPER, TIMEKEEPER, Role.OPERATOR),
    ],
)
def test_a_right_key_in_a_role_that_is_not_its_own(
    hub: Besieged, honest: Honest, subject: str, name: str, role: Role
) -> None:
    """An asset can't give commands, and no second timekeeper can stop or pull time."""
    with end(hub, name, role, key=hub.ring.client(subject)) as attacker:
        attacker.turned_away()
        assert attacker.session.refused is not None
        assert attacker.session.refused.code in (Fault.WRONG_ROLE, Fault.WRONG_PEER)
        hub.refuses(attacker.session.refused.code)


def test_two_of_the_same_tool_do_not_take_each_other_s_place(hub: Besieged, honest: Honest) -> None:
    """An operator's tools call themselves ``subject-anything``, which may be what another is called."""
    hub.ring.create("fleet-2", Role.OPERATOR, hub.wall[0], by="test")
    with end(hub, "fleet-2", Role.OPERATOR) as tool:
        until(lambda: tool.up, "it is welcome", tool.turn)
        with end(hub, "fleet-2", Role.OPERATOR, key=hub.ring.client(COMMANDS)) as attacker:
            attacker.refused(Fault.WRONG_PEER)
            hub.refuses(Fault.WRONG_PEER, COMMANDS)
        tool.turn()
        assert tool.up


def test_an_operator_s_tool_takes_no_name_that_a_key_was_made_for(hub: Besieged, honest: Honest) -> None:
    """Also while nobody is connected under it; and who had the name before loses it to the one it belongs to."""
    fleet = hub.ring.client(COMMANDS)
    with (
        end(hub, "fleet-2", Role.OPERATOR, key=fleet) as squatter,
        end(hub, "fleet-3", Role.OPERATOR, key=fleet) as tool,
    ):
        squatter.welcomed()
        tool.welcomed()
        hub.ring.create("fleet-2", Role.OPERATOR, hub.wall[0], by="test")
        squatter.refused(Fault.WRONG_PEER)
        hub.refuses(Fault.WRONG_PEER, "fleet-2")
        with end(hub, "fleet-2", Role.OPERATOR, key=fleet) as attacker:
            attacker.refused(Fault.WRONG_PEER)
            hub.refuses(Fault.WRONG_PEER, COMMANDS)
        with end(hub, "fleet-2", Role.OPERATOR) as owner:
            owner.welcomed()
        tool.turn()
        assert tool.up


def test_channels_that_are_not_for_this_role(hub: Besieged, honest: Honest) -> None:
    """Telemetry is for assets, the feed, which tells where everybody is, for operators."""
    with zmq.Context() as context:
        for subject, address, kind in (
            (COMMANDS, hub.telemetry, zmq.DEALER),
            (OTHER, hub.feed, zmq.SUB),
            (TIMEKEEPER, hub.feed, zmq.SUB),
        ):
            with context.socket(kind) as socket:
                socket.setsockopt(zmq.LINGER, 0)
                if kind == zmq.SUB:
                    socket.setsockopt(zmq.SUBSCRIBE, b"")
                secure(socket, hub.ring.client(subject))
                socket.connect(address)
                until(lambda s=subject: s in told_of(hub, "wrong_channel_for_role"), "it is refused")  # type: ignore[misc]
                assert kind != zmq.SUB or not socket.poll(500)
    hub.refuses("wrong_channel_for_role")


def told_of(hub: Besieged, code: str) -> set[object]:
    return {line["who"] for line in hub.lines(code)}


@pytest.mark.alone
def test_a_key_that_is_revoked_while_its_connection_stands(hub: Besieged, honest: Honest) -> None:
    """Within a second nothing of it is believed, on either channel; and it does not come back."""
    with end(hub, OTHER) as thief:
        thief.welcomed().works()
        thief.attach()
        thief.sample()
        until(lambda: OTHER in hub.core.live, "its sample is seen", thief.turn)
        hub.ring.revoke(OTHER, datetime.now(UTC), by="ann")
        revoked_at = time.monotonic()
        thief.refused(Fault.KEY_ENDED)
        assert time.monotonic() - revoked_at < 1.5
        hub.refuses(Fault.KEY_ENDED, OTHER)

        def goes_on() -> None:
            thief.hello()
            thief.sample(lon=1)

        until(lambda: hub.refusals("no_credential"), "frames are refused", goes_on)
        assert "no_credential" in {line["code"] for line in hub.told}
        assert hub.core.live[OTHER].lon != 1
    with end(hub, OTHER, key=thief.key) as back:
        hub.refuses("revoked_key", f"{OTHER} at 127.0.0.1")
        back.turned_away()


def test_who_reads_the_feed_with_a_key_that_is_revoked(hub: Besieged, honest: Honest) -> None:
    """It is told nothing more of where everybody is, although it says nothing itself; other readers go on."""
    hub.ring.create("spy", Role.OPERATOR, hub.wall[0], by="test")
    with zmq.Context() as context, context.socket(zmq.SUB) as spy, context.socket(zmq.SUB) as reader:
        for socket, subject in ((spy, "spy"), (reader, COMMANDS)):
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.SUBSCRIBE, b"")
            secure(socket, hub.ring.client(subject))
            socket.connect(hub.feed)
            assert socket.poll(30_000)
        hub.ring.revoke("spy", datetime.now(UTC), by="ann")
        hub.refuses("revoked_key")
        heard(spy)
        assert not spy.poll(1000)
        heard(reader)
        assert reader.poll(30_000)


def heard(socket: zmq.Socket[bytes]) -> int:
    """How many messages had come in."""
    return sum(1 for _ in drain(socket, 100_000))


def test_telemetry_over_a_connection_of_another_key(hub: Besieged, honest: Honest) -> None:
    """Also of an asset's own older one: it may be revoked while the session's stays."""
    old = hub.ring.client(OTHER)
    hub.ring.rotate(OTHER, hub.wall[0], by="ann", overlap=timedelta(days=7))
    with end(hub, OTHER) as asset:
        asset.welcomed()
        asset.key = old
        asset.attach()
        hub.refuses("not_attached", OTHER, asset.turn)
        assert not hub.attached(OTHER)


def test_a_key_whose_time_is_over(hub: Besieged, honest: Honest) -> None:
    """A session ends with the key that it began with; a new connection is refused."""
    soon = hub.wall[0] + timedelta(hours=1)
    _, path = hub.ring.create("harbour", Role.OPERATOR, hub.wall[0], by="test", not_after=soon)
    with end(hub, "harbour", Role.OPERATOR) as guest:
        guest.welcomed()
        hub.wall[0] = soon
        guest.refused(Fault.KEY_ENDED)
        hub.refuses(Fault.KEY_ENDED, "harbour")
    with end(hub, "harbour", Role.OPERATOR) as back:
        hub.refuses("expired_key")
        back.turned_away()
    assert path.exists()


def test_a_key_whose_time_has_not_come(hub: Besieged, honest: Honest) -> None:
    hub.ring.create(
        "harbour", Role.OPERATOR, hub.wall[0], by="t", not_before=hub.wall[0] + timedelta(hours=1)
    )
    with end(hub, "harbour", Role.OPERATOR) as early:
        hub.refuses("key_not_yet_valid")
        early.turned_away()


def test_a_rotation_interrupts_nobody(hub: Besieged, honest: Honest) -> None:
    """Old and new key both work, until the old one's time is over; also where the run itself had made the old one."""
    old = hub.ring.client(OTHER)
    with end(hub, OTHER) as asset:
        asset.welcomed().works()
        hub.ring.rotate(OTHER, hub.wall[0], by="ann", overlap=timedelta(days=7))
        hub.wall[0] += timedelta(days=1)
        time.sleep(0.5)
        asset.works()
        assert asset.up
    with end(hub, OTHER, key=old) as again:
        again.welcomed()
    with end(hub, OTHER) as renewed:
        renewed.welcomed().works()
        hub.wall[0] += timedelta(days=7)
        time.sleep(0.5)
        renewed.works()
    with end(hub, OTHER, key=old) as late:
        hub.refuses("expired_key")
        late.turned_away()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda ring: ring.write_bytes(b"{"),
    "empty": lambda ring: ring.write_bytes(b"{}"),
    "gone": lambda ring: ring.unlink(),
    "others may write": lambda ring: ring.chmod(0o666),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_hub_does_not_start_on_a_broken_keyring(tmp_path: Path, damage: str) -> None:
    """With fresh keys it would lock everybody out, with none let everybody in."""
    (tmp_path / "input").mkdir()
    files = write_inputs(tmp_path / "input")
    run, at = RunDir.named("day", tmp_path), datetime(2026, 11, 24, 8, tzinfo=UTC)
    run_hub(run, lambda: True, new=Setup(name="day", files=files, at=at, until=at + timedelta(hours=4)))
    ring = Keyring(run.keys).file
    kept, kept_hub = ring.read_bytes(), Keyring(run.keys).hub_file.read_bytes()
    DAMAGES[damage](ring)
    started: list[Running] = []
    for _ in range(2):
        with pytest.raises(KeyringError, match=r"keyring\.json"):
            run_hub(run, lambda: True, started.append)
    assert started == []
    assert Keyring(run.keys).hub_file.read_bytes() == kept_hub
    write_secret(ring, kept.decode())
    ring.chmod(0o600)
    run_hub(run, lambda: True, started.append)
    assert len(started) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_keyring_that_breaks_lets_nobody_new_in(hub: Besieged, honest: Honest, damage: str) -> None:
    """Sessions that stand go on, as long as their keys' dates let them; who was kept out comes in once it is mended."""
    soon = hub.wall[0] + timedelta(hours=1)
    hub.ring.create("harbour", Role.OPERATOR, hub.wall[0], by="test", not_after=soon)
    with end(hub, "harbour", Role.OPERATOR) as guest:
        guest.welcomed()
        kept = hub.ring.file.read_bytes()
        DAMAGES[damage](hub.ring.file)
        time.sleep(0.5)
        with end(hub, OTHER) as new:
            hub.refuses("keyring_unreadable")
            new.turned_away()
            hub.wall[0] = soon
            guest.refused(Fault.KEY_ENDED)
            hub.ring.file.write_bytes(kept)
            hub.ring.file.chmod(0o600)

            def tries_again() -> None:
                if new.session.wants_connection(time.monotonic()):
                    new.hello()
                new.turn()

            until(lambda: new.up, "it comes in, over the socket that it has", tries_again)


def test_a_hub_that_can_t_answer_lets_nobody_in(hub: Besieged, honest: Honest) -> None:
    """Sockets whose ZAP nobody answers, as when the loop has died: the handshake never ends well."""
    key = hub.ring.hub_key().secret.get_secret_value().encode()
    free = "tcp://127.0.0.1:*"
    for handler in (True, False):
        mute = Sockets(free, free, free, secret=key)
        try:
            if not handler:
                mute.zap.unbind("inproc://zeromq.zap.01")
            with end(hub, OTHER, control=bound_address(mute.control)) as attacker:
                attacker.turned_away()
                assert not mute.control.poll(0)
        finally:
            mute.close()


def test_a_client_is_told_why_it_is_not_let_in(hub: Besieged, honest: Honest) -> None:
    request = RemoveZone(request_id="r-1", by="ann", zone_id="none")
    good = hub.ring.client(COMMANDS)
    with HubClient(hub.control, key=good, timeout_s=20) as client:
        assert not client.request(request).ok  # an answer is an answer
    for key, why in ((None, "it wants a key"), (of_nobody(good), "does not take the key")):
        with (
            HubClient(hub.control, key=key, timeout_s=20) as client,
            pytest.raises(HubUnreachable, match=why) as told,
        ):
            client.request(request)
        assert good.secret.get_secret_value() not in str(told.value)


def test_a_clock_that_is_set_back_ends_no_session(hub: Besieged, honest: Honest) -> None:
    """A key that was made to count at once counts, also where the hub's clock now says that it was not made yet."""
    with end(hub, OTHER) as asset:
        asset.welcomed()
        hub.wall[0] -= timedelta(hours=1)
        time.sleep(0.5)
        asset.works()
        assert asset.up
    with end(hub, OTHER) as again:
        again.welcomed()
