"""The weather of now, as the hub decides with it."""

from __future__ import annotations

from datetime import datetime

from fleet.console.views.base import Row, stamp
from fleet.dispatch.weather import latest_observed
from fleet.dispatch.weathernow import weather_now
from fleet.domain.state import State
from fleet.weather.field import Weather
from fleet.weather.series import Missing


def weather_row(base: Weather | None, state: State, now: datetime | None) -> Row:
    """Wind and gust that decisions take now, whose word that wind is and since when, and when a station last measured;
    ``known`` is false where nothing counts any more.

    ``wind_from_deg`` is none where the wind may come from anywhere, else the middle of the arc that reaches
    ``wind_turns_deg`` to either side. ``base`` are the rows of the file that the day was set up with. ``assumed``: the
    fleet file names an assumption for weather that is not known.
    """
    latest = latest_observed(state)
    found = None if now is None else weather_now(base, state, now)
    seen = {
        "observed_at": None if latest is None else stamp(latest.row.time),
        "assumed": state.fleet is not None and state.fleet.assumptions.calm_weather,
    }
    if found is None or isinstance(found, Missing):
        return {"known": False, "wind_mps": None, "gust_mps": None, "wind_from_deg": None, **seen}
    winds = found.worst.winds
    return {
        "known": True,
        "wind_mps": round(winds.strongest_mps, 1),
        "gust_mps": round(found.worst.gust_mps, 1),
        "wind_from_deg": None if winds.anywhere else round(winds.from_deg) % 360,
        "wind_turns_deg": round(winds.turns_deg),
        "said_by": found.word.source,
        "said_at": None if found.word.said_at is None else stamp(found.word.said_at),
        **seen,
    }
