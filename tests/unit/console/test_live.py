"""What is taken from the feed, and when it is no longer current."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.console.live import SILENT_AFTER_S, Live
from fleet.console.views.assets import samples_after

NOW = "2026-11-24T11:00:10+00:00"
SAMPLE = {"asset_id": "drone-1", "type": "telemetry", "at": "2026-11-24T11:00:08Z", "lon": -3.7, "lat": 43.3}


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.value = 100.0

    def __call__(self) -> float:
        return self.value


def frames(topic: bytes, body: Any) -> list[bytes]:
    """A message of the feed."""
    return [topic, json.dumps(body).encode()]


def test_never_heard_is_silent_without_an_age() -> None:
    """There is no age of what never was."""
    live = Live(Seconds())
    assert live.age_s() is None
    assert live.silent()


def test_silence_grows_old() -> None:
    """Current up to the limit, then not, until the next word."""
    clock = Seconds()
    live = Live(clock)
    live.take(frames(b"events", {"position": 3}))
    clock.value += SILENT_AFTER_S
    assert not live.silent()
    clock.value += 0.1
    assert live.silent()
    assert live.age_s() == pytest.approx(SILENT_AFTER_S + 0.1)


def test_sample_has_an_age_and_no_defaults() -> None:
    """What was not measured stays absent."""
    live = Live(Seconds())
    live.take(frames(b"live", {"now": NOW, "samples": [SAMPLE]}))
    [row] = samples_after(live, 0)
    assert (row["age_s"], row["soc"], row["heading_deg"]) == (2.0, None, None)
    assert live.now == datetime(2026, 11, 24, 11, 0, 10, tzinfo=UTC)
    assert samples_after(live, live.revision) == []


def test_a_sample_shows_each_of_several_packs() -> None:
    """As it told them; of what it did not measure nothing is said, and of one battery there are none."""
    told: list[dict[str, object]] = [
        {"pack": 1, "soc": 0.81, "voltage_v": 45.1, "temperature_c": 21.5},
        {"pack": 2, "soc": 0.0, "health": 0.9, "condition": "failed"},
    ]
    live = Live(Seconds())
    live.take(frames(b"live", {"now": NOW, "samples": [{**SAMPLE, "packs": told}]}))
    [row] = samples_after(live, 0)
    unknown: dict[str, object] = {"voltage_v": None, "health": None, "temperature_c": None, "condition": "ok"}
    assert row["packs"] == [unknown | each for each in told]
    plain = Live(Seconds())
    plain.take(frames(b"live", {"now": NOW, "samples": [SAMPLE]}))
    assert samples_after(plain, 0)[0]["packs"] is None


@pytest.mark.parametrize(
    "bad",
    [
        [b"live"],
        [b"live", b"{"],
        [b"unheard", b"{}"],
        frames(b"live", {"samples": [SAMPLE]}),
        frames(b"live", {"now": "2026-11-24T11:00:10", "samples": []}),
        frames(b"live", {"now": NOW, "samples": [{**SAMPLE, "lat": 143}]}),
        frames(b"live", {"now": NOW, "samples": [{**SAMPLE, "battery": 1}]}),
        frames(b"live", []),
        frames(b"health", {"now": "soon"}),
    ],
)
def test_what_cannot_be_understood_is_counted_and_not_believed(bad: list[bytes]) -> None:
    """It neither moves an asset nor makes the feed look alive."""
    live = Live(Seconds())
    live.take(bad)
    assert (live.bad, live.samples, live.now) == (1, {}, None)
    assert live.silent()


def test_health_is_kept() -> None:
    """And gives the hub's time where no asset moves."""
    live = Live(Seconds())
    trouble = {"troubles": ["the disk is full"], "queues": {"inbox": 3}}
    said = {"now": NOW, "loop_lag_ms": 4.5, "refused": {"busy": 2}, "planning": True}
    live.take(frames(b"health", said | trouble))
    assert live.health is not None
    assert (live.health.troubles, live.health.queues) == (("the disk is full",), {"inbox": 3})
    assert (live.health.loop_lag_ms, live.health.refused, live.health.planning) == (4.5, {"busy": 2}, True)
    assert live.now is not None
