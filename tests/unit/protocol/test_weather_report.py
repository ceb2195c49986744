"""Weather on the wire: who may report it, how much of it, and what is refused with the name of the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.protocol.codec import decode_control, encode, limit_of
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.messages import Envelope, ReportWeather, Role
from fleet.protocol.roles import ALLOWED
from fleet.protocol.weather import MOST_ROWS, WeatherRow, WeatherSort
from fleet.weather.conditions import BOUNDS, Conditions

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FINE: dict[str, Any] = {
    "wind_mps": 4.0,
    "gust_mps": 6.0,
    "wind_from_deg": 240.0,
    "temperature_c": 12.0,
    "precipitation_mm_h": 0.0,
    "visibility_m": 10_000.0,
}


def frames(*rows: dict[str, Any]) -> list[bytes]:
    """A report as a station would send it."""
    message = {"type": "report_weather", "request_id": "r", "source": "harbour", "rows": rows}
    return [b"1", b"report_weather", json.dumps({"seq": 1, "message": message}).encode()]


def row(**changed: Any) -> dict[str, Any]:
    """A row of fine weather with something changed."""
    return {"time": NOON.isoformat(), "sort": "observed"} | FINE | changed


def test_stations_and_operators_may_report_and_nobody_else() -> None:
    """A weather station may do nothing but report; an asset or a timekeeper may not."""
    assert {role for role, kinds in ALLOWED.items() if "report_weather" in kinds} == {
        Role.WEATHER,
        Role.OPERATOR,
    }
    assert ALLOWED[Role.WEATHER] == {"hello", "heartbeat", "report_weather"}
    with pytest.raises(RemoteError) as refused:
        decode_control(frames(row()), ALLOWED[Role.ASSET])
    assert refused.value.code is Fault.NOT_ALLOWED


@pytest.mark.parametrize(
    ("field", "value"),
    [(name, low - 1) for name, (low, _) in BOUNDS.items()]
    + [(name, high + 1) for name, (_, high) in BOUNDS.items()]
    + [("gust_mps", 3.9), ("wind_mps", None), ("wind_mps", "4"), ("sort", "guessed"), ("time", "noon")],
)
def test_a_bad_value_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    """What no instrument has ever shown, a gust below the wind, a value that is missing."""
    with pytest.raises(RemoteError, match=rf"report_weather\.rows\.1\.{field}: ") as refused:
        decode_control(frames(row(), row(**{field: value})))
    assert refused.value.code is Fault.MALFORMED


@pytest.mark.parametrize("field", BOUNDS)
def test_the_wire_and_the_weather_files_have_the_same_bounds(field: str) -> None:
    """A row that the wire takes never fails later as conditions, and the other way round."""
    for value in BOUNDS[field]:
        values = FINE | {field: value}
        if field == "wind_mps":
            values["gust_mps"] = value
        elif field == "gust_mps":
            values["wind_mps"] = min(value, FINE["wind_mps"])
        WeatherRow(time=NOON, sort=WeatherSort.OBSERVED, **values)
        Conditions(**values)


def test_a_report_has_a_bounded_number_of_rows_which_fit_into_a_frame() -> None:
    """Neither empty nor endless; the largest one is still sent."""
    many = [row(time=(NOON + timedelta(seconds=n, microseconds=1)).isoformat()) for n in range(MOST_ROWS + 1)]
    for wrong in ([], many):
        with pytest.raises(RemoteError, match="rows"):
            decode_control(frames(*wrong))
    full = decode_control(frames(*many[:-1]))
    assert isinstance(full.message, ReportWeather)
    assert len(encode(Envelope(seq=1, message=full.message))[2]) < limit_of("report_weather")
