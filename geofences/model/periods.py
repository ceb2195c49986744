"""What a file may say of when a zone applies: clock times, daily periods, windows of dates (rules E6 and E7).

Declared rule for a daily period that crosses midnight: it belongs to the day on which it starts and ends when it next
is its end. A period whose start and end are equal lasts the whole day. Days are counted in the offset or
the zone of the stated time, and in local solar time for sun events. Where one of both is not stated it is the start or
the end of that same day, which beside a sun event is known to some hours only; where neither is, of the day in UTC.
Beside the date line the calendar may differ from the sun's by a day: there a day named for sun events alone is not
known. What that means on each day says `occurrences`.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geofences.errors import ZoneError, check_each, check_type
from geofences.model.spans import Span
from geofences.model.sun import SunEvent

DAY_S = 86_400.0
EVERY_DAY = frozenset(range(7))


def _check_seconds(seconds: object, field: str) -> None:
    check_type(seconds, (float, int), field)
    if not (isinstance(seconds, float | int) and 0.0 <= seconds <= DAY_S):
        raise ZoneError(field, f"must be 0 to 86400 after midnight, got {seconds}")


def _check_moment(at: datetime | None, field: str) -> None:
    check_type(at, (datetime, type(None)), field)
    if at is None:
        return
    if at.utcoffset() is None:
        raise ZoneError(field, f"{at.isoformat()} has no offset from UTC: give it a tzinfo")
    try:
        at.astimezone(UTC)
    except OverflowError:
        raise ZoneError(field, f"{at.isoformat()} is before the year 1 or after 9999 in UTC") from None


def check_timezone(name: str, field: str) -> None:
    """Raises `ZoneError` where no IANA time zone has the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneError(field, f"{name!r} is no IANA time zone such as Europe/Lisbon") from None


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A clock time with its offset from UTC; `seconds` after midnight, 86400 is the end of the day.

    Raises `ZoneError`.
    """

    seconds: float
    utc_offset_s: float = 0.0

    def __post_init__(self) -> None:
        _check_seconds(self.seconds, "TimeOfDay.seconds")
        check_type(self.utc_offset_s, (float, int), "TimeOfDay.utc_offset_s")
        if not abs(self.utc_offset_s) < DAY_S:
            raise ZoneError(
                "TimeOfDay.utc_offset_s", f"must be less than a day, in seconds, got {self.utc_offset_s}"
            )


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the clocks of an IANA zone show, in seconds after midnight; 86400 is the end of the day.

    Where they are put back it is shown twice, where they are put forward never: then it is anywhere in that hour.
    Raises `ZoneError`.
    """

    seconds: float
    zone: str

    def __post_init__(self) -> None:
        _check_seconds(self.seconds, "LocalTime.seconds")
        check_type(self.zone, str, "LocalTime.zone")
        check_timezone(self.zone, "LocalTime.zone")


Bound = TimeOfDay | LocalTime | SunEvent
"""Where a daily period begins or ends."""

_BOUND = (TimeOfDay, LocalTime, SunEvent, type(None))


@dataclass(frozen=True, slots=True)
class DailyPeriod:
    """From `start` to `end` on each of `days` (0 is Monday); None is the start or the end of the day that the other one
    is of, in UTC where both are None. Raises `ZoneError`.
    """

    days: frozenset[int]
    start: Bound | None
    end: Bound | None

    def __post_init__(self) -> None:
        check_type(self.days, frozenset, "DailyPeriod.days")
        if not self.days or not self.days <= EVERY_DAY:
            raise ZoneError(
                "DailyPeriod.days", f"must hold some of 0 (Monday) to 6, got {sorted(self.days, key=repr)}"
            )
        check_type(self.start, _BOUND, "DailyPeriod.start")
        check_type(self.end, _BOUND, "DailyPeriod.end")


@dataclass(frozen=True, slots=True)
class TimePeriod:
    """A date window AND a weekly schedule; no schedule is all the time, a bound that is None is open.

    Raises `ZoneError` for naive times (rule E7) and for a window that ends before it starts.
    """

    start: datetime | None = None
    end: datetime | None = None
    schedule: tuple[DailyPeriod, ...] = ()

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            _check_moment(getattr(self, name), f"TimePeriod.{name}")
        check_each(self.schedule, DailyPeriod, "TimePeriod.schedule")
        start_s, end_s = self.window
        if self.start is not None and self.end is not None and end_s < start_s:
            ends, starts = self.end.isoformat(), self.start.isoformat()
            raise ZoneError("TimePeriod.end", f"{ends} is before its start, {starts}: are they swapped?")

    @property
    def window(self) -> Span:
        """Between its dates, in Unix seconds; without end where it has none."""
        start = -math.inf if self.start is None else self.start.timestamp()
        end = math.inf if self.end is None else self.end.timestamp()
        return start, end
