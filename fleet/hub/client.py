"""An operator's end of the wire, for commands and the console: ask the hub something, wait for its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import zmq
from zmq.utils.monitor import recv_monitor_message

from fleet.hub.security.keyring import renewed
from fleet.protocol.codec import MAX_CONTROL_FRAME, decode_control, encode
from fleet.protocol.errors import Unsayable
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import AnyMessage, Envelope, Reply, Role
from fleet.protocol.session import PeerSession, SessionState


class HubUnreachable(Exception):
    """The hub did not answer in time; whether it has taken the request is not known until it is asked again."""


class HubBusy(HubUnreachable):
    """The hub is there, and did not take the request in time; ``detail`` is what it said why, which may be nothing."""

    def __init__(self, endpoint: str, timeout_s: float, detail: str) -> None:
        why = f": {detail}" if detail else ""
        super().__init__(
            f"the hub at {endpoint} was busy and took nothing in for {timeout_s:g} s{why}; try again later"
        )
        self.detail = detail


HUNG_UP = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
MANY = 5
"""So many handshakes in a row that were hung up on say that something is wrong; one may be a hub that just ends."""

TURNED_AWAY = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
"""How a client learns that it is not let in: by its key (400), or because one end has keys and the other none."""


def secure(socket: zmq.Socket[Any], key: KeyFile | None) -> None:
    """Have a socket prove who we are, and that the hub is the hub; without a key nothing is proved."""
    if key is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, key.hub.encode())
        socket.setsockopt(zmq.CURVE_PUBLICKEY, key.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, key.secret.get_secret_value().encode())


def named(key: KeyFile) -> str:
    """Which key it is, for a message to a person."""
    return f"the key {key.key_id} of {key.subject}{f' in {key.file}' if key.file else ''}"


def why_turned_away(event: int, key: KeyFile | None) -> str:
    """What a hub that does not let us in has against us, and what to do."""
    if key is None:
        return "it wants a key"
    if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return f"it does not use keys, and we come with {named(key)}"
    if event == HUNG_UP:
        return (
            f"it hangs up before it has looked at {named(key)}: either the hub's public key in there is not its own "
            f"(it is another hub, or has another key by now; then have `fleet keys rotate {key.subject}` make the file "
            "anew there), or it has no room for more connections"
        )
    return (
        f"it does not take {named(key)}; its log and `fleet keys list --all` say why. Another one: `fleet keys rotate "
        f"{key.subject}` while that still counts, else `fleet keys create {key.subject} --role {key.role.value}`"
    )


class HubClient:
    """One connection to the hub. Use it as a context manager, from one thread at a time.

    ``key`` is the operator's; none for a hub in plain mode.
    """

    def __init__(
        self,
        control: str,
        *,
        by: str = "operator",
        key: KeyFile | None = None,
        timeout_s: float = 10,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint, self._timeout_s, self._monotonic = control, timeout_s, monotonic
        self._by, self._key = by, key
        self._session = self._new_session()
        self._context = zmq.Context()
        self._hung_up = 0
        self._socket = self._open()
        self._unused = True

    def _new_session(self) -> PeerSession:
        # Tools are several at once; the hub takes whatever begins with the name that the key was made for.
        name = f"{self._by if self._key is None else self._key.subject}-{uuid4().hex[:12]}"
        return PeerSession(name, Role.OPERATOR, uuid4().hex)

    def _open(self) -> zmq.Socket[bytes]:
        self._key = renewed(self._key)
        opened = self._context.socket(zmq.DEALER)
        opened.setsockopt(zmq.LINGER, 0)
        opened.setsockopt(zmq.MAXMSGSIZE, MAX_CONTROL_FRAME)
        secure(opened, self._key)
        self._turned_away = opened.get_monitor_socket(TURNED_AWAY | HUNG_UP)
        opened.connect(self._endpoint)
        return opened

    def request(self, message: AnyMessage) -> Reply:
        """The hub's answer to a request (matched by ``request_id``).

        Where the hub is busy it is asked again as often as it says. Raises ``HubBusy`` where it was that to the end,
        and ``HubUnreachable``; a request that was given up is not sent later.
        """
        request_id = getattr(message, "request_id", None)
        if request_id is None:
            raise TypeError(f"{message.type!r} is no request: it has no request_id")
        deadline = self._monotonic() + self._timeout_s
        self._session.send(message)
        while self._monotonic() < deadline:
            for reply in self._turn():
                if reply.request_id == request_id:
                    return reply
        busy, self._session = self._session.told_busy, self._new_session()
        if busy is not None:
            raise HubBusy(self._endpoint, self._timeout_s, busy.detail or (busy.code or ""))
        raise HubUnreachable(
            f"no answer from the hub at {self._endpoint} within {self._timeout_s:g} s: is it running? (`fleet hub`)"
        )

    def _turn(self) -> list[Reply]:
        now = self._monotonic()
        if self._session.must_reboot:
            # The hub has forgotten this tool (it was silent for long, or the hub is another one): begin anew.
            self._session.reboot(uuid4().hex)
            self._connect(now)
        elif self._session.state is SessionState.CLOSED or self._session.wants_connection(now):
            self._connect(now)
        replies: list[Reply] = []
        if self._socket.poll(20):
            envelope = decode_control(self._socket.recv_multipart())
            self._hung_up = 0
            for delivery in self._session.receive(envelope, self._monotonic()):
                if delivery.seq is not None:
                    self._session.taken(delivery.seq)
                if isinstance(delivery.message, Reply):
                    replies.append(delivery.message)
        if self._must_redial():
            self._connect(self._monotonic())
        self._send(self._session.poll(self._monotonic()))
        return replies

    def _connect(self, now: float) -> None:
        if not self._unused:
            self._hang_up(0)
            self._socket = self._open()
        self._unused = False
        self._send(self._session.connect(now))

    def _must_redial(self) -> bool:
        """Whether we are turned away while another key has come into our key file: then it is worth a try at once.

        Raises ``HubUnreachable`` where we are turned away for good.
        """
        why = self._turned_away_for()
        if why is None:
            return False
        if renewed(self._key) == self._key:
            raise HubUnreachable(f"the hub at {self._endpoint} turns us away: {why}")
        return True

    def _turned_away_for(self) -> str | None:
        while self._turned_away.poll(0):
            event = int(recv_monitor_message(self._turned_away)["event"])
            self._hung_up += event == HUNG_UP
            # Without a key it says nothing: a proxy before a hub that just starts does the same.
            if event != HUNG_UP or (self._key is not None and self._hung_up >= MANY):
                return why_turned_away(event, self._key)
        session = self._session
        if session.state is not SessionState.REFUSED or session.must_reboot or session.refused is None:
            return None
        told = session.refused.detail
        return told if self._key is None else f"{told} (we have {named(self._key)})"

    def _send(self, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            try:
                frames = encode(envelope, self._session.version)
            except Unsayable as error:
                self._session = self._new_session()
                raise HubUnreachable(f"the hub at {self._endpoint} can't be told that: {error}") from None
            self._socket.send_multipart(frames)

    def close(self) -> None:
        """Close the connection."""
        self._hang_up(200)
        self._context.term()

    def _hang_up(self, linger_ms: int) -> None:
        self._socket.disable_monitor()
        self._turned_away.close(linger=0)
        self._socket.close(linger=linger_ms)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
