"""The sockets of one peer. Unlike a vehicle's they shed nothing: in granted time the hub waits for every frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import zmq

from adapters.sdk.keys import CurveKeys, secure
from fleet.protocol.codec import MAX_CONTROL_FRAME, MAX_TELEMETRY_FRAME

Frames = list[bytes]


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
        keys: CurveKeys | None = None,
    ) -> None:
        self._keys = keys
        self._context, self._endpoints, self._poller = context, endpoints, poller
        self._control: zmq.Socket[bytes] | None = None
        self._telemetry: zmq.Socket[bytes] | None = None

    def open(self) -> None:
        """Connect anew."""
        self.close()
        self._control = self._dial(self._endpoints.control, MAX_CONTROL_FRAME)
        self._poller.register(self._control, zmq.POLLIN)

    def close(self) -> None:
        """Hang up; what was not sent is gone."""
        if self._control is not None:
            self._poller.unregister(self._control)
        for socket in (self._control, self._telemetry):
            if socket is not None:
                socket.close(linger=0)
        self._control = self._telemetry = None

    def send(self, frames: Sequence[bytes]) -> None:
        """Send on the control channel, if there is a connection."""
        if self._control is not None:
            self._control.send_multipart(frames, zmq.DONTWAIT)

    def send_telemetry(self, frames: Sequence[bytes]) -> None:
        """Send on the telemetry channel, which is opened when it is first needed."""
        if self._telemetry is None:
            self._telemetry = self._dial(self._endpoints.telemetry, MAX_TELEMETRY_FRAME)
        self._telemetry.send_multipart(frames, zmq.DONTWAIT)

    def received(self) -> Iterator[Frames]:
        """What has come in, until there is no more; a handler may hang up in the middle."""
        while (socket := self._control) is not None:
            try:
                yield socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return

    def _dial(self, endpoint: str, max_frame: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.SNDHWM, 0),
            (zmq.RCVHWM, 0),
            (zmq.MAXMSGSIZE, max_frame),
        ):
            socket.setsockopt(option, value)
        secure(socket, self._keys)
        socket.connect(endpoint)
        return socket
