"""A weather file on disk, with errors as of every other input file."""

from __future__ import annotations

from pathlib import Path

from fleet.intake.tables import read_text
from fleet.weather.field import Weather
from fleet.weather.reader import read_weather


def read_weather_file(path: Path) -> Weather:
    """The weather of a CSV file. Raises ``IntakeError`` with all its faults."""
    return read_weather(read_text(path).splitlines(), str(path))
