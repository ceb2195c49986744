"""What readers are told: that events were committed, where assets are, how the hub is. Nothing here can hold the hub
up.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import zmq

from fleet.hub.core import HubCore
from fleet.hub.observability.health import troubles
from fleet.hub.observability.vitals import Pulse
from fleet.protocol.messages import Telemetry

SLICE = 25
"""Samples that are published in one turn of the loop: what more has changed follows in the next ones, so that a large
fleet's positions do not hold up a command."""


class Feed:
    """Publishes on a PUB socket: a reader that is slow or gone loses messages and catches up from the store."""

    def __init__(self, socket: zmq.Socket[bytes], pulse: Pulse, every_s: float = 0.2) -> None:
        self._socket, self._pulse, self._every_s = socket, pulse, every_s
        self._next_s = 0.0
        self._last_turn_s = 0.0
        self._lag_s = 0.0
        self._shown: dict[str, Telemetry] = {}
        self._changed: list[str] = []

    def committed(self, position: int) -> None:
        """Events up to ``position`` can be read from the store."""
        self._send(b"events", {"position": position})

    def publish(self, core: HubCore, wall_s: float) -> None:
        """Now and then: the hub's own health, and the samples that have changed, a slice of them with each turn."""
        self._lag_s = max(self._lag_s, wall_s - self._last_turn_s if self._last_turn_s else 0.0)
        self._last_turn_s = wall_s
        if wall_s >= self._next_s and not self._changed:
            self._next_s = wall_s + self._every_s
            self._send(b"health", self._health(core, core.clock.now(wall_s).isoformat(), wall_s))
            self._lag_s = 0.0
            self._changed = [a for a, t in core.live.items() if self._shown.get(a) is not t]
        if self._changed:
            self._publish_some(core, wall_s)

    def _publish_some(self, core: HubCore, wall_s: float) -> None:
        some, self._changed = self._changed[:SLICE], self._changed[SLICE:]
        now = json.dumps(core.clock.now(wall_s).isoformat()).encode()
        samples = {asset_id: core.live[asset_id] for asset_id in some}
        self._shown.update(samples)
        body = b",".join(_sample(asset_id, sample) for asset_id, sample in samples.items())
        self._socket.send_multipart([b"live", b'{"now": %s, "samples": [%s]}' % (now, body)], zmq.NOBLOCK)

    def _health(self, core: HubCore, now: str, wall_s: float) -> dict[str, Any]:
        vitals = self._pulse.vitals
        return {
            "now": now,
            "loop_lag_ms": round(1000 * self._lag_s, 1),
            "refused": core.sessions.refused,
            "planning": core.state.planning is not None,
            "lockstep": core.clock.lockstep,
            "troubles": [] if vitals is None else troubles(self._pulse, wall_s),
            "queues": {} if vitals is None else asdict(vitals.queues),
        }

    def _send(self, topic: bytes, body: dict[str, Any]) -> None:
        self._socket.send_multipart([topic, json.dumps(body).encode()], zmq.NOBLOCK)


def _sample(asset_id: str, sample: Telemetry) -> bytes:
    """A sample's own JSON with the asset's id before it."""
    return b'{"asset_id": %s, %s' % (json.dumps(asset_id).encode(), sample.model_dump_json()[1:].encode())
