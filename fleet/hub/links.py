"""Who was heard last when, by business time; who has been silent for too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fleet.dispatch.monitor import Monitor

LOOK_EVERY = timedelta(seconds=0.25)
"""How often silence is looked for: far shorter than any time-out, far longer than a turn."""

DEAF_S = 2.0
"""A turn that comes so long after the one before, by the loop's time, says that the hub was stopped or held up."""


class Links:
    """The assets that are out are expected to speak; each kind has its own time-out (``Monitor.link_timeout_s``)."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._heard_at: dict[str, datetime] = {}
        self._look_at: datetime | None = None
        self._turned: tuple[datetime, float] | None = None

    def heard(self, peer_id: str, now: datetime) -> None:
        """The peer has said something."""
        self._heard_at[peer_id] = now

    def turned(self, now: datetime, wall_s: float) -> None:
        """Called in each turn where business time runs by itself. While the hub was deaf, nobody was silent: what was
        said meanwhile is still in the sockets, more than one turn reads.
        """
        before, self._turned = self._turned, (now, wall_s)
        if before is not None and wall_s - before[1] > DEAF_S:
            deaf = now - before[0]
            self._heard_at = {peer_id: at + deaf for peer_id, at in self._heard_at.items()}

    def silent(self, now: datetime) -> Iterator[tuple[str, float]]:
        """The assets that have been silent for longer than they may, and for how many seconds."""
        if self._look_at is not None and self._look_at - LOOK_EVERY <= now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        for asset_id in self._monitor.watched():
            silent_s = (now - self._heard_at.setdefault(asset_id, now)).total_seconds()
            if silent_s > self._monitor.link_timeout_s(asset_id):
                yield asset_id, silent_s
