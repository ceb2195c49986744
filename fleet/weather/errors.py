"""What this package raises, under one root."""

from __future__ import annotations


class WeatherError(ValueError):
    """Root of everything that ``fleet.weather`` raises."""


class InvalidWeather(WeatherError):
    """A value that no weather has, or a question that can't be asked; names the field."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field}: {value!r} is not {expected}")
        self.field = field
        self.value = value
        self.expected = expected
