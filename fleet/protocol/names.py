"""What those of the simulated world are called on the wire who are no assets."""

from __future__ import annotations

from typing import Final

STATION: Final = "weather-station"
TIMEKEEPER: Final = "timekeeper"
PEOPLE: Final = "people"
"""Those who report what they have found or brought back, as operators would."""
