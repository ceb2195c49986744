"""Energy of a sidewalk robot: rolling, climbing, air, starts after stops, and the electronics that never
rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from pydantic import Field

from fleet.energy.air import GRAVITY_MPS2, SEA_LEVEL_DENSITY_KG_M3
from fleet.energy.airframe import Residual
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.battery import NO_FIGURES, BatteryFigures
from fleet.energy.charging import DEFAULT_CHARGING, ChargeFigures
from fleet.energy.errors import require_not_negative, require_within
from fleet.energy.figures import (
    DragArea,
    Figures,
    Kilograms,
    NotNegative,
    Positive,
    Rolling,
    Share,
    Speed,
    WattHours,
    Watts,
)

JOULES_PER_WH = 3600.0


class PerKm(Figures):
    """What a kilometre of a way is thought to hold where no street network knows it. Each may be off by as much as it
    is: that is its standard deviation."""

    climb_m: NotNegative = 0.0
    stops: NotNegative = 0.0
    waiting_s: NotNegative = 0.0
    """Standing at crossings; no network knows it. It takes energy, and is no part of planned times."""


class GroundRobot(Figures):
    """A sidewalk robot type; ``sources`` says where each figure comes from."""

    name: str
    empty_mass_kg: Kilograms
    max_payload_kg: Kilograms
    cruise_mps: Speed
    pack_wh: WattHours
    rolling_resistance: Rolling
    """Coefficient of a hard, even surface; `Drive.surface_factor` scales it."""
    drag_area_m2: DragArea
    auxiliary_w: Watts
    drivetrain_efficiency: Share
    battery_efficiency: Share
    rolling_sd: NotNegative = 0.0
    """How far the coefficient may be off, as a standard deviation."""
    auxiliary_sd_w: NotNegative = 0.0
    surfaces: dict[str, Positive] = Field(default_factory=dict)
    """By how many times a surface's rolling resistance is that of a hard, even one; by the names of the network."""
    per_km: PerKm = PerKm()
    residual: Residual | None = None
    """What the equation leaves out, besides what is not known of its figures."""
    charging: ChargeFigures = DEFAULT_CHARGING
    battery: BatteryFigures = NO_FIGURES
    sources: dict[str, str]

    @property
    def calibrated(self) -> bool:
        """Whether its figures were held against measured trips, or how far they may be off was declared."""
        return self.residual is not None

    @property
    def standing_w(self) -> float:
        """What it draws where it stands: its electronics never rest."""
        return self.auxiliary_w / self.battery_efficiency


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
    no regeneration. Raises `InvalidInput` for more payload than the robot takes.
    """
    require_within(0, robot.max_payload_kg, payload_kg=drive.payload_kg)
    wheel_j = _wheel_joules(robot, drive)
    auxiliary_j = robot.auxiliary_w * drive_s(robot, drive)
    energy: FloatArray = (wheel_j / robot.drivetrain_efficiency + auxiliary_j) / robot.battery_efficiency
    return energy / JOULES_PER_WH


class Unsure(NamedTuple):
    """How far the energy of a trip may be off by what is not known of figures, as standard deviations in Wh."""

    rolling_wh: float
    auxiliary_wh: float
    assumed_wh: tuple[float, ...] = ()
    """Of each part that was assumed."""

    def log_sd(self, energy_wh: float) -> float:
        """All together, independent of each other, as a deviation of the logarithm of the energy (to first order)."""
        together_wh = math.hypot(self.rolling_wh, self.auxiliary_wh, *self.assumed_wh)
        return together_wh / energy_wh if energy_wh > 0 else 0.0


def unsure(robot: GroundRobot, drives: Sequence[Drive], assumed: Sequence[Drive] = ()) -> Unsure:
    """What is not known of a trip of several drives: dE/dCrr times the coefficient's deviation and dE/dP times that of
    the auxiliaries, which err in the same way on all of them, and each part of ``assumed``, one on each drive in
    turn: the climbs, the stops and the waiting that are only thought to be there.

    Raises `InvalidInput` as `drive_energy_wh`.
    """
    rolling_wh = sum(_rolling_wh(robot, drive) for drive in drives) / robot.rolling_resistance
    standing_s = sum(float(drive_s(robot, drive)) for drive in drives)
    parts = [
        sum(_part_wh(robot, drive, name) for drive in assumed) for name in ("uphill_m", "stops", "waiting_s")
    ]
    return Unsure(
        rolling_wh * robot.rolling_sd,
        robot.auxiliary_sd_w * standing_s / robot.battery_efficiency / JOULES_PER_WH,
        tuple(parts),
    )


def _rolling_wh(robot: GroundRobot, drive: Drive) -> float:
    through = robot.drivetrain_efficiency * robot.battery_efficiency * JOULES_PER_WH
    return float(_rolling_joules(robot, drive)) / through


def _part_wh(robot: GroundRobot, drive: Drive, name: str) -> float:
    alone = Drive(0.0, drive.payload_kg, **{name: getattr(drive, name)})
    return float(drive_energy_wh(robot, alone))


def _wheel_joules(robot: GroundRobot, drive: Drive) -> FloatArray:
    mass_kg = robot.empty_mass_kg + np.asarray(drive.payload_kg)
    weight_n = mass_kg * GRAVITY_MPS2
    distance_m = np.asarray(drive.distance_m)
    climbing = weight_n * np.asarray(drive.uphill_m)
    air = 0.5 * SEA_LEVEL_DENSITY_KG_M3 * robot.drag_area_m2 * robot.cruise_mps**2 * distance_m
    starting = np.asarray(drive.stops) * 0.5 * mass_kg * robot.cruise_mps**2
    joules: FloatArray = _rolling_joules(robot, drive) + climbing + air + starting
    return joules


def _rolling_joules(robot: GroundRobot, drive: Drive) -> FloatArray:
    weight_n = (robot.empty_mass_kg + np.asarray(drive.payload_kg)) * GRAVITY_MPS2
    resistance = robot.rolling_resistance * np.asarray(drive.surface_factor)
    joules: FloatArray = resistance * weight_n * np.asarray(drive.distance_m)
    return joules
