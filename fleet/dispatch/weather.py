"""The weather in force: what stations and services have reported, over the rows of the file that the day began with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from fleet.domain.events import WindShown
from fleet.domain.state import State
from fleet.domain.weather import ReportedWeather
from fleet.protocol.weather import WeatherRow, WeatherSort
from fleet.weather.blend import blended, merged
from fleet.weather.conditions import ANYWHERE, BOUNDS, Conditions, Observation, Said, Spot
from fleet.weather.field import Part, Sort, Weather, WeatherField, parted, parts_of
from fleet.weather.series import STALE_AFTER_S, WeatherSeries
from fleet.weather.shown import ShownWind


def in_force(base: Weather | None, state: State) -> Weather | None:
    """The file's rows with the reported ones; none where nothing is known. A field where any of them names a place or a
    height, or an aircraft has shown a wind; else a series. A wind alone is no weather, but it raises what the fleet
    assumes where it has none."""
    observed, forecast = _said(state, WeatherSort.OBSERVED), _said(state, WeatherSort.FORECAST)
    placed = [
        row for rows in (*observed.values(), *forecast.values()) for row in rows if row.spot != ANYWHERE
    ]
    shown = tuple(_shown(event) for _, event in sorted(state.winds.items()))
    stale_after_s = STALE_AFTER_S if base is None else base.stale_after_s
    if base is None and not observed and not forecast:
        return WeatherField((), STALE_AFTER_S, "", shown) if shown and _assumes(state) else None
    if not placed and not shown and not isinstance(base, WeatherField):
        expected = merged([WeatherSeries(tuple(rows), stale_after_s) for rows in forecast.values()])
        return blended(base, observed, () if expected is None else expected.rows)
    if not observed and not forecast and not shown:
        return base
    named = [*observed, *(["forecast"] if forecast else []), *([base.source] if base else [])]
    return WeatherField(parts_in_force(base, state), stale_after_s, ", ".join(named), shown)


def parts_in_force(base: Weather | None, state: State) -> tuple[Part, ...]:
    """Those of the file, and one of each source, sort and spot."""
    parts = () if base is None else parts_of(base)
    for sort, word in ((Sort.OBSERVED, WeatherSort.OBSERVED), (Sort.FORECAST, WeatherSort.FORECAST)):
        for source, rows in _said(state, word).items():
            parts += parted(source, sort, rows)
    return parts


def _assumes(state: State) -> bool:
    return state.fleet is not None and state.fleet.assumptions.calm_weather


def _shown(event: WindShown) -> ShownWind:
    spot = Spot(event.place.lon, event.place.lat, event.height_m)
    return ShownWind(f"asset:{event.asset_id}", event.at, spot, event.wind_mps, event.wind_from_deg)


def conditions_of(row: WeatherRow, pressure_hpa: float | None = None) -> Conditions:
    """A row of the wire as conditions; both have the same bounds."""
    hpa = None if pressure_hpa is None else (pressure_hpa, pressure_hpa)
    return Conditions(**{name: getattr(row, name) for name in BOUNDS}, hpa=hpa)


def _said(state: State, sort: WeatherSort) -> dict[str, list[Observation]]:
    """What each source has measured or expects, in order of time; at one moment it may have done so in several spots.
    Of a forecast the newest issue is all that the state keeps."""
    by_source: dict[str, list[Observation]] = defaultdict(list)
    for key, said in sorted(state.weather.items(), key=lambda entry: entry[0]):
        if said.row.sort is sort:
            measured = sort is WeatherSort.OBSERVED
            by_source[key.source].append(_taken(said, said.row.time if measured else said.issued_at))
    return by_source


def _taken(said: ReportedWeather, said_at: datetime) -> Observation:
    return Said(said.row.time, conditions_of(said.row, said.pressure_hpa), said_at, _spot(said))


def _spot(said: ReportedWeather) -> Spot:
    place = said.place
    return Spot(None if place is None else place.lon, None if place is None else place.lat, said.height_m)


def latest_observed(state: State) -> ReportedWeather | None:
    """The newest measurement of any station; none where there is none."""
    return max(_measured(state), key=lambda said: (said.row.time, said.row.gust_mps), default=None)


def _measured(state: State) -> Iterable[ReportedWeather]:
    return (said for said in state.weather.values() if said.row.sort is WeatherSort.OBSERVED)
