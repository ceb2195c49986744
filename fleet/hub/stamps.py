"""What assets' clocks say, held against the hub's: noted where they are off, and put right by as much.

Order and deadlines are those of the hub's own time, at which a message was taken. What an asset stamps says how old a
measurement is: what was kept back by a lost link is as old as its stamp. So that a fast clock does not keep an old
measurement fresh, none is newer than the moment it came; one that is known to be off is put right by what it was off
lately, so that it does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fleet.dispatch.inputs import ClockOff, ClockRight
from fleet.energy.gauge import Doubt, ran_back
from fleet.protocol.messages import Telemetry

OFF_S = 60.0
"""A stamp that is farther from the hub's time than this is not explained by the link."""
IN_A_ROW = 3
"""So many samples in a row decide: one may have been held up on its way."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class Stamps:
    """``rate`` is how fast the hub's time runs: what the link takes is so many times longer by it. ``off`` are the
    assets whose clocks were found to be off before, and by how many seconds (ahead of the hub's time where positive).
    """

    def __init__(self, rate: float, off: Mapping[str, float] | None = None) -> None:
        self.off_count = 0
        """How many samples were stamped too far from the hub's time."""
        self.late_count = 0
        """How many samples were set aside because newer ones had come before them."""
        self._limit = timedelta(seconds=OFF_S * rate)
        self._slack = timedelta(seconds=rate)
        self._off = {asset_id: timedelta(seconds=off_s) for asset_id, off_s in (off or {}).items()}
        self._away: dict[str, tuple[timedelta, ...]] = {}
        self._row: dict[str, int] = {}
        self._newest: dict[str, datetime] = {}
        self._behind: dict[str, int] = {}

    def believed_at(self, asset_id: str, at: datetime, now: datetime) -> datetime:
        """The hub's time at which an asset measured what it stamped ``at``, as far as is known; never after it came."""
        off = self._off.get(asset_id)
        try:
            at = at if off is None else at - off
        except OverflowError:  # some year that it thinks it is
            return _NEVER
        return now if at > now + self._slack else at

    def believed(self, asset_id: str, sample: Telemetry, now: datetime) -> Telemetry:
        """The sample, stamped with the time that is believed."""
        at = self.believed_at(asset_id, sample.at, now)
        return sample if at is sample.at else sample.model_copy(update={"at": at})

    def is_late(self, asset_id: str, sample: Telemetry, now: datetime) -> bool | Doubt:
        """Whether newer samples of this asset came before this one by more than the link explains: it was held up, and
        says nothing of now. Several in a row are a clock that was set back: a doubt, and they count again. One that is
        known to be off may be set right.
        """
        at, newest = self.believed_at(asset_id, sample.at, now), self._newest.get(asset_id)
        if newest is None or newest - at <= self._limit:
            self._newest[asset_id] = at if newest is None or at > newest else newest
            if self._behind:
                self._behind.pop(asset_id, None)
            return False
        self._behind[asset_id] = row = self._behind.get(asset_id, 0) + 1
        if row < IN_A_ROW:
            self.late_count += 1
            return True
        del self._behind[asset_id]
        self._newest[asset_id] = at
        if asset_id in self._off:
            return False
        return ran_back(newest.timestamp(), at.timestamp(), self._limit.total_seconds()) or False

    def check(self, asset_id: str, sample: Telemetry, now: datetime) -> ClockOff | ClockRight | None:
        """What there is to tell about the asset's clock: that it is off, or right again; each once."""
        away = sample.at - now
        is_off = abs(away) > self._limit
        if is_off:
            self.off_count += 1
            self._away[asset_id] = lately = (*self._away.get(asset_id, ()), away)[-IN_A_ROW:]
            if asset_id in self._off and len(lately) == IN_A_ROW:
                self._off[asset_id] = max(lately)  # who was on its way shortest says it best
        if is_off is (asset_id in self._off):
            self._row.pop(asset_id, None)
            return None
        self._row[asset_id] = row = self._row.get(asset_id, 0) + 1
        if row < IN_A_ROW:
            return None
        del self._row[asset_id]
        if is_off:
            self._off[asset_id] = off = max(self._away[asset_id])
            return ClockOff(asset_id, off.total_seconds(), self._limit.total_seconds())
        del self._off[asset_id]
        self._away.pop(asset_id, None)
        return ClockRight(asset_id)
