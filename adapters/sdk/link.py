"""The two sockets of an adapter. Nothing here blocks, and nothing outlives ``close``."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

from adapters.sdk.errors import TurnedAway
from adapters.sdk.keys import CurveKeys, renewed, secure
from fleet.protocol.codec import MAX_CONTROL_FRAME, MAX_TELEMETRY_FRAME
from fleet.protocol.errors import Fault
from fleet.protocol.messages import Refused
from fleet.protocol.session import PeerSession, SessionState

CONTROL_QUEUE: Final = 256
TURNED_AWAY: Final = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
HUNG_UP: Final = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
KEY_FAULTS: Final = frozenset({Fault.KEY_ENDED, Fault.WRONG_PEER, Fault.WRONG_ROLE})
"""Refusals that are about the key that we have."""

MANY: Final = 5
"""So many handshakes in a row that were hung up on are told: once can be chance, or a hub that is just ending."""

LOG = logging.getLogger("fleet.adapter")
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
        self._hung_up = 0

    def open(self) -> None:
        """Connect, with the key that is in its file now; what was queued on the connection before is gone."""
        self.hang_up()
        self._keys = renewed(self._keys)
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
                frames = socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            self._hung_up = 0
            yield frames

    def wait(self, timeout_ms: int) -> None:
        """Sleep until something comes in, at most ``timeout_ms``."""
        if self._control is None:
            zmq.select([], [], [], timeout_ms / 1000)
        else:
            self._control.poll(timeout_ms)

    def must_redial(self, session: PeerSession) -> bool:
        """Whether the hub turns us away while another key has come into our key file: then it is worth a try at once.

        Raises ``TurnedAway`` where the hub refuses us for good.
        """
        try:
            self._check_handshakes()
            if (
                session.state is SessionState.REFUSED
                and session.refused is not None
                and not session.must_reboot
            ):
                raise TurnedAway(session.refused.code, self._explained(session.refused))
        except TurnedAway:
            if renewed(self._keys) == self._keys:
                raise
            return True
        return False

    def _check_handshakes(self) -> None:
        """Raises ``TurnedAway`` when the hub does not take our key, or one end has keys and the other none.

        A hub that hangs up on handshakes again and again is logged: what is wrong can't be known from here.
        """
        for socket, events in self._turned_away.items():
            while events.poll(0):
                event = recv_monitor_message(events)["event"]
                if event & TURNED_AWAY:
                    raise TurnedAway("key_refused", self._why(event, telemetry=socket is self._telemetry))
                self._count_hung_up()

    def _explained(self, refused: Refused) -> str:
        if self._keys is None or refused.code not in KEY_FAULTS:
            return refused.detail
        todo = f"; {self._another_key()}" if refused.code == Fault.KEY_ENDED else ""
        return f"{refused.detail} (we have {self._keys.name}){todo}"

    def _another_key(self) -> str:
        subject = "ID" if self._keys is None or not self._keys.subject else self._keys.subject
        file = "FILE" if self._keys is None or not self._keys.file else self._keys.file
        return f"have another made at the hub (fleet keys create {subject} --role ROLE --out FILE), put it at {file}"

    def _why(self, event: int, *, telemetry: bool) -> str:
        channel = (
            f"telemetry {self._endpoints.telemetry}" if telemetry else f"control {self._endpoints.control}"
        )
        if self._keys is None:
            return f"{channel}: it wants a key: the file that `fleet keys create` makes at the hub"
        if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return f"{channel}: it does not use keys: give none"
        return (
            f"{channel}: it does not take {self._keys.name}; its log and `fleet keys list --all` say why; "
            f"{self._another_key()}"
        )

    def _count_hung_up(self) -> None:
        self._hung_up += 1
        if self._hung_up == MANY and self._keys is not None:
            LOG.warning(
                "the hub at %s hangs up on us before it has looked at %s, again and again: either the hub's public key "
                "in there is not its own (it is another hub, or has got another key since), and %s; or it has no room "
                "for more connections",
                self._endpoints.control,
                self._keys.name,
                self._another_key(),
            )

    def _dial(self, endpoint: str, queue: int, max_frame: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, queue)
        socket.setsockopt(zmq.RCVHWM, queue)
        socket.setsockopt(zmq.MAXMSGSIZE, max_frame)
        secure(socket, self._keys)
        self._turned_away[socket] = socket.get_monitor_socket(TURNED_AWAY | HUNG_UP)
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
