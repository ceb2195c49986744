"""Those that stay where they are, told to hold or at their drop: what that takes of a pack, and for how long."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.remaining import HOLDING
from fleet.protocol.messages import Telemetry


class Held(NamedTuple):
    """What staying where it is has taken of a pack, told to hold or at its drop: in stays that are over, and at which
    state of charge one that is on began, and was last seen."""

    before: float = 0.0
    since: float | None = None
    last: float | None = None

    @property
    def soc(self) -> float:
        """All of it, as a share of the pack."""
        now = self.since - self.last if self.since is not None and self.last is not None else 0.0
        return self.before + max(0.0, now)

    def then(self, sample: Telemetry, *, at_drop: bool = False) -> Held:
        """With one more sample; one without a state of charge tells nothing."""
        stays = at_drop or sample.state == HOLDING
        if sample.soc is None:
            return self
        if self.since is not None:
            on = Held(self.before, self.since, sample.soc)
            return on if stays else Held(on.soc)
        return Held(self.before, sample.soc, sample.soc) if stays else self


class Stays:
    """What is kept of those that are out."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._dropping: dict[str, datetime] = {}

    def forget(self, asset_id: str) -> None:
        """It is not out any more, or on another mission."""
        self._held.pop(asset_id, None)
        self._dropping.pop(asset_id, None)

    def restore(self, asset_id: str, soc: float) -> None:
        """What they had taken before a restart."""
        if soc > 0:
            self._held[asset_id] = Held(soc)

    def so_far(self, asset_id: str) -> float:
        """What staying where it was has taken, by its last sample."""
        held = self._held.get(asset_id)
        return 0.0 if held is None else held.soc

    def taken_soc(self, guard: Guard, sample: Telemetry) -> float:
        """What staying where it is has taken so far. From the first sample of a stay to the one after it: the gauge's
        noise is not added up."""
        held, at_drop = self._held.get(guard.asset_id), _is_at_drop(guard, sample)
        if held is None and not at_drop and sample.state != HOLDING:
            return 0.0
        held = (held or Held()).then(sample, at_drop=at_drop)
        self._held[guard.asset_id] = held
        return held.soc

    def dropping_s(self, guard: Guard, sample: Telemetry, now: datetime) -> float:
        """For how long it has been at its drop, as far as samples say."""
        if not _is_at_drop(guard, sample):
            return 0.0
        return (now - self._dropping.setdefault(guard.asset_id, now)).total_seconds()


def _is_at_drop(guard: Guard, sample: Telemetry) -> bool:
    return sample.step_id == guard.drop_id and sample.mission_id == guard.mission_id
