"""The weather as it travels: one row for each moment, measured or expected.

The bounds are what instruments on the ground have ever shown, with room; ``fleet.weather.conditions`` has the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from fleet.protocol.values import Place, Time, Value

MOST_ROWS: Final = 512
"""The most rows of one report: half a day of observations every two minutes, or ten days of hourly forecasts."""


WeatherHeight = Annotated[float, Field(ge=1, le=500)]
"""How far above the ground a wind is measured or expected, in metres: from a post in a field to the top of a mast."""


SeaLevelPressure = Annotated[float, Field(ge=850, le=1100)]
"""Of the air, in hPa, reduced to sea level (QNH)."""


class WeatherSpot(Value):
    """Where rows speak of: ``place`` (none: the whole area), and how high above the ground their wind is (``height_m``;
    none: they stand for the height that is flown). ``pressure_hpa`` is the air's pressure at sea level at their time
    (none: not measured). What is none is not written."""

    place: Annotated[Place | None, Field(exclude_if=lambda place: place is None)] = None
    height_m: Annotated[WeatherHeight | None, Field(exclude_if=lambda height: height is None)] = None
    pressure_hpa: Annotated[SeaLevelPressure | None, Field(exclude_if=lambda hpa: hpa is None)] = None


class WeatherSort(StrEnum):
    """Where the values of a row come from."""

    OBSERVED = "observed"
    FORECAST = "forecast"


class WeatherRow(Value):
    """The weather of one moment near the ground. Every value is there: what was not measured is not reported.

    ``wind_mps`` is the mean wind, ``gust_mps`` the strongest gust, at least as strong; ``wind_from_deg`` is where the
    wind comes from, clockwise from true north.
    """

    time: Time
    sort: WeatherSort
    wind_mps: Annotated[float, Field(ge=0, le=120)]
    gust_mps: Annotated[float, Field(ge=0, le=150)]
    wind_from_deg: Annotated[float, Field(ge=0, le=360)]
    temperature_c: Annotated[float, Field(ge=-90, le=60)]
    precipitation_mm_h: Annotated[float, Field(ge=0, le=500)]
    visibility_m: Annotated[float, Field(ge=0, le=200_000)]

    @field_validator("gust_mps")
    @classmethod
    def _not_below_the_wind(cls, gust_mps: float, info: ValidationInfo) -> float:
        wind_mps = info.data.get("wind_mps")
        if wind_mps is not None and gust_mps < wind_mps:
            raise ValueError(f"a gust of {gust_mps:g} m/s lies below the mean wind of {wind_mps:g} m/s")
        return gust_mps
