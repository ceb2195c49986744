"""How many connections there are, and what became of those that never finished their handshake.

A handshake that fails before ZeroMQ asks us (a wrong server key, another mechanism, noise, nothing at all) is seen
here only, in the events of the sockets.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import zmq

from fleet.hub.refusals import Refusals, Turned

EVENTS: Final = (
    zmq.EVENT_ACCEPTED
    | zmq.EVENT_ACCEPT_FAILED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_EVENT: Final = struct.Struct("=Hi")
MECHANISM_MISMATCH: Final = zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH
CRYPTOGRAPHIC: Final = zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC
MOST_A_TURN: Final = 5000


class Accepted(NamedTuple):
    """A connection that was accepted: from where, and how many handshakes were decided at its door before."""

    address: str
    decided: int


@dataclass(slots=True)
class Door:
    """The events of one socket, as far as they were understood."""

    events: zmq.Socket[bytes]
    open: dict[int, Accepted] = field(default_factory=dict)
    decided: int = 0
    failing: str | None = None
    """Why the connection that ends next never finished; empty where ZAP has told it already."""


class Connections:
    """Counts the connections of several sockets, from what ``watch`` gave for each; beyond ``most`` it hangs up."""

    def __init__(self, events: Iterable[zmq.Socket[bytes]], refusals: Refusals, most: int) -> None:
        self._refusals, self._most = refusals, most
        self._doors = [Door(each) for each in events]

    @property
    def live(self) -> int:
        """How many connections there are."""
        return sum(len(door.open) for door in self._doors)

    def follow(self, wall_s: float) -> None:
        """Take in what has happened since."""
        for door in self._doors:
            for _ in range(MOST_A_TURN):
                try:
                    event, _address = door.events.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                number, value = _EVENT.unpack(event)
                _HANDLERS[number](self, door, value, wall_s)

    def _accepted(self, door: Door, handle: int, wall_s: float) -> None:
        full = self.live >= self._most
        address = _peer_of(handle, hang_up=full)
        door.open[handle] = Accepted(address, door.decided)
        if full:
            self._refusals.note(address, Turned.TOO_MANY_CONNECTIONS, wall_s)

    def _decided(self, door: Door, _value: int, _wall_s: float) -> None:
        door.decided += 1

    def _refused(self, door: Door, _value: int, _wall_s: float) -> None:
        door.decided += 1
        door.failing = ""

    def _broke(self, door: Door, problem: int, _wall_s: float) -> None:
        door.decided += 1
        door.failing = _PROBLEMS.get(problem & 0x7FFFFFFF, Turned.BAD_HANDSHAKE)

    def _stopped(self, door: Door, number: int, _wall_s: float) -> None:
        door.decided += 1
        # EAGAIN: the time for it was over. Else the peer itself has hung up, for instance on seeing that we want keys.
        door.failing = Turned.HANDSHAKE_UNFINISHED if number == errno.EAGAIN else Turned.HUNG_UP

    def _ended(self, door: Door, handle: int, wall_s: float) -> None:
        accepted = door.open.pop(handle, None)
        failing, door.failing = door.failing, None
        if accepted is None:
            return
        if failing is None and accepted.decided == door.decided:
            # It ended, and no handshake at all was decided in its time: what it sent was not even a greeting.
            failing = Turned.NOT_ZMTP
        if failing:
            self._refusals.note(accepted.address, failing, wall_s)

    def _no_more(self, _door: Door, _errno: int, wall_s: float) -> None:
        self._refusals.note("this machine", Turned.OUT_OF_FILES, wall_s)


_PROBLEMS: Final[Mapping[int, Turned]] = {
    MECHANISM_MISMATCH: Turned.WRONG_MECHANISM,
    CRYPTOGRAPHIC: Turned.WRONG_SERVER_KEY,
}
_HANDLERS: Final[Mapping[int, Callable[[Connections, Door, int, float], Any]]] = {
    zmq.EVENT_ACCEPTED: Connections._accepted,
    zmq.EVENT_ACCEPT_FAILED: Connections._no_more,
    zmq.EVENT_DISCONNECTED: Connections._ended,
    zmq.EVENT_HANDSHAKE_SUCCEEDED: Connections._decided,
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: Connections._stopped,
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: Connections._broke,
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: Connections._refused,
}


def watch(
    context: zmq.Context[zmq.Socket[bytes]], name: str, watched: zmq.Socket[bytes]
) -> zmq.Socket[bytes]:
    """Where the events of a socket come out. Call it before the socket is bound."""
    address = f"inproc://events-{name}"
    watched.monitor(address, EVENTS)
    events = context.socket(zmq.PAIR)
    # Without a limit: ZeroMQ's thread would wait for us in the middle of everybody's frames.
    events.setsockopt(zmq.RCVHWM, 0)
    events.setsockopt(zmq.LINGER, 0)
    events.connect(address)
    return events


def _peer_of(handle: int, *, hang_up: bool = False) -> str:
    """From where a connection comes, as far as that can be told: it may have ended, and its number be another's.

    ``hang_up`` ends it. (To stop listening would end all of them: to ZeroMQ they belong to the address.)
    """
    try:
        with socket.socket(fileno=os.dup(handle)) as copy:
            name = copy.getpeername()
            if hang_up:
                copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        return "unknown address"
    return str(name[0]) if isinstance(name, tuple) and name else "this machine"
