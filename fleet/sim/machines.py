"""The machines as they really are: figures that the hub does not have, and equations that it does not use.

Multirotor: momentum theory with the climb in the inflow (Glauert 1935), the thrust tilted into the drag, and an
efficiency that grows with the load, because rotors and motors are made for the loaded flight. The hub's model has no
such growth: it is too generous for the empty way back and about right for the loaded way out.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

from pydantic import Field

from fleet.protocol.values import NonNegative, Positive, Value

GRAVITY_MPS2: Final = 9.80665
JOULES_PER_WH: Final = 3600.0
AIR_J_PER_KG_K: Final = 287.053


class Multirotor(Value):
    """One airframe. ``efficiency`` is that at ``design_mass_kg``; ``load_exponent`` says how it grows with thrust."""

    machine: Literal["multirotor"] = "multirotor"
    mass_kg: Positive
    disc_m2: Positive
    drag_area_m2: NonNegative
    avionics_w: NonNegative
    efficiency: Positive
    design_mass_kg: Positive
    load_exponent: NonNegative
    climb_mps: Positive
    descent_mps: Positive
    pack_wh: Positive
    swap_s: NonNegative | None = None

    def power_w(self, payload_kg: float, airspeed_mps: float, climb_mps: float, density: float) -> float:
        """Power at the battery; a descent gives nothing back."""
        weight_n = (self.mass_kg + payload_kg) * GRAVITY_MPS2
        drag_n = 0.5 * density * self.drag_area_m2 * airspeed_mps**2
        thrust_n = math.hypot(weight_n, drag_n)
        up_mps = max(climb_mps, 0.0)
        induced = induced_mps(thrust_n, airspeed_mps, up_mps, 2 * density * self.disc_m2)
        ideal_w = thrust_n * induced + weight_n * up_mps + drag_n * airspeed_mps
        load = thrust_n / (self.design_mass_kg * GRAVITY_MPS2)
        efficiency = self.efficiency * math.pow(load, self.load_exponent)
        return ideal_w / efficiency + self.avionics_w


def induced_mps(thrust_n: float, airspeed_mps: float, climb_mps: float, two_rho_a: float) -> float:
    """Speed of the air through the discs: v = T / (2 rho A sqrt(va^2 + (vc + v)^2)), by iteration."""
    speed = math.sqrt(thrust_n / two_rho_a)
    for _ in range(25):
        found = thrust_n / (two_rho_a * math.hypot(airspeed_mps, climb_mps + speed))
        if abs(found - speed) < 1e-6:
            break
        speed = (speed + found) / 2
    return speed


class GroundRobot(Value):
    """One sidewalk robot. ``kerbs_per_km`` are stops with a start and a lift each, ``wait_share`` the
    time spent waiting at crossings as a share of the driving time."""

    machine: Literal["ground_robot"] = "ground_robot"
    mass_kg: Positive
    rolling: Positive
    drag_area_m2: NonNegative
    electronics_w: NonNegative
    efficiency: Positive
    kerbs_per_km: NonNegative
    kerb_m: NonNegative
    wait_share: NonNegative
    pack_wh: Positive
    swap_s: NonNegative | None = None

    def drive_wh(self, payload_kg: float, metres: float, speed_mps: float) -> float:
        """Energy at the battery for a way, without the electronics."""
        mass_kg = self.mass_kg + payload_kg
        per_kerb_j = mass_kg * (GRAVITY_MPS2 * self.kerb_m + 0.5 * speed_mps**2)
        rolling_n = self.rolling * mass_kg * GRAVITY_MPS2 + 0.6 * self.drag_area_m2 * speed_mps**2
        joules = rolling_n * metres + per_kerb_j * self.kerbs_per_km * metres / 1000
        return joules / self.efficiency / JOULES_PER_WH


Machine = Annotated[Multirotor | GroundRobot, Field(discriminator="machine")]
"""What a sortie's vehicle truly is."""

KNOWN: Final[dict[str, Multirotor | GroundRobot]] = {
    "courier-x4": Multirotor(
        mass_kg=9.0,
        disc_m2=0.8107,
        drag_area_m2=0.17,
        avionics_w=62,
        efficiency=0.4382,
        design_mass_kg=11.5,
        load_exponent=0.105,
        climb_mps=4.0,
        descent_mps=2.5,
        pack_wh=799.2,
    ),
    "dji-matrice-100": Multirotor(
        mass_kg=3.715,
        disc_m2=0.376,
        drag_area_m2=0.06,
        avionics_w=20,
        efficiency=0.50,
        design_mass_kg=4.2,
        load_exponent=0.2,
        climb_mps=2.5,
        descent_mps=2.0,
        pack_wh=129.96,
    ),
    "walker-s1": GroundRobot(
        mass_kg=35.6,
        rolling=0.0185,
        drag_area_m2=0.14,
        electronics_w=64,
        efficiency=0.92,
        kerbs_per_km=9,
        kerb_m=0.08,
        wait_share=0.04,
        pack_wh=1000.0,
    ),
}
"""The true figures of the vehicle data that come with the package, by the name in a type's ``energy_model``."""


def density_kg_m3(alt_amsl_m: float, temperature_c: float, pressure_hpa: float = 1013.25) -> float:
    """Density of dry air by the barometric formula of an isothermal layer, from the pressure at sea level."""
    kelvin = temperature_c + 273.15
    return (
        100.0
        * pressure_hpa
        * math.exp(-GRAVITY_MPS2 * alt_amsl_m / (AIR_J_PER_KG_K * kelvin))
        / (AIR_J_PER_KG_K * kelvin)
    )


def pack_share(temperature_c: float) -> float:
    """What a pack gives at a temperature; it warms itself in flight, so that the fall in the cold is a gentle line."""
    return 1.0 if temperature_c >= 20.0 else max(0.5, 1.0 - 0.0045 * (20.0 - temperature_c))
