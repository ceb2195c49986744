"""What the hub's feed says between events: where assets are, and that the hub is there at all.

A silent feed is never taken for a quiet one: everything that comes from here has an age.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from fleet.protocol.messages import Telemetry

SILENT_AFTER_S = 3.0
"""The hub publishes several times a second; after so long without a word what is shown is no longer current."""

_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


class Health(BaseModel):
    """How the hub says it is: ``troubles`` are why it is not ready, ``queues`` what waits in it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    now: AwareDatetime
    loop_lag_ms: float | None = None
    refused: dict[str, int] = {}
    planning: bool = False
    lockstep: bool = False
    troubles: tuple[str, ...] = ()
    queues: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Sample:
    """The latest telemetry of one asset; ``revision`` grows with every sample of any asset."""

    telemetry: Telemetry
    revision: int


@dataclass(slots=True)
class Live:
    """The latest of everything on the feed. ``monotonic`` gives seconds that never run backwards."""

    monotonic: Callable[[], float]
    samples: dict[str, Sample] = field(default_factory=dict)
    now: datetime | None = None
    health: Health | None = None
    bad: int = 0
    revision: int = 0
    _heard_s: float | None = None

    def take(self, frames: list[bytes]) -> None:
        """One message of the feed: topic and JSON. What can't be understood is counted and shown, not guessed."""
        try:
            topic, body = frames
            _TOPICS[bytes(topic)](self, json.loads(body))
        except (KeyError, TypeError, ValueError):
            self.bad += 1
            return
        self._heard_s = self.monotonic()

    def age_s(self) -> float | None:
        """Wall-clock seconds since the feed was last heard; none when it never was."""
        return None if self._heard_s is None else self.monotonic() - self._heard_s

    def silent(self) -> bool:
        """Whether what is held here is too old to be shown as current."""
        age_s = self.age_s()
        return age_s is None or age_s > SILENT_AFTER_S

    def _on_live(self, body: dict[str, Any]) -> None:
        samples = [_sample(raw) for raw in body["samples"]]
        self.now = _MOMENT.validate_python(body["now"])
        for asset_id, telemetry in samples:
            self.revision += 1
            self.samples[asset_id] = Sample(telemetry, self.revision)

    def _on_health(self, body: dict[str, Any]) -> None:
        self.health = Health.model_validate(body)
        self.now = self.health.now

    def _on_events(self, body: dict[str, Any]) -> None:
        """Nothing to keep: the events themselves come from the store."""


def _sample(raw: dict[str, Any]) -> tuple[str, Telemetry]:
    fields = dict(raw)
    asset_id = fields.pop("asset_id")
    return str(asset_id), Telemetry.model_validate_json(json.dumps(fields))


_TOPICS: dict[bytes, Callable[[Live, dict[str, Any]], None]] = {
    b"live": Live._on_live,
    b"health": Live._on_health,
    b"events": Live._on_events,
}
