"""The vehicle data behind a sortie's type: airframe or ground robot, by the way its kind moves."""

from __future__ import annotations

from functools import lru_cache

from fleet.domain.fleet import SortieType
from fleet.energy.airframe import Airframe
from fleet.energy.battery import Battery
from fleet.energy.catalog import airframe, ground_robot
from fleet.energy.ground import GroundRobot
from fleet.energy.margin import margin_fraction
from fleet.kinds import kind_of

Vehicle = Airframe | GroundRobot


def vehicle_of(asset_type: SortieType) -> Vehicle:
    """What is known of the type's vehicle, at the type's cruise speed. Raises ``EnergyError`` for an
    unknown name.
    """
    return _vehicle(kind_of(asset_type.kind).profile, asset_type.energy_model, asset_type.cruise_mps)


def battery_of(asset_type: SortieType, state_of_health: float) -> Battery:
    """The type's pack: as worn as its type or this asset is said to be, whichever is worse."""
    health = min(asset_type.state_of_health, state_of_health)
    return Battery(vehicle_of(asset_type).pack_wh, health, asset_type.floor_fraction)


def calibration_assumption(vehicle: Vehicle) -> frozenset[str]:
    """Named when the model was never held against measured trips; the margin is wide then."""
    if vehicle.calibrated:
        return frozenset()
    return frozenset({f"energy of {vehicle.name}: not calibrated, wide margin"})


@lru_cache(maxsize=64)
def margin_of(vehicle_name: str, flying: bool, epsilon: float) -> float:
    """The share by which predicted energy is raised, for an accepted probability ``epsilon``."""
    found: Vehicle = airframe(vehicle_name) if flying else ground_robot(vehicle_name)
    return margin_fraction(epsilon, found.residual)


@lru_cache(maxsize=64)
def _vehicle(profile: str, name: str, cruise_mps: float) -> Vehicle:
    if profile == "air":
        return airframe(name)
    return ground_robot(name).model_copy(update={"cruise_mps": cruise_mps})
