"""One series from several: what stations have measured, what was forecast since, and the rows of a file."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from fleet.weather.bounds import worst_of
from fleet.weather.conditions import Conditions, Observation, Said
from fleet.weather.series import STALE_AFTER_S, Missing, WeatherSeries

LASTING: Final = timedelta(minutes=30)
"""For so long after the last measurement no forecast is believed that is kinder than it: weather lasts."""


def blended(
    base: WeatherSeries | None,
    observed: Mapping[str, Sequence[Observation]],
    forecast: Sequence[Observation],
) -> WeatherSeries | None:
    """The series that decisions rest on; none where nothing at all is known.

    ``observed`` are the measurements of each station, in rising order of time; where several count at a moment, the
    worst of each value does. ``forecast`` outranks the rows of ``base`` at the same moment. Neither is looked at for
    moments that were measured. All rows go stale as those of ``base`` do, or after ``STALE_AFTER_S``.
    """
    if not observed and not forecast:
        return base
    stale_after_s = STALE_AFTER_S if base is None else base.stale_after_s
    measured = _measured(observed, stale_after_s)
    said = {row.time: row for row in (*(base.rows if base else ()), *forecast)}
    expected = {time: row.conditions for time, row in said.items()}
    rows = _pressed({**_not_overruled(expected, measured, stale_after_s), **measured}, said, stale_after_s)
    said_by = sorted({*observed}) + (["forecast"] if forecast else []) + ([base.source] if base else [])
    return WeatherSeries(
        tuple(_since(time, rows[time], measured, said) for time in sorted(rows)),
        stale_after_s,
        ", ".join(name for name in said_by if name),
    )


def _pressed(
    rows: Mapping[datetime, Conditions], said: Mapping[datetime, Observation], stale_after_s: float
) -> Mapping[datetime, Conditions]:
    """The rows; where a station has no barometer, with the pressure that was forecast."""
    known = [said[time] for time in sorted(said) if said[time].conditions.hpa is not None]
    if not known:
        return rows
    forecast = WeatherSeries(tuple(known), stale_after_s)

    def pressed(time: datetime, row: Conditions) -> Conditions:
        found = forecast.at(time) if row.hpa is None else row
        return row if isinstance(found, Missing) else replace(row, hpa=found.hpa)

    return {time: pressed(time, row) for time, row in rows.items()}


def _since(
    time: datetime,
    conditions: Conditions,
    measured: Mapping[datetime, Conditions],
    said: Mapping[datetime, Observation],
) -> Said:
    """A row with the time at which it was said: that of its measurement, or of the forecast that it is from."""
    if time in measured:
        return Said(time, conditions, time)
    if time in said:
        return Said(time, conditions, said[time].issued_at)
    around = [
        max((t for t in said if t < time), default=None),
        min((t for t in said if t > time), default=None),
    ]
    return Said(time, conditions, _oldest([said[t] for t in around if t is not None]))


def _oldest(rows: Sequence[Observation]) -> datetime | None:
    """When the oldest of rows was said; none where that is not known of each."""
    known = [row.issued_at for row in rows if row.issued_at is not None]
    return min(known) if known and len(known) == len(rows) else None


def merged(several: Sequence[WeatherSeries]) -> WeatherSeries | None:
    """One series that is nowhere kinder than any of several where that one counts; none of none.

    Its rows are the moments at which any of them has one, so it counts no longer than they do. Straight lines lie
    between rows, and the greatest of several straight lines lies nowhere above the line between its ends; what ceases
    to count between two rows still does at the second, on its own line.
    """
    if len(several) < 2:
        return several[0] if several else None
    times = sorted({row.time for one in several for row in one.rows})
    ends = deque(sorted((end, number) for number, one in enumerate(several) for end in one.ends()))
    rows: list[Observation] = []
    for time in times:
        counts = {number for number, one in enumerate(several) if not isinstance(one.at(time), Missing)}
        while ends and ends[0][0] < time:
            counts.add(ends.popleft()[1])
        known = [several[number] for number in sorted(counts)]
        said = worst_of(one.carried(time) for one in known)
        rows.append(Said(time, said, _oldest([one.row_at(time) for one in known])))
    return WeatherSeries(tuple(rows), several[0].stale_after_s, ", ".join(one.source for one in several))


def _measured(
    observed: Mapping[str, Sequence[Observation]], stale_after_s: float
) -> dict[datetime, Conditions]:
    """What was measured at the moments at which any station did; a station counts until it is stale.

    Each moment is asked of every station, so of the moments of a minute only the first and the last are: however many
    stations there are and however often they speak, that is two for each minute. What was measured between counts at
    both. The moment at which a station ceases to count is asked of all too, where it lies between two rows that follow
    each other closely: else what it last said would fade from the row before on.
    """
    stations = [WeatherSeries(tuple(rows), stale_after_s, name) for name, rows in observed.items() if rows]
    rows = sorted((row for station in stations for row in station.rows), key=lambda row: row.time)
    found = {time: worst_of(_said(stations, time)) for time in _ceasing(stations, [row.time for row in rows])}
    for _, group in groupby(rows, key=lambda row: row.time.replace(second=0, microsecond=0)):
        crowd = list(group)
        ends = (crowd[0].time, crowd[-1].time)
        between = [row.conditions for row in crowd if row.time not in ends]
        for time in ends:
            found[time] = worst_of([*_said(stations, time), *between])
    return found


def _ceasing(stations: Iterable[WeatherSeries], times: Sequence[datetime]) -> Iterable[datetime]:
    """When a station ceases to count, between two moments (of ``times``, in order) of which the first still counts at
    the second: a row that is put in there makes nothing count longer."""
    for station in stations:
        for end in station.ends():
            after = bisect_right(times, end)
            if 0 < after < len(times) and times[after] - times[after - 1] <= timedelta(
                seconds=station.stale_after_s
            ):
                yield end


def _said(stations: Iterable[WeatherSeries], time: datetime) -> Iterable[Conditions]:
    """What each station that still counts at a moment has to say of it."""
    return (said for said in (s.at(time) for s in stations) if not isinstance(said, Missing))


def _not_overruled(
    expected: Mapping[datetime, Conditions], measured: Mapping[datetime, Conditions], stale_after_s: float
) -> dict[datetime, Conditions]:
    """The forecasts for moments that nobody has measured; shortly after the last measurement no kinder than it."""
    if not measured or not expected:
        return dict(expected)
    first, last = min(measured), max(measured)
    until = last + LASTING
    left = {time: said for time, said in expected.items() if not first <= time <= last}
    if any(until < time <= last + timedelta(seconds=stale_after_s) for time in left):
        # What was measured would fade into the next forecast from its own moment on; it lasts up to here.
        left[until] = _at(expected, until, stale_after_s) or measured[last]
    return {t: worst_of((measured[last], said)) if last < t <= until else said for t, said in left.items()}


def _at(rows: Mapping[datetime, Conditions], time: datetime, stale_after_s: float) -> Conditions | None:
    series = WeatherSeries(tuple(Observation(at, rows[at]) for at in sorted(rows)), stale_after_s)
    found = series.at(time)
    return None if isinstance(found, Missing) else found
