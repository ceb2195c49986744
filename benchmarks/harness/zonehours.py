"""When zones apply, worked out in another way than `geofences` does: clocks by trying both offsets of a day, the sun by
Spencer's series.

Each span says whether it must be counted, and whether it may be. They differ by the sun only: an event is known here to
`SUN_S`, and `geofences` calls it unknown for up to `UNSURE_S` around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from math import acos, cos, degrees, pi, radians, sin
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geofences import CircleShape, LocalTime, PolygonShape, SunEvent, TimePeriod, Zone
from geofences.model.periods import Bound

SUN_S, UNSURE_S = 150.0, 900.0
DAY_S = 86_400.0
INF = float("inf")
Shape = PolygonShape | CircleShape


class Span(NamedTuple):
    """From when until when (Unix seconds), and for which answers it counts."""

    begin: float
    until: float
    must: bool = True
    may: bool = True


class _Moment(NamedTuple):
    """When a bound of a period is: between two moments, of which neither is known better than `error_s`."""

    earliest: float
    latest: float
    by_sun: bool = False


def spans(zone: Zone, shape: Shape, around: datetime, *, surely: bool) -> list[Span]:
    """When a zone applies to a volume: surely, or possibly."""
    periods = zone.applicability.periods
    if not periods:
        return [Span(-INF, INF)]
    return [span for period in periods for span in _occurrences(period, shape, around, surely=surely)]


def _occurrences(period: TimePeriod, shape: Shape, around: datetime, *, surely: bool) -> Iterator[Span]:
    first = -INF if period.start is None else period.start.timestamp()
    last = INF if period.end is None else period.end.timestamp()
    if not period.schedule:
        yield Span(first, last)
    for daily in period.schedule:
        assert daily.start is not None
        assert daily.end is not None
        for number in range(-5, 7):
            day = around.date() + timedelta(days=number)
            if day.weekday() in daily.days:
                begin, until = _moment(daily.start, day, shape), _moment(daily.end, day, shape)
                if _comes_first(daily.end, daily.start, until, begin):
                    until = _moment(daily.end, day + timedelta(days=1), shape)
                for one in _between(begin, until, surely=surely):
                    low, high = max(first, one.begin), min(last, one.until)
                    if low <= high:
                        yield one._replace(begin=low, until=high)


def _comes_first(end: Bound, start: Bound, until: _Moment, begin: _Moment) -> bool:
    """Whether a period's end would come before its start, or with it, on one day: by what clocks say."""
    if isinstance(end, LocalTime) and isinstance(start, LocalTime):
        return end.seconds <= start.seconds
    return until.earliest <= begin.earliest


def _between(begin: _Moment, until: _Moment, *, surely: bool) -> Iterator[Span]:
    low, high = (begin.latest, until.earliest) if surely else (begin.earliest, until.latest)
    if not begin.by_sun:
        yield Span(low, high)
        return
    inside, beyond = (UNSURE_S, SUN_S) if surely else (SUN_S, UNSURE_S)
    yield Span(low + inside, high - inside, may=False)
    yield Span(low - beyond, high + beyond, must=False)


def _moment(bound: Bound, day: date, shape: Shape) -> _Moment:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if isinstance(bound, SunEvent):
        found = [_sun_s(bound, day, lon, lat) for lon, lat in _corners(shape)]
        return _Moment(min(found), max(found), by_sun=True)
    if isinstance(bound, LocalTime):
        return _shown(midnight + timedelta(seconds=bound.seconds), ZoneInfo(bound.zone))
    at = midnight.timestamp() + bound.seconds - bound.utc_offset_s
    return _Moment(at, at)


def _shown(wall: datetime, zone: ZoneInfo) -> _Moment:
    """When clocks show a time: the offsets before and after that day are tried, and those kept that lead back to it."""
    offsets = {(wall + timedelta(days=days)).astimezone(zone).utcoffset() for days in (-2, 2)}
    tried = [wall - offset for offset in offsets if offset is not None]
    shown = [one for one in tried if one.astimezone(zone).replace(tzinfo=UTC) == wall]
    moments = [one.timestamp() for one in shown or tried]
    return _Moment(min(moments), max(moments))


def _corners(shape: Shape) -> list[tuple[float, float]]:
    if isinstance(shape, PolygonShape):
        lons, lats = zip(*shape.outer, strict=True)
    else:
        up = shape.radius_m / 110_000.0
        aside = up / cos(radians(abs(shape.lat) + up))
        lons, lats = (shape.lon - aside, shape.lon + aside), (shape.lat - up, shape.lat + up)
    return [(lon, lat) for lon in (min(lons), max(lons)) for lat in (min(lats), max(lats))]


_HEIGHT_DEG = {SunEvent.SR: -0.833, SunEvent.SS: -0.833, SunEvent.BMCT: -6.0, SunEvent.EECT: -6.0}
_MORNING = (SunEvent.SR, SunEvent.BMCT)


def _sun_s(event: SunEvent, day: date, lon: float, lat: float) -> float:
    """The moment of an event by Spencer's series (1971) for the equation of time and the declination."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    noon = at = midnight.timestamp() + DAY_S / 2.0 - lon * 240.0
    for _ in range(3):
        year = datetime(day.year, 1, 1, tzinfo=UTC).timestamp()
        g = 2.0 * pi * (at - year - DAY_S / 2.0) / (365.2422 * DAY_S)
        equation_s = 13_751.0 * (
            0.000075 + 0.001868 * cos(g) - 0.032077 * sin(g) - 0.014615 * cos(2 * g) - 0.040849 * sin(2 * g)
        )
        tilt = (
            0.006918 - 0.399912 * cos(g) + 0.070257 * sin(g) - 0.006758 * cos(2 * g) + 0.000907 * sin(2 * g)
        ) - (0.002697 * cos(3 * g) - 0.00148 * sin(3 * g))
        phi = radians(lat)
        up = sin(radians(_HEIGHT_DEG[event]))
        hour_s = degrees(acos((up - sin(phi) * sin(tilt)) / (cos(phi) * cos(tilt)))) * 240.0
        at = noon - equation_s + (-hour_s if event in _MORNING else hour_s)
    return at
