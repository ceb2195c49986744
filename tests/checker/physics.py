"""Energy by other formulas than the planner's.

Drones: momentum theory (Glauert) with a tilted rotor disk, its losses set by one hover measurement.
Robots: rolling resistance, air, what the vehicle's file assumes of each kilometre, and auxiliaries over the time of
loading, path and waiting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

G = 9.80665
RHO = 1.225
"""Sea-level standard air, kg/m3; a few per cent over a day's temperatures."""


@dataclass(frozen=True, slots=True)
class Rotorcraft:
    """An airframe: ideal power over ``efficiency``, and ``base_w`` for what is on at all times."""

    empty_kg: float
    disk_area_m2: float
    drag_area_m2: float
    efficiency: float
    base_w: float = 0.0

    def power_w(self, payload_kg: float, airspeed_mps: float, climb_mps: float = 0.0) -> float:
        """Battery power in level flight or vertical motion at an airspeed; descending gains nothing."""
        weight = (self.empty_kg + payload_kg) * G
        drag = 0.5 * RHO * self.drag_area_m2 * airspeed_mps**2
        thrust = math.hypot(weight, drag)
        induced = self._induced_mps(thrust, airspeed_mps, math.asin(drag / thrust), climb_mps)
        ideal = thrust * induced + drag * airspeed_mps + weight * max(climb_mps, 0.0)
        return ideal / self.efficiency + self.base_w

    def _induced_mps(self, thrust: float, airspeed: float, tilt: float, climb: float) -> float:
        """Glauert's v_i = T / (2 rho A |V + v_i|), by bisection (the right side falls with v_i)."""
        along, through = airspeed * math.cos(tilt), airspeed * math.sin(tilt) + max(climb, 0.0)
        low, high = 0.0, math.sqrt(thrust / (2 * RHO * self.disk_area_m2))
        for _ in range(60):
            middle = (low + high) / 2
            right = thrust / (2 * RHO * self.disk_area_m2 * math.hypot(along, through + middle))
            low, high = (middle, high) if middle < right else (low, middle)
        return (low + high) / 2


def ideal_hover_w(mass_kg: float, disk_area_m2: float) -> float:
    """Power of an ideal rotor that hovers: T * sqrt(T / (2 rho A))."""
    thrust = mass_kg * G
    return thrust * math.sqrt(thrust / (2 * RHO * disk_area_m2))


@dataclass(frozen=True, slots=True)
class Roller:
    """A ground robot's figures; ``climb_m``, ``stops`` and ``waiting_s`` are those of each kilometre."""

    empty_kg: float
    rolling: float
    drag_area_m2: float
    auxiliary_w: float
    drivetrain: float
    battery: float
    climb_m: float = 0.0
    stops: float = 0.0
    waiting_s: float = 0.0

    def leg_wh(self, payload_kg: float, length_m: float, seconds: float) -> float:
        """One leg's energy out of the battery; its first start, a hundredth of a Wh, is left out."""
        mass, speed = self.empty_kg + payload_kg, length_m / seconds if seconds > 0 else 0.0
        km = length_m / 1000
        joules = self.rolling * mass * G * length_m
        joules += 0.5 * RHO * self.drag_area_m2 * speed**2 * length_m
        joules += km * mass * (self.climb_m * G + self.stops * speed**2 / 2)
        return joules / self.drivetrain / self.battery / 3600 + self.standing_wh(
            seconds + km * self.waiting_s
        )

    def standing_wh(self, seconds: float) -> float:
        """What is on at all times takes so much."""
        return self.auxiliary_w * seconds / self.battery / 3600
