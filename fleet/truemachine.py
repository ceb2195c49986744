"""How a vehicle of one's own truly is, where nobody gave its hidden figures: worked back from its vehicle file.

A world must fly it by equations of its own, or it would only repeat the hub's sums. So the file's power at two masses
and in cruise is turned into a machine of momentum theory that draws as much there, and ``HUNGRIER`` more all over;
between and beyond those points the two differ, as model and truth do. It is no measurement of that vehicle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from fleet.energy import airframe, ground
from fleet.sim.errors import SimError
from fleet.sim.machines import GRAVITY_MPS2, GroundRobot, Multirotor

HUNGRIER: Final = 1.02
"""So much more than its file says a derived machine takes, about a fifth of what a calibrated type's margin holds."""
DENSITY_KG_M3: Final = 1.225
USUAL_EFFICIENCY: Final = 0.5
"""Ideal over electrical power in a climb, where the file names no rotors to tell it: measured on small quadrotors."""
MOST_DRAG_M2: Final = 5.0


def machine_of(vehicle: airframe.Airframe | ground.GroundRobot) -> Multirotor | GroundRobot:
    """A true machine for a vehicle file. Raises ``SimError`` where no machine draws what the file says."""
    return _multirotor(vehicle) if isinstance(vehicle, airframe.Airframe) else _robot(vehicle)


def _robot(vehicle: ground.GroundRobot) -> GroundRobot:
    return GroundRobot(
        mass_kg=vehicle.empty_mass_kg,
        rolling=vehicle.rolling_resistance * HUNGRIER,
        drag_area_m2=vehicle.drag_area_m2,
        electronics_w=vehicle.auxiliary_w * vehicle.drivetrain_efficiency * HUNGRIER,
        efficiency=vehicle.drivetrain_efficiency * vehicle.battery_efficiency,
        kerbs_per_km=0,
        kerb_m=0,
        wait_share=0.02,
        pack_wh=vehicle.pack_wh,
        swap_s=vehicle.charging.swap_s,
    )


def _multirotor(frame: airframe.Airframe) -> Multirotor:
    full_kg = frame.empty_mass_kg + frame.max_payload_kg
    disc_m2 = frame.rotors.disc_m2 if frame.rotors else _disc_m2(frame, full_kg)
    lean = _climb_efficiency(frame, frame.empty_mass_kg, disc_m2)
    laden = _climb_efficiency(frame, full_kg, disc_m2)
    grows = (
        math.log(laden / lean) / math.log(full_kg / frame.empty_mass_kg)
        if full_kg > frame.empty_mass_kg
        else 0.0
    )
    made = Multirotor(
        mass_kg=frame.empty_mass_kg,
        disc_m2=disc_m2,
        drag_area_m2=0.0,
        avionics_w=0,
        efficiency=laden / HUNGRIER,
        design_mass_kg=full_kg,
        load_exponent=max(0.0, grows),
        climb_mps=frame.climb_mps,
        descent_mps=frame.descent_mps,
        pack_wh=frame.pack_wh,
        swap_s=frame.charging.swap_s,
    )
    half_kg = frame.max_payload_kg / 2
    wanted_w = HUNGRIER * float(frame.regimes.cruise.power_w(frame.empty_mass_kg + half_kg, DENSITY_KG_M3))

    def cruise_w(drag_m2: float) -> float:
        other = made.model_copy(update={"drag_area_m2": drag_m2})
        return other.power_w(half_kg, frame.cruise_mps, 0.0, DENSITY_KG_M3)

    if cruise_w(MOST_DRAG_M2) < wanted_w:
        raise SimError(
            f"vehicle file {frame.name!r}: no multirotor of its rotors takes {wanted_w:.0f} W in cruise and so little "
            "in a climb: look at regimes and rotors, or give its true figures in the world's `machines`"
        )
    drag_m2 = (
        0.0 if cruise_w(0.0) >= wanted_w else _root(lambda area: cruise_w(area) - wanted_w, 0.0, MOST_DRAG_M2)
    )
    return made.model_copy(update={"drag_area_m2": drag_m2})


def _climb_efficiency(frame: airframe.Airframe, mass_kg: float, disc_m2: float) -> float:
    """Ideal power of the climb (Glauert 1935: T (v/2 + sqrt(v²/4 + v_h²))) over what the file says."""
    thrust_n = mass_kg * GRAVITY_MPS2
    half = frame.climb_mps / 2
    ideal_w = thrust_n * (half + math.sqrt(half**2 + thrust_n / (2 * DENSITY_KG_M3 * disc_m2)))
    return ideal_w / float(frame.regimes.takeoff.power_w(mass_kg, DENSITY_KG_M3))


def _disc_m2(frame: airframe.Airframe, mass_kg: float) -> float:
    """The discs with which the climb has the usual efficiency; a larger disc needs less, so is less efficient here."""

    def beyond(disc_m2: float) -> float:
        return _climb_efficiency(frame, mass_kg, disc_m2) - USUAL_EFFICIENCY

    least, most = 1e-3, 100.0
    if beyond(most) >= 0 or beyond(least) <= 0:
        raise SimError(
            f"vehicle file {frame.name!r}: no rotors lift it with what it says a climb takes: look at regimes, or give "
            "its true figures in the world's `machines`"
        )
    return _root(beyond, least, most)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    rising = function(high) > function(low)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if (function(middle) > 0) is rising else (middle, high)
    return (low + high) / 2
