"""Energy of a way through the air by other means than the fleet's: its own sphere, and the legs of `legphysics`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from fleet.energy.airframe import Airframe
from fleet.energy.ground import GroundRobot
from tests.support.legphysics import leg_joules

Spot = tuple[float, float, float]
"""Degrees of longitude and latitude, metres above mean sea level."""


def way_wh(
    frame: Airframe | GroundRobot, way: Sequence[Spot], payload_kg: float, wind: tuple[float, float],
    speed_mps: float, temperature_c: float, *, lands: bool = True, from_ground: bool = False,
) -> float:  # fmt: skip
    """What a way takes from spot to spot, straight up, along or down. ``wind``: m/s, and degrees from where."""
    assert isinstance(frame, Airframe)
    figures, joules = frame.model_dump(), 0.0
    density = air_kg_m3(max(spot[2] for spot in way), temperature_c)
    for number, (here, there) in enumerate(pairwise(way)):
        metres, track_deg = over_ground(here, there)
        rise_m = there[2] - here[2]
        regime, amount = "cruise", metres
        if metres < 0.5:
            up = "takeoff" if from_ground and number == 0 else "climb"
            down = "landing" if lands and number == len(way) - 2 else "descent"
            regime, amount = (up, rise_m) if rise_m >= 0 else (down, -rise_m)
        mass_kg = frame.empty_mass_kg + payload_kg
        joules += leg_joules(
            figures, regime, amount, mass_kg, density, speed_mps, track_deg, *wind, frame.holds_ground
        )[1]
    return joules / 3600


def air_kg_m3(alt_m: float, temperature_c: float) -> float:
    """Barometric formula with the standard's lapse, and the gas law at a temperature."""
    pressure_pa: float = 101_325.0 * (1 - 0.0065 * alt_m / 288.15) ** (9.80665 / (287.053 * 0.0065))
    return pressure_pa / (287.053 * (temperature_c + 273.15))


def over_ground(here: Spot, there: Spot) -> tuple[float, float]:
    """Metres and bearing in degrees, on the ellipsoid's radii of curvature where they begin (good for some km)."""
    middle = math.radians((here[1] + there[1]) / 2)
    squared = 1 - 0.00669438 * math.sin(middle) ** 2
    north_m = math.radians(there[1] - here[1]) * 6_378_137.0 * (1 - 0.00669438) / squared**1.5
    east_m = math.radians(there[0] - here[0]) * 6_378_137.0 / math.sqrt(squared) * math.cos(middle)
    return math.hypot(east_m, north_m), math.degrees(math.atan2(east_m, north_m)) % 360.0
