"""The weather of now, as the hub decides with it."""

from __future__ import annotations

from datetime import datetime

from fleet.console.views.base import Row, stamp
from fleet.dispatch.weather import in_force, latest_observed
from fleet.domain.state import State
from fleet.weather.field import Weather
from fleet.weather.series import Missing


def weather_row(base: Weather | None, state: State, now: datetime | None) -> Row:
    """Wind and gust of now, and when a station last measured; ``known`` is false where nothing counts any more.

    ``base`` are the rows of the file that the day was set up with. ``assumed``: the fleet file names an assumption for
    weather that is not known.
    """
    series, latest = in_force(base, state), latest_observed(state)
    found = None if series is None or now is None else series.at(now)
    seen = {
        "observed_at": None if latest is None else stamp(latest.row.time),
        "assumed": state.fleet is not None and state.fleet.assumptions.calm_weather,
    }
    if found is None or isinstance(found, Missing):
        return {"known": False, "wind_mps": None, "gust_mps": None, "wind_from_deg": None, **seen}
    return {
        "known": True,
        "wind_mps": round(found.wind_mps, 1),
        "gust_mps": round(found.gust_mps, 1),
        "wind_from_deg": round(found.wind_from_deg),
        **seen,
    }
