"""When a zone applies: always, between dates, on a weekly schedule, by the sun (rules E6 and E7).

Declared rule for a daily period that crosses midnight: it belongs to the day on which it starts and ends on
the next day. A period whose start and end are equal lasts the whole day. Days are counted in the offset or
the zone of the stated time, and in local solar time for sun events.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geofences.errors import ZoneError, check_each, check_type
from geofences.spans import EVERYWHERE, NOWHERE, Span, Spans, difference, intersection, union
from geofences.sun import SunEvent, SunTime, solar_zone, sun_time

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
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ZoneError(
                "LocalTime.zone", f"{self.zone!r} is no IANA time zone such as Europe/Lisbon"
            ) from None


Bound = TimeOfDay | LocalTime | SunEvent
"""Where a daily period begins or ends."""

_BOUND = (TimeOfDay, LocalTime, SunEvent, type(None))


@dataclass(frozen=True, slots=True)
class DailyPeriod:
    """From `start` to `end` on each of `days` (0 is Monday); None is the start or the end of the day in
    UTC. Raises `ZoneError`.
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
        if self.start is not None and self.end is not None and self.end < self.start:
            ends, starts = self.end.isoformat(), self.start.isoformat()
            raise ZoneError("TimePeriod.end", f"{ends} is before its start, {starts}: are they swapped?")


class Active(NamedTuple):
    """When a zone applies, in Unix seconds: surely, and at most (they differ where a sun time is not
    known).
    """

    certain: Spans
    possible: Spans


ALL_THE_TIME = Active(EVERYWHERE, EVERYWHERE)


@dataclass(frozen=True, slots=True)
class Applicability:
    """The union of some periods; none at all means permanent. It does not apply while any of `suspended` does."""

    periods: tuple[TimePeriod, ...] = ()
    suspended: tuple["Applicability", ...] = ()

    def __post_init__(self) -> None:
        check_each(self.periods, TimePeriod, "Applicability.periods")
        check_each(self.suspended, Applicability, "Applicability.suspended")

    @property
    def is_permanent(self) -> bool:
        """Whether it applies at all times."""
        return not self.periods and not self.suspended

    @property
    def has_schedule(self) -> bool:
        """Whether a calendar must be looked at to know when it applies."""
        return any(one.schedule for one in self.periods) or any(one.has_schedule for one in self.suspended)

    def active(self, start_s: float, end_s: float, lon: float, lat: float) -> Active:
        """When it applies within `start_s` to `end_s` (Unix seconds) at the place (for sun events)."""
        found = [_period_active(period, start_s, end_s, lon, lat) for period in self.periods]
        certain, possible = union(*(one.certain for one in found)), union(*(one.possible for one in found))
        active = Active(certain, possible) if found else ALL_THE_TIME
        for one in self.suspended:
            off = one.active(start_s, end_s, lon, lat)
            active = Active(_left(active.certain, off.possible), _left(active.possible, off.certain))
        return active

    def active_at(self, at: datetime, lon: float = 0.0, lat: float = 0.0) -> bool | None:
        """Whether it applies at an aware time; None where that cannot be known."""
        moment = at.timestamp()
        inside: Spans = ((moment, moment),)
        active = self.active(moment, moment, lon, lat)
        if intersection(active.certain, inside):
            return True
        return None if intersection(active.possible, inside) else False


ALWAYS = Applicability()


def _left(times: Spans, off: Spans) -> Spans:
    """The times outside `off`, whose first and last moments belong to it: what is left ends just before."""
    return difference(
        times, tuple((math.nextafter(a, -math.inf), math.nextafter(b, math.inf)) for a, b in off)
    )


def _period_active(period: TimePeriod, start_s: float, end_s: float, lon: float, lat: float) -> Active:
    window = _dates(period)
    if not period.schedule:
        return Active((window,), (window,))
    asked = intersection((window,), ((start_s, end_s),))
    if not asked:
        return Active(NOWHERE, NOWHERE)
    days = [one for daily in period.schedule for one in _occurrences(daily, *asked[0], lon, lat)]
    certain = union(*(one.certain for one in days))
    possible = union(*(one.possible for one in days))
    return Active(intersection(certain, asked), intersection(possible, asked))


def _dates(period: TimePeriod) -> Span:
    start = -math.inf if period.start is None else period.start.timestamp()
    end = math.inf if period.end is None else period.end.timestamp()
    return start, end


def _occurrences(
    daily: DailyPeriod, start_s: float, end_s: float, lon: float, lat: float
) -> Iterator[Active]:
    """When the schedule applies on each day that may touch the times asked for."""
    # Two days to each side: an offset of up to a day, and a period that began the evening before.
    first = datetime.fromtimestamp(start_s, UTC).date() - timedelta(days=2)
    last = datetime.fromtimestamp(end_s, UTC).date() + timedelta(days=2)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() in daily.days:
            yield _on_day(daily, day, lon, lat)


def _on_day(daily: DailyPeriod, day: date, lon: float, lat: float) -> Active:
    begin = _moment(daily.start or TimeOfDay(0.0), day, lon, lat)
    end = _moment(daily.end or TimeOfDay(DAY_S), day, lon, lat)
    if begin is not None and end is not None and end.expected <= begin.expected:
        end = _moment(daily.end or TimeOfDay(DAY_S), day + timedelta(days=1), lon, lat)
    if begin is None or end is None:  # no such sun event: it may be all of that day and the night after
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=solar_zone(lon)).timestamp()
        return Active(NOWHERE, ((noon - DAY_S, noon + 1.5 * DAY_S),))
    certain: Spans = ((begin.latest, end.earliest),) if begin.latest <= end.earliest else NOWHERE
    return Active(certain, ((begin.earliest, end.latest),))


def _moment(time: Bound, day: date, lon: float, lat: float) -> SunTime | None:
    """When that is on a day; a clock time is known exactly."""
    if isinstance(time, SunEvent):
        return sun_time(time, day, lon, lat)
    if isinstance(time, LocalTime):
        return _shown(time, day)
    offset = timezone(timedelta(seconds=time.utc_offset_s))
    moment = datetime(day.year, day.month, day.day, tzinfo=offset).timestamp() + time.seconds
    return SunTime(moment, moment, moment)


def _shown(time: LocalTime, day: date) -> SunTime:
    """When the clocks of a zone show a time on a day: once, or (where they are changed) two moments."""
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time.zone)) + timedelta(
        seconds=time.seconds
    )
    first, second = (wall.replace(fold=fold).timestamp() for fold in (0, 1))
    return SunTime(min(first, second), first, max(first, second))
