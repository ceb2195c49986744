"""What the writers share: limits, times and shapes as JSON, and the refusal of what a format cannot express."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time, timedelta, timezone
from typing import Any, NoReturn

from geofences.errors import ZoneWriteError
from geofences.model.altitude import NO_CEILING_M, Datum, Limit
from geofences.model.periods import DAY_S, EVERY_DAY, DailyPeriod, LocalTime, TimeOfDay, TimePeriod
from geofences.model.sun import SunEvent
from geofences.model.zone import PolygonShape, Restriction, Ring, Zone
from geofences.readers.fields import DAYS

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """What the standards ask for and a zone does not hold: who is responsible, and the language of its texts."""

    authority: str = ""
    language: str = "und"
    """As in BCP 47, at most 5 characters; `und` is "not determined"."""


def refuse(zone: Zone, field: str, message: str) -> NoReturn:
    """Refuse a zone."""
    raise ZoneWriteError(zone.zone_id, field, message)


def spelled(zone: Zone, spellings: Mapping[Restriction, str], format_name: str) -> str:
    """What the zone demands, as the format spells it."""
    if zone.restriction not in spellings:
        refuse(zone, "restriction", f"{format_name} knows no {zone.restriction}")
    return spellings[zone.restriction]


def judge(zone: Zone, format_name: str, reasons: Collection[str], datums: Collection[Datum]) -> None:
    """Refuse what neither standard expresses: no country, reasons and datums that it does not name."""
    if len(zone.country) != 3:
        refuse(zone, "country", f"{format_name} needs 3 letters, got {zone.country!r}")
    for one in zone.reasons:
        if one not in reasons:
            refuse(zone, "reasons", f"{format_name} knows no {one}")
    if any(map(_is_local, zone.applicability.periods)):
        refuse(zone, "applicability", f"{format_name} knows no schedule in the time of a zone")
    for volume in zone.volumes:
        for side, limit in (("lower", volume.lower), ("upper", volume.upper)):
            if limit is not None and limit.datum not in datums:
                refuse(zone, f"{side} limit", f"{format_name} knows no heights in {limit.datum}")


def height(zone: Zone, limit: Limit, side: str) -> float:
    """A limit's value; without a ceiling it is the value that means so."""
    if limit.value_m == math.inf:
        return NO_CEILING_M
    if not -math.inf < limit.value_m < NO_CEILING_M:
        refuse(
            zone,
            f"{side} limit",
            f"{limit.value_m:g} m is no height: {NO_CEILING_M:.0f} m and more is no ceiling",
        )
    return limit.value_m


def rings(shape: PolygonShape) -> list[list[list[float]]]:
    """The rings of a polygon, longitude first."""
    return [_ring(one) for one in (shape.outer, *shape.holes)]


def _ring(ring: Ring) -> list[list[float]]:
    return [list(position) for position in ring]


def period(one: TimePeriod) -> Json:
    """Dates and weekly schedule, as both standards write them."""
    said: Json = {}
    if one.start is not None:
        said["startDateTime"] = one.start.isoformat()
    if one.end is not None:
        said["endDateTime"] = one.end.isoformat()
    if one.schedule:
        said["schedule"] = [_daily(daily) for daily in one.schedule]
    return said


def names_the_sun(one: TimePeriod) -> bool:
    """Whether a schedule begins or ends with the sun."""
    return any(isinstance(bound, SunEvent) for daily in one.schedule for bound in (daily.start, daily.end))


def _is_local(one: TimePeriod) -> bool:
    return any(isinstance(bound, LocalTime) for daily in one.schedule for bound in (daily.start, daily.end))


def judge_clocks(zone: Zone) -> None:
    """Refuse a line of a schedule whose two times are not by the same clocks: a line has one time zone."""
    for daily in (daily for one in zone.applicability.periods for daily in one.schedule):
        bounds = [bound for bound in (daily.start, daily.end) if not isinstance(bound, SunEvent)]
        if len({bound.zone if isinstance(bound, LocalTime) else None for bound in bounds}) > 1:
            refuse(zone, "applicability", "a line of a schedule has times by different clocks")


def _daily(one: DailyPeriod) -> Json:
    days = ["ANY"] if one.days == EVERY_DAY else [name for name, day in DAYS.items() if day <= one.days]
    said: Json = {"day": days}
    for side, bound in (("start", one.start), ("end", one.end)):
        if isinstance(bound, SunEvent):
            said[f"{side}Event"] = bound.value
        elif isinstance(bound, LocalTime):
            said[f"{side}Time"] = _clock(TimeOfDay(bound.seconds))[: -len("+00:00")]
            said["timezone"] = bound.zone
        elif bound is not None:
            said[f"{side}Time"] = _clock(bound)
    return said


def _clock(at: TimeOfDay) -> str:
    zone = timezone(timedelta(seconds=at.utc_offset_s))
    whole = timedelta(seconds=0.0 if at.seconds == DAY_S else at.seconds)
    minutes, seconds = divmod(whole.seconds, 60)
    written = time(minutes // 60, minutes % 60, seconds, whole.microseconds, zone).isoformat()
    return "24" + written[2:] if at.seconds == DAY_S else written


def without_empty(said: Json) -> Json:
    """Without members that say nothing."""
    return {name: value for name, value in said.items() if value not in ("", None, [])}
