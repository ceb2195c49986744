"""A weather file on disk, with errors as of every other input file."""

from __future__ import annotations

from pathlib import Path

from fleet.intake.errors import FieldError, IntakeError
from fleet.intake.tables import read_text
from fleet.weather.errors import WeatherError
from fleet.weather.reader import read_weather
from fleet.weather.series import WeatherSeries


def read_weather_file(path: Path) -> WeatherSeries:
    """The weather of a CSV file. Raises ``IntakeError``."""
    try:
        return read_weather(read_text(path).splitlines(), str(path))
    except WeatherError as error:
        message = str(error).removeprefix(f"{path}:").strip()
        line, _, rest = message.partition(": ")
        numbered = line.isdigit()
        found = FieldError(
            str(path), int(line) if numbered else None, None, None, rest if numbered else message
        )
        raise IntakeError([found]) from error
