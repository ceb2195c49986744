"""What readers are told of the hub's own health."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import zmq

from fleet.hub.feed import Feed
from fleet.hub.vitals import Commits, Phase, Pulse, Queues, Vitals
from tests.support.bench import Bench


class Told:
    """Stands in for the socket: keeps what is published."""

    def __init__(self) -> None:
        self.health: list[dict[str, Any]] = []

    def send_multipart(self, frames: list[bytes], _flags: int) -> None:
        """Keep the health."""
        if frames[0] == b"health":
            self.health.append(json.loads(frames[1]))


def test_health_says_what_is_wrong_and_what_waits(tmp_path: Path) -> None:
    """Nothing before the first record; then the reasons of /readyz, until they are gone."""
    told, pulse, core = Told(), Pulse(), Bench(tmp_path).core
    pulse.phase, pulse.last_s = Phase.RUNNING, 0.0
    feed = Feed(cast("zmq.Socket[bytes]", told), pulse)
    feed.publish(core, 1.0)
    well = Vitals(at_s=1.0, queues=Queues(inbox=1, batch=2, outbox=3))
    pulse.vitals = replace(well, commits=Commits(trouble="the disk is full"))
    feed.publish(core, 2.0)
    pulse.vitals = well
    feed.publish(core, 3.0)
    assert [h["troubles"] for h in told.health] == [[], ["the store is in trouble: the disk is full"], []]
    assert told.health[-1]["queues"] == {"inbox": 1, "batch": 2, "outbox": 3}
