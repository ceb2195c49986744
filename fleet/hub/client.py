"""An operator's end of the wire, for commands and the console: ask the hub something, wait for its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import uuid4

import zmq

from fleet.protocol.codec import MAX_CONTROL_FRAME, decode_control, encode
from fleet.protocol.messages import AnyMessage, Envelope, Reply, Role
from fleet.protocol.session import PeerSession, SessionState


class HubUnreachable(Exception):
    """The hub did not answer in time; whether it has taken the request is not known until it is asked again."""


class HubClient:
    """One connection to the hub. Use it as a context manager, from one thread at a time."""

    def __init__(
        self,
        control: str,
        *,
        by: str = "operator",
        timeout_s: float = 10,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint, self._timeout_s, self._monotonic = control, timeout_s, monotonic
        name = f"{by}-{uuid4().hex[:12]}"
        self._session = PeerSession(name, Role.OPERATOR, uuid4().hex)
        self._context = zmq.Context()
        self._socket = self._open()

    def _open(self) -> zmq.Socket[bytes]:
        opened = self._context.socket(zmq.DEALER)
        opened.setsockopt(zmq.LINGER, 0)
        opened.setsockopt(zmq.MAXMSGSIZE, MAX_CONTROL_FRAME)
        opened.connect(self._endpoint)
        return opened

    def request(self, message: AnyMessage) -> Reply:
        """The hub's answer to a request (matched by ``request_id``). Raises ``HubUnreachable``."""
        request_id = getattr(message, "request_id", None)
        if request_id is None:
            raise TypeError(f"{message.type!r} is no request: it has no request_id")
        deadline = self._monotonic() + self._timeout_s
        self._session.send(message)
        while self._monotonic() < deadline:
            for reply in self._turn():
                if reply.request_id == request_id:
                    return reply
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
            for delivery in self._session.receive(envelope, self._monotonic()):
                if delivery.seq is not None:
                    self._session.taken(delivery.seq)
                if isinstance(delivery.message, Reply):
                    replies.append(delivery.message)
        self._refused()
        self._send(self._session.poll(self._monotonic()))
        return replies

    def _connect(self, now: float) -> None:
        self._socket.close(linger=0)
        self._socket = self._open()
        self._send(self._session.connect(now))

    def _refused(self) -> None:
        turned_away = self._session.state is SessionState.REFUSED and not self._session.must_reboot
        if turned_away and self._session.refused is not None:
            raise HubUnreachable(f"the hub at {self._endpoint} turns us away: {self._session.refused.detail}")

    def _send(self, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            self._socket.send_multipart(encode(envelope, self._session.version))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close(linger=200)
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
