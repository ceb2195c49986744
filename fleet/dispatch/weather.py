"""The weather in force: what stations and services have reported, over the rows of the file that the day began with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fleet.domain.state import State
from fleet.domain.weather import ReportedWeather
from fleet.protocol.weather import WeatherRow, WeatherSort
from fleet.weather.blend import blended
from fleet.weather.conditions import BOUNDS, Conditions, Observation
from fleet.weather.series import WeatherSeries


def in_force(base: WeatherSeries | None, state: State) -> WeatherSeries | None:
    """The file's rows with the reported ones; none where nothing is known."""
    return blended(base, _observed(state), _forecast(state))


def conditions_of(row: WeatherRow) -> Conditions:
    """A row of the wire as conditions; both have the same bounds."""
    return Conditions(**{name: getattr(row, name) for name in BOUNDS})


def _observed(state: State) -> dict[str, list[Observation]]:
    """What each station has measured, in order of time."""
    by_source: dict[str, list[Observation]] = defaultdict(list)
    for (source, _), said in sorted(state.weather.items(), key=lambda entry: entry[0]):
        if said.row.sort is WeatherSort.OBSERVED:
            by_source[source].append(_taken(said.row))
    return by_source


def _forecast(state: State) -> list[Observation]:
    """Of all services the newest issue for each moment, in order of time."""
    expected = sorted(
        (said.row.time, said.issued_at, source)
        for (source, _), said in state.weather.items()
        if said.row.sort is WeatherSort.FORECAST
    )
    newest = {time: source for time, _, source in expected}
    return [_taken(state.weather[source, time].row) for time, source in newest.items()]


def _taken(row: WeatherRow) -> Observation:
    return Observation(row.time, conditions_of(row))


def latest_observed(state: State) -> ReportedWeather | None:
    """The newest measurement of any station; none where there is none."""
    return max(_measured(state), key=lambda said: (said.row.time, said.row.gust_mps), default=None)


def _measured(state: State) -> Iterable[ReportedWeather]:
    return (said for said in state.weather.values() if said.row.sort is WeatherSort.OBSERVED)
