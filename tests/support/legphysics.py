"""Energy of one leg by other means: vectors for wind, bisection for the rotors' inflow; nothing of `fleet.energy`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

GRAVITY = 9.80665
STANDS_FOR = {"climb": "takeoff", "hover": "takeoff", "descent": "landing"}


def leg_joules(
    frame: Mapping[str, Any], regime: str, amount: float, mass_kg: float, density: float, speed_mps: float,
    track_deg: float, wind_mps: float, from_deg: float, holds_ground: bool,
) -> tuple[float, float]:  # fmt: skip
    """Seconds and joules; infinite where the wind forbids the leg. ``frame`` is a dump of an airframe."""
    sets, timing = frame["regimes"], frame["timing"]
    own = sets.get(str(regime)) or sets[STANDS_FOR.get(str(regime), str(regime))]
    power_w = own["b1"] * math.pow(mass_kg, 1.5) / math.pow(density, 0.5) + own["b0"]
    match str(regime):
        case "takeoff" | "climb":
            seconds = amount / frame["climb_mps"] + (timing["takeoff_s"] if regime == "takeoff" else 0.0)
        case "descent" | "landing":
            seconds = amount / frame["descent_mps"] + (timing["landing_s"] if regime == "landing" else 0.0)
        case "hover":
            seconds = amount
        case _:
            ground_mps, air_mps = speeds(speed_mps, track_deg, wind_mps, from_deg, holds_ground)
            if ground_mps is None or (holds_ground and air_mps > frame["max_airspeed_mps"]):
                return math.inf, math.inf
            seconds = amount / ground_mps + timing["corner_s"]
            power_w += _more_w(frame, mass_kg, density, air_mps)
            if holds_ground and air_mps < frame["min_airspeed_mps"]:
                hover = sets.get("hover") or sets["takeoff"]
                power_w = max(power_w, hover["b1"] * mass_kg**1.5 / density**0.5 + hover["b0"])
    return seconds, seconds * power_w


def climb_w(mass_kg: float, climb_mps: float, density: float, disc_m2: float) -> float:
    """Ideal power of a vertical climb: T (v_c / 2 + sqrt(v_c^2 / 4 + v_h^2)) (Glauert 1935)."""
    thrust_n = mass_kg * GRAVITY
    return thrust_n * (climb_mps / 2 + math.sqrt(climb_mps**2 / 4 + thrust_n / (2 * density * disc_m2)))


def speeds(
    speed_mps: float, track_deg: float, wind_mps: float, from_deg: float, holds_ground: bool
) -> tuple[float | None, float]:
    """Over ground and through the air. With the airspeed held, the one over ground is searched for by bisection."""
    track = math.radians(track_deg)
    blows = math.radians(from_deg + 180.0)
    wind = complex(wind_mps * math.cos(blows), wind_mps * math.sin(blows))
    along = complex(math.cos(track), math.sin(track))
    if holds_ground:
        return speed_mps, abs(speed_mps * along - wind)
    if wind_mps >= speed_mps:
        return None, speed_mps
    low, high = 0.0, speed_mps + wind_mps
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if abs(middle * along - wind) < speed_mps else (low, middle)
    return (low + high) / 2, speed_mps


def _more_w(frame: Mapping[str, Any], mass_kg: float, density: float, air_mps: float) -> float:
    rotors = frame["rotors"]
    if rotors is None:
        return 0.0
    here, there = (_ideal_w(rotors, mass_kg, density, v) for v in (air_mps, frame["cruise_mps"]))
    more: float = (here - there) / rotors["efficiency"]
    return more


def _ideal_w(rotors: Mapping[str, Any], mass_kg: float, density: float, air_mps: float) -> float:
    thrust_n = mass_kg * GRAVITY
    hover_mps = math.sqrt(thrust_n / (2 * density * rotors["disc_m2"]))
    low, high = 0.0, hover_mps
    for _ in range(200):  # v_i sqrt(v_a^2 + v_i^2) = v_h^2 (Glauert)
        middle = (low + high) / 2
        low, high = (middle, high) if middle * math.hypot(air_mps, middle) < hover_mps**2 else (low, middle)
    drag_n: float = density * rotors["drag_area_m2"] * air_mps**2 / 2
    return thrust_n * low + drag_n * air_mps
