"""The weather of now for people: what decisions take, worst of all places, and whose word its wind is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.weather import in_force, parts_in_force
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.domain.state import State
from fleet.weather.field import Sort, Weather, WeatherField, wind_of_part, worst_over
from fleet.weather.heights import EXPONENT
from fleet.weather.series import Missing, Worst
from fleet.weather.shown import counting


class Word(NamedTuple):
    """Who says so, and since when; none where nobody knows since when."""

    source: str
    said_at: datetime | None


class WeatherNow(NamedTuple):
    """The extremes of this moment and all places at the height that is flown, and whose word the strongest wind is."""

    worst: Worst
    word: Word


def weather_now(base: Weather | None, state: State, now: datetime) -> WeatherNow | Missing:
    """What a trip that could lead anywhere would be judged in now, or what is missing.

    The word is that of the source which by itself says most nearly what is believed, of equal ones the newest: where
    one measurement fades into another, neither says just that.
    """
    weather = in_force(base, state)
    if weather is None:
        return Missing("any weather data", now, None)
    height_m, exponent = _height_m(state.fleet), _exponent(state.fleet)
    _, worst = worst_over(weather, None, now, now, height_m, exponent)
    if isinstance(worst, Missing):
        return worst
    words = list(_words(base, state, weather, now))
    nearest = min(
        words, key=lambda each: (abs(each[0] - worst.wind_mps), -_since(each[1], now)), default=None
    )
    return WeatherNow(worst, Word(weather.source, None) if nearest is None else nearest[1])


def _words(
    base: Weather | None, state: State, weather: Weather, now: datetime
) -> Iterator[tuple[float, Word]]:
    height_m, exponent = _height_m(state.fleet), _exponent(state.fleet)
    for part in parts_in_force(base, state):
        winds = wind_of_part(part, now, height_m, exponent)
        if not isinstance(winds, Missing):
            row = max((row for row in part.rows if row.time <= now), key=lambda one: one.time)
            measured = part.sort is Sort.OBSERVED
            yield winds.strongest_mps, Word(part.name, row.time if measured else row.issued_at)
    if isinstance(weather, WeatherField):
        for one in counting(weather.shown, now, now):
            yield one.mps_at(height_m, exponent), Word(one.name, one.time)


def _since(word: Word, now: datetime) -> float:
    """When a word was said, in seconds before now below zero; that of which nobody knows is the oldest."""
    return float("-inf") if word.said_at is None else (word.said_at - now).total_seconds()


def _height_m(fleet: FleetSpec | None) -> float:
    """The greatest height at which any type is flown."""
    kinds = [] if fleet is None else [one for one in fleet.types.values() if isinstance(one, SortieType)]
    return max((one.cruise_height_agl_m for one in kinds), default=0.0)


def _exponent(fleet: FleetSpec | None) -> float:
    return EXPONENT if fleet is None or fleet.weather is None else fleet.weather.wind_exponent
