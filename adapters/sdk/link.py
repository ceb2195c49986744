"""The two sockets of an adapter. Nothing here blocks, and nothing outlives ``close``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

from adapters.sdk.errors import TurnedAway
from adapters.sdk.keys import CurveKeys, secure
from fleet.protocol.codec import MAX_CONTROL_FRAME, MAX_TELEMETRY_FRAME

CONTROL_QUEUE: Final = 256
TURNED_AWAY: Final = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
TELEMETRY_QUEUE: Final = 4
"""Old positions are worth nothing: a slow link sheds them here."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the hub listens; ``telemetry`` is empty for a peer that sends none."""

    control: str
    telemetry: str = ""


class Link:
    """One connection to the hub, or none. A new one is a pair of new sockets: nothing old is sent on it."""

    def __init__(
        self,
        endpoints: Endpoints,
        keys: CurveKeys | None = None,
        context: zmq.Context[zmq.Socket[bytes]] | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._keys = keys
        self._owns_context = context is None
        self._context = context if context is not None else zmq.Context()
        self._control: zmq.Socket[bytes] | None = None
        self._telemetry: zmq.Socket[bytes] | None = None
        self._turned_away: dict[zmq.Socket[bytes], zmq.Socket[bytes]] = {}

    def open(self) -> None:
        """Connect; what was queued on the connection before is gone."""
        self.hang_up()
        self._control = self._dial(self._endpoints.control, CONTROL_QUEUE, MAX_CONTROL_FRAME)
        if self._endpoints.telemetry:
            self._telemetry = self._dial(self._endpoints.telemetry, TELEMETRY_QUEUE, MAX_TELEMETRY_FRAME)

    def hang_up(self) -> None:
        """Close both sockets at once."""
        for socket in (self._control, self._telemetry):
            if socket is not None:
                socket.disable_monitor()
                self._turned_away.pop(socket).close(linger=0)
                socket.close(linger=0)
        self._control = self._telemetry = None

    def close(self) -> None:
        """Close the sockets, and the context if it is our own."""
        self.hang_up()
        if self._owns_context:
            self._context.term()

    def send_control(self, frames: Sequence[bytes]) -> bool:
        """Hand frames to the transport; False when it is full (they are sent again later)."""
        return _send(self._control, frames)

    def send_telemetry(self, frames: Sequence[bytes]) -> bool:
        """Hand frames to the transport; False when it is full (they are shed)."""
        return _send(self._telemetry, frames)

    def received(self) -> Iterator[list[bytes]]:
        """What has come in on the control channel, until there is no more."""
        # A handler may hang up in the middle.
        while (socket := self._control) is not None:
            try:
                yield socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return

    def wait(self, timeout_ms: int) -> None:
        """Sleep until something comes in, at most ``timeout_ms``."""
        if self._control is None:
            zmq.select([], [], [], timeout_ms / 1000)
        else:
            self._control.poll(timeout_ms)

    def check(self) -> None:
        """Raises ``TurnedAway`` when the hub does not take our key, or one end has keys and the other none."""
        for socket, events in self._turned_away.items():
            if events.poll(0):
                event = recv_monitor_message(events)
                raise TurnedAway("key_refused", self._why(event["event"], socket is self._telemetry))

    def _why(self, event: int, telemetry: bool) -> str:
        channel = "telemetry" if telemetry else "control"
        if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            keys = "it wants a key" if self._keys is None else "it does not use keys"
            return f"{channel}: {keys}"
        return f"{channel}: it does not take this key; its log and `fleet keys list` say why"

    def _dial(self, endpoint: str, queue: int, max_frame: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, queue)
        socket.setsockopt(zmq.RCVHWM, queue)
        socket.setsockopt(zmq.MAXMSGSIZE, max_frame)
        secure(socket, self._keys)
        self._turned_away[socket] = socket.get_monitor_socket(TURNED_AWAY)
        socket.connect(endpoint)
        return socket


def _send(socket: zmq.Socket[bytes] | None, frames: Sequence[bytes]) -> bool:
    if socket is None:
        return False
    try:
        socket.send_multipart(frames, zmq.DONTWAIT)
    except zmq.Again:
        return False
    return True
