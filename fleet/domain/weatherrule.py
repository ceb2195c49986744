"""How weather that names places and heights is taken, and how far a forecast is trusted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fleet.protocol.values import NonNegative, Positive, Value


class ForecastError(Value):
    """How wrong the wind of a forecast may be, as a standard deviation in m/s.

    It is ``now_mps`` at once and grows by ``per_sqrt_h_mps`` with the square root of the hours since it was said, as
    errors do that add up by chance. It is never above ``most_mps``, which counts too where nobody knows when it was
    said. Declared, so an assumption; ``source`` says whose.
    """

    now_mps: NonNegative
    per_sqrt_h_mps: NonNegative
    most_mps: NonNegative
    source: str = "assumption"


class WeatherRule(Value):
    """What is taken from weather that names places and heights, and how far a forecast is trusted.

    A station counts within ``station_reach_m`` of a way. Wind grows with height by the power law with
    ``wind_exponent``. Without ``forecast`` the wind of a forecast counts as if it were certain.
    """

    station_reach_m: Positive = 10_000
    wind_exponent: Annotated[float, Field(ge=0, le=1)] = 0.2
    forecast: ForecastError | None = None
