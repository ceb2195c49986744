"""The winds that aircraft have shown in flight, and for how long each counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from immutables import Map
from pydantic import Field

from fleet.domain.event import Event
from fleet.protocol.values import Identifier, NonNegative, Place
from fleet.protocol.weather import WeatherHeight

WIND_COUNTS_FOR: Final = timedelta(seconds=900)
"""For so long a wind counts that an aircraft has shown (``fleet.weather.shown``)."""


class WindShown(Event):
    """An aircraft has shown by how it moves that the wind around it is stronger than was thought.

    ``height_m`` is its height above the ground, ``sd_mps`` the standard deviation of the strength.
    """

    type: Literal["wind_shown"] = "wind_shown"
    asset_id: Identifier
    place: Place
    height_m: WeatherHeight
    wind_mps: Annotated[float, Field(ge=0, le=120)]
    wind_from_deg: Annotated[float, Field(ge=0, le=360)]
    sd_mps: NonNegative


def with_wind(known: Map[str, WindShown], event: WindShown) -> Map[str, WindShown]:
    """The last wind that each aircraft has shown, without those that count no more."""
    for asset_id in [name for name, last in known.items() if last.at < event.at - WIND_COUNTS_FOR]:
        known = known.delete(asset_id)
    return known.set(event.asset_id, event)
