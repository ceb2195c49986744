"""When a period holds within some time: its window of dates, and what its schedule means on each day around.

The sun rises at different times at different places. What is asked about is a box: a period surely holds when it does
at all of its places, and may hold when it does at any.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geofences.errors import PathError
from geofences.model.altitude import Box
from geofences.model.periods import DAY_S, Bound, DailyPeriod, LocalTime, TimeOfDay, TimePeriod
from geofences.model.spans import NOWHERE, Span, Spans, intersection, union
from geofences.model.sun import Stretch, SunEvent, midnights, solar_zone, sun_times

_FIRST_S, _LAST_S = (
    day.timestamp() for day in (datetime(1, 1, 8, tzinfo=UTC), datetime(9999, 12, 24, tzinfo=UTC))
)
"""A schedule looks at the days around a time; before and after these some of them are in no calendar."""


_OTHER_DATES = (
    (Box(-180.0, -90.0, -168.5, 90.0), 1),
    (Box(-160.0, -13.0, -149.0, 6.0), 1),
    (Box(165.0, 50.0, 180.0, 56.0), -1),
)
"""Where some count the day of the date line's other side, by the IANA time zones: Samoa, Tonga, Chukotka, the Chatham
and the Line Islands (Pacific/Apia to Pacific/Kiritimati) that of its west, the western Aleutians (America/Adak) that of
its east. Which of them a place is in is not known here."""


_ANYWHERE = Box(-180.0, -90.0, 180.0, 90.0)
"""What clocks show depends on no place: their schedules are worked out once for all boxes that are asked about."""


class Active(NamedTuple):
    """When a zone applies, in Unix seconds: surely, and at most (they differ where a sun time is not
    known).
    """

    certain: Spans
    possible: Spans


def period_active(period: TimePeriod, start_s: float, end_s: float, box: Box) -> Active:
    """When a period holds within `start_s` to `end_s` (Unix seconds), at all places of a box and at any of them."""
    window = period.window
    if not period.schedule:
        return Active((window,), (window,))
    asked = intersection((window,), ((start_s, end_s),))
    if not asked:
        return Active(NOWHERE, NOWHERE)
    days = [one for daily in period.schedule for one in _occurrences(daily, *asked[0], box)]
    certain = union(*(one.certain for one in days))
    possible = union(*(one.possible for one in days))
    return Active(intersection(certain, asked), intersection(possible, asked))


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
    dates = _dates(daily, box)
    there = box if _is_by_sun(daily) else _ANYWHERE
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        named = [(day + timedelta(days=shift)).weekday() in daily.days for shift in dates]
        if any(named):
            found = _on_day(daily, day, there)
            yield found if all(named) else Active(NOWHERE, found.possible)


def _dates(daily: DailyPeriod, box: Box) -> tuple[int, ...]:
    """By how many days the date on the calendar there may lie after that of the sun, by which a day is found that the
    sun is named for.
    """
    if not isinstance(daily.start or daily.end, SunEvent):
        return (0,)
    boxes = [box]
    if box.east > 180.0:
        boxes.append(box._replace(west=box.west - 360.0, east=box.east - 360.0))
    return (0, *sorted({shift for there, shift in _OTHER_DATES if any(_meet(one, there) for one in boxes)}))


def _is_by_sun(daily: DailyPeriod) -> bool:
    return isinstance(daily.start, SunEvent) or isinstance(daily.end, SunEvent)


def _meet(one: Box, other: Box) -> bool:
    return (
        one.west <= other.east
        and other.west <= one.east
        and one.south <= other.north
        and other.south <= one.north
    )


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


@lru_cache(maxsize=4096)
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
