"""What assets' clocks say, held against the hub's: noted where they are off, believed nowhere.

Order and deadlines are those of the hub's own time, at which a message was taken. What an asset stamps is shown to
people; so that a clock which is fast does not keep an old sample fresh, no sample is newer than the moment it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from fleet.dispatch.inputs import ClockOff, ClockRight
from fleet.energy.gauge import Doubt, ran_back
from fleet.protocol.messages import Telemetry

OFF_S = 60.0
"""A stamp that is farther from the hub's time than this is not explained by the link."""
IN_A_ROW = 3
"""So many samples in a row decide: one may have been held up on its way."""


class Stamps:
    """``rate`` is how fast the hub's time runs: what the link takes is so many times longer by it. ``off`` are the
    assets whose clocks were found to be off before.
    """

    def __init__(self, rate: float, off: Iterable[str] = ()) -> None:
        self.off_count = 0
        """How many samples were stamped too far from the hub's time."""
        self._limit = timedelta(seconds=OFF_S * rate)
        self._slack = timedelta(seconds=rate)
        self._off = set(off)
        self._row: dict[str, int] = {}
        self._last: dict[str, datetime] = {}

    def believed(self, sample: Telemetry, now: datetime) -> Telemetry:
        """The sample, stamped no later than it came."""
        return sample.model_copy(update={"at": now}) if sample.at > now + self._slack else sample

    def ran_back(self, asset_id: str, sample: Telemetry) -> Doubt | None:
        """The doubt about a clock that was right and is set back by more than the link explains. One that is known to
        be off may be set right."""
        last, self._last[asset_id] = self._last.get(asset_id), sample.at
        if last is None or asset_id in self._off:
            return None
        return ran_back(last.timestamp(), sample.at.timestamp(), self._limit.total_seconds())

    def check(self, asset_id: str, sample: Telemetry, now: datetime) -> ClockOff | ClockRight | None:
        """What there is to tell about the asset's clock: that it is off, or right again; each once."""
        away = sample.at - now
        is_off = abs(away) > self._limit
        self.off_count += is_off
        if is_off is (asset_id in self._off):
            self._row.pop(asset_id, None)
            return None
        self._row[asset_id] = row = self._row.get(asset_id, 0) + 1
        if row < IN_A_ROW:
            return None
        del self._row[asset_id]
        if is_off:
            self._off.add(asset_id)
            return ClockOff(asset_id, away.total_seconds())
        self._off.remove(asset_id)
        return ClockRight(asset_id)
