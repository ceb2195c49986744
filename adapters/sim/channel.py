"""The sockets of one peer. Unlike a vehicle's they shed nothing: in granted time the hub waits for every frame."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import zmq

from adapters.sdk.keys import CurveKeys, secure
from fleet.protocol.codec import MAX_CONTROL_FRAME, MAX_TELEMETRY_FRAME

Frames = list[bytes]

NOW, MORE_NOW = int(zmq.DONTWAIT), int(zmq.DONTWAIT | zmq.SNDMORE)
"""As plain numbers: pyzmq's ``send_multipart`` joins flags as enums for each frame."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the hub listens."""

    control: str
    telemetry: str


class Channel:
    """One connection to the hub, or none; a new connection is a new pair of sockets."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        endpoints: Endpoints,
        poller: zmq.Poller,
        keys: Callable[[], CurveKeys | None] = lambda: None,
    ) -> None:
        self._read_keys = keys
        self.keys: CurveKeys | None = None
        self._context, self._endpoints, self._poller = context, endpoints, poller
        self._control: zmq.Socket[bytes] | None = None
        self._events: zmq.Socket[bytes] | None = None
        self._telemetry: zmq.Socket[bytes] | None = None

    def open(self, *, watched: bool = False) -> None:
        """Connect anew, with the key that is there now. Raises ``KeyGone``.

        ``watched``: have ``turned_away`` told of a handshake that the hub refuses. That costs two more sockets, and
        most handshakes succeed.
        """
        self.close()
        self.keys = self._read_keys()
        self._control = self._socket(MAX_CONTROL_FRAME)
        if watched:
            self._events = self._control.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
        self._control.connect(self._endpoints.control)
        self._poller.register(self._control, zmq.POLLIN)

    def renewed(self) -> bool:
        """Whether there is another key by now than the one that we have knocked with. Raises ``KeyGone``."""
        return self._read_keys() != self.keys

    @property
    def turned_away(self) -> bool:
        """Whether the hub does not take our key; known only of a connection that is watched."""
        return self._events is not None and bool(self._events.poll(0))

    def close(self) -> None:
        """Hang up; what was not sent is gone."""
        if self._control is not None:
            self._poller.unregister(self._control)
        if self._control is not None and self._events is not None:
            self._control.disable_monitor()
            self._events.close(linger=0)
            self._events = None
        for socket in (self._control, self._telemetry):
            if socket is not None:
                socket.close(linger=0)
        self._control = self._telemetry = None

    def is_among(self, sockets: Container[object]) -> bool:
        """Whether the control channel's socket is one of these."""
        return self._control is not None and self._control in sockets

    def send(self, frames: Sequence[bytes]) -> None:
        """Send on the control channel, if there is a connection."""
        if self._control is not None:
            _send(self._control, frames)

    def send_telemetry(self, frames: Sequence[bytes]) -> None:
        """Send on the telemetry channel, which is opened when it is first needed."""
        if self._telemetry is None:
            self._telemetry = self._socket(MAX_TELEMETRY_FRAME)
            self._telemetry.connect(self._endpoints.telemetry)
        _send(self._telemetry, frames)

    def received(self) -> Iterator[Frames]:
        """What has come in, until there is no more; a handler may hang up in the middle."""
        while (socket := self._control) is not None:
            try:
                yield socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return

    def _socket(self, max_frame: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.SNDHWM, 0),
            (zmq.RCVHWM, 0),
            (zmq.MAXMSGSIZE, max_frame),
        ):
            socket.setsockopt(option, value)
        secure(socket, self.keys)
        return socket


def _send(socket: zmq.Socket[bytes], frames: Sequence[bytes]) -> None:
    *before, last = frames
    with suppress(zmq.Again):  # the hub has refused the handshake already: nobody is there to hear it
        for frame in before:
            socket.send(frame, MORE_NOW)
        socket.send(last, NOW)
