"""A battery as it truly is: what is in it at any moment, at a power that changes from time to time."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.sim.machines import JOULES_PER_WH


class Pack:
    """``capacity_wh`` is what a full pack truly gives today; below ``floor`` (a share) the cells suffer. It may have
    several ``parts``, alike and in parallel, each of which can fail: what is in it is lost then."""

    def __init__(self, capacity_wh: float, floor: float, now: datetime, parts: int = 1) -> None:
        self.capacity_wh = capacity_wh
        self.parts, self.failed = parts, 0
        self.floor_wh = floor * capacity_wh
        self._level_wh = capacity_wh
        self._power_w = 0.0
        self._since = now
        self._used_wh = 0.0

    def run(self, now: datetime, power_w: float) -> None:
        """From now on so much is drawn; a negative power charges."""
        self._settle(now)
        self._power_w = power_w

    def level_wh(self, now: datetime) -> float:
        """What is in it, never below nothing or above full."""
        return min(self.most_wh, max(0.0, self._level_wh - self._drawn_wh(now)))

    @property
    def most_wh(self) -> float:
        """What those of its parts that have not failed hold when full."""
        return self.capacity_wh * (self.parts - self.failed) / self.parts

    def fail(self, now: datetime) -> None:
        """One of its parts gives nothing any more; the load goes on over the others."""
        self._settle(now)
        self._level_wh *= 1 - 1 / (self.parts - self.failed)
        self.failed += 1

    def soc(self, now: datetime) -> float:
        """What is in it as a share."""
        return self.level_wh(now) / self.capacity_wh

    def filled(self, now: datetime) -> float:
        """What is in it as a share of what fits."""
        return self.level_wh(now) / self.most_wh if self.most_wh > 0 else 1.0

    def above_floor_wh(self, now: datetime) -> float:
        """What may be drawn before the floor is reached; below zero when it is broken into."""
        return self.level_wh(now) - self.floor_wh

    def used_wh(self, now: datetime) -> float:
        """What was drawn since it was new; charging does not count."""
        return self._used_wh + max(0.0, self._drawn_wh(now))

    def empty_at(self) -> datetime | None:
        """When it is empty at the present power; none when it never is."""
        if self._power_w <= 0:
            return None
        return self._since + timedelta(seconds=self._level_wh * JOULES_PER_WH / self._power_w)

    def _drawn_wh(self, now: datetime) -> float:
        return self._power_w * (now - self._since).total_seconds() / JOULES_PER_WH

    def _settle(self, now: datetime) -> None:
        self._used_wh = self.used_wh(now)
        self._level_wh = self.level_wh(now)
        self._since = now
