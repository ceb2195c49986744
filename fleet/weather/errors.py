"""What this package raises, under one root."""

from __future__ import annotations


class WeatherError(ValueError):
    """Root of everything that ``fleet.weather`` raises."""


class WeatherFileError(WeatherError):
    """A weather file that can't be used. ``line`` counts from 1 and is 0 where the whole file is meant."""

    def __init__(self, source: str, line: int, field: str, problem: str) -> None:
        place = f"{source}:{line}" if line else source
        super().__init__(f"{place}: {field}: {problem}" if field else f"{place}: {problem}")
        self.source = source
        self.line = line
        self.field = field


class InvalidWeather(WeatherError):
    """A value that no weather has, or a question that can't be asked; names the field."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field}: {value!r} is not {expected}")
        self.field = field
        self.value = value
        self.expected = expected
