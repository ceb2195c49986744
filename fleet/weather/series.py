"""Weather over time: what it is at a moment, and the worst of an interval. What is not known is `Missing`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from fleet.weather.bounds import interpolate, widest, worst_of
from fleet.weather.conditions import Conditions, Observation, require_aware
from fleet.weather.errors import InvalidWeather
from fleet.weather.winds import Winds, together

STALE_AFTER_S: Final = 5400.0
"""For how long a row counts unless its series says otherwise: an hourly row that came half an hour late."""


@dataclass(frozen=True)
class Missing:
    """Weather that is not known. ``age_s`` is that of the newest row before the moment, none where there is
    none."""

    what: str
    at: datetime
    age_s: float | None


@dataclass(frozen=True)
class Worst:
    """The extremes of an interval and of places. Each is a bound by itself; they need not occur together.

    ``winds`` hold all that count at any moment of it, as they change between rows too.
    ``hpa`` are the lowest and the highest pressure at sea level; none where nobody has said.
    """

    winds: Winds
    gust_mps: float
    precipitation_mm_h: float
    visibility_m: float
    min_temperature_c: float
    max_temperature_c: float
    hpa: tuple[float, float] | None = None

    @property
    def wind_mps(self) -> float:
        """The strongest mean wind."""
        return self.winds.strongest_mps


@dataclass(frozen=True)
class WeatherSeries:
    """Rows in rising order of time. A row counts for ``stale_after_s`` and no longer.

    Raises `InvalidWeather` for no rows, rows out of order, two of one time, or a limit that is not positive.
    """

    rows: tuple[Observation, ...]
    stale_after_s: float = STALE_AFTER_S
    source: str = ""
    _times: tuple[datetime, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not self.rows:
            raise InvalidWeather("rows", self.rows, "one row or more")
        if not 0 < self.stale_after_s < float("inf"):
            raise InvalidWeather("stale_after_s", self.stale_after_s, "above zero and finite")
        for before, after in pairwise(self.rows):
            if not before.time < after.time:
                raise InvalidWeather("time", after.time.isoformat(), f"after {before.time.isoformat()}")
        object.__setattr__(self, "_times", tuple(row.time for row in self.rows))

    def at(self, time: datetime) -> Conditions | Missing:
        """Conditions at a moment, interpolated between rows, or what is missing.

        After the last row it holds that row's until it is stale. Raises `InvalidWeather` for a naive time.
        """
        require_aware("time", time)
        index = bisect_right(self._times, time) - 1
        if index < 0:
            return Missing("weather before the first row", time, None)
        age_s = (time - self._times[index]).total_seconds()
        if age_s > self.stale_after_s:
            return Missing(f"weather newer than {self.stale_after_s:g} s", time, age_s)
        if index + 1 == len(self.rows):
            return self.rows[index].conditions
        return self._between(index, age_s)

    def worst_between(self, start: datetime, end: datetime) -> Worst | Missing:
        """The extremes from ``start`` to ``end``, both included, or the first moment at which weather is
        missing.

        Raises `InvalidWeather` for naive times or an end before the start.
        """
        require_aware("start", start)
        require_aware("end", end)
        if end < start:
            raise InvalidWeather("end", end.isoformat(), f"at or after the start, {start.isoformat()}")
        known: list[Conditions] = []
        for moment in self._moments(start, end):
            conditions = self.at(moment)
            if isinstance(conditions, Missing):
                return conditions
            known.append(conditions)
        return _extremes(known)

    def carried(self, time: datetime) -> Conditions:
        """As ``at``, as if no row ever went stale: on along the line to the next row. The first row's before it."""
        index = bisect_right(self._times, time) - 1
        if index < 0 or index + 1 == len(self.rows):
            return self.row_at(time).conditions
        return self._between(index, (time - self._times[index]).total_seconds())

    def row_at(self, time: datetime) -> Observation:
        """The newest row of a moment, stale or not; the first one before it."""
        return self.rows[max(0, bisect_right(self._times, time) - 1)]

    def lead_s(self, start: datetime, end: datetime) -> float | None:
        """How long before ``end`` the oldest word was said that counts from ``start`` on; none where nobody knows.

        A measurement that still counts is a forecast too: that it stays as it was.
        """
        first, last = max(0, bisect_right(self._times, start) - 1), bisect_right(self._times, end)
        said = [row.issued_at for row in self.rows[first : last + 1]]
        known = [at for at in said if at is not None]
        if len(known) < len(said) or not known:
            return None
        return max(0.0, (end - min(known)).total_seconds())

    def ends(self) -> Iterable[datetime]:
        """The last moments at which a row counts without one after it."""
        lasts = timedelta(seconds=self.stale_after_s)
        for time, following in zip(self._times, (*self._times[1:], None), strict=True):
            if following is None or following - time > lasts:
                yield time + lasts

    def _between(self, index: int, age_s: float) -> Conditions:
        before, after = self.rows[index], self.rows[index + 1]
        span_s = (after.time - before.time).total_seconds()
        return interpolate(before.conditions, after.conditions, age_s / span_s)

    def _moments(self, start: datetime, end: datetime) -> Iterable[datetime]:
        """Where an extreme or a gap can be: both ends, each row between, and the moment before a stale row's
        end."""
        yield start
        first, last = bisect_right(self._times, start), bisect_right(self._times, end)
        for time in self._times[first:last]:
            yield time - timedelta(microseconds=1) if time - timedelta(microseconds=1) > start else start
            yield time
        yield end


def worst_of_all(several: Iterable[Worst]) -> Worst:
    """The extremes of several, one or more."""
    known = list(several)
    return Worst(
        winds=together(each.winds for each in known),
        gust_mps=max(each.gust_mps for each in known),
        precipitation_mm_h=max(each.precipitation_mm_h for each in known),
        visibility_m=min(each.visibility_m for each in known),
        min_temperature_c=min(each.min_temperature_c for each in known),
        max_temperature_c=max(each.max_temperature_c for each in known),
        hpa=widest(each.hpa for each in known),
    )


def _extremes(known: list[Conditions]) -> Worst:
    """Between two moments that follow each other a wind blows from within the arc that holds both, if that is no whole
    circle: so the bounds of all moments hold all between them."""
    worst = worst_of(known)
    return Worst(
        winds=worst.winds,
        gust_mps=worst.gust_mps,
        precipitation_mm_h=worst.precipitation_mm_h,
        visibility_m=worst.visibility_m,
        min_temperature_c=worst.temperature_c,
        max_temperature_c=worst.highest_c,
        hpa=worst.hpa,
    )
