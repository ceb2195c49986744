"""Energy of an electric van: backward road load, from what the wheels must do to what the battery gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.energy.air import GRAVITY_MPS2, SEA_LEVEL_DENSITY_KG_M3
from fleet.energy.airframe import Residual
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.battery import NO_FIGURES, BatteryFigures
from fleet.energy.charging import DEFAULT_CHARGING, ChargeFigures
from fleet.energy.errors import require_finite, require_not_negative, require_positive, require_within
from fleet.energy.figures import Figures, NotNegative, Positive, Share
from fleet.energy.ground import JOULES_PER_WH


class ElectricVan(Figures):
    """An electric van type; ``sources`` says where each figure comes from."""

    name: str
    empty_mass_kg: Positive
    """With its driver."""
    max_payload_kg: Positive
    pack_wh: Positive
    rolling_resistance: Positive
    drag_area_m2: NotNegative
    drivetrain_efficiency: Share
    regeneration: Share
    """Share of braking energy at the wheels that comes back into the battery."""
    auxiliary_w: NotNegative
    residual: Residual | None = None
    charging: ChargeFigures = DEFAULT_CHARGING
    battery: BatteryFigures = NO_FIGURES
    sources: dict[str, str]

    @property
    def calibrated(self) -> bool:
        """Whether its figures were held against measured trips."""
        return self.residual is not None


@dataclass(frozen=True)
class RoadLeg:
    """A stretch of road of one grade and one speed. Numbers or arrays that broadcast.

    ``rise_m`` is below zero downhill, ``stops`` how often it brakes to standing and starts again,
    ``standing_s`` the
    time standing with auxiliaries on. Raises `InvalidInput` on a bad number.
    """

    distance_m: Floats
    speed_mps: Floats
    rise_m: Floats = 0.0
    stops: Floats = 0.0
    standing_s: Floats = 0.0

    def __post_init__(self) -> None:
        require_not_negative(distance_m=self.distance_m, stops=self.stops, standing_s=self.standing_s)
        require_positive(speed_mps=self.speed_mps)
        require_finite(rise_m=self.rise_m)


def road_energy_wh(van: ElectricVan, leg: RoadLeg, payload_kg: Floats) -> FloatArray:
    """Energy at the battery for each leg, without margin; below zero on a long descent, where it charges.

    The wheels' work for rolling, air and grade is drawn through the drivetrain where positive and
    regenerated where
    negative; each stop costs its kinetic energy through the drivetrain and gives a share back. Raises
    `InvalidInput`
    for more payload than the van takes.
    """
    require_within(0, van.max_payload_kg, payload_kg=payload_kg)
    mass_kg = van.empty_mass_kg + np.asarray(payload_kg)
    steady = _steady_joules(van, leg, mass_kg)
    kinetic = np.asarray(leg.stops) * 0.5 * mass_kg * np.asarray(leg.speed_mps) ** 2
    drawn = (np.maximum(steady, 0.0) + kinetic) / van.drivetrain_efficiency
    returned = (np.maximum(-steady, 0.0) + kinetic) * van.regeneration
    seconds = np.asarray(leg.distance_m) / np.asarray(leg.speed_mps) + np.asarray(leg.standing_s)
    energy: FloatArray = (drawn - returned + van.auxiliary_w * seconds) / JOULES_PER_WH
    return energy


def _steady_joules(van: ElectricVan, leg: RoadLeg, mass_kg: FloatArray) -> FloatArray:
    distance_m = np.asarray(leg.distance_m)
    weight_n = mass_kg * GRAVITY_MPS2
    rolling = van.rolling_resistance * weight_n * distance_m
    air = 0.5 * SEA_LEVEL_DENSITY_KG_M3 * van.drag_area_m2 * np.asarray(leg.speed_mps) ** 2 * distance_m
    joules: FloatArray = rolling + air + weight_n * np.asarray(leg.rise_m)
    return joules
