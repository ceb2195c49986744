"""Taking times out of a parsed zone file: moments, dates, weekly schedules; each with its offset or zone (rule E7)."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geofences.model.periods import DAY_S, Bound, DailyPeriod, LocalTime, TimeOfDay, TimePeriod
from geofences.model.sun import SunEvent
from geofences.readers.fields import DAYS, Context, Json, member, members, shortened, text


def moment(ctx: Context, value: object, where: str) -> datetime | None:
    """A time with its offset (rule E7); None if absent."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(text(ctx, value, where))
    except ValueError:
        ctx.fault(where, f"{shortened(value)} is no ISO 8601 time")
    if found.tzinfo is None:
        ctx.fault(where, f"{value} has no offset from UTC")
    try:
        found.astimezone(UTC)
    except OverflowError:
        ctx.fault(where, f"{value} is before the year 1 or after 9999 in UTC")
    return found


def time_of_day(ctx: Context, value: object, where: str) -> TimeOfDay | None:
    """A time of day with its offset; 24:00 is the end of the day; None if absent."""
    if value is None:
        return None
    written = text(ctx, value, where)
    ends_day = written.startswith("24:00")
    try:
        found = time.fromisoformat("00" + written[2:] if ends_day else written)
    except ValueError:
        ctx.fault(where, f"{shortened(value)} is no ISO 8601 time of day")
    offset = found.utcoffset()
    if offset is None:
        ctx.fault(where, f"{value} has no offset from UTC")
    seconds = found.hour * 3600 + found.minute * 60 + found.second + found.microsecond / 1e6
    if ends_day and seconds:
        ctx.fault(where, f"{value} is past the end of the day")
    return TimeOfDay(DAY_S if ends_day else seconds, offset.total_seconds())


def time_period(ctx: Context, value: object, where: str, *, local: bool = False) -> TimePeriod:
    """Dates and a weekly schedule; `local` where that may be in the time of a `timezone`."""
    entry = member(ctx, value, where)
    start = moment(ctx, entry.get("startDateTime"), f"{where}.startDateTime")
    end = moment(ctx, entry.get("endDateTime"), f"{where}.endDateTime")
    if start is not None and end is not None and end < start:
        ctx.fault(where, f"it ends ({end.isoformat()}) before it starts ({start.isoformat()})")
    listed = members(ctx, entry.get("schedule") or [], f"{where}.schedule")
    daily = tuple(
        daily_period(ctx, one, f"{where}.schedule[{index}]", local=local) for index, one in enumerate(listed)
    )
    return TimePeriod(start, end, daily)


def daily_period(ctx: Context, value: object, where: str, *, local: bool = False) -> DailyPeriod:
    """One line of a weekly schedule; a start or end that is not stated is that of the day."""
    entry = member(ctx, value, where)
    days: frozenset[int] = frozenset()
    for name in members(ctx, entry.get("day"), f"{where}.day"):
        if not isinstance(name, str) or name not in DAYS:
            ctx.fault(f"{where}.day", f"{shortened(name)} is none of {', '.join(DAYS)}")
        days |= DAYS[name]
    if not days:
        ctx.fault(f"{where}.day", "at least one day is needed")
    zone = None
    if entry.get("timezone") is not None:
        if not local:
            ctx.breach(
                f"{where}.timezone", "the format has no such member; it is read as the schedule's time zone"
            )
        zone = _time_zone(ctx, entry["timezone"], f"{where}.timezone")
    start, end = (_bound(ctx, entry, which, where, zone) for which in ("start", "end"))
    if start is None and end is None and days != DAYS["ANY"]:
        ctx.note(f"{where}: no times are stated: its days are counted in UTC")
    return DailyPeriod(days, start, end)


def _time_zone(ctx: Context, value: object, where: str) -> str:
    name = text(ctx, value, where)
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        ctx.fault(where, f"{shortened(name)} is no IANA time zone such as Europe/Lisbon")


def _local_time(ctx: Context, value: object, where: str, zone: str, unless: float) -> LocalTime:
    """A time that the clocks of a zone show; `unless` it is stated, the start or the end of their day."""
    if value is None:
        return LocalTime(unless, zone)
    written = text(ctx, value, where)
    if written.endswith("Z") or "+" in written or "-" in written:
        ctx.fault(where, f"{written} has an offset beside the time zone {zone}")
    shown = time_of_day(ctx, f"{written}Z", where)
    return LocalTime(0.0 if shown is None else shown.seconds, zone)


def _bound(ctx: Context, entry: Json, which: str, where: str, zone: str | None) -> Bound | None:
    event = entry.get(f"{which}Event")
    if event is None and zone is not None:
        unless = 0.0 if which == "start" else DAY_S
        return _local_time(ctx, entry.get(f"{which}Time"), f"{where}.{which}Time", zone, unless)
    if event is None:
        return time_of_day(ctx, entry.get(f"{which}Time"), f"{where}.{which}Time")
    if not isinstance(event, str) or event not in SunEvent.__members__:
        ctx.fault(f"{where}.{which}Event", f"{shortened(event)} is none of {', '.join(SunEvent.__members__)}")
    if entry.get(f"{which}Time") is not None:
        ctx.fault(where, f"both {which}Time and {which}Event are stated")
    return SunEvent[event]
