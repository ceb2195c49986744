"""Who is let in: our answer to ZeroMQ's question about each connection (ZAP, RFC 27). It fails closed.

ZeroMQ asks over ``inproc://zeromq.zap.01`` when a handshake has proved that the peer has the secret half of its key.
What is not understood, not known, or goes wrong here is refused; no question stays without an answer, and nobody is let
in without one, because every socket sets ``ZMQ_ZAP_ENFORCE_DOMAIN``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import structlog
import zmq
from zmq.utils import z85

from fleet.hub.security.access import ANYONE, Access
from fleet.hub.security.keytable import KeyState
from fleet.hub.security.limits import Limits
from fleet.hub.security.refusals import Refusals, Turned
from fleet.protocol.messages import Role

LOG = structlog.get_logger("hub")

ENDPOINT: Final = "inproc://zeromq.zap.01"
VERSION: Final = b"1.0"
KEY_BYTES: Final = 32
MOST_A_TURN: Final = 200
"""Handshakes that are answered before frames get their turn."""

CONTROL, TELEMETRY, FEED = "control", "telemetry", "feed"
DOORS: Final[Mapping[str, frozenset[Role]]] = {
    CONTROL: frozenset(Role),
    TELEMETRY: frozenset({Role.ASSET}),
    FEED: frozenset({Role.OPERATOR}),
}
"""The ZAP domain of each socket, and which roles may connect to it."""

OK, TEMPORARY, REFUSED, FAULT = b"200", b"300", b"400", b"500"
"""What ZAP calls them. After 300 libzmq's client tries again by itself, after 400 it does not."""

_PROCESS: Final = re.compile(r"(?:localhost)?:\d+:\d+:\d+")
"""What stands for the address over ipc: user, group and process."""

_OF_STATE: Final = {
    None: Turned.UNKNOWN_KEY,
    KeyState.REVOKED: Turned.REVOKED_KEY,
    KeyState.EXPIRED: Turned.EXPIRED_KEY,
    KeyState.NOT_YET: Turned.KEY_NOT_YET_VALID,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question. ``user_id`` goes with each message of a connection that was let in."""

    status: bytes
    user_id: str = ""
    code: Turned | None = None
    who: str = ""


@dataclass(slots=True)
class Doorkeeper:
    """Judges handshakes. ``connected`` says how many connections were let in: those that only might be count nowhere,
    else strangers could take the room of those who have a key.
    """

    access: Access
    limits: Limits
    connected: Callable[[], int] = lambda: 0
    readers: set[str] = field(default_factory=set)
    """The keys that were let in to the feed since they were last all asked again."""

    def judge(self, request: Sequence[bytes], wall_s: float) -> Verdict:
        """The verdict on a request, from its version on: version, id, domain, address, routing id, mechanism, keys."""
        if len(request) < 6 or request[0] != VERSION:
            return Verdict(REFUSED, code=Turned.BAD_ZAP_REQUEST, who="ZeroMQ")
        domain, address, mechanism = (_text(request[i]) for i in (2, 3, 5))
        who = address or "this machine"
        roles = DOORS.get(domain)
        if roles is None:
            return Verdict(REFUSED, code=Turned.BAD_ZAP_REQUEST, who=who)
        if not self.limits.addresses.takes(address, wall_s):
            return Verdict(TEMPORARY, code=Turned.HANDSHAKE_RATE, who=who)
        if self.connected() >= self.limits.settings.connections:
            return Verdict(TEMPORARY, code=Turned.TOO_MANY_CONNECTIONS, who=who)
        judge = _MECHANISMS.get((mechanism, self.access.plain))
        if judge is None:
            return Verdict(REFUSED, code=Turned.WRONG_MECHANISM, who=who)
        verdict = judge(self, request, roles, who, wall_s)
        if domain == FEED and verdict.code is None:
            self.readers.add(verdict.user_id)
        return verdict

    def _curve(self, request: Sequence[bytes], roles: frozenset[Role], who: str, wall_s: float) -> Verdict:
        if len(request) != 7 or len(request[6]) != KEY_BYTES:
            return Verdict(REFUSED, code=Turned.BAD_ZAP_REQUEST, who=who)
        if self.access.trouble is not None:
            # Not for good: a vehicle whose link breaks just now comes back by itself once the keyring is mended.
            return Verdict(TEMPORARY, code=Turned.KEYRING_UNREADABLE, who=who)
        public = z85.encode(request[6]).decode("ascii")
        credential, state = self.access.of_public(public)
        if credential is None:
            if (subject := self.access.subject_of(public)) is not None:
                who = f"{subject} at {who}"
            return Verdict(REFUSED, code=_OF_STATE.get(state, Turned.EXPIRED_KEY), who=who)
        if credential.role not in roles:
            return Verdict(REFUSED, code=Turned.WRONG_CHANNEL_FOR_ROLE, who=credential.subject)
        if not self.limits.keys.takes(credential.key_id, wall_s):
            return Verdict(TEMPORARY, code=Turned.HANDSHAKE_RATE, who=credential.subject)
        return Verdict(OK, credential.key_id)

    def _null(self, request: Sequence[bytes], roles: frozenset[Role], who: str, wall_s: float) -> Verdict:  # noqa: ARG002
        if not is_local(_text(request[3])):
            return Verdict(REFUSED, code=Turned.NOT_THIS_MACHINE, who=who)
        return Verdict(OK, ANYONE.key_id)


_MECHANISMS: Final = {("CURVE", False): Doorkeeper._curve, ("NULL", True): Doorkeeper._null}
"""How each mechanism is judged, with keys or in plain mode; any other is refused."""


@dataclass(slots=True)
class Zap:
    """The socket that ZeroMQ asks. The hub's loop answers between its frames: what it knows of keys needs no lock, and
    a handshake takes 30 us of it.
    """

    socket: zmq.Socket[bytes]
    doorkeeper: Doorkeeper
    refusals: Refusals

    def answer(self, wall_s: float, most: int = MOST_A_TURN) -> int:
        """Answer what was asked, so many at most; how many it was."""
        for count in range(most):
            try:
                route, *request = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return count
            self.socket.send_multipart([route, *self._answer(request, wall_s)], zmq.NOBLOCK)
        return most

    def _answer(self, request: Sequence[bytes], wall_s: float) -> list[bytes]:
        asked = request[1:] if request and not request[0] else request
        try:
            verdict = self.doorkeeper.judge(asked, wall_s)
        except Exception:
            LOG.exception("a connection could not be judged, so it was refused")
            verdict = Verdict(FAULT, code=Turned.BAD_ZAP_REQUEST, who="ZeroMQ")
        if verdict.code is not None:
            self.refusals.note(verdict.who, verdict.code, wall_s)
        request_id = asked[1] if len(asked) > 1 else b""
        text = verdict.code.value if verdict.code is not None else "OK"
        return [b"", VERSION, request_id, verdict.status, text.encode(), verdict.user_id.encode(), b""]


def is_local(address: str) -> bool:
    """Whether a peer's address, as ZeroMQ tells it, is on this machine: loopback, or none at all (ipc)."""
    if not address or _PROCESS.fullmatch(address):
        return True
    try:
        found = ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _text(frame: bytes) -> str:
    return frame.decode("ascii", "backslashreplace")
