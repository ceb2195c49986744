"""Assets' sessions as a load needs them: hello, welcome, attach; from then on lines to send on."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness.zmtp import Parts, dial, frames, receive
from fleet.protocol.codec import decode_control, encode, encode_telemetry
from fleet.protocol.messages import Attach, Envelope, Heartbeat, Hello, Role, Welcome

AT_ONCE = 200
"""Connections that are made before the answers of the first are waited for: a listener's queue is short."""


@dataclass(slots=True)
class Connected:
    """One asset's lines; ``control`` is none where only telemetry is listened to."""

    peer_id: str
    control: socket.socket | None
    telemetry: socket.socket | None
    parts: Parts = field(default_factory=Parts)


def connect(where: dict[str, str], peers: list[dict[str, Any]], *, attach: bool = True) -> list[Connected]:
    """Connect these peers (``peer_id``, ``boot_id``); each has its session once this returns."""
    made: list[Connected] = []
    for start in range(0, len(peers), AT_ONCE):
        made += _some(where, peers[start : start + AT_ONCE], attach=attach)
        keep_alive(made)
    return made


def keep_alive(connected: Iterable[Connected]) -> None:
    """Be heard, so that those who were first are not taken for lost while the last connect."""
    for one in connected:
        if one.control is not None:
            one.control.sendall(HEARTBEAT)


HEARTBEAT = frames(encode(Envelope(message=Heartbeat())))


def _some(where: dict[str, str], peers: list[dict[str, Any]], *, attach: bool) -> list[Connected]:
    if "control" not in where:
        return [Connected(p["peer_id"], None, dial(where["telemetry"])) for p in peers]
    made = [Connected(p["peer_id"], dial(where["control"]), None) for p in peers]
    for one, peer in zip(made, peers, strict=True):
        hello = Hello(peer_id=one.peer_id, role=Role.ASSET, boot_id=peer["boot_id"], versions=(1,))
        _line(one).sendall(frames(encode(Envelope(message=hello))))
    for one in made:
        welcome = decode_control(receive(_line(one), one.parts, 1)[0]).message
        if not isinstance(welcome, Welcome):
            raise ConnectionError(f"{one.peer_id} was not welcomed: {welcome}")
        if attach:
            one.telemetry = dial(where["telemetry"])
            one.telemetry.sendall(frames(encode_telemetry(Attach(peer_id=one.peer_id, token=welcome.token))))
    return made


def _line(one: Connected) -> socket.socket:
    if one.control is None:
        raise ConnectionError(f"{one.peer_id} has no control line")
    return one.control
