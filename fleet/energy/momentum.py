"""Momentum theory of a rotor (Glauert 1935): what thrust and drag cost at an airspeed.

The disc is taken as level, which has a closed solution. Tilting into the wind changes the inflow a little; the tilt's
real cost, pushing against the drag, is in the ``D * v_a`` term.
"""

from __future__ import annotations

import numpy as np

from fleet.energy.air import GRAVITY_MPS2
from fleet.energy.arrays import FloatArray, Floats


def hover_induced_speed(mass_kg: Floats, density_kg_m3: Floats, disc_m2: float) -> FloatArray:
    """Speed in m/s of the air through the disc in hover: v_h = sqrt(m g / (2 rho A))."""
    speed: FloatArray = np.sqrt(np.asarray(mass_kg) * GRAVITY_MPS2 / (2 * density_kg_m3 * disc_m2))
    return speed


def induced_speed(mass_kg: Floats, airspeed_mps: Floats, density_kg_m3: Floats, disc_m2: float) -> FloatArray:
    """Induced speed in m/s in level flight: the root of v_i^4 + v_a^2 v_i^2 - v_h^4 = 0."""
    hover_sq = hover_induced_speed(mass_kg, density_kg_m3, disc_m2) ** 2
    half_sq = np.asarray(airspeed_mps) ** 2 / 2
    # The textbook root sqrt(half^2 + hover^2) - half loses its digits at high speed; this is the same number.
    speed: FloatArray = hover_sq / np.sqrt(half_sq + np.sqrt(half_sq**2 + hover_sq**2))
    return speed


def ideal_power(
    mass_kg: Floats, airspeed_mps: Floats, density_kg_m3: Floats, disc_m2: float, drag_area_m2: float
) -> FloatArray:
    """Power in W before any loss: T v_i + D v_a with T = m g and D = rho CdA v_a^2 / 2."""
    thrust_n = np.asarray(mass_kg) * GRAVITY_MPS2
    drag_n = 0.5 * density_kg_m3 * drag_area_m2 * np.asarray(airspeed_mps) ** 2
    induced_w = thrust_n * induced_speed(mass_kg, airspeed_mps, density_kg_m3, disc_m2)
    power: FloatArray = induced_w + drag_n * np.asarray(airspeed_mps)
    return power
