"""Reads the weather CSV: ``time, wind_mps, gust_mps, wind_from_deg, temperature_c, precipitation_mm_h,
visibility_m``, and optionally ``lon, lat, height_m, issued_at, pressure_hpa``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from fleet.intake import cells
from fleet.intake.errors import FieldError, TableError, file_error
from fleet.intake.rows import Schema, Values
from fleet.intake.tables import Columns, Row, parse_table
from fleet.weather.conditions import (
    ANYWHERE,
    BOUNDS,
    HEIGHT_M,
    LAT,
    LON,
    PRESSURE_HPA,
    Conditions,
    Observation,
    Said,
    Spot,
)
from fleet.weather.field import Sort, Weather, WeatherField, parted
from fleet.weather.series import STALE_AFTER_S, WeatherSeries

COLUMNS = ("time", *BOUNDS)
PLACES = ("lon", "lat", "height_m", "issued_at", "pressure_hpa")
"""Columns that a file may have: where a row was measured or is expected for and how high above the ground (`Spot`),
when it was said (`Observation.issued_at`), and the air's pressure at sea level."""


def _gust_above_wind(values: Values) -> Iterator[tuple[str, str]]:
    if values["gust_mps"] < values["wind_mps"]:
        yield "gust_mps", f"must be at least wind_mps ({values['wind_mps']:g})"


def _whole_place(values: Values) -> Iterator[tuple[str, str]]:
    if (values["lon"] is None) != (values["lat"] is None):
        yield ("lon" if values["lon"] is None else "lat"), "is empty: a place has lon and lat, or neither"


SCHEMA = Schema(
    parsers={
        "time": cells.moment,
        **{name: cells.within(*bounds) for name, bounds in BOUNDS.items()},
        "lon": cells.optional(cells.within(*LON)),
        "lat": cells.optional(cells.within(*LAT)),
        "height_m": cells.optional(cells.within(*HEIGHT_M)),
        "issued_at": cells.optional(cells.moment),
        "pressure_hpa": cells.optional(cells.within(*PRESSURE_HPA)),
    },
    checks=((("wind_mps", "gust_mps"), _gust_above_wind), (("lon", "lat"), _whole_place)),
)


def read_weather(lines: Iterable[str], source: str, stale_after_s: float = STALE_AFTER_S) -> Weather:
    """The weather of a CSV's lines: a series, or a field where rows name places or heights. Unknown columns are
    ignored. ``source`` names the file in errors.

    Raises `IntakeError` with every fault, each by file, line and field: missing columns, bad or naive times, bad
    numbers, half a place, rows that are not after the one before of the same place and height; or that there are no
    rows.
    """
    text = "\n".join(line.rstrip("\r\n") for line in lines)
    table = parse_table(text, source, Columns(COLUMNS, PLACES))
    errors = list(table.broken)
    rows: list[Observation] = []
    latest: dict[Spot | None, datetime] = {}
    for row in table.rows:
        values, wrong = SCHEMA.read(row)
        spot = _spot(values)
        errors += [*wrong, *_not_after(row, values, latest.get(spot))]
        if "time" in values:
            latest[spot] = values["time"]
        if not errors:
            rows.append(_observation(values))
    if errors:
        raise TableError(sorted(errors, key=lambda error: error.line or 0))
    if not rows:
        raise file_error(source, "has no rows; give at least one")
    parts = parted(source, Sort.FILE, rows)
    if len(parts) == 1 and parts[0].spot == ANYWHERE:
        return WeatherSeries(tuple(rows), stale_after_s, source)
    return WeatherField(parts, stale_after_s, source)


def _not_after(row: Row, values: Values, latest: datetime | None) -> Iterator[FieldError]:
    if latest is not None and "time" in values and not values["time"] > latest:
        message = f"is not after the row before ({latest.isoformat()}); sort the rows and remove duplicates"
        yield row.error("time", message)


def _spot(values: Values) -> Spot | None:
    """Where a row speaks of; none where its cells can't be read."""
    known = values.keys() >= set(Spot._fields)
    return Spot(*(values[name] for name in Spot._fields)) if known else None


def _observation(values: Values) -> Observation:
    said = {name: values[name] for name in BOUNDS}
    hpa = values["pressure_hpa"]
    conditions = Conditions(**said, hpa=None if hpa is None else (hpa, hpa))
    spot = Spot(*(values[name] for name in Spot._fields))
    if spot == ANYWHERE and values["issued_at"] is None:
        return Observation(values["time"], conditions)
    return Said(values["time"], conditions, values["issued_at"], spot)
