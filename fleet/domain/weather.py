"""Which word on weather counts: of a source the newest for each moment and spot, measurements before forecasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from fleet.domain.event import Event
from fleet.protocol.values import Identifier, Place, Time
from fleet.protocol.weather import WeatherRow, WeatherSort, WeatherSpot

if TYPE_CHECKING:
    from immutables import Map

KEEP_BEHIND: Final = timedelta(hours=3)
"""What lies farther behind is forgotten: twice as long as a row counts, so nothing that is decided now rests on it."""

MOST_OF_SOURCE: Final = 1024
"""Rows that the state holds of one source at most: two weeks of half-hourly forecasts, and measurements every minute.
Of more than that the nearest moments stay, so nobody takes the room of others, nor of what it says next itself."""

MOST_SOURCES: Final = 16
"""Sources that count at a time: a station for each site of a city, and services."""


class Key(NamedTuple):
    """A source, the moment that it speaks of, and where: longitude and latitude, the height, all three or none."""

    source: str
    time: datetime
    spot: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedWeather:
    """A row of a source's, when the source said so, and of where."""

    row: WeatherRow
    issued_at: datetime
    place: Place | None = None
    height_m: float | None = None
    pressure_hpa: float | None = None

    def key(self, source: str) -> Key:
        """What it is known by as a word of this source."""
        at = () if self.place is None else (self.place.lon, self.place.lat)
        return Key(source, self.row.time, at if self.height_m is None else (*at, self.height_m))


class WeatherReported(WeatherSpot, Event):
    """A station or a service said what the weather was or will be; only the rows that change what is known are here.

    ``by`` is who handed it in: a person, or the peer that the report came from. ``subject`` is whose key it came with;
    empty without keys, and where an older release did not keep it.
    """

    type: Literal["weather_reported"] = "weather_reported"
    source: Identifier
    issued_at: Time
    by: Identifier
    subject: str = ""
    rows: tuple[WeatherRow, ...]


def outranks(new: ReportedWeather, old: ReportedWeather | None) -> bool:
    """Whether a word replaces the one that is there: measured before forecast, then the newer issue.

    Of two words of the same rank the first stays: what is said again changes nothing.
    """
    return old is None or _rank(new) > _rank(old)


def _rank(said: ReportedWeather) -> tuple[bool, datetime]:
    return said.row.sort is WeatherSort.OBSERVED, said.issued_at


def counts(known: Map[Key, ReportedWeather], source: str, said: ReportedWeather, now: datetime) -> bool:
    """Whether a row changes what is known: it is not forgotten already, and outranks what its source said before."""
    return said.row.time >= now - KEEP_BEHIND and outranks(said, known.get(said.key(source)))


def sources(known: Map[Key, ReportedWeather], now: datetime) -> frozenset[str]:
    """Who has said something that is not to be forgotten yet. Rows are only dropped when the next report comes."""
    return frozenset(key.source for key in known if key.time >= now - KEEP_BEHIND)


def with_report(known: Map[Key, ReportedWeather], event: WeatherReported) -> Map[Key, ReportedWeather]:
    """What is known after a report: its rows where they count, without what lies far behind or is too much."""
    changed: Any = known.mutate()
    for row in event.rows:
        said = ReportedWeather(row, event.issued_at, event.place, event.height_m, event.pressure_hpa)
        if counts(known, event.source, said, event.at):
            changed[said.key(event.source)] = said
    for key in [key for key in known if key.time < event.at - KEEP_BEHIND]:
        del changed[key]
    finished: Map[Key, ReportedWeather] = changed.finish()
    for key in _too_many(finished, event):
        finished = finished.delete(key)
    return finished


def _too_many(known: Iterable[Key], event: WeatherReported) -> list[Key]:
    """What its source has said beyond its share: the moments farthest from now, of equally far ones the later."""
    own = [key for key in known if key.source == event.source]
    return sorted(own, key=lambda key: (abs(key.time - event.at), key.time, key.spot))[MOST_OF_SOURCE:]
