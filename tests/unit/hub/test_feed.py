"""What readers are told: the hub's own health, and where assets are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import zmq

from fleet.hub.feed import SLICE, Feed
from fleet.hub.observability.vitals import Commits, Phase, Pulse, Queues, Vitals
from fleet.protocol.messages import Telemetry
from tests.support.bench import DAY, Bench


class Told:
    """Stands in for the socket: keeps what is published."""

    def __init__(self) -> None:
        self.health: list[dict[str, Any]] = []
        self.live: list[list[dict[str, Any]]] = []

    def send_multipart(self, frames: list[bytes], _flags: int) -> None:
        """Keep the body."""
        body = json.loads(frames[1])
        if frames[0] == b"health":
            self.health.append(body)
        else:
            self.live.append(body["samples"])


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


def test_a_large_fleet_is_published_in_slices_each_sample_once(tmp_path: Path) -> None:
    """What changes while the slices go out comes with the next round."""
    told, core = Told(), Bench(tmp_path).core
    feed = Feed(cast("zmq.Socket[bytes]", told), Pulse())
    names = [f"drone-{number}" for number in range(2 * SLICE + 1)]
    core.live = {name: Telemetry(at=DAY, lon=0.0, lat=0.0) for name in names}
    feed.publish(core, 1.0)
    core.live[names[0]] = Telemetry(at=DAY, lon=1.0, lat=0.0)
    for turn in range(5):
        feed.publish(core, 1.001 + turn / 1000)
    assert [len(samples) for samples in told.live] == [SLICE, SLICE, 1]
    assert [sample["asset_id"] for samples in told.live for sample in samples] == names
    feed.publish(core, 1.3)
    assert [(sample["asset_id"], sample["lon"]) for sample in told.live[3]] == [(names[0], 1.0)]
