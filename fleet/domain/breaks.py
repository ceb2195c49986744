"""The break of a van's driver: how long it is and between which local times it begins, once a shift."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from fleet.protocol.values import TimeWindow, Value

DAY = timedelta(days=1)


class DriverBreak(Value):
    """A break of so many ``minutes`` that begins between two local times of the shift."""

    minutes: Annotated[float, Field(ge=1, le=240)]
    earliest: time
    latest: time

    @property
    def lasts_s(self) -> int:
        """How long it is."""
        return round(self.minutes * 60)

    def misfit(self, shift_start: time, shift_end: time) -> str | None:
        """What is wrong with it in a shift of these local times, which may run over midnight; none where it fits."""
        whole = _since(shift_start, shift_end) or DAY
        earliest, latest = _since(shift_start, self.earliest), _since(shift_start, self.latest)
        if earliest > latest or latest + timedelta(seconds=self.lasts_s) > whole:
            return (
                f"a break of {self.minutes:g} minutes that begins between {self.earliest:%H:%M} and "
                f"{self.latest:%H:%M} is not within the shift, {shift_start:%H:%M} to {shift_end:%H:%M}"
            )
        return None

    def begins(self, shift_start: datetime, timezone: str) -> TimeWindow:
        """Between which moments it begins in the shift that starts then."""
        start = shift_start.astimezone(ZoneInfo(timezone))
        return TimeWindow(start=_next(start, self.earliest), end=_next(start, self.latest))


def _since(start: time, moment: time) -> timedelta:
    """From one time of day to the next occurrence of another."""
    day = datetime(2000, 1, 1, tzinfo=UTC)
    return (datetime.combine(day, moment, UTC) - datetime.combine(day, start, UTC)) % DAY


def _next(start: datetime, clock: time) -> datetime:
    """The first moment from the start on with this local time of day."""
    day = start.date() if clock >= start.time() else start.date() + DAY
    return datetime.combine(day, clock, start.tzinfo).astimezone(UTC)
