"""Peers with sessions in order who may say anything: a hub in the middle of a day, with a mission under way."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from fleet.dispatch.inputs import Finding
from fleet.hub.core import CoreSettings
from fleet.protocol.codec import encode_telemetry, message_types
from fleet.protocol.messages import Attach, Role, Telemetry
from fleet.protocol.session import SessionState
from tests.support.bench import LOCKERS, Bench, Peer
from tests.support.bentframes import Frames
from tests.support.script import DRONE, flying

INBOX_LIMIT = 10
LOCKER = "L1"
ROLES = {"drone": Role.ASSET, "locker": Role.ASSET, "operator": Role.OPERATOR, "weather": Role.WEATHER}


class RawPeers:
    """Says frames in the name of peers that the hub knows; what it hears is not answered."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(
            folder,
            settings=CoreSettings(inbox_limit=INBOX_LIMIT),
            lockers=f"{LOCKERS}{LOCKER},Kiosk,-8.005,41.011,4,4,2,true\n",
        )
        _, drone, assign = flying(self.bench)
        self._attach(drone)
        self.bench.peers.clear()
        self.checked = 0
        self._count_samples()
        self._boots = count(1)
        self._requests = count(1)
        self._ids = {"drone": DRONE, "locker": LOCKER, "operator": "operator-1", "weather": "weather-1"}
        # What the examples speak of, and what there is of it here.
        self._names = {
            "msn-1": assign.mission.mission_id,
            "s3": assign.mission.steps[-1].step_id,
            "AT-0001": "P-1",
            "AT-0002": "P-1",
            "VNC-0001": "P-1",
            "drone-1": DRONE,
            "VNC-D1/van-4": "D1/van-1",
            "VNC-D1": "D1",
            "depot-1": "S1",
            "16.3725": "-8.01",
            "48.2083": "41.01",
            "2026-03-01T": "2026-11-24T",
        }

    def _count_samples(self) -> None:
        check = self.bench.core._monitor.check

        def counted(asset_id: str, sample: Telemetry, now: datetime) -> tuple[Finding, ...]:
            self.checked += 1
            return check(asset_id, sample, now)

        self.bench.core._monitor.check = counted  # type: ignore[method-assign]

    @property
    def taken(self) -> Counter[str]:
        """What has come into the inbox so far, by kind."""
        return Counter(self.bench.core.inbox.kinds)

    def route(self, who: str) -> bytes:
        """The connection of a peer whose session stands; it comes back where it does not."""
        peer = self.bench.core.sessions.peers.by_id.get(self._ids[who])
        if peer is None or peer.control is None or peer.session.state is not SessionState.WELCOMED:
            return self._connect(who)
        return peer.control

    def _connect(self, who: str) -> bytes:
        peer = self.bench.connect(self._ids[who], ROLES[who], f"boot-{who}-{next(self._boots)}")
        self.bench.peers.clear()
        if who == "drone":
            self._attach(peer)
        return peer.route

    def _attach(self, peer: Peer) -> None:
        assert peer.session.welcome is not None
        attach = Attach(peer_id=DRONE, token=peer.session.welcome.token)
        self.bench.core.telemetry(b"t-" + peer.route, encode_telemetry(attach), self.bench.wall)

    def say(self, who: str, frames: Frames, *, fits: bool) -> None:
        """Over both channels. ``fits``: with the numbers that come next, and about what there is."""
        route = b"stranger" if who == "stranger" else self.route(who)
        if fits and who != "stranger":
            frames = self._fitting(who, frames)
        self.bench.core.control(route, frames, self.bench.wall)
        self.bench.core.telemetry(b"t-" + route, frames, self.bench.wall)

    def _fitting(self, who: str, frames: Frames) -> Frames:
        try:
            text = frames[-1].decode()
            for example, ours in self._names.items():
                text = text.replace(example, ours)
            body = json.loads(text)
            message = body.get("message")
        except (ValueError, AttributeError, IndexError, RecursionError):
            return frames
        if isinstance(message, dict):
            self._number(who, body, message)
        return [*frames[:-1], json.dumps(body).encode()]

    def _number(self, who: str, body: dict[str, Any], message: dict[str, Any]) -> None:
        if isinstance(message.get("request_id"), str):
            message["request_id"] = f"r-{next(self._requests)}"
        session = self.bench.core.sessions.peers.by_id[self._ids[who]].session
        kind = message_types().get(str(message.get("type")))
        hello = message.get("type") == "hello"
        body["ack"] = 0 if hello else session._out.reached
        body["seq"] = session._in.delivered + 1 if kind is not None and kind.sequenced else None
