"""Reads the weather CSV: ``time, wind_mps, gust_mps, wind_from_deg, temperature_c, precipitation_mm_h,
visibility_m``."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime

from fleet.weather.conditions import BOUNDS, Conditions, Observation
from fleet.weather.errors import InvalidWeather, WeatherFileError
from fleet.weather.series import STALE_AFTER_S, WeatherSeries

COLUMNS = ("time", *BOUNDS)


def read_weather(lines: Iterable[str], source: str, stale_after_s: float = STALE_AFTER_S) -> WeatherSeries:
    """The series of a CSV's lines; unknown columns are ignored. ``source`` names the file in errors.

    Raises `WeatherFileError` with file, line and field for a missing column, a bad or naive time, a bad
    number, a row
    that is not after the one before, or no rows.
    """
    reader = csv.DictReader(lines)
    try:
        _require_columns(reader.fieldnames, source)
        rows = _rows(reader, source)
    except csv.Error as error:
        raise WeatherFileError(source, reader.line_num, "", f"not CSV: {error}") from error
    if not rows:
        raise WeatherFileError(source, 0, "", "no rows; give at least one")
    return WeatherSeries(tuple(rows), stale_after_s, source)


def _require_columns(names: Iterable[str] | None, source: str) -> None:
    missing = [name for name in COLUMNS if name not in (names or ())]
    if missing:
        raise WeatherFileError(source, 1, missing[0], f"column missing; expected {', '.join(COLUMNS)}")


def _rows(reader: csv.DictReader[str], source: str) -> list[Observation]:
    rows: list[Observation] = []
    for record in reader:
        row = _row(record, source, reader.line_num)
        if rows and not row.time > rows[-1].time:
            problem = f"{record['time']} is not after the row before; sort the rows and remove duplicates"
            raise WeatherFileError(source, reader.line_num, "time", problem)
        rows.append(row)
    return rows


def _row(record: dict[str, str | None], source: str, line: int) -> Observation:
    try:
        return Observation(
            _time(record["time"]), Conditions(**{name: _number(name, record[name]) for name in BOUNDS})
        )
    except InvalidWeather as error:
        raise WeatherFileError(
            source, line, error.field, f"{error.value!r} is not {error.expected}"
        ) from error


def _time(text: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text or "")
    except ValueError as error:
        raise InvalidWeather("time", text, "an ISO 8601 time with an offset") from error


def _number(field: str, text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError as error:
        raise InvalidWeather(field, text, "a number") from error
