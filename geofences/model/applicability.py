"""When a zone applies: always, between dates, on a weekly schedule, by the sun (rules E6 and E7).

Declared rule for a daily period that crosses midnight: it belongs to the day on which it starts and ends when it next
is its end. A period whose start and end are equal lasts the whole day. Days are counted in the offset or
the zone of the stated time, and in local solar time for sun events. Where one of both is not stated it is the start or
the end of that same day, which beside a sun event is known to some hours only; where neither is, of the day in UTC.

The sun rises at different times at different places. What is asked about is an extent: a schedule surely applies when
it does at all of its places, and may apply when it does at any.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from functools import reduce
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geofences.errors import PathError, ZoneError, check_each, check_type
from geofences.model.altitude import Box
from geofences.model.moments import utc
from geofences.model.spans import EVERYWHERE, NOWHERE, Span, Spans, difference, intersection, union
from geofences.model.sun import Stretch, SunEvent, midnights, solar_zone, sun_times

DAY_S = 86_400.0
_FIRST_S, _LAST_S = (
    day.timestamp() for day in (datetime(1, 1, 8, tzinfo=UTC), datetime(9999, 12, 24, tzinfo=UTC))
)
"""A schedule looks at the days around a time; before and after these some of them are in no calendar."""

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
Extent = tuple[Box, ...]
"""Boxes of longitude (-180 to 180) and latitude in which all places lie that are meant; at least one."""

ANYWHERE: Extent = (Box(0.0, 0.0, 0.0, 0.0),)
"""For rules that do not follow the sun: they hold alike at all places."""


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
        start_s, end_s = _dates(self)
        if self.start is not None and self.end is not None and end_s < start_s:
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

    @property
    def follows_sun(self) -> bool:
        """Whether it holds at other times at other places."""
        return any(
            isinstance(bound, SunEvent)
            for period in self.periods
            for daily in period.schedule
            for bound in (daily.start, daily.end)
        ) or any(one.follows_sun for one in self.suspended)

    def active(self, start_s: float, end_s: float, where: Extent = ANYWHERE) -> Active:
        """When it applies within `start_s` to `end_s` (Unix seconds): at all places of `where`, and at any of them.

        Raises `PathError` where a schedule would have to look at days that no calendar has.
        """
        found = [self._within(start_s, end_s, box) for box in where]
        certain = reduce(intersection, (one.certain for one in found))
        return Active(certain, union(*(one.possible for one in found)))

    def _within(self, start_s: float, end_s: float, box: Box) -> Active:
        found = [_period_active(period, start_s, end_s, box) for period in self.periods]
        certain, possible = union(*(one.certain for one in found)), union(*(one.possible for one in found))
        active = Active(certain, possible) if found else ALL_THE_TIME
        for one in self.suspended:
            off = one._within(start_s, end_s, box)
            active = Active(_left(active.certain, off.possible), _left(active.possible, off.certain))
        return active

    def active_at(self, at: datetime, lon: float, lat: float) -> bool | None:
        """Whether it applies at an aware time at a place; None where that cannot be known.

        Raises `PathError` for what is no place, for a time without offset, and for one at the ends of the calendar
        where a schedule must be looked at.
        """
        if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
            raise PathError(f"no place on the globe (longitude, latitude): {lon}, {lat}")
        return self.active_within(at, (Box(lon, lat, lon, lat),))

    def active_within(self, at: datetime, where: Extent) -> bool | None:
        """Whether it applies at an aware time: at all places (True), at none (False); None where neither is known.
        Raises as `active_at` does.
        """
        moment = utc(at, "the time asked about").timestamp()
        inside: Spans = ((moment, moment),)
        active = self.active(moment, moment, where)
        if intersection(active.certain, inside):
            return True
        return None if intersection(active.possible, inside) else False


ALWAYS = Applicability()


def _left(times: Spans, off: Spans) -> Spans:
    """The times outside `off`, whose first and last moments belong to it: what is left ends just before."""
    return difference(
        times, tuple((math.nextafter(a, -math.inf), math.nextafter(b, math.inf)) for a, b in off)
    )


def _period_active(period: TimePeriod, start_s: float, end_s: float, box: Box) -> Active:
    window = _dates(period)
    if not period.schedule:
        return Active((window,), (window,))
    asked = intersection((window,), ((start_s, end_s),))
    if not asked:
        return Active(NOWHERE, NOWHERE)
    days = [one for daily in period.schedule for one in _occurrences(daily, *asked[0], box)]
    certain = union(*(one.certain for one in days))
    possible = union(*(one.possible for one in days))
    return Active(intersection(certain, asked), intersection(possible, asked))


def _dates(period: TimePeriod) -> Span:
    start = -math.inf if period.start is None else period.start.timestamp()
    end = math.inf if period.end is None else period.end.timestamp()
    return start, end


def _occurrences(daily: DailyPeriod, start_s: float, end_s: float, box: Box) -> Iterator[Active]:
    """When the schedule applies on each day that may touch the times asked for."""
    if not _FIRST_S <= start_s <= end_s <= _LAST_S:
        raise PathError(
            f"a schedule looks at the days around a time, and no calendar has those around {start_s:g} to {end_s:g} "
            "(Unix seconds)"
        )
    # A day by some offset or by the sun begins up to a day before that of UTC and ends up to two after it, and a period
    # that began then may last for a day more.
    first = datetime.fromtimestamp(start_s, UTC).date() - timedelta(days=3)
    last = datetime.fromtimestamp(end_s, UTC).date() + timedelta(days=2)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() in daily.days:
            yield _on_day(daily, day, box)


class _Midnight(Enum):
    """Where a day begins or ends that the sun alone is named for; the value is how many days later than it."""

    BEFORE = 0
    AFTER = 1


_AnyBound = Bound | _Midnight


def _day_of(stated: Bound | None) -> tuple[_AnyBound, _AnyBound]:
    """Where the day of a stated bound begins and ends: that of its offset, its zone or the sun."""
    if isinstance(stated, SunEvent):
        return _Midnight.BEFORE, _Midnight.AFTER
    clock = TimeOfDay(0.0) if stated is None else stated
    return replace(clock, seconds=0.0), replace(clock, seconds=DAY_S)


def _on_day(daily: DailyPeriod, day: date, box: Box) -> Active:
    start, stop = daily.start or _day_of(daily.end)[0], daily.end or _day_of(daily.start)[1]
    begin = _moment(start, day, box)
    ends = None if begin is None else _ends(start, stop, day, box, begin)
    if begin is None or ends is None:
        return Active(NOWHERE, (_maybe(day, box, begin),))
    earliest, latest = min(one.earliest for one in ends), max(one.latest for one in ends)
    certain: Spans = ((begin.latest, earliest),) if begin.latest <= earliest else NOWHERE
    return Active(certain, ((begin.earliest, latest),))


def _maybe(day: date, box: Box, begin: Stretch | None) -> Span:
    """Where there is no such sun event it may be all of that day and the night after, by the sun of each place."""
    noons = [
        datetime(day.year, day.month, day.day, 12, tzinfo=solar_zone(lon)).timestamp() for lon in box[::2]
    ]
    # The sun's midnight is up to 47 minutes after that of the whole-hour offset.
    last = max(noons) + 1.5 * DAY_S + 3_600.0
    if begin is None:
        return min(noons) - DAY_S, last
    return begin.earliest, max(last, begin.latest + DAY_S)


def _ends(start: _AnyBound, stop: _AnyBound, day: date, box: Box, begin: Stretch) -> list[Stretch] | None:
    """When a period ends: when it next is that time after it began. More than one where it is not known which of both
    comes first; None where there may be no such time.
    """
    later = _days_later(start, stop)
    if later is not None:
        end = _moment(stop, day + timedelta(days=later), box)
        return None if end is None else [end]
    found: list[Stretch] = []
    # An offset and the sun may call one moment by dates that differ by a day.
    for number in (-1, 0, 1, 2):
        end = _moment(stop, day + timedelta(days=number), box)
        if end is None:
            return None
        if end.latest > begin.earliest:
            found.append(end)
        if end.earliest > begin.latest:
            break
    return found


_IN_ORDER = (SunEvent.BMCT, SunEvent.SR, SunEvent.SS, SunEvent.EECT)
"""As they come on each solar day, at every place that has them."""


def _days_later(start: _AnyBound, stop: _AnyBound) -> int | None:
    """How many days after it begins a period ends, where its bounds themselves say so."""
    if isinstance(start, _Midnight) or isinstance(stop, _Midnight):
        return 0
    if start == stop:
        return 1
    if isinstance(start, SunEvent) and isinstance(stop, SunEvent):
        return int(_IN_ORDER.index(start) > _IN_ORDER.index(stop))
    if isinstance(start, LocalTime) and isinstance(stop, LocalTime) and start.zone == stop.zone:
        return int(start.seconds >= stop.seconds)
    return None


def _moment(time: _AnyBound, day: date, box: Box) -> Stretch | None:
    """When that is on a day, at the places of a box; a clock time is known exactly."""
    if isinstance(time, _Midnight):
        return midnights(day + timedelta(days=time.value), box)
    if isinstance(time, SunEvent):
        return sun_times(time, day, box)
    if isinstance(time, LocalTime):
        return _shown(time, day)
    offset = timezone(timedelta(seconds=time.utc_offset_s))
    moment = datetime(day.year, day.month, day.day, tzinfo=offset).timestamp() + time.seconds
    return Stretch(moment, moment)


def _shown(time: LocalTime, day: date) -> Stretch:
    """When the clocks of a zone show a time on a day: once, or (where they are changed) two moments."""
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time.zone)) + timedelta(
        seconds=time.seconds
    )
    first, second = (wall.replace(fold=fold).timestamp() for fold in (0, 1))
    return Stretch(min(first, second), max(first, second))
