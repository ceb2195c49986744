"""Weather reports for tests."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from fleet.protocol.messages import ReportWeather
from fleet.protocol.weather import WeatherRow, WeatherSort

_numbers = count(1)


def weather_row(
    time: datetime, wind_mps: float = 3.0, *, sort: WeatherSort = WeatherSort.OBSERVED, **changed: Any
) -> WeatherRow:
    """A dry, clear moment with gusts of 1.5 times the wind."""
    values = {
        "gust_mps": wind_mps * 1.5,
        "wind_from_deg": 270.0,
        "temperature_c": 15.0,
        "precipitation_mm_h": 0.0,
        "visibility_m": 10_000.0,
    }
    return WeatherRow(time=time, sort=sort, wind_mps=wind_mps, **(values | changed))


def weather_report(*rows: WeatherRow, source: str = "harbour", **more: Any) -> ReportWeather:
    """What a station says."""
    return ReportWeather(request_id=f"w-{next(_numbers)}", source=source, rows=rows, **more)
