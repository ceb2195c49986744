"""How many connections there are, and what became of those that never finished their handshake.

A handshake that fails before ZeroMQ asks us (a wrong server key, another mechanism, noise, nothing at all) is seen
here only, in the events of the sockets.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import zmq

from fleet.hub.security.handshakes import Handshakes
from fleet.hub.security.refusals import Refusals, Turned

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


Ends = tuple[object, object]
"""The addresses of both ends of a connection: its number may be another's by now, these are not."""


class Accepted(NamedTuple):
    """A connection that was accepted: from where, how many handshakes were decided at its door before, and both ends;
    none where it had ended before they could be asked for.
    """

    address: str
    decided: int
    ends: Ends | None


@dataclass(slots=True)
class Door:
    """The events of one socket, as far as they were understood."""

    name: str
    events: zmq.Socket[bytes]
    open: dict[int, Accepted] = field(default_factory=dict)
    decided: int = 0
    failing: str | None = None
    """Why the connection that ends next never finished; empty where ZAP has told it already."""


class Connections:
    """Counts the connections of several sockets, from what ``watch`` gave for each by name. Beyond ``most`` it hangs
    up: on the address that has most handshakes under way, so that who opens many keeps nobody else out.
    ``handshake_s`` is how long a handshake may take.
    """

    def __init__(
        self, events: Mapping[str, zmq.Socket[bytes]], refusals: Refusals, most: int, handshake_s: float
    ) -> None:
        self._refusals, self._most = refusals, most
        self._doors = {name: Door(name, each) for name, each in events.items()}
        self._handshakes: Handshakes[tuple[str, int]] = Handshakes(handshake_s)
        self._leaving: set[tuple[str, int]] = set()

    @property
    def live(self) -> int:
        """How many connections there are."""
        return sum(len(door.open) for door in self._doors.values())

    @property
    def let_in(self) -> int:
        """How many of them have shaken hands."""
        return self.live - len(self._leaving) - self.shaking

    @property
    def shaking(self) -> int:
        """How many may still be shaking hands."""
        return self._handshakes.under_way

    def spoke(self, name: str, handle: int) -> None:
        """Something came over a connection of that socket: it has been let in."""
        self._handshakes.let_in((name, handle))

    def follow(self, wall_s: float, ready: Container[object]) -> None:
        """Take in what has happened since; ``ready`` are the sockets that have something to tell."""
        for door in self._doors.values():
            for _ in range(MOST_A_TURN if door.events in ready else 0):
                try:
                    event, _address = door.events.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                number, value = _EVENT.unpack(event)
                _HANDLERS[number](self, door, value, wall_s)
        self._handshakes.forget(wall_s)

    def hang_up(self, name: str) -> None:
        """End every connection of one of the sockets. (To stop listening would end them too, and let nobody back.)"""
        for handle, accepted in self._doors[name].open.items():
            if accepted.ends is not None:
                _hang_up(handle, accepted.ends)

    def _accepted(self, door: Door, handle: int, wall_s: float) -> None:
        ends = _ends_of(handle)
        address = _address_of(ends)
        door.open[handle] = Accepted(address, door.decided, ends)
        self._handshakes.begun((door.name, handle), address, wall_s)
        if self.live - len(self._leaving) > self._most:
            self._make_room(wall_s)

    def _make_room(self, wall_s: float) -> None:
        name, handle = connection = self._handshakes.pop_of_most()
        accepted = self._doors[name].open[handle]
        self._leaving.add(connection)
        if accepted.ends is not None:
            _hang_up(handle, accepted.ends)
        self._refusals.note(accepted.address, Turned.TOO_MANY_CONNECTIONS, wall_s)

    def _succeeded(self, door: Door, _value: int, wall_s: float) -> None:
        door.decided += 1
        self._handshakes.succeeded(wall_s)

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
        self._settle((door.name, handle), shaken=failing is None)
        if failing:
            self._refusals.note(accepted.address, failing, wall_s)

    def _settle(self, connection: tuple[str, int], *, shaken: bool) -> None:
        self._leaving.discard(connection)
        if shaken:
            self._handshakes.let_in(connection)
        else:
            self._handshakes.failed(connection)

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
    zmq.EVENT_HANDSHAKE_SUCCEEDED: Connections._succeeded,
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


def _ends_of(handle: int) -> Ends | None:
    """Both ends of a connection, as far as that can be told: it may have ended, and its number be another's."""
    try:
        with socket.socket(fileno=os.dup(handle)) as copy:
            return copy.getsockname(), copy.getpeername()
    except OSError:
        return None


def _hang_up(handle: int, ends: Ends) -> None:
    """End a connection, if the number is still that of this one."""
    try:
        with socket.socket(fileno=os.dup(handle)) as copy:
            if (copy.getsockname(), copy.getpeername()) == ends:
                copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def _address_of(ends: Ends | None) -> str:
    if ends is None:
        return "unknown address"
    name = ends[1]
    return str(name[0]) if isinstance(name, tuple) and name else "this machine"
