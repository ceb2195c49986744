"""Weather by place, height and time: which stations and forecasts count for a way, and the worst that they say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from fleet.weather.blend import blended, merged
from fleet.weather.conditions import ANYWHERE, Conditions, Observation, Said, Spot
from fleet.weather.heights import EXPONENT, at_height
from fleet.weather.masts import that_count
from fleet.weather.series import STALE_AFTER_S, Missing, WeatherSeries, Worst, worst_of_all
from fleet.weather.shown import ShownWind, counting, raised
from fleet.weather.winds import Winds

REACH_M: Final = 10_000.0
"""How far a station's word reaches unless the fleet file says otherwise. An assumption: about the width of a shower's
cell or a town's sea breeze, and what hourly rows at aerodromes are used for by those who fly around them."""

EARTH_M: Final = 6_371_008.8
STEP_M: Final = 500.0
"""Between two points of a way its cover is looked at every so many metres."""
HEIGHT_STEP_M: Final = 10.0
"""Heights are rounded up to this step: wind grows with height, so never to the kinder side."""


class Sort(Enum):
    """What a part of a field is: rows of a file, forecasts, which outrank them, or measurements, which outrank both."""

    FILE = "file"
    FORECAST = "forecast"
    OBSERVED = "observed"


@dataclass(frozen=True)
class Part:
    """The rows that one source says of one spot, in rising order of time."""

    name: str
    sort: Sort
    spot: Spot
    rows: tuple[Observation, ...]


class Where(NamedTuple):
    """A way over ground as points (longitude, latitude) in order, and how high above the ground it is flown at most.

    ``reach_m`` is how far a station's word reaches, ``exponent`` that of the wind's power law.
    """

    points: tuple[tuple[float, float], ...]
    height_m: float
    reach_m: float = REACH_M
    exponent: float = EXPONENT


@dataclass(frozen=True)
class WeatherField:
    """What several stations and services say of several places and heights.

    For each point of a way all spots within reach count, and those that name no place; of these the worst value, as
    with stations that name none (decision 0017). A point that nothing reaches has no weather. A field without parts has
    none anywhere: its winds only raise what is assumed.
    """

    parts: tuple[Part, ...]
    stale_after_s: float = STALE_AFTER_S
    source: str = ""
    shown: tuple[ShownWind, ...] = ()
    """Winds that aircraft have shown lately. They are no weather by themselves: they only raise what is known."""
    _kept: dict[object, WeatherSeries | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def rows(self) -> tuple[Observation, ...]:
        """The rows of all parts, by part."""
        return tuple(row for part in self.parts for row in part.rows)

    @cached_property
    def overall(self) -> WeatherSeries:
        """The worst of all places, as measured: for those who ask about none."""
        found = self._series(frozenset(range(len(self.parts))), None, EXPONENT)
        if found is None:
            raise ValueError("a field has rows")
        return found

    def at(self, time: datetime) -> Conditions | Missing:
        """The worst of all places at a moment, as measured; missing where only winds are known."""
        return self.overall.at(time) if self.parts else Missing("any weather data", time, None)

    def series_along(
        self, where: Where | None, highest_m: float = 0.0, exponent: float = EXPONENT
    ) -> tuple[WeatherSeries, ...] | None:
        """One series for each set of spots that count somewhere on the way; none where nothing reaches a point of it.

        Without a way all spots count together, at ``highest_m`` and by that ``exponent``.
        """
        if where is None:
            sets: Iterable[frozenset[int]] = {frozenset(range(len(self.parts)))}
            height_m = highest_m
        else:
            sets, height_m, exponent = set(self._covers(where)), where.height_m, where.exponent
        rounded_m = math.ceil(height_m / HEIGHT_STEP_M) * HEIGHT_STEP_M
        found = [self._series(chosen, rounded_m, exponent) for chosen in sorted(sets, key=sorted)]
        known = tuple(series for series in found if series is not None)
        return known if len(known) == len(found) else None

    def worst_along(
        self,
        where: Where | None,
        start: datetime,
        end: datetime,
        highest_m: float = 0.0,
        exponent: float = EXPONENT,
    ) -> Worst | Missing:
        """The extremes on a way from ``start`` to ``end``; what is missing at any point of it is missing.

        The warmest is that on the ground of any row that counts nearby in time: air need not get colder with height.
        """
        several = self.series_along(where, highest_m, exponent)
        if several is None:
            return Missing("weather within reach of every point of the way", start, None)
        found: list[Worst] = []
        for series in several:
            worst = series.worst_between(start, end)
            if isinstance(worst, Missing):
                return worst
            found.append(worst)
        everywhere = worst_of_all(found)
        warmest = max(self._warm(where, start, end), default=everywhere.max_temperature_c)
        worst = replace(everywhere, max_temperature_c=max(everywhere.max_temperature_c, warmest))
        return self.with_shown(worst, where, start, end, highest_m, exponent) if self.shown else worst

    def with_shown(
        self,
        worst: Worst,
        where: Where | None,
        start: datetime,
        end: datetime,
        highest_m: float,
        exponent: float = EXPONENT,
    ) -> Worst:
        """The extremes with the winds that aircraft have shown near a way, at its height: never milder."""
        found = counting(self.shown, start, end)
        if where is None:
            return raised(worst, found, highest_m, exponent)
        near = [
            one
            for one in found
            if any(_apart_m(lon, lat, one.spot) <= where.reach_m for lon, lat in _walked(where.points))
        ]
        return raised(worst, near, where.height_m, where.exponent)

    def _warm(self, where: Where | None, start: datetime, end: datetime) -> Iterator[float]:
        """Temperatures as measured, of all rows that count: neither the lapse nor another station's cold hides them."""
        around = timedelta(seconds=self.stale_after_s)
        counts = (
            range(len(self.parts)) if where is None else {n for cover in self._covers(where) for n in cover}
        )
        for number in counts:
            rows = self.parts[number].rows
            yield from (r.conditions.temperature_c for r in rows if start - around <= r.time <= end + around)

    def _covers(self, where: Where) -> Iterator[frozenset[int]]:
        """For each point of the way, and between them, which parts count there."""
        everywhere = frozenset(n for n, part in enumerate(self.parts) if part.spot.lon is None)
        placed = [(n, part.spot) for n, part in enumerate(self.parts) if part.spot.lon is not None]
        for lon, lat in _walked(where.points):
            near = {n for n, spot in placed if _apart_m(lon, lat, spot) <= where.reach_m}
            yield everywhere | near

    def _series(
        self, chosen: frozenset[int], height_m: float | None, exponent: float
    ) -> WeatherSeries | None:
        key = (chosen, height_m, exponent)
        if key not in self._kept:
            self._kept[key] = self._blend([self.parts[n] for n in sorted(chosen)], height_m, exponent)
        return self._kept[key]

    def _blend(self, parts: list[Part], height_m: float | None, exponent: float) -> WeatherSeries | None:
        if not parts:
            return None
        counted = parts if height_m is None else list(_levels(parts, height_m, self.stale_after_s))
        by_sort: dict[Sort, list[WeatherSeries]] = {sort: [] for sort in Sort}
        for part in counted:
            rows = part.rows if height_m is None else tuple(_raised(part, height_m, exponent))
            by_sort[part.sort].append(WeatherSeries(rows, self.stale_after_s, _label(part)))
        base, forecast = merged(by_sort[Sort.FILE]), merged(by_sort[Sort.FORECAST])
        observed = {one.source: one.rows for one in by_sort[Sort.OBSERVED]}
        return blended(base, observed, () if forecast is None else forecast.rows)


Weather = WeatherSeries | WeatherField
"""What is known of the weather: of one area as a whole, or by place and height."""


def overall(weather: Weather) -> WeatherSeries:
    """One series: the worst of all places, as measured."""
    return weather.overall if isinstance(weather, WeatherField) else weather


def worst_over(
    weather: Weather,
    where: Where | None,
    start: datetime,
    end: datetime,
    highest_m: float = 0.0,
    exponent: float = EXPONENT,
) -> tuple[tuple[WeatherSeries, ...], Worst | Missing]:
    """The one word on the weather that decisions take: the series that count on a way, and the extremes of them, with
    the winds that were shown; without a way, of all places (``WeatherField.worst_along``)."""
    if isinstance(weather, WeatherSeries):
        return (weather,), weather.worst_between(start, end)
    several = weather.series_along(where, highest_m, exponent) or ()
    return several, weather.worst_along(where, start, end, highest_m, exponent)


def wind_of_part(part: Part, time: datetime, height_m: float, exponent: float) -> Winds | Missing:
    """What a part by itself says of the wind at a moment and a height."""
    found = WeatherSeries(tuple(_raised(part, height_m, exponent))).at(time)
    return found if isinstance(found, Missing) else found.winds


def parts_of(weather: Weather) -> tuple[Part, ...]:
    """The parts of a field; a series is the one part of a file that counts anywhere."""
    if isinstance(weather, WeatherField):
        return weather.parts
    return (Part(weather.source, Sort.FILE, ANYWHERE, weather.rows),)


def parted(name: str, sort: Sort, rows: Iterable[Observation]) -> tuple[Part, ...]:
    """One part for each spot that rows in order of time speak of, in the order in which these come first."""
    by_spot: dict[Spot, list[Observation]] = {}
    for row in rows:
        by_spot.setdefault(row.spot, []).append(row)
    return tuple(Part(name, sort, spot, tuple(some)) for spot, some in by_spot.items())


def _label(part: Part) -> str:
    """Its name, with the spot, so that no two parts have one."""
    lon, lat, height_m = part.spot
    place = "" if lon is None or lat is None else f" at {lon!r},{lat!r}"
    return f"{part.name}{place}{'' if height_m is None else f' in {height_m!r} m'}"


def _levels(parts: Iterable[Part], height_m: float, stale_after_s: float) -> Iterator[Part]:
    """Of several heights at one place those that count (`that_count`); of one height that."""
    masts: dict[tuple[str, Sort, float | None, float | None], list[Part]] = {}
    for part in parts:
        masts.setdefault((part.name, part.sort, part.spot.lon, part.spot.lat), []).append(part)
    for mast in masts.values():
        yield from (part for part in mast if part.spot.height_m is None)
        at = {part.spot.height_m: part for part in mast if part.spot.height_m is not None}
        heights = {level_m: part.rows for level_m, part in at.items()}
        for level_m, rows in that_count(heights, height_m, stale_after_s).items():
            yield replace(at[level_m], rows=rows)


def _raised(part: Part, height_m: float, exponent: float) -> Iterator[Observation]:
    for row in part.rows:
        said = at_height(row.conditions, part.spot.height_m, height_m, exponent)
        yield Said(row.time, said, row.issued_at, part.spot)


def _walked(points: tuple[tuple[float, float], ...]) -> Iterator[tuple[float, float]]:
    """The points of a way, and such between them that no two are farther apart than ``STEP_M``."""
    yield points[0]
    for (lon, lat), (to_lon, to_lat) in pairwise(points):
        steps = max(1, math.ceil(_apart_m(lon, lat, Spot(to_lon, to_lat)) / STEP_M))
        turn = (to_lon - lon + 180.0) % 360.0 - 180.0
        for n in range(1, steps + 1):
            yield (lon + turn * n / steps + 180.0) % 360.0 - 180.0, lat + (to_lat - lat) * n / steps


def _apart_m(lon: float, lat: float, spot: Spot) -> float:
    """The distance on a sphere (haversine); half a percent at most from that on the ellipsoid."""
    if spot.lon is None or spot.lat is None:
        return 0.0
    up, across = math.radians(spot.lat - lat) / 2, math.radians(spot.lon - lon) / 2
    root = (
        math.sin(up) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(spot.lat)) * math.sin(across) ** 2
    )
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(root)))
