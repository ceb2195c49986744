"""Energy of a sidewalk robot: rolling, climbing, air, starts after stops, and the electronics that never
rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.energy.air import GRAVITY_MPS2, SEA_LEVEL_DENSITY_KG_M3
from fleet.energy.airframe import Residual
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import require_not_negative, require_within
from fleet.energy.figures import Figures, NotNegative, Positive, Share

JOULES_PER_WH = 3600.0


class GroundRobot(Figures):
    """A sidewalk robot type; ``sources`` says where each figure comes from."""

    name: str
    empty_mass_kg: Positive
    max_payload_kg: Positive
    cruise_mps: Positive
    pack_wh: Positive
    rolling_resistance: Positive
    """Coefficient of a hard, even surface; `Drive.surface_factor` scales it."""
    drag_area_m2: NotNegative
    auxiliary_w: NotNegative
    drivetrain_efficiency: Share
    battery_efficiency: Share
    residual: Residual | None = None
    sources: dict[str, str]

    @property
    def calibrated(self) -> bool:
        """Whether its figures were held against measured trips."""
        return self.residual is not None


@dataclass(frozen=True)
class Drive:
    """One way with one payload. Numbers or arrays that broadcast.

    ``uphill_m`` is the sum of all climbs (no descent gives anything back), ``stops`` how often it starts
    again from
    standing, ``waiting_s`` the time standing: at crossings, at the door. Raises `InvalidInput` on a bad
    number.
    """

    distance_m: Floats
    payload_kg: Floats = 0.0
    uphill_m: Floats = 0.0
    stops: Floats = 0.0
    waiting_s: Floats = 0.0
    surface_factor: Floats = 1.0

    def __post_init__(self) -> None:
        require_not_negative(**vars(self))


def drive_s(robot: GroundRobot, drive: Drive) -> FloatArray:
    """Time of the drive in s, waiting included."""
    seconds: FloatArray = np.asarray(drive.distance_m) / robot.cruise_mps + np.asarray(drive.waiting_s)
    return seconds


def drive_energy_wh(robot: GroundRobot, drive: Drive) -> FloatArray:
    """Energy at the battery, without margin.

    E = [(Crr m g d + m g h_up + rho CdA v^2 d / 2 + n m v^2 / 2) / eta_drive + P_aux t] / eta_battery, with
    no
    regeneration. Raises `InvalidInput` for more payload than the robot takes.
    """
    require_within(0, robot.max_payload_kg, payload_kg=drive.payload_kg)
    wheel_j = _wheel_joules(robot, drive)
    auxiliary_j = robot.auxiliary_w * drive_s(robot, drive)
    energy: FloatArray = (wheel_j / robot.drivetrain_efficiency + auxiliary_j) / robot.battery_efficiency
    return energy / JOULES_PER_WH


def _wheel_joules(robot: GroundRobot, drive: Drive) -> FloatArray:
    mass_kg = robot.empty_mass_kg + np.asarray(drive.payload_kg)
    weight_n = mass_kg * GRAVITY_MPS2
    distance_m = np.asarray(drive.distance_m)
    rolling = robot.rolling_resistance * np.asarray(drive.surface_factor) * weight_n * distance_m
    climbing = weight_n * np.asarray(drive.uphill_m)
    air = 0.5 * SEA_LEVEL_DENSITY_KG_M3 * robot.drag_area_m2 * robot.cruise_mps**2 * distance_m
    starting = np.asarray(drive.stops) * 0.5 * mass_kg * robot.cruise_mps**2
    joules: FloatArray = rolling + climbing + air + starting
    return joules
