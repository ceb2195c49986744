"""The rest of what a hub has to do with: telemetry of assets, and one who reads the feed."""

from __future__ import annotations

from contextlib import suppress

import zmq

from adapters.sdk.keys import secure as secure_asset
from benchmarks.faults.reporters import AT, KeysOf, Reporter, Sockets
from fleet.hub.client import secure
from fleet.protocol.codec import encode_telemetry
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import Attach, Telemetry
from fleet.protocol.session import SessionState


class Samples:
    """The telemetry channels of assets: each is attached anew with each of its sessions. ``sent`` counts samples."""

    def __init__(self, context: Sockets, endpoint: str, keys: KeysOf) -> None:
        self._context, self._endpoint, self._keys = context, endpoint, keys
        self._channels: dict[str, tuple[zmq.Socket[bytes], str]] = {}
        self.sent = 0

    def send(self, reporter: Reporter) -> None:
        """One sample, if the asset has a session and there is room."""
        welcome = reporter.session.welcome
        if welcome is None or reporter.session.state is not SessionState.WELCOMED:
            return
        socket, token = self._channels.get(reporter.asset_id) or (self._dialled(reporter), "")
        with suppress(zmq.Again):
            if token != welcome.token:
                attach = Attach(peer_id=reporter.asset_id, token=welcome.token)
                socket.send_multipart(encode_telemetry(attach), zmq.DONTWAIT)
                self._channels[reporter.asset_id] = socket, welcome.token
            sample = Telemetry(at=AT, lon=-8.0 + self.sent % 1000 * 1e-6, lat=41.0, soc=1.0)
            socket.send_multipart(encode_telemetry(sample), zmq.DONTWAIT)
            self.sent += 1

    def _dialled(self, reporter: Reporter) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        secure_asset(socket, self._keys(reporter.asset_id))
        socket.connect(self._endpoint)
        self._channels[reporter.asset_id] = socket, ""
        return socket

    def hang_up(self, reporter: Reporter) -> None:
        """Close an asset's channel."""
        channel = self._channels.pop(reporter.asset_id, None)
        if channel is not None:
            channel[0].close(linger=0)

    def close(self) -> None:
        """Close them all."""
        for socket, _ in self._channels.values():
            socket.close(linger=0)
        self._channels.clear()


class FeedReader:
    """Listens to everything that the hub publishes. ``heard`` counts messages."""

    def __init__(self, context: Sockets, endpoint: str, key: KeyFile | None) -> None:
        self._context, self._endpoint, self._key = context, endpoint, key
        self.heard = 0
        self._socket = self._dialled()

    def _dialled(self) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.SUB)
        secure(socket, self._key)
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(self._endpoint)
        return socket

    def drain(self) -> None:
        """Take in what has come."""
        with suppress(zmq.Again):
            while True:
                self._socket.recv_multipart(zmq.DONTWAIT)
                self.heard += 1

    def reconnect(self) -> None:
        """Listen over another connection."""
        self.close()
        self._socket = self._dialled()

    def close(self) -> None:
        """Hang up."""
        self._socket.close(linger=0)
