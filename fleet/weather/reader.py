"""Reads the weather CSV: ``time, wind_mps, gust_mps, wind_from_deg, temperature_c, precipitation_mm_h,
visibility_m``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from fleet.intake import cells
from fleet.intake.errors import FieldError, TableError, file_error
from fleet.intake.rows import Schema, Values
from fleet.intake.tables import Columns, Row, parse_table
from fleet.weather.conditions import BOUNDS, Conditions, Observation
from fleet.weather.series import STALE_AFTER_S, WeatherSeries

COLUMNS = ("time", *BOUNDS)


def _gust_above_wind(values: Values) -> Iterator[tuple[str, str]]:
    if values["gust_mps"] < values["wind_mps"]:
        yield "gust_mps", f"must be at least wind_mps ({values['wind_mps']:g})"


SCHEMA = Schema(
    parsers={"time": cells.moment, **{name: cells.within(*bounds) for name, bounds in BOUNDS.items()}},
    checks=((("wind_mps", "gust_mps"), _gust_above_wind),),
)


def read_weather(lines: Iterable[str], source: str, stale_after_s: float = STALE_AFTER_S) -> WeatherSeries:
    """The series of a CSV's lines; unknown columns are ignored. ``source`` names the file in errors.

    Raises `IntakeError` with every fault, each by file, line and field: missing columns, bad or naive times, bad
    numbers, rows that are not after the one before; or that there are no rows.
    """
    table = parse_table("\n".join(line.rstrip("\r\n") for line in lines), source, Columns(COLUMNS))
    errors = list(table.broken)
    rows: list[Observation] = []
    latest: datetime | None = None
    for row in table.rows:
        values, wrong = SCHEMA.read(row)
        errors += [*wrong, *_not_after(row, values, latest)]
        latest = values.get("time", latest)
        if not errors:
            rows.append(_observation(values))
    if errors:
        raise TableError(sorted(errors, key=lambda error: error.line or 0))
    if not rows:
        raise file_error(source, "has no rows; give at least one")
    return WeatherSeries(tuple(rows), stale_after_s, source)


def _not_after(row: Row, values: Values, latest: datetime | None) -> Iterator[FieldError]:
    if latest is not None and "time" in values and not values["time"] > latest:
        message = f"is not after the row before ({latest.isoformat()}); sort the rows and remove duplicates"
        yield row.error("time", message)


def _observation(values: Values) -> Observation:
    return Observation(values["time"], Conditions(**{name: values[name] for name in BOUNDS}))
